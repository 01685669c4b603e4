"""Published p-values recomputed, and p-values made right or wrong on purpose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from epm_lint.reading.number import Number
from epm_lint.statistics.answers import Answer, Outcome
from epm_lint.statistics.p_values import (
    ONE_SIDED,
    Tail,
    claims_significance,
    judge,
    judge_corrected,
    of_chi_squared,
    of_f,
    of_r,
    of_t,
    of_z,
)

RIGHT, WRONG, FLIPPED = Outcome.CONSISTENT, Outcome.INCONSISTENT, Outcome.DECISION_ERROR
P = Number.of


def judged(p: str, tail: Tail | None, **how: object) -> Answer:
    assert tail is not None
    return judge(P(p), tail, **how)  # type: ignore[arg-type]


def judged_r(p: str, r: str, n: int, covariates: int = 0) -> Answer:
    return judged(p, of_r(P(r), n, covariates))


def judged_t(p: str, t: str, df: str | int, **how: object) -> Answer:
    return judged(p, of_t(P(t), P(df) if isinstance(df, str) else df), **how)


CORRELATIONS = [
    ("-0.703", "0.011", RIGHT),
    ("-0.764", "0.004", RIGHT),
    ("-0.621", "0.031", RIGHT),
    ("-0.574", "0.051", RIGHT),
    ("-0.711", "0.0095", RIGHT),
    ("-0.810", "0.0014", RIGHT),
    ("-0.74", "0.006", RIGHT),
    ("−0.74", "p < .01", RIGHT),
    ("-0.574", "0.041", FLIPPED),
    ("-0.574", "p < .05", FLIPPED),
    ("-0.621", "p > .05", FLIPPED),
    ("-0.621", "0.21", FLIPPED),
    ("-0.621", "0.013", WRONG),
    ("-0.621", "p < .01", WRONG),
    ("-0.621", "p > .01", RIGHT),
    ("-0.2", "p > .9", WRONG),
    ("-0.2", "p < .3", WRONG),
]


@pytest.mark.parametrize(("r", "p", "outcome"), CORRELATIONS)
def test_correlations_of_twelve(r, p, outcome):
    assert judged_r(p, r, 12).outcome is outcome


def test_the_published_partial_correlation():
    answer = judged_r("0.018", "-0.667", 12, covariates=1)
    assert (answer.outcome, answer.right) == (WRONG, "0.025")
    assert answer.note == "it fits 10 degrees of freedom, not 9"
    assert judged_r("0.018", "-0.67", 12, covariates=1).right == "0.023 to 0.026"
    assert judged_r("0.025", "-0.67", 12, covariates=1).outcome is RIGHT
    assert judged_r("0.018", "-0.67", 12).outcome is RIGHT


def test_a_rounded_r_allows_a_stretch_of_p():
    # N=10, r in [-0.665, -0.655]: p from 0.036 to 0.040
    assert judged_r("0.039", "-0.66", 10).outcome is RIGHT
    assert judged_r("0.036", "-0.66", 10).outcome is RIGHT
    assert judged_r("0.034", "-0.66", 10).outcome is WRONG


def test_what_is_no_correlation():
    assert of_r(P("1.3"), 12) is None
    assert of_r(P("0.3"), 2) is None
    assert judged_r("0.000", "1.000", 12).outcome is RIGHT


@settings(max_examples=200, deadline=None)
@given(st.integers(4, 200), st.integers(0, 10**6), st.integers(1, 4), st.integers(2, 4))
def test_what_scipy_prints_is_right_and_ten_times_as_much_is_not(n, seed, r_places, p_places):
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    test = stats.pearsonr(x, x * (seed % 5) / 4 + y)
    r, p = f"{test.statistic:.{r_places}f}", f"{test.pvalue:.{p_places}f}"
    assert judged_r(p, r, n).outcome is RIGHT
    if r_places == 4 and 0.001 < test.pvalue < 0.1:
        assert not judged_r(f"{10 * test.pvalue:.4f}", r, n).is_right


def test_t_f_chi_squared_and_z():
    assert judged_t(".019", "2.5", 28).note == ""
    assert judged_t(".0185", "2.50", 28).outcome is RIGHT
    assert judged_t(".0185", "−2.50", "28").outcome is RIGHT
    assert judged_t("p < .001", "2.50", 28).outcome is WRONG
    assert judged_t("p < .001", "1.50", 28).outcome is FLIPPED
    assert judged_t(".009", "2.50", 28).note == ONE_SIDED
    welch = f"{2 * stats.t.sf(2.51, 10.3):.3f}"
    assert judged_t(welch, "2.51", "10.3").outcome is RIGHT
    assert judged(".027", of_f(P("4.1"), 2, 30)).outcome is RIGHT
    ends = [f"{stats.f.sf(f, 2, 30):.3f}" for f in (4.15, 4.05)]
    assert judged("p < .001", of_f(P("4.1"), 2, 30)).right == " to ".join(ends)
    assert of_f(P("-4.1"), 2, 30) is None
    assert judged(".6", of_f(P("F < 1"), 2, 30)).outcome is RIGHT
    assert judged("0.020", of_chi_squared(P("5.41"), 1)).outcome is RIGHT
    assert judged("0.068", of_chi_squared(P("5.41"), 1)).outcome is FLIPPED
    assert judged(".05", of_z(P("1.96"))).outcome is RIGHT
    assert judged(".025", of_z(P("1.96"))).note == ONE_SIDED
    assert of_t(P("2"), 0) is None
    assert of_t(P("2"), 10**12) is None


def test_the_level_decides_what_turns_a_conclusion():
    assert judged_t(".009", "2.60", 28, alpha=0.05).outcome is WRONG
    assert judged_t(".009", "2.60", 28, alpha=0.01).outcome is FLIPPED


@pytest.mark.parametrize(
    ("p", "claim"),
    [
        (".05", True),
        (".051", False),
        ("< .05", True),
        ("< .1", None),
        ("> .05", False),
        ("> .01", None),
        ("≤ .05", True),
        ("≈ .04", True),
    ],
)
def test_what_a_p_claims(p, claim):
    assert claims_significance(P(p), 0.05) is claim


def test_a_p_that_vanishes_is_shown_with_its_digits():
    assert judged_t("0.52", "8.00", 28).right == "1e-08"
    assert judged_t("0.52", "4.00", 28).right == "0.00041 to 0.00043"


@pytest.mark.parametrize(
    ("p", "correction", "tests", "outcome"),
    [
        ("0.040", "bonferroni", 4, RIGHT),
        ("0.020", "bonferroni", 4, WRONG),
        ("0.005", "holm", 4, WRONG),
        ("0.015", "holm", 4, RIGHT),
        ("0.03", "holm", None, RIGHT),
        ("0.003", "fdr", None, WRONG),
        ("0.6", "other", None, RIGHT),
        ("0.21", "bonferroni", 4, FLIPPED),
    ],
)
def test_a_corrected_p_is_at_least_the_raw_one_and_at_most_so_many_times_it(
    p, correction, tests, outcome
):
    tail = of_t(P("2.76"), 28)  # p = .010
    assert judge_corrected(P(p), tail, correction, tests).outcome is outcome


@pytest.mark.parametrize("p", [".009", ".0093", ".991"])
def test_of_a_one_sided_test_either_tail_will_do(p):
    assert judged_t(p, "2.50", 28, one_sided=True).outcome is RIGHT
    assert judged_t(".0185", "2.50", 28, one_sided=True).outcome is WRONG


def test_rank_correlations_have_r_s_series_too():
    for p in ("0.0060", "0.0082"):
        assert judged(p, of_r(P("-0.74"), 12, ranks=True)).outcome is RIGHT
    assert judged("0.0082", of_r(P("-0.74"), 12)).outcome is WRONG


PRINTED = st.from_regex(r"[<≈]?-?[0-9]{1,3}(\.[0-9]{1,3})?(e-?[0-9]{1,3})?%?", fullmatch=True)
PRINTED = PRINTED.map(Number.read).filter(bool)


@settings(max_examples=300, deadline=5000)
@given(PRINTED, PRINTED, PRINTED, st.integers(-3, 10**9))
def test_whatever_is_printed_there_is_an_answer_or_no_such_statistic(a, b, c, n):
    for tail in (of_r(b, n), of_r(b, n, 1, ranks=True), of_t(b, c), of_f(b, c, n), of_z(b)):
        assert tail is None or judge(a, tail).right
    tail = of_chi_squared(b, c)
    assert tail is None or judge_corrected(a, tail, "holm", n if n > 0 else None).right
