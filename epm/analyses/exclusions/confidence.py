"""How far what is found without the lost answers can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.exclusions.block import DifferenceBounds, ExclusionsBlock
from epm.analyses.exclusions.spec import ANY_REASON
from epm.analyses.limits import Limit
from epm.values import Unavailable


def limits(block: ExclusionsBlock) -> Iterator[Limit]:
    """Losses that differ between conditions, and losses that could turn a difference around."""
    for name, pair in block.pairs.items():
        if isinstance(pair, Unavailable):
            continue
        bounds = pair.bounds.get(ANY_REASON)
        if (
            isinstance(bounds, DifferenceBounds)
            and not isinstance(pair.difference, Unavailable)
            and pair.difference != 0
            and bounds.lower <= 0 <= bounds.upper
        ):
            yield "LOW", f"the lost answers could turn {name} around"
        elif not pair.lost.interval.contains(0.0):
            yield "MODERATE", f"answers were not lost alike in {name}"
