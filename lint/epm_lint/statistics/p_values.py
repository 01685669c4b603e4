"""What p can be, given a printed statistic, and whether a printed p is that.

As in statcheck (Nuijten et al. 2016, Behavior Research Methods 48, 1205-1226), every rounded input
may be any value that rounds to it, and an inconsistency that turns a conclusion is a decision
error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, isnan, log10

from epm_lint.reading.number import Number, Quantity, range_of, value_of
from epm_lint.reading.ranges import NOISE, Range, propagate
from epm_lint.statistics.answers import Answer, Outcome, match, show
from epm_lint.statistics.correlations import p_from_r
from epm_lint.statistics.rank_correlation import edgeworth_p
from epm_lint.statistics.tails import ChiSquared, F, Normal, StudentT
from epm_lint.values import dataclass

ALPHA = 0.05
ONE_SIDED = "it is the one-sided p"
_SERIES = 0.08
"""How far off, relative, R's series may be from the permutations that it stands for."""
_FEWEST_RANKS = 10


@dataclass(frozen=True, slots=True)
class Tail:
    """The p of a statistic: from the printed value, and the least and greatest that it allows."""

    right: float
    allowed: Range
    two_sided: bool = True
    others: tuple[Range, ...] = ()
    """What other computations of the same p allow: R's series for ρ."""
    notes: tuple[tuple[str, Range], ...] = ()
    """What p would be if something were otherwise."""


def of_t(t: Number, df: Quantity) -> Tail | None:
    """Two-sided, of Student's t."""
    return _of(t, lambda x, df: StudentT(df).two_sided(x), df, two_sided=True)


def of_z(z: Number) -> Tail | None:
    """Two-sided, of a normal deviate."""
    return _of(z, Normal().two_sided, two_sided=True)


def of_interval(
    value: Number, end: Number, level: float, df: Number
) -> tuple[tuple[float, Range], ...]:
    """Two-sided, of an estimate that lies as far from an end of its interval as it is printed.

    The interval is estimate ± quantile · error, and the p that of estimate / error: by Student's t
    and by the normal distribution, for programs differ. Each with what p is as printed.
    """
    half = end.range.plus(value.range.negated).magnitudes
    middle = abs(float(end.value - value.value))
    if not 0 < level < 1 or half.low <= 0 or not middle or df.value <= 0:
        return ()
    found: list[tuple[float, Range]] = []
    for tails in (StudentT(float(df.value)), Normal()):
        quantile = tails.upper_quantile((1 - level) / 2)

        def p(x: float, h: float, tails: StudentT | Normal = tails, q: float = quantile) -> float:
            return tails.two_sided(q * x / h)

        if allowed := propagate(p, value.range.magnitudes, half):
            found.append((p(float(value.value), middle), allowed))
    return tuple(found)


def of_f(f: Number, df1: Quantity, df2: Quantity) -> Tail | None:
    """The upper tail of F."""
    return _of(f, lambda x, a, b: F(a, b).upper(x), df1, df2)


def of_chi_squared(chi2: Number, df: Quantity) -> Tail | None:
    """The upper tail of χ²."""
    return _of(chi2, lambda x, df: ChiSquared(df).upper(x), df)


def of_r(r: Number, n: int, covariates: int = 0, *, ranks: bool = False) -> Tail | None:
    """Two-sided, of r or ρ at N with covariates held constant; for ρ also Edgeworth's series."""
    sizes = r.range.within(-1, 1)
    if sizes is None or n - 2 - covariates <= 0:
        return None
    allowed = propagate(lambda x: p_from_r(x, n, covariates), sizes.magnitudes)
    if allowed is None:
        return None
    right = p_from_r(min(1.0, abs(float(r.value))), n, covariates)
    others: list[Range] = []
    if ranks and not covariates and n >= _FEWEST_RANKS:
        series = propagate(lambda rho: edgeworth_p(rho, n), sizes.magnitudes)
        if series:
            low, high = float(series.low) * (1 - _SERIES), float(series.high) * (1 + _SERIES)
            others.append(Range(low, high))
    return Tail(
        right, allowed, others=tuple(others), notes=tuple(_miscounted(n, covariates, sizes))
    )


def _miscounted(n: int, covariates: int, sizes: Range) -> Iterator[tuple[str, Range]]:
    for k in range(min(3, n - 2)):
        if k != covariates and n - 2 - k > 0:
            found = propagate(lambda x, k=k: p_from_r(x, n, k), sizes.magnitudes)
            if found:
                yield f"it fits {n - 2 - k} degrees of freedom, not {n - 2 - covariates}", found


def _of(
    statistic: Number, tail: Callable[..., float], *dfs: Quantity, two_sided: bool = False
) -> Tail | None:
    if any(value_of(df) <= 0 for df in dfs):
        return None
    given = statistic.range
    if statistic.bound in ("<", "≤", ">", "≥"):
        given = given.within(0, inf) or given
    sizes = given.magnitudes if two_sided else given.within(0, inf)
    if sizes is None or sizes.low == inf:
        return None
    allowed = propagate(tail, sizes, *map(range_of, dfs))
    right = tail(abs(float(statistic.value)), *(float(value_of(df)) for df in dfs))
    if allowed is None or isnan(right):
        return None
    return Tail(right, allowed, two_sided)


# ---------------------------------------------------------------------- holding a p to it


def judge(p: Number, tail: Tail, *, alpha: float = ALPHA, one_sided: bool = False) -> Answer:
    """Whether a printed p is that of its statistic; of a one-sided test either tail will do."""
    halved = Range(tail.allowed.low / 2, tail.allowed.high / 2)
    ways = [tail.allowed, *tail.others]
    right = tail.right
    if one_sided and tail.two_sided:
        ways = [halved, Range(1 - halved.high, 1 - halved.low)]
        right = tail.right / 2
    outcomes = [match(p, way) for way in ways]
    if Outcome.CONSISTENT in outcomes:
        return Answer(Outcome.CONSISTENT, show(p, right))
    outcome = Outcome.TRUNCATED if Outcome.TRUNCATED in outcomes else Outcome.INCONSISTENT
    near = ways if not one_sided else [ways[0] if p.value < 0.5 else ways[-1]]
    if _turned(p, near, alpha):
        outcome = Outcome.DECISION_ERROR
    notes = dict(tail.notes)
    if tail.two_sided and not one_sided:
        notes[ONE_SIDED] = halved
    explained = (note for note, way in notes.items() if not p.bound and p.range.meets(way))
    return Answer(outcome, _shown(p, ways[0]), next(explained, ""))


def judge_corrected(
    p: Number, tail: Tail, correction: str, tests: int | None, *, alpha: float = ALPHA
) -> Answer:
    """Whether a corrected p can be: at least the raw one, at most that times the tests."""
    raw = tail.allowed
    if tests and correction == "bonferroni":
        allowed = Range(min(1.0, float(raw.low) * tests), min(1.0, float(raw.high) * tests))
    elif tests and correction == "sidak":
        low, high = (1 - (1 - min(1.0, float(end))) ** tests for end in (raw.low, raw.high))
        allowed = Range(low - NOISE, high + NOISE)
    elif tests:
        allowed = Range(raw.low, min(1.0, float(raw.high) * tests))
    else:
        allowed = Range(raw.low, max(1.0, float(raw.high)))
    outcome = match(p, allowed)
    if outcome is Outcome.TRUNCATED and not tests:
        outcome = Outcome.INCONSISTENT
    if outcome is not Outcome.CONSISTENT and _turned(p, [allowed], alpha):
        outcome = Outcome.DECISION_ERROR
    return Answer(outcome, _shown(p, allowed) if tests else f"at least {show(p, float(raw.low))}")


def judge_logarithm(value: Number, tail: Tail) -> Answer:
    """Whether −log₁₀ p is that of its statistic."""
    if not float(tail.allowed.low) > 0 or tail.right <= 0:
        return Answer(Outcome.UNKNOWN, value.text)
    allowed = Range(
        -log10(float(tail.allowed.high)) - NOISE, -log10(float(tail.allowed.low)) + NOISE
    )
    return Answer(match(value, allowed), show(value, -log10(tail.right)))


def judge_between(low: Number, high: Number, tail: Tail, *, alpha: float = ALPHA) -> Answer:
    """Whether p lies between two values, as a page says."""
    said = Range(low.value, high.value)
    if said.meets(tail.allowed):
        return Answer(Outcome.CONSISTENT, show(high, tail.right))
    turned = (float(tail.allowed.low) > alpha) is not (float(low.value) > alpha)
    outcome = Outcome.DECISION_ERROR if turned else Outcome.INCONSISTENT
    return Answer(outcome, show(high, tail.right))


def _shown(p: Number, allowed: Range) -> str:
    ends = [show(p, min(1.0, float(end))) for end in (allowed.low, allowed.high)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def _turned(p: Number, ways: list[Range], alpha: float) -> bool:
    """Whether every way to compute p puts it on the other side of alpha."""
    claims = claims_significance(p, alpha)
    if claims is None:
        return False
    return all(float(w.low) > alpha if claims else float(w.high) <= alpha for w in ways)


def claims_significance(p: Number, alpha: float) -> bool | None:
    """What a printed p says about significance at alpha; None where a bound leaves it open."""
    bound = float(p.value)
    if p.bound in ("<", "≤"):
        return True if bound <= alpha else None
    if p.bound in (">", "≥"):
        return False if bound >= alpha else None
    return bound <= alpha
