"""The correlation between the means of groups, and within groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from epm.analyses.correlation.block import Coefficients, Grouped
from epm.analyses.correlation.coefficients import (
    SAME,
    by_fisher,
    counted,
    obstacle,
    pearson,
    standardised,
)
from epm.analyses.data.cases import FloatArray
from epm.values import Unavailable


def grouped(x: FloatArray, y: FloatArray, groups: Sequence[str]) -> Grouped | Unavailable:
    """Pearson's r between the means of groups, and within groups.

    Between: of the G pairs of means, each group counting once; df = G-2. Within: of the deviations
    from the groups' means, df = N-G-1, and Fisher's interval on N-G-2; that is the repeated
    measures correlation, Bakdash and Marusich (2017), Frontiers in Psychology 8, 456, as
    pingouin's `rm_corr` computes it.

    Args:
        x: shape (N,).
        y: shape (N,).
        groups: of each condition.
    """
    levels = list(dict.fromkeys(groups))
    if len(levels) < 2:
        return Unavailable(unavailable=f"{counted(len(levels), 'group')}, 2 needed")
    member = np.array([levels.index(group) for group in groups])
    sizes = np.bincount(member)
    means = [np.bincount(member, values) / sizes for values in (x, y)]
    return Grouped(
        groups=len(levels),
        between=_between(*means),
        within=_within(x, y, [means[0][member], means[1][member]], len(levels)),
    )


def _between(x: FloatArray, y: FloatArray) -> Coefficients | Unavailable:
    return obstacle(x, y, unit="group") or pearson(x, y)


def _within(
    x: FloatArray, y: FloatArray, means: Sequence[FloatArray], groups: int
) -> Coefficients | Unavailable:
    if len(x) - groups - 1 < 1:
        return Unavailable(unavailable=f"{counted(len(x))} in {groups} groups, {groups + 2} needed")
    for name, values, mean in zip(("predictor", "outcome"), (x, y), means, strict=True):
        if np.max(np.abs(values - mean)) <= SAME * np.max(np.abs(values)):
            return Unavailable(unavailable=f"the {name} does not vary within groups")
    r = float(standardised(x - means[0]) @ standardised(y - means[1]))
    return by_fisher(r, len(x), taken_out=groups - 1)
