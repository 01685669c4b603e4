"""How far a relation when a condition is left out can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.leave_one_out.block import HeldOut, LeaveOneOutBlock
from epm.analyses.limits import Limit
from epm.writing.filters import number


def limits(block: LeaveOneOutBlock) -> Iterator[Limit]:
    """A relation that predicts what it did not see worse than the mean does."""
    groups = block.held_out.groups
    if isinstance(groups, HeldOut) and groups.r2 < 0 < block.r2:
        yield (
            "MODERATE",
            f"groups that the fit did not see are predicted worse than by the mean "
            f"(R²={number(groups.r2)})",
        )
