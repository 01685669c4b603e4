"""How far a slope can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.limits import Limit
from epm.analyses.regression.block import RegressionBlock, StandardError


def limits(block: RegressionBlock) -> Iterator[Limit]:
    """A primary slope whose standard errors disagree on whether there is one."""
    if not block.primary:
        return
    term = block.fit.terms[block.x]
    errors = {
        name: error
        for name, error in (
            ("ordinary", term.ordinary),
            ("HC3", term.hc3),
            (f"clustered by {block.clustered_by}", term.clustered),
        )
        if isinstance(error, StandardError)
    }
    without = [name for name, error in errors.items() if error.interval.contains(0.0)]
    if without and len(without) < len(errors):
        found = [name for name in errors if name not in without]
        yield (
            "MODERATE",
            f"{' and '.join(found)} standard errors find a slope, {' and '.join(without)} ones do "
            "not",
        )
