"""A p-value follows from its statistic and N; half of psychology's papers hold one that does not.

Recomputed, as statcheck does (Nuijten et al. 2016, Behavior Research Methods 48, 1205-1226), are
two-sided p-values of r and ρ, t = r·√(df / (1 - r²)) with df = N - 2, one less for each covariate
of a partial correlation; of t and z; the upper tails of F and χ²; one-sided ones where the page
says so; the tests of two counts (z, χ², Fisher's), of wins against losses, and McNemar's.
Statistics are any value that rounds to what is printed. All operands stand together or in one row:
what is said elsewhere is never taken. ρ may have the p of R (AS 89) as well as that of t; one of
fewer than ten points is left alone, and so are permutation, bootstrap, clustered and modelled
p-values; a corrected one is at least the raw one, and that times the tests where they are told. A p
on the wrong side of 0.05 is an error, any other that does not follow a doubt.

Bad:

    The relation is significant (r=-0.51, p=0.031, N=11).

Good:

    The relation is not significant (r=-0.51, p=0.109, N=11).
"""

from __future__ import annotations

from collections.abc import Iterable

from epm_lint.formats import EVERY_FORMAT
from epm_lint.model import Page, Rule, Verdict
from epm_lint.reading.number import Number
from epm_lint.reading.page import read
from epm_lint.reading.statements import (
    Comparison,
    Correlation,
    Determination,
    Estimate,
    Qualifier,
    Split,
    Test,
)
from epm_lint.rules.tally import Tally, shown
from epm_lint.statistics import two_proportions as two
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
_FIX = "take the recomputed p, or correct the statistic, N or df"
_UNLIKE = {
    Qualifier.RESAMPLED: "p-values are resampled",
    Qualifier.CLUSTERED: "p-values have clustered or robust errors",
    Qualifier.MODELLED: "p-values come from a model",
    Qualifier.EXACT: "p-values are exact",
    Qualifier.UNKNOWN: "p-values are of another kind",
}
_ORDER = list(Outcome)
_REACH = 0.15
"""How far off, relative, the p of two counts may be: tests of the same table differ."""


def check(page: Page) -> Verdict:
    """Every p is that of its statistic."""
    tally = Tally("p-value")
    for said in read(page.document, page.title).statements:
        if not said.is_claimed:
            continue
        match said:
            case Test() if said.p is not None:
                _test(said, said.p, tally)
            case Correlation() if said.p is not None:
                _correlation(said, said.p, tally)
            case Determination() if said.p is not None and said.n is not None:
                _determination(said, said.p, said.n, tally)
            case Estimate() if said.p is not None and said.se is not None:
                _estimate(said, said.p, said.se, tally)
            case Comparison():
                _comparison(said, tally)
            case Split():
                _split(said, tally)
    return tally.verdict()


def _is_left(said: Test | Correlation | Determination | Comparison | Split, tally: Tally) -> bool:
    """Whether a qualifier says that the p is not the plain one."""
    for qualifier, reason in _UNLIKE.items():
        if said.has(qualifier):
            tally.leave(reason)
            return True
    return False


def _hold(
    said: Test | Correlation,
    p: Number,
    answer: Answer,
    message: str,
    uses: Iterable[Number | None],
    tally: Tally,
) -> None:
    note = f"; {answer.note}" if answer.note else ""
    tally.hold(p, answer.outcome, message + note, _FIX, binding=said.binding, uses=uses)


def _answer(said: Test | Correlation, p: Number, tail: Tail) -> Answer:
    if said.logarithmic:
        return judge_logarithm(p, tail)
    if said.p_high is not None:
        return judge_between(p, said.p_high, tail)
    if said.correction:
        return judge_corrected(p, tail, said.correction, said.tests)
    return judge(p, tail, one_sided=said.has(Qualifier.ONE_SIDED))


def _test(said: Test, p: Number, tally: Tally) -> None:
    if _is_left(said, tally):
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


def _correlation(said: Correlation, p: Number, tally: Tally) -> None:
    r = said.coefficient
    if said.method not in ("", *_SYMBOLS) or r.bound:
        return
    if _is_left(said, tally):
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
        tally.leave("ρ are of fewer than ten points")
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


def _determination(said: Determination, p: Number, n: Number, tally: Tally) -> None:
    """The R² of a fit with one predictor; with more, p would be larger still."""
    if _is_left(said, tally) or not n.is_whole or n.mantissa < 4 or not 0 < said.value.value < 1:
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
    tally.hold(p, outcome, message, _FIX, binding=said.binding, uses=(said.value, n))


def _estimate(said: Estimate, p: Number, se: Number, tally: Tally) -> None:
    """A coefficient's p is at least that of a normal deviate."""
    if said.statistic_value is not None or said.ratio or se.value <= 0:
        return
    if said.has(*_UNLIKE, Qualifier.CORRECTED, Qualifier.ONE_SIDED):
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
    tally.hold(p, outcome, message, _FIX, binding=said.binding, uses=(said.value, se))


# ---------------------------------------------------------------------- two counts


def _counts(said: Comparison) -> list[tuple[int, int, int, int]]:
    """k and n of both, in every way that rounds to the rates where only those are given."""
    if said.rates is None:
        a, b = said.first.fraction, said.second.fraction
        if a is None or b is None or a[0] > a[1] or b[0] > b[1] or not a[1] or not b[1]:
            return []
        return [(*a, *b)]
    from epm_lint.statistics.grim import possible_counts

    first, second = (list(possible_counts(rate, said.n)) for rate in said.rates)
    if not first or not second or len(first) * len(second) > 16:
        return []
    return [(a, said.n, b, said.n) for a in first for b in second]


def _comparison(said: Comparison, tally: Tally) -> None:
    tables = _counts(said)
    if not tables or not (said.p or said.value or said.significant is not None):
        return
    if said.has(Qualifier.PAIRED, Qualifier.CORRECTED, Qualifier.ONE_SIDED, *_UNLIKE):
        tally.leave("comparisons are paired, corrected, or of another kind")
        return
    uses = (said.first, said.second)
    names = f"{shown(said.first)} against {shown(said.second)}"
    if said.value is not None:
        _statistic(said, said.value, tables, names, tally)
    found = [p for table in tables for name, p in two.p_values(*table) if _is_test(said, name)]
    least, most = min(found), max(found)
    if said.p is not None:
        p = said.p
        claims = claims_significance(p, 0.05)
        fits = float(p.range.high) >= least * (1 - _REACH) and float(p.range.low) <= most * (
            1 + _REACH
        )
        turned = claims is not None and (least > 0.05 if claims else most <= 0.05)
        outcome = (
            Outcome.CONSISTENT
            if fits
            else Outcome.DECISION_ERROR
            if turned
            else Outcome.INCONSISTENT
        )
        message = f"says {shown(p)}; {names} has p={_about(least, most)}"
        tally.hold(p, outcome, message, _FIX, binding=said.binding, uses=uses)
    elif said.significant is not None and said.value is None:
        wrong = least > 0.05 if said.significant else most < 0.05
        outcome = Outcome.DECISION_ERROR if wrong else Outcome.CONSISTENT
        word = "significant" if said.significant else "not significant"
        message = f"says {word}; {names} has p={_about(least, most)}"
        tally.hold(said.first, outcome, message, "say what the counts say", uses=uses)


def _is_test(said: Comparison, name: str) -> bool:
    """Fisher's alone where it is named; a z or χ² is near all of them."""
    return name == "fisher" if said.test == "fisher" else True


def _about(least: float, most: float) -> str:
    low, high = f"{least:.2g}", f"{most:.2g}"
    return low if low == high else f"{low} to {high}"


def _statistic(
    said: Comparison,
    value: Number,
    tables: list[tuple[int, int, int, int]],
    names: str,
    tally: Tally,
) -> None:
    ways: list[float] = []
    for table in tables:
        if said.statistic == "z":
            ways += [two.z_pooled(*table), two.z_unpooled(*table)]
            ways.append(two.chi_squared(*table, yates=True) ** 0.5)
        else:
            ways += [two.chi_squared(*table), two.chi_squared(*table, yates=True)]
            ways.append(two.likelihood_ratio(*table))
    sizes = [abs(way) for way in ways]
    printed = value.range.magnitudes
    reach = max(float(value.step), 0.01)
    fits = any(float(printed.low) - reach <= size <= float(printed.high) + reach for size in sizes)
    outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
    if not fits and said.p is None:
        critical = 1.96 if said.statistic == "z" else 3.84
        turned = (abs(float(value.value)) > critical) is not (sizes[0] > critical)
        outcome = Outcome.DECISION_ERROR if turned else outcome
    elif not fits and said.p is not None:
        least = min(p for table in tables for _, p in two.p_values(*table))
        most = max(p for table in tables for _, p in two.p_values(*table))
        claims = claims_significance(said.p, 0.05)
        turned = claims is not None and (least > 0.05 if claims else most <= 0.05)
        outcome = Outcome.DECISION_ERROR if turned else outcome
    message = f"says {said.statistic}={shown(value)}; {names} gives {value.like(sizes[0])}"
    uses = (said.first, said.second)
    tally.hold(
        value,
        outcome,
        message,
        "correct the statistic or the counts",
        binding=said.binding,
        uses=uses,
    )


def _split(said: Split, tally: Tally) -> None:
    b, c = said.first, said.second
    if b + c == 0 or said.has(Qualifier.CORRECTED, Qualifier.RESAMPLED, Qualifier.UNKNOWN):
        return
    names = f"{b} against {c}"
    if said.value is not None:
        ways = [two.mcnemar(b, c, corrected=flag) for flag in (False, True)]
        reach = float(said.value.step) / 2 + 1e-9
        fits = any(abs(float(said.value.value) - way) <= reach for way in ways)
        outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
        right = " or ".join(dict.fromkeys(said.value.like(way) for way in ways))
        message = f"says χ²={shown(said.value)}; {names} gives {right}"
        tally.hold(
            said.value, outcome, message, "correct the statistic or the counts", uses=said.numbers
        )
    found = _of_split(said, b, c)
    least, most = min(found), max(found)
    if said.p is None:
        if said.significant and said.value is None and least > 0.05:
            message = f"says significant; {names} has p={_about(least, most)}"
            tally.hold(said.numbers[0], Outcome.DECISION_ERROR, message, "say what the counts say")
        return
    p = said.p
    if said.has(Qualifier.ONE_SIDED):
        # either tail may be meant: the nearer one
        found = [min(found, key=lambda way: abs(way - float(p.value)))]
        least = most = found[0]
    fits = float(p.range.high) >= least * (1 - _REACH) and float(p.range.low) <= most * (1 + _REACH)
    claims = claims_significance(p, 0.05)
    turned = claims is not None and (least > 0.05 if claims else most <= 0.05)
    outcome = (
        Outcome.CONSISTENT if fits else Outcome.DECISION_ERROR if turned else Outcome.INCONSISTENT
    )
    message = f"says {shown(p)}; {names} has p={_about(least, most)}"
    tally.hold(p, outcome, message, _FIX, binding=said.binding, uses=said.numbers)


def _of_split(said: Split, b: int, c: int) -> list[float]:
    if said.has(Qualifier.ONE_SIDED):
        return [two.sign_test_one_sided(b, c), two.sign_test_one_sided(c, b)]
    exact = [two.sign_test(b, c), two.mid_p(b, c)]
    z = [abs(b - c) / (b + c) ** 0.5, max(0, abs(b - c) - 1) / (b + c) ** 0.5]
    near = [Normal().two_sided(size) for size in z]
    return exact if said.has(Qualifier.EXACT) else [*exact, *near]


RULE = Rule("recomputed-p-values", "p-values recomputed", check, formats=EVERY_FORMAT, doc=__doc__)
