"""Influence is a table: it has no figure."""

from __future__ import annotations

from epm.analyses.influence.block import InfluenceBlock
from epm.results import Results


def chart(_name: str, _block: InfluenceBlock, _results: Results) -> None:
    """None."""
    return
