"""How an analysis bears on confidence: the most that a result can be believed, and why."""

from __future__ import annotations

from typing import Literal

from epm.analyses.block import Reliability
from epm.values import Unavailable
from epm.writing.filters import number

Level = Literal["HIGH", "MODERATE", "LOW"]

Limit = tuple[Level, str]
"""A level, and the reason in a clause; its numbers are written by `epm.writing.filters`."""

FAIR = 0.5
"""Reliability below which half or more of the differences between conditions are noise."""


def unreliable(found: Reliability) -> Limit:
    """What a low reliability of the conditions' means leaves of a relation between them."""
    reason = f"the conditions' means are reliable to {number(found.reliability)} only"
    if not isinstance(found.ceiling, Unavailable):
        reason += f": even a perfect relation would have shown r≈{number(found.ceiling)}"
    return "MODERATE", reason
