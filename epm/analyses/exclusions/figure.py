"""Exclusions are a table: they have no figure."""

from __future__ import annotations

from epm.analyses.exclusions.block import ExclusionsBlock
from epm.results import Results


def chart(_name: str, _block: ExclusionsBlock, _results: Results) -> None:
    """None."""
    return
