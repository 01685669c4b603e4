"""From an effect and its interval to what may be said of it."""

from __future__ import annotations

from math import sqrt

from scipy import stats

from epm.analyses.block import Effect, ExpectedEffect, Says, Scale, Verdict
from epm.definition.analysis import AnalysisSpec
from epm.values import LEVEL, Interval, Unavailable

POWER = 0.8
"""At which the smallest detectable effect is given."""


def effect(estimate: float, se: float, df: float | None) -> Effect:
    """An estimate with the interval and the two-sided p of its standard error.

    estimate ± t_df·se, and p of |estimate/se| on t with df degrees of freedom, or on the normal
    distribution where df is None. A standard error of 0 gives neither.
    """
    if not se > 0:
        none = Unavailable(unavailable="no variation to estimate an error from")
        return Effect(estimate=estimate, se=none, df=df, interval=none, p=none)
    tail = stats.norm.sf(abs(estimate / se)) if df is None else stats.t.sf(abs(estimate / se), df)
    return Effect(
        estimate=estimate,
        se=se,
        df=df,
        interval=around(estimate, se, df),
        p=min(1.0, 2 * float(tail)),
    )


def around(estimate: float, se: float, df: float | None, level: float = LEVEL) -> Interval:
    """estimate ± q·se, q the two-sided quantile of t with df degrees of freedom at this level."""
    reach = quantile((1 + level) / 2, df) * se
    return Interval(lower=estimate - reach, upper=estimate + reach, level=level)


def quantile(probability: float, df: float | None) -> float:
    """Of t with df degrees of freedom; of the normal distribution where df is None."""
    return float(stats.norm.ppf(probability) if df is None else stats.t.ppf(probability, df))


def detectable(se: float, df: float | None, level: float = LEVEL) -> float:
    """Smallest true effect that a two-sided test at 1 - level finds with 80% power.

    At 95%, (t_{0.975} + t_{0.80})·se, after the experiment, with the standard error that it had:
    Bloom (1995), Evaluation Review 19, 547-556.
    """
    return (quantile((1 + level) / 2, df) + quantile(POWER, df)) * se


def difference(ours: Effect, theirs: Effect) -> Effect | Unavailable:
    """Ours minus theirs, of two independent experiments; Welch's degrees of freedom.

    Source: Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
    """
    if isinstance(ours.se, Unavailable):
        return ours.se
    if isinstance(theirs.se, Unavailable):
        return theirs.se
    variances = [(each.se**2, each.df) for each in (ours, theirs) if isinstance(each.se, float)]
    spread = sum(variance**2 / df for variance, df in variances if df is not None)
    whole = sum(variance for variance, _ in variances)
    df = whole**2 / spread if spread else None
    return effect(ours.estimate - theirs.estimate, sqrt(whole), df)


def compared(ours: Effect, theirs: Effect, source: str) -> ExpectedEffect:
    """The parent's effect beside ours."""
    return ExpectedEffect(
        source=source,
        estimate=theirs.estimate,
        interval=theirs.interval,
        difference=difference(ours, theirs),
    )


def foretold(ours: Effect, spec: AnalysisSpec) -> ExpectedEffect | None:
    """The effect that the definition expects, as if its interval were a t interval of 95%."""
    if spec.expected is None:
        return None
    given = spec.expected
    se = (given.upper - given.lower) / (2 * quantile((1 + LEVEL) / 2, None))
    return compared(ours, effect(given.estimate, se, None), given.source).model_copy(
        update={"interval": Interval(lower=given.lower, upper=given.upper)}
    )


def judge(
    spec: AnalysisSpec,
    found: Effect,
    *,
    unit: str,
    scale: Scale,
    smallest: float | Unavailable | None = None,
    expected: ExpectedEffect | None = None,
    decided_by: Interval | None = None,
) -> Verdict | Unavailable:
    """What a primary analysis may say.

    Args:
        spec: the question, with the smallest relevant effect if one was named.
        found: the effect.
        unit: of the effect, in words.
        scale: how it is printed.
        smallest: detectable effect; None works it out from the standard error.
        expected: what the effect is compared with; None takes what the definition expects.
        decided_by: the interval that decides, where it is not the effect's own: a corrected one.
    """
    interval = decided_by or found.interval
    if isinstance(interval, Unavailable):
        return interval
    expected = expected or foretold(found, spec)
    if smallest is None:
        has_se = not isinstance(found.se, Unavailable)
        smallest = detectable(found.se, found.df) if has_se else found.se  # type: ignore[arg-type]
    return Verdict(
        says=_says(interval, spec.relevant, expected),
        unit=unit,
        scale=scale,
        effect=found,
        level=interval.level,
        detectable=smallest,
        relevant=spec.relevant,
        expected=expected,
    )


def _says(interval: Interval, relevant: float | None, expected: ExpectedEffect | None) -> Says:
    if not interval.contains(0.0):
        return "supported"
    if relevant is not None and -relevant < interval.lower and interval.upper < relevant:
        return "excluded"
    if expected is not None and not interval.contains(expected.estimate):
        return "excluded"
    return "cannot tell"
