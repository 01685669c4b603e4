"""How far a mean can be trusted: by its standard error, or by Wilson at an end of its scale."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy import stats

from epm.analyses.block import TwoWayVariance
from epm.analyses.data.cells import Cells
from epm.analyses.data.reported import ReportedEstimate
from epm.analyses.inference.clusters import (
    Contributions,
    Spread,
    contributions,
    independent,
    spread,
)
from epm.analyses.inference.family import Inference, from_error, from_interval
from epm.analyses.inference.score_intervals import BoundedMean, effective
from epm.analyses.inference.verdict import around
from epm.values import Interval, Unavailable

Ends = tuple[float, float] | None
"""Of the metric's scale, where it has some."""


@dataclass(frozen=True)
class Uncertainty:
    """A mean and its interval, however it was come by."""

    estimate: float
    method: str
    """Of the interval, in words."""
    se: float | None = None
    """Above 0; None where there is none, and `at_end` or `reason` says why."""
    df: float | None = None
    at_end: BoundedMean | None = None
    """In place of a standard error: where all scores are equal to an end of the scale."""
    reason: str = ""
    """Why there is no interval, where there is none."""
    clusters: int | None = None
    variances: TwoWayVariance | None = None

    @property
    def error(self) -> float | Unavailable:
        """The standard error."""
        if self.se is not None:
            return self.se
        return Unavailable(unavailable=self.reason or "all scores are equal")

    @property
    def interval(self) -> Interval | Unavailable:
        """Of 95%."""
        if self.se is not None:
            return around(self.estimate, self.se, self.df)
        return self.at_end.interval() if self.at_end else Unavailable(unavailable=self.reason)

    def inside(self, ends: Ends, answers: float) -> Interval | None:
        """Wilson's interval at the effective size, where the other leaves the scale."""
        if ends is None or self.se is None or self.df is None:
            return None
        usual = around(self.estimate, self.se, self.df)
        if ends[0] <= usual.lower and usual.upper <= ends[1]:
            return None
        sized = effective(self.estimate, self.se**2, self.df, answers, ends)
        return sized.interval() if sized else None

    def above(self, reference: float) -> Inference | Unavailable:
        """The mean minus a reference.

        At an end of the scale, p is that of the score test, which Wilson's interval inverts.
        """
        beyond = self.estimate - reference
        if self.se is not None:
            return from_error(beyond, self.se, self.df)
        if self.at_end is None:
            return Unavailable(unavailable=self.reason)
        at_end = self.at_end

        def shifted(level: float) -> Interval:
            own = at_end.interval(level)
            lower, upper = own.lower - reference, own.upper - reference
            return Interval(lower=lower, upper=upper, level=level)

        return from_interval(beyond, shifted, _score_test(at_end, reference))


def _score_test(mean: BoundedMean, reference: float) -> float | Unavailable:
    share = (reference - mean.lower) / (mean.upper - mean.lower)
    if not 0 < share < 1:
        return Unavailable(unavailable="the reference is an end of the scale")
    z = (mean.share - share) / sqrt(share * (1 - share) / mean.size)
    return float(2 * stats.norm.sf(abs(z)))


def of_mean(cells: Cells, ends: Ends) -> Uncertainty:
    """What the cells of one condition say of their mean.

    Args:
        cells: of one condition.
        ends: of the metric's scale.
    """
    of = contributions(cells)
    estimate = cells.mean
    found = variance(of)
    if isinstance(found, Spread):
        return Uncertainty(
            estimate,
            found.method,
            se=sqrt(found.variance),
            df=found.df,
            clusters=found.clusters,
            variances=found.two_way,
        )
    at_end = at_the_end(cells, ends)
    if at_end is None:
        return Uncertainty(estimate, found.unavailable, reason=found.unavailable)
    size = int(at_end.size)
    what = of.by_item if of.known else "run" if set(of.runs) - {""} else "answer"
    method = f"all scores equal: Wilson's, each {what} counting once"
    return Uncertainty(estimate, method, at_end=at_end, clusters=size if of.known else None)


def of_reported(found: ReportedEstimate, ends: Ends) -> Uncertainty:
    """What a reported value says of itself."""
    if found.se is not None:
        return Uncertainty(found.estimate, found.method, found.se, found.df)
    if isinstance(found.interval, Unavailable):
        return Uncertainty(found.estimate, found.method, reason=found.interval.unavailable)
    size = (
        None
        if found.n is None or ends is None
        else BoundedMean(found.estimate, found.n, None, *ends)
    )
    return Uncertainty(found.estimate, found.method, at_end=size, reason=_NO_ERROR)


_NO_ERROR = "no standard error was reported, or one of 0"


def variance(of: Contributions) -> Spread | Unavailable:
    """By clusters, or, where all clusters are alike and answers are not, of independent answers.

    Returns:
        A variance above 0, or Unavailable with the reason.
    """
    found = spread(of)
    if isinstance(found, Unavailable) or found.variance > 0:
        return found
    among_answers = independent(of)
    if isinstance(among_answers, Unavailable):
        return among_answers
    if not among_answers.variance > 0:
        return Unavailable(unavailable="all scores are equal")
    method = f"{among_answers.method}, as the means of all clusters are equal"
    return Spread(among_answers.variance, among_answers.df, method)


def at_the_end(cells: Cells, ends: Ends) -> BoundedMean | None:
    """A mean at an end of its scale, where all answers have the same score; else None.

    No cluster shows how alike its answers are, so each counts as one answer: the size is the
    number of clusters of items; of runs where items are not known, and of answers where there is
    one run. Of a scale with more than two scores that is cautious: with a mean of m on [0, 1], all
    of n answers score 1 with a probability of at most m^n, as if they were yes or no.
    """
    if ends is None or cells.mean not in ends:
        return None
    of = contributions(cells)
    if of.values.any() or of.squares.any():
        return None
    runs = len(set(of.runs) - {""})
    if of.known:
        clusters = len(set(of.items))
        size = clusters if clusters > 1 else runs
    else:
        size = runs or int(of.answers.sum())
    return BoundedMean(cells.mean, size, None, *ends) if size else None


def bounded(cells: Cells, ends: Ends) -> BoundedMean | None:
    """A mean as a score interval takes it; None where its variance or its scale is not known.

    Yes-or-no answers taken as independent count in full, with the normal quantile.
    """
    at_end = at_the_end(cells, ends)
    if ends is None or at_end is not None:
        return at_end
    of = contributions(cells)
    found = variance(of)
    if isinstance(found, Unavailable):
        return None
    answers = float(of.answers.sum())
    yes_or_no = ends == (0.0, 1.0) and bool((cells.squares == cells.total).all())
    if yes_or_no and not of.known and not set(of.runs) - {""}:
        return BoundedMean(cells.mean, answers, None)
    return effective(cells.mean, found.variance, found.df, answers, ends)
