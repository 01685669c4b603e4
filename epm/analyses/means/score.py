"""The mean of a sample's scores, and what it rests on."""

from __future__ import annotations

from collections import Counter
from math import isclose, sqrt

from epm.analyses.data.cells import Cells
from epm.analyses.data.sample import Sample
from epm.analyses.means.block import MeanScore

FEW_SCORES = 10
"""Different scores up to which it is told how often each was given."""


def score(sample: Sample) -> MeanScore:
    """Its mean with the interval, the answers it rests on and those that have no score."""
    uncertain = sample.uncertainty
    by_reason = sample.lost.groupby("reason", sort=False)["n"].sum()
    excluded = {str(reason): int(n) for reason, n in by_reason.items()}
    if not len(sample.rows):
        return MeanScore(
            estimate=uncertain.estimate,
            se=uncertain.error,
            df=uncertain.df,
            interval=uncertain.interval,
            method=uncertain.method,
            n=sample.summary.n,
            excluded=excluded,
        )
    summed = sample.cells
    asked = [count for count in sample.planned.values() if count is not None]
    apart = sorted({*sample.reported["task"]} - {*sample.rows["task"]})
    without = f", without {', '.join(apart)}, which is only reported" if apart else ""
    return MeanScore(
        estimate=uncertain.estimate,
        se=uncertain.error,
        df=uncertain.df,
        interval=uncertain.interval,
        bounded=uncertain.inside(sample.ends, summed.answers),
        method=uncertain.method + without,
        clusters=uncertain.clusters,
        variances=uncertain.variances,
        n=summed.answers,
        total=float(summed.total.sum()),
        sd=summed.deviation,
        items=summed.distinct_items if summed.known else None,
        planned_items=sum(asked) if len(asked) == len(sample.planned) else None,
        other_weighting=_other_weighting(sample) if summed.known else None,
        values=_values(sample),
        excluded=excluded,
    )


def _other_weighting(sample: Sample) -> float | None:
    here = sample.uncertainty.estimate
    other = Cells.of(sample.rows, "items" if sample.over == "answers" else "answers").mean
    return None if isclose(other, here, rel_tol=1e-12, abs_tol=1e-12) else other


def _values(sample: Sample) -> dict[str, int]:
    """How often each score was given; empty for yes-or-no scores, or where it is not known.

    The score of one answer is known, those of two from their sum s and sum of squares q
    (s/2 ± sqrt(q/2 - (s/2)²)), those of more only where they are equal.
    """
    rows = sample.rows
    if (rows["total"] == rows["squares"]).all():
        return {}
    counted: Counter[str] = Counter()
    for n, total, squares in zip(rows["n"], rows["total"], rows["squares"], strict=True):
        m = total / n
        apart = squares / n - m**2
        if apart <= 1e-12 * squares / n:
            counted[f"{m:.6g}"] += int(n)
        elif n == 2:
            counted.update(f"{m + side * sqrt(apart):.6g}" for side in (-1, 1))
        else:
            return {}
        if len(counted) > FEW_SCORES:
            return {}
    return dict(sorted(counted.items(), key=lambda each: float(each[0])))
