"""How far a fit that rests on a few conditions can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.influence.block import InfluenceBlock
from epm.analyses.limits import Limit


def limits(_: InfluenceBlock) -> Iterator[Limit]:
    """None: thresholds of influence are conventions, not tests."""
    yield from ()
