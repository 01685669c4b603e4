"""How far rates can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.limits import Limit
from epm.analyses.proportions.block import ProportionsBlock


def limits(_: ProportionsBlock) -> Iterator[Limit]:
    """None: an estimate says by its interval how far it can be believed."""
    yield from ()
