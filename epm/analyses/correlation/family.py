"""Several predictors of one outcome: p corrected over them, and which of them are one look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy import stats

from epm.analyses.correlation.block import Adjusted
from epm.analyses.correlation.coefficients import LEAST, constant, standardised
from epm.analyses.frame import Frame
from epm.definition.analysis import Predictor

ALIKE = 0.95
"""From this |r| on, two predictors are one look at the outcome."""


def adjust(p: Mapping[str, float]) -> dict[str, Adjusted]:
    """Correct p-values over a family, by Holm, Bonferroni, and Benjamini and Hochberg.

    With m values: Bonferroni min(1, m·p); Holm the running maximum, in order of p, of
    min(1, (m-i+1)·p_(i)), Holm (1979), Scand. J. Stat. 6, 65-70; Benjamini and Hochberg the
    running minimum, from the largest p, of m·p_(i)/i, Benjamini and Hochberg (1995), J. R. Stat.
    Soc. B 57, 289-300 (`scipy.stats.false_discovery_control`). m counts what has a p.
    """
    values = np.array(list(p.values()))
    m, order = len(values), np.argsort(values, kind="stable")
    holm = np.empty(m)
    holm[order] = np.maximum.accumulate(np.minimum(1, (m - np.arange(m)) * values[order]))
    bh = stats.false_discovery_control(values, method="bh")
    return {
        name: Adjusted(
            holm=float(holm[i]), bonferroni=float(min(1, m * values[i])), bh=float(min(1, bh[i]))
        )
        for i, name in enumerate(p)
    }


def alike(
    family: Sequence[Predictor], frame: Frame, names: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Predictors joined by |r| >= 0.95 over the conditions that have both, in sets of two up."""
    sets = [{x.name} for x in family]
    for one, other in _pairs(family):
        values = [
            (a, b)
            for name in names
            if (a := frame.covariate(name, one)) is not None
            and (b := frame.covariate(name, other)) is not None
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
