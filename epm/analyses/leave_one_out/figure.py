"""What is left out one by one is a table: it has no figure."""

from __future__ import annotations

from epm.analyses.leave_one_out.block import LeaveOneOutBlock
from epm.results import Results


def chart(_name: str, _block: LeaveOneOutBlock, _results: Results) -> None:
    """None."""
    return
