"""How far a partial correlation can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.limits import Limit
from epm.analyses.partial_correlation.block import PartialCorrelationBlock


def limits(_: PartialCorrelationBlock) -> Iterator[Limit]:
    """None beyond its verdict."""
    yield from ()
