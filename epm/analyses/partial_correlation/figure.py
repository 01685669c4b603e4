"""A partial correlation is one number: it has no figure."""

from __future__ import annotations

from epm.analyses.partial_correlation.block import PartialCorrelationBlock
from epm.results import Results


def chart(_name: str, _block: PartialCorrelationBlock, _results: Results) -> None:
    """None."""
    return
