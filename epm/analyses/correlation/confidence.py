"""How far a correlation of noisy means can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.block import Reliability
from epm.analyses.correlation.block import CorrelationBlock
from epm.analyses.limits import FAIR, Limit, unreliable


def limits(block: CorrelationBlock) -> Iterator[Limit]:
    """Means that would not come out alike with other seeds cannot show a relation."""
    if isinstance(block.reliability, Reliability) and block.reliability.reliability < FAIR:
        yield unreliable(block.reliability)
