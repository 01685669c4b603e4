"""How far the best of several predictors can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.best_of.block import BestOfBlock
from epm.analyses.limits import Limit


def limits(_: BestOfBlock) -> Iterator[Limit]:
    """None beyond its verdict, which knows of the choice."""
    yield from ()
