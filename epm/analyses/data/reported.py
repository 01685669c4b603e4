"""Estimates from elsewhere, of which no answers are known: one value, or one a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import pandas as pd

from epm.analyses.inference.clusters import satterthwaite
from epm.analyses.inference.score_intervals import BoundedMean
from epm.analyses.inference.verdict import around
from epm.values import Interval, Unavailable


@dataclass(frozen=True)
class ReportedEstimate:
    """A value that was reported, or the mean of several, and what its interval rests on."""

    estimate: float
    interval: Interval | Unavailable
    method: str
    """Of the interval, in words."""
    n: int | None = None
    """Answers, as reported."""
    se: float | None = None
    df: float | None = None
    runs: Mapping[str, float] = field(default_factory=dict)
    """Value of each run, by seed, where there are several."""


def summarised(values: pd.DataFrame, ends: tuple[float, float] | None) -> ReportedEstimate:
    """What reported values of one condition say.

    Of several seeds, the mean over runs with the t interval of their own spread, s/√S with S - 1
    degrees of freedom. Of one, the value with the error that was reported, with t and n - 1
    degrees of freedom where n was reported too, else the normal quantile; where it was not
    reported, or is 0, Wilson's interval at n, if the metric's scale has ends. Several tasks of one
    run weigh alike, and their errors are taken as independent.

    Args:
        values: as from `Frame.reported`, one row or more.
        ends: of the metric's scale.
    """
    by_seed = values.groupby("seed", sort=False)["value"].mean()
    n = None if values["n"].isna().any() else int(values["n"].sum())
    if len(by_seed) > 1:
        return _over_runs({str(seed): float(value) for seed, value in by_seed.items()}, n)
    estimate, stderr = float(values["value"].mean()), values["stderr"].to_numpy(float)
    if not np.isnan(stderr).any() and np.any(stderr > 0):
        se = sqrt(float(np.sum(stderr**2))) / len(stderr)
        sizes = values["n"].to_numpy(float)
        enough = bool((sizes > 1).all())
        df = satterthwaite(list(zip(stderr**2, sizes - 1, strict=True))) if enough else None
        interval = around(estimate, se, df)
        return ReportedEstimate(estimate, interval, "standard error as reported", n, se, df)
    inside = ends is not None and ends[0] <= estimate <= ends[1]
    if len(values) == 1 and n is not None and ends is not None and inside:
        at_n = BoundedMean(estimate, n, None, *ends).interval()
        return ReportedEstimate(estimate, at_n, "Wilson's at the n that was reported", n)
    without = bool(np.isnan(stderr).any())
    reason = "reported without a standard error" if without else "reported with an error of 0"
    return ReportedEstimate(estimate, Unavailable(unavailable=reason), "as reported", n)


def _over_runs(runs: Mapping[str, float], n: int | None) -> ReportedEstimate:
    values = np.array(list(runs.values()))
    estimate = float(values.mean())
    se = float(values.std(ddof=1)) / sqrt(len(values))
    method, df = "t over the values of the runs", len(values) - 1
    if not se > 1e-12 * abs(estimate):
        none = Unavailable(unavailable="all runs have the same value")
        return ReportedEstimate(estimate, none, method, n, runs=runs)
    return ReportedEstimate(estimate, around(estimate, se, df), method, n, se, df, runs)
