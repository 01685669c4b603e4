"""Counts of a yes-or-no metric, and what can be told of them before a curve is fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from epm.analyses.data.cases import FloatArray
from epm.analyses.data.frame import Frame
from epm.definition.analysis import Outcome
from epm.values import Unavailable


def counts(
    frame: Frame, outcome: Outcome, conditions: Sequence[str], *, steps: bool = False
) -> pd.DataFrame | Unavailable:
    """Rows as from `Frame.rows`, their totals whole numbers k of n.

    Returns:
        The rows, or Unavailable where there are none or their scores are not yes or no.
    """
    rows = frame.rows(outcome, conditions, steps=steps)
    if not len(rows):
        what = "checkpoints have counts" if steps else "condition has counts"
        return Unavailable(unavailable=f"no {what} of {outcome.metric}")
    k = rows["total"]
    if not ((k == rows["squares"]) & (k == k.round()) & (k >= 0) & (k <= rows["n"])).all():
        return Unavailable(unavailable=f"scores of {outcome.metric} are numbers, not yes or no")
    return rows


def separated(x: FloatArray, successes: FloatArray, trials: FloatArray) -> bool:
    """Whether one value of x parts all hits from all misses, so that no slope is finite.

    Complete and quasi-complete separation, Albert and Anderson (1984), Biometrika 71, 1-10, for
    one predictor: no hit lies beyond any miss, ties allowed.

    Args:
        x: shape (C,).
        successes: shape (C,).
        trials: shape (C,), above 0.
    """
    hits, misses = x[successes > 0], x[successes < trials]
    if not (len(hits) and len(misses)):
        return True
    return bool(np.max(hits) <= np.min(misses) or np.max(misses) <= np.min(hits))
