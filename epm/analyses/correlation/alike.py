"""Which predictors of a family are one look at the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from epm.analyses.correlation.coefficients import LEAST, constant, standardised
from epm.analyses.data.frame import Frame
from epm.definition.analysis import Predictor

ALIKE = 0.95
"""From this |r| on, two predictors are one look at the outcome."""


def alike(
    family: Sequence[Predictor], frame: Frame, names: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Predictors joined by |r| >= 0.95 over the conditions that have both, in sets of two up."""
    sets = [{x.name} for x in family]
    for one, other in _pairs(family):
        values = [
            both
            for name in names
            if not isinstance(both := frame.predictors(name, (one, other)), str)
        ]
        if len(values) < LEAST:
            continue
        a, b = np.array(values, float).T
        if constant(a) or constant(b) or abs(standardised(a) @ standardised(b)) < ALIKE:
            continue
        joined = [same for same in sets if one.name in same or other.name in same]
        sets = [same for same in sets if same not in joined] + [set().union(*joined)]
    order = [x.name for x in family]
    found = [sorted(same, key=order.index) for same in sets if len(same) > 1]
    return tuple(tuple(same) for same in sorted(found, key=lambda same: order.index(same[0])))


def _pairs(family: Sequence[Predictor]) -> Iterator[tuple[Predictor, Predictor]]:
    for i, one in enumerate(family):
        for other in family[i + 1 :]:
            yield one, other
