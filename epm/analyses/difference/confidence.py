"""How far a difference can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.block import RunPermutation
from epm.analyses.difference.block import DifferenceBlock
from epm.analyses.limits import Limit
from epm.values import Unavailable
from epm.writing.filters import number

ALPHA = 0.05
"""The usual level."""


def limits(block: DifferenceBlock) -> Iterator[Limit]:
    """Primary differences that rest on so few runs that none could be told from chance by them."""
    if not block.primary:
        return
    for name, pair in block.pairs.items():
        if isinstance(pair, Unavailable):
            continue
        runs = pair.overall.permutation
        if isinstance(runs, RunPermutation) and runs.smallest > ALPHA:
            yield (
                "MODERATE",
                f"{name} rests on so few runs that a permutation of them cannot go below "
                f"p={number(runs.smallest)}",
            )
