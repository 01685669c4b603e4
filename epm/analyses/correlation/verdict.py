"""What may be said of a correlation, and how it compares with another one."""

from __future__ import annotations

from math import atanh, sqrt

from scipy import stats

from epm.analyses.block import Effect, ExpectedEffect, Verdict
from epm.analyses.correlation.block import Coefficients
from epm.analyses.correlation.coefficients import PERFECT, at_level
from epm.analyses.correlation.power import detectable
from epm.analyses.correlation.spec import Method
from epm.analyses.inference.verdict import judge, quantile
from epm.definition.analysis import AnalysisSpec
from epm.values import LEVEL, Interval, Unavailable

_NO_SE = Unavailable(unavailable="the interval is symmetric in atanh, not around the estimate")


def verdict(
    spec: AnalysisSpec,
    found: Coefficients,
    method: Method,
    *,
    looks: int = 1,
    taken_out: int = 0,
    theirs: Coefficients | Unavailable | None = None,
    label: str = "",
) -> Verdict | Unavailable:
    """What a primary analysis says of a correlation.

    Args:
        spec: the question.
        found: the coefficient.
        method: which one it is.
        looks: of how many it was picked: the interval that decides is Bonferroni's, at
            1 - 0.05/looks, and so is p.
        taken_out: covariates taken out of both variables.
        theirs: the parent's, None where there is no parent.
        label: of the parent.
    """
    alpha = (1 - LEVEL) / looks
    own = Effect(
        estimate=found.coefficient,
        se=_NO_SE,
        df=found.df,
        interval=at_level(found, method, 1 - alpha, taken_out) if looks > 1 else found.interval,
        p=min(1.0, looks * found.p),
    )
    expected = foretold(found.coefficient, found.interval, spec)
    if isinstance(theirs, Coefficients):
        expected = compared(found, theirs, label)
    return judge(
        spec,
        own,
        unit="",
        scale="plain",
        smallest=detectable(found.n, method, alpha, taken_out),
        expected=expected,
    )


def compared(ours: Coefficients, theirs: Coefficients, label: str) -> ExpectedEffect:
    """The parent's correlation beside ours."""
    return ExpectedEffect(
        source=label,
        estimate=theirs.coefficient,
        interval=theirs.interval,
        difference=difference(ours.coefficient, ours.interval, theirs.coefficient, theirs.interval),
    )


def difference(
    ours: float,
    our_interval: Interval | Unavailable,
    theirs: float,
    their_interval: Interval | Unavailable,
) -> Effect | Unavailable:
    """Ours minus theirs, of two independent experiments.

    The interval is made of the two intervals [l, u] and [l', u'], which need not be symmetric:

        d - sqrt((r - l)² + (u' - r')²)  to  d + sqrt((u - r)² + (r' - l')²)

    Zou (2007), Psychological Methods 12, 399-413. p is that of the difference of atanh on the
    normal distribution, the standard error of each from its interval: Fisher (1921), Metron 1,
    3-32.
    """
    if isinstance(our_interval, Unavailable):
        return our_interval
    if isinstance(their_interval, Unavailable):
        return their_interval
    lower = sqrt((ours - our_interval.lower) ** 2 + (their_interval.upper - theirs) ** 2)
    upper = sqrt((our_interval.upper - ours) ** 2 + (theirs - their_interval.lower) ** 2)
    spread = sqrt(_se(our_interval) ** 2 + _se(their_interval) ** 2)
    z = (atanh(_inside(ours)) - atanh(_inside(theirs))) / spread
    return Effect(
        estimate=ours - theirs,
        se=_NO_SE,
        df=None,
        interval=Interval(lower=ours - theirs - lower, upper=ours - theirs + upper),
        p=min(1.0, 2 * float(stats.norm.sf(abs(z)))),
    )


def _se(interval: Interval) -> float:
    """Of atanh, from an interval that is symmetric there."""
    width = atanh(_inside(interval.upper)) - atanh(_inside(interval.lower))
    return width / (2 * quantile((1 + interval.level) / 2, None))


def _inside(coefficient: float) -> float:
    return max(-PERFECT, min(PERFECT, coefficient))


def foretold(
    ours: float, our_interval: Interval | Unavailable, spec: AnalysisSpec
) -> ExpectedEffect | None:
    """The correlation that the definition expects, beside ours."""
    if spec.expected is None:
        return None
    given = spec.expected
    interval = Interval(lower=given.lower, upper=given.upper)
    return ExpectedEffect(
        source=given.source,
        estimate=given.estimate,
        interval=interval,
        difference=difference(ours, our_interval, given.estimate, interval),
    )
