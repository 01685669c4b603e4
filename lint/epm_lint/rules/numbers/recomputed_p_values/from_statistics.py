"""The p of a statistic: t, F, χ², z, r, ρ, R², or an estimate with its standard error."""

from __future__ import annotations

from collections.abc import Iterable

from epm_lint.reading.number import Number
from epm_lint.reading.statements import (
    Correlation,
    Determination,
    Estimate,
    Qualifier,
    Test,
)
from epm_lint.rules.numbers.recomputed_p_values.left_alone import FIX, UNLIKE, is_left
from epm_lint.rules.tally import Tally, shown
from epm_lint.statistics.answers import Answer, Outcome
from epm_lint.statistics.correlations import p_from_r
from epm_lint.statistics.p_values import (
    Tail,
    claims_significance,
    judge,
    judge_between,
    judge_corrected,
    judge_logarithm,
    of_chi_squared,
    of_f,
    of_r,
    of_t,
    of_z,
)
from epm_lint.statistics.tails import Normal

_SYMBOLS = {"pearson": "r", "spearman": "ρ"}


_FEWEST_RANKS = 10


_ORDER = list(Outcome)


def _hold(
    said: Test | Correlation,
    p: Number,
    answer: Answer,
    message: str,
    uses: Iterable[Number | None],
    tally: Tally,
) -> None:
    note = f"; {answer.note}" if answer.note else ""
    tally.hold(p, answer.outcome, message + note, FIX, binding=said.binding, uses=uses)


def _answer(said: Test | Correlation, p: Number, tail: Tail) -> Answer:
    if said.logarithmic:
        return judge_logarithm(p, tail)
    if said.p_high is not None:
        return judge_between(p, said.p_high, tail)
    if said.correction:
        return judge_corrected(p, tail, said.correction, said.tests)
    return judge(p, tail, one_sided=said.has(Qualifier.ONE_SIDED))


def test(said: Test, p: Number, tally: Tally) -> None:
    if is_left(said, tally):
        return
    tail: Tail | None = None
    match said.statistic:
        case "t" if said.df:
            tail = of_t(said.value, said.df)
        case "F" if said.df and said.df2:
            tail = of_f(said.value, said.df, said.df2)
        case "χ²" if said.df:
            tail = of_chi_squared(said.value, said.df)
        case "z":
            tail = of_z(said.value)
    if tail is None:
        return
    freedom = ", ".join(shown(each) for each in (said.df, said.df2) if each)
    name = f"{said.statistic}({freedom})" if freedom else said.statistic
    relation = said.value.bound or "="
    answer = _answer(said, p, tail)
    what = "a corrected p" if said.correction else "p"
    message = f"says {shown(p)}; {name}{relation}{shown(said.value)} has {what}={answer.right}"
    _hold(said, p, answer, message, (said.value, said.df, said.df2), tally)
    if said.pairs and said.df and said.pairs.is_whole and said.df.is_whole:
        right = said.pairs.mantissa - 1
        outcome = Outcome.CONSISTENT if said.df.mantissa == right else Outcome.INCONSISTENT
        message = (
            f"says t({shown(said.df)}); {shown(said.pairs)} pairs have {right} degrees of freedom"
        )
        tally.hold(said.df, outcome, message, "correct the degrees of freedom", uses=(said.pairs,))


def correlation(said: Correlation, p: Number, tally: Tally) -> None:
    r = said.coefficient
    if said.method not in ("", *_SYMBOLS) or r.bound:
        return
    if is_left(said, tally):
        return
    if said.df and not said.df.places:
        n, given = said.df.mantissa + 2, True
    elif said.n and said.n.is_whole:
        n, given = said.n.mantissa, False
    else:
        tally.leave("correlations without an N beside them")
        return
    held = len(said.covariates) if said.partial else 0
    counts = [held] if held or not said.partial else [1, 2, 3]
    ranks = said.method == "spearman"
    if ranks and n < _FEWEST_RANKS:
        tally.leave("ρ of fewer than ten points")
        return
    answers = []
    for covariates in counts:
        size = n + covariates if given else n
        if tail := of_r(r, size, covariates, ranks=ranks):
            answers.append((covariates, size, _answer(said, p, tail)))
    if not answers:
        return
    covariates, size, answer = min(answers, key=lambda each: _ORDER.index(each[2].outcome))
    beyond = f" and {covariates} covariate{'s' * (covariates > 1)}" if covariates else ""
    name = ("partial " if said.partial else "") + _SYMBOLS.get(said.method, "r")
    what = "a corrected p" if said.correction else "p"
    message = (
        f"says {shown(p)}; {name}={shown(r)} with N={size}{beyond} has {what}={answer.right} "
        f"(df {size - 2 - covariates})"
    )
    _hold(said, p, answer, message, (r, said.n, said.df), tally)


def determination(said: Determination, p: Number, n: Number, tally: Tally) -> None:
    """The R² of a fit with one predictor; with more, p would be larger still."""
    if is_left(said, tally) or not n.is_whole or n.mantissa < 4 or not 0 < said.value.value < 1:
        return
    high = min(1.0, float(said.value.range.high)) ** 0.5
    least = p_from_r(high, n.mantissa)
    claimed = claims_significance(p, 0.05)
    outcome = Outcome.CONSISTENT
    if float(p.range.high) < least * 0.98:
        outcome = Outcome.DECISION_ERROR if claimed and least > 0.05 else Outcome.INCONSISTENT
    message = (
        f"says {shown(p)}; R²={shown(said.value)} with N={shown(n)} has p={p.like(least)} at least"
    )
    tally.hold(p, outcome, message, FIX, binding=said.binding, uses=(said.value, n))


def estimate(said: Estimate, p: Number, se: Number, tally: Tally) -> None:
    """A coefficient's p is at least that of a normal deviate."""
    if said.statistic_value is not None or said.ratio or se.value <= 0:
        return
    if said.has(*UNLIKE, Qualifier.CORRECTED, Qualifier.ONE_SIDED):
        return
    low = max(float(se.range.low), 1e-12)
    size = max(abs(float(said.value.range.low)), abs(float(said.value.range.high)))
    least = Normal().two_sided(size / low)
    outcome = Outcome.CONSISTENT
    if float(p.range.high) < least * 0.98:
        claimed = claims_significance(p, 0.05)
        outcome = Outcome.DECISION_ERROR if claimed and least > 0.05 else Outcome.INCONSISTENT
    z = float(said.value.value) / float(se.value)
    right = Normal().two_sided(z)
    message = (
        f"says {shown(p)}; {shown(said.value)}/{shown(se)} is z={z:.2f}, which has p={right:.2g}"
    )
    tally.hold(p, outcome, message, FIX, binding=said.binding, uses=(said.value, se))
