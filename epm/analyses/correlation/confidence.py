"""How far a correlation of noisy means can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.correlation.block import CorrelationBlock, Reliability
from epm.analyses.limits import Limit
from epm.values import Unavailable
from epm.writing.filters import number

FAIR = 0.5
"""Reliability below which half or more of the differences between conditions are noise."""


def limits(block: CorrelationBlock) -> Iterator[Limit]:
    """Means that would not come out alike with other seeds cannot show a relation."""
    found = block.reliability
    if isinstance(found, Reliability) and found.reliability < FAIR:
        ceiling = ""
        if not isinstance(found.ceiling, Unavailable):
            ceiling = f": even a perfect relation would have shown r≈{number(found.ceiling)}"
        yield (
            "MODERATE",
            f"the conditions' means are reliable to {number(found.reliability)} only{ceiling}",
        )
