"""An effect size says what its statistic says: η² follows from F, R² from r, a ratio from counts.

Recomputed are partial η² from F and its degrees of freedom, φ from χ² and N (Cramér's V is at most
that), R² and t from r, t or z from an estimate and its standard error, Cohen's d from means and
SDs, and odds and risk ratios from two counts. A ratio is the middle of its confidence interval on
the scale of logarithms. What does not follow is doubted.

Bad:

    The slope is b = 0.50, SE = 0.20, t(98) = 4.50, p < .001.

Good:

    The slope is b = 0.50, SE = 0.20, t(98) = 2.50, p = .014.
"""

from __future__ import annotations

from epm_lint.model import Page, Rule, Verdict
from epm_lint.reading.number import Number
from epm_lint.reading.page import read
from epm_lint.reading.statements import (
    Comparison,
    Correlation,
    Estimate,
    MeanDifference,
    Qualifier,
    Statement,
    Test,
)
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics import two_proportions as two
from epm_lint.statistics.answers import Outcome
from epm_lint.statistics.effects import (
    determination,
    partial_eta_squared,
    phi,
    ratio_in_interval,
    standardised_difference,
    t_of_r,
    wald_statistic,
)

_FIX = "correct the one that is wrong"
_UNLIKE = (Qualifier.RESAMPLED, Qualifier.MODELLED, Qualifier.EXACT, Qualifier.UNKNOWN)


def check(page: Page) -> Verdict:
    """Every effect size is that of its statistic."""
    tally = Tally("effect size")
    for said in read(page.document, page.title).claimed(Statement):
        match said:
            case Test():
                _of_test(said, tally)
            case Correlation():
                _of_correlation(said, tally)
            case Estimate():
                _of_estimate(said, tally)
            case Comparison() if said.ratio is not None:
                _of_counts(said, said.ratio, tally)
            case MeanDifference():
                _of_means(said, tally)
    return tally.verdict()


def _of_test(said: Test, tally: Tally) -> None:
    for name, printed in said.effects:
        if name in ("ηp²", "η²") and said.statistic == "F" and said.df and said.df2:
            answer = partial_eta_squared(printed, said.value, said.df, said.df2)
            outcome = answer.outcome
            above = printed.value > 0 and float(printed.value) > _partial(said)
            if name == "η²" and not above:
                outcome = Outcome.CONSISTENT
            message = f"says {name}={shown(printed)}; F={shown(said.value)} gives {answer.right}"
        elif name in ("φ", "V") and said.statistic == "χ²" and said.n is not None:
            answer = phi(printed, said.value, said.n)
            outcome = answer.outcome
            one = said.df is not None and said.df.mantissa == 1
            if not one or (name == "V" and printed.value < said.value.value):
                small = (
                    float(printed.value)
                    <= (float(said.value.value) / float(said.n.value)) ** 0.5 * 1.02
                )
                outcome = Outcome.CONSISTENT if small and not one else outcome
            message = f"says {name}={shown(printed)}; χ²={shown(said.value)} gives {answer.right}"
        else:
            continue
        if outcome is Outcome.TRUNCATED:
            outcome = Outcome.CONSISTENT
        uses = (said.value, said.df, said.df2, said.n)
        tally.hold(printed, outcome, message, _FIX, binding=said.binding, uses=uses)


def _partial(said: Test) -> float:
    f, a, b = (float(n.value) for n in (said.value, said.df, said.df2) if n is not None)
    return f * a / (f * a + b) * 1.02


def _of_correlation(said: Correlation, tally: Tally) -> None:
    r = said.coefficient
    if said.squared is not None and not said.partial and not said.has(Qualifier.UNKNOWN):
        answer = determination(said.squared, r)
        message = f"says R²={shown(said.squared)}; {shown(r)} squared is {answer.right}"
        outcome = Outcome.CONSISTENT if answer.outcome is Outcome.TRUNCATED else answer.outcome
        tally.hold(said.squared, outcome, message, _FIX, binding=said.binding, uses=(r,))
    df = said.statistic_df
    if said.statistic is not None and df is not None and not said.has(Qualifier.UNKNOWN):
        answer = t_of_r(said.statistic, r, df)
        message = f"says t={shown(said.statistic)}; r={shown(r)} gives {answer.right}"
        tally.hold(
            said.statistic, answer.outcome, message, _FIX, binding=said.binding, uses=(r, df)
        )


def _of_estimate(said: Estimate, tally: Tally) -> None:
    if said.se is not None and said.statistic_value is not None and not said.ratio:
        answer = wald_statistic(said.statistic_value, said.value, said.se)
        name = said.statistic or "t"
        message = (
            f"says {name}={shown(said.statistic_value)}; "
            f"{shown(said.value)}/{shown(said.se)} is {answer.right}"
        )
        uses = (said.value, said.se)
        if not said.has(*_UNLIKE):
            tally.hold(
                said.statistic_value, answer.outcome, message, _FIX, binding=said.binding, uses=uses
            )
    if said.ratio and said.interval is not None and not said.has(*_UNLIKE):
        low, high = said.interval.ends
        if not low.value <= said.value.value <= high.value:
            return  # recomputed-intervals says so
        answer = ratio_in_interval(said.value, low, high)
        message = (
            f"says {shown(said.value)}; the middle of {shown_interval(said.interval)}, "
            f"in logarithms, is {answer.right}"
        )
        tally.hold(
            said.value, answer.outcome, message, _FIX, binding=said.binding, uses=(low, high)
        )


def _of_counts(said: Comparison, ratio: Number, tally: Tally) -> None:
    if said.first.fraction is None or said.second.fraction is None or ratio.bound:
        return
    table = (*said.first.fraction, *said.second.fraction)
    if table[0] > table[1] or table[2] > table[3] or not table[1] or not table[3]:
        return
    compute = two.odds_ratio if "odds" in said.ratio_name else two.risk_ratio
    ways = [compute(*table), compute(*table[2:], *table[:2])]
    known = [way for way in ways if way]
    if not known:
        return
    fits = any(float(ratio.range.low) <= way <= float(ratio.range.high) for way in known)
    outcome = Outcome.CONSISTENT if fits else Outcome.INCONSISTENT
    right = ratio.like(known[0])
    message = f"says {shown(ratio)}; {shown(said.first)} and {shown(said.second)} give {right}"
    tally.hold(ratio, outcome, message, _FIX, binding=said.binding, uses=(said.first, said.second))


def _of_means(said: MeanDifference, tally: Tally) -> None:
    answer = standardised_difference(said.d, said.first, said.second, said.sds)
    message = (
        f"says d={shown(said.d)}; {shown(said.first)} and {shown(said.second)} give {answer.right}"
    )
    uses = (said.first, said.second, *said.sds)
    tally.hold(said.d, answer.outcome, message, _FIX, binding=said.binding, uses=uses)


RULE = Rule("recomputed-effects", "Effect sizes recomputed", check, everywhere=True, doc=__doc__)
