"""Published numbers recomputed, and numbers made right or wrong on purpose."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from epm_lint.reading.number import Number
from epm_lint.statistics.answers import Outcome
from epm_lint.statistics.consistency import (
    difference,
    interval,
    mean,
    product,
    rate,
    ratio,
)
from epm_lint.statistics.intervals import Method

RIGHT, WRONG = Outcome.CONSISTENT, Outcome.INCONSISTENT
UNKNOWN, CUT = Outcome.UNKNOWN, Outcome.TRUNCATED
P = Number.of

PUBLISHED = [
    (23, "15.8%", "32.2%", RIGHT, "[15.8%, 32.2%]"),
    (31, "22.8%", "40.6%", RIGHT, "[22.8%, 40.6%]"),
    (32, "23.6%", "41.6%", CUT, "[23.7%, 41.7%]"),
    (67, "57.3%", "75.4%", RIGHT, "[57.3%, 75.4%]"),
    (33, "24.3%", "42.8%", WRONG, "[24.6%, 42.7%]"),
    (41, "31.9%", "50.7%", CUT, "[31.9%, 50.8%]"),
    (63, "53.2%", "71.8%", RIGHT, "[53.2%, 71.8%]"),
    (49, "39.5%", "58.6%", WRONG, "[39.4%, 58.7%]"),
    (57, "47.2%", "66.2%", CUT, "[47.2%, 66.3%]"),
    (53, "43.3%", "62.5%", RIGHT, "[43.3%, 62.5%]"),
]


@pytest.mark.parametrize(("percent", "low", "high", "outcome", "right"), PUBLISHED)
def test_published_wilson_intervals(percent, low, high, outcome, right):
    for k in (percent, P(f"{percent}%"), P(f"{percent / 100:.2f}")):
        answer = interval(k, 100, P(low), P(high))
        assert (answer.outcome, answer.right) == (outcome, right)
        assert answer.is_right == (outcome is RIGHT)


def test_which_end_is_wrong():
    assert interval(41, 100, P("31.9%"), P("50.7%")).note == "upper end"
    assert interval(33, 100, P("24.3%"), P("42.8%")).note == "lower and upper end"
    assert interval(23, 100, P("15.8%"), P("32.2%")).note == ""


NAMES = {
    Method.WILSON: "wilson",
    Method.CLOPPER_PEARSON: "beta",
    Method.WALD: "normal",
    Method.AGRESTI_COULL: "agresti_coull",
    Method.JEFFREYS: "jeffreys",
}


@pytest.mark.parametrize("method", NAMES)
@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 3000), share=st.floats(0, 1), decimals=st.integers(0, 2))
def test_what_statsmodels_prints_is_right_and_a_step_aside_is_not(method, n, share, decimals):
    k = round(share * n)
    ends = [f"{100 * end:.{decimals}f}%" for end in proportion_confint(k, n, method=NAMES[method])]
    assert interval(k, n, P(ends[0]), P(ends[1]), method=method).outcome is RIGHT
    assert interval(P(f"{100 * k / n:.1f}%"), n, *map(P, ends), method=method).outcome is RIGHT
    high = 100 * float(P(ends[1]).value)
    aside = high + (2 if high < 90 else -2) * 10**-decimals
    off = P(f"{aside:.{decimals}f}%")
    answer = interval(k, n, P(ends[0]), off, method=method)
    assert answer.outcome is WRONG
    low, high = answer.right.strip("[]").split(", ")
    assert interval(k, n, P(low), P(high), method=method).outcome is RIGHT


def test_a_rate_allows_all_its_counts():
    # 32% of 6000 is anything from 1890 to 1950
    assert interval(P("32%"), 6000, P("30.4%"), P("32.8%")).outcome is RIGHT
    assert interval(P("32%"), 6000, P("31.2%"), P("33.6%")).outcome is RIGHT
    assert interval(P("32%"), 6000, P("28.1%"), P("30.2%")).outcome is WRONG
    assert interval(P("133%"), 100, P("1%"), P("2%")).right == "undefined"
    assert interval(3, 0, P("1%"), P("2%")).right == "undefined"


def test_wald_may_be_cut_at_0_or_not():
    for low in ("-4.6%", "0.0%"):
        assert interval(1, 20, P(low), P("14.6%"), method=Method.WALD).outcome is RIGHT
    assert interval(1, 20, P("-2.0%"), P("14.6%"), method=Method.WALD).outcome is WRONG
    assert interval(1, 20, P("-4.6%"), P("14.6%")).outcome is WRONG


def test_products():
    assert product(P("64"), [P("4"), P("4"), P("1")]).right == "16"
    assert product(P("64"), [P("4"), P("4"), P("1")]).outcome is WRONG
    assert product(P("64"), [P("4"), P("4"), P("4")]).outcome is RIGHT
    assert product(P("100"), [P("20"), P("5")]).outcome is RIGHT
    assert product(P("101"), [P("20"), P("5")]).outcome is WRONG
    assert product(P("9"), [P("9" * 40)] * 40).right == "∞"
    assert product(P("< 9"), [P("9" * 40)] * 40).right == "∞"


def test_differences():
    assert difference(P("8pp"), P("23%"), P("31%")).outcome is RIGHT
    assert difference(P("-8pp"), P("23%"), P("31%")).outcome is RIGHT
    assert difference(P("+8pp"), P("23%"), P("31%")).outcome is WRONG
    assert difference(P("9.2 pp"), P("31.0%"), P("23.0%")).right == "8.0 pp"
    assert difference(P("9pp"), P("31%"), P("23%")).outcome is RIGHT
    assert difference(P("10pp"), P("31%"), P("23%")).outcome is WRONG


def test_ratios():
    assert ratio(P("3.4×"), P("34%"), P("10%")).outcome is RIGHT
    assert ratio(P("3.4×"), P("44.0%"), P("10.0%")).right == "4.4×"
    assert ratio(P("3.4×"), P("44.0%"), P("10.0%"), more=True).outcome is RIGHT
    assert ratio(P("3.4×"), P("50.0%"), P("10.0%"), more=True).outcome is WRONG
    assert ratio(P("3.4×"), P("50%"), P("0%")).outcome is UNKNOWN
    assert ratio(P("3.4×"), P("50%"), P("> 0")).outcome is UNKNOWN


def test_rates_and_means():
    assert rate(P("23%"), 100).outcome is RIGHT
    assert rate(P("23.4%"), 50).right == "22.0% or 24.0%"
    assert rate(P("41.6%"), 12).outcome is CUT
    assert rate(P("41.6%"), 12).right == "41.7%"
    assert mean(P("5.19"), 28).outcome is WRONG
    assert mean(P("5.18"), 28).outcome is RIGHT
    assert mean(P("< 5"), 28).outcome is UNKNOWN


printed = st.from_regex(r"[<≈]?-?[0-9]{1,3}(\.[0-9]{1,3})?(e-?[0-9]{1,3})?%?", fullmatch=True)
printed = printed.map(Number.read).filter(bool)


@settings(max_examples=300, deadline=5000)
@given(printed, printed, printed, st.integers(-3, 10**9), st.sampled_from([*Method]))
def test_whatever_is_printed_there_is_an_answer(a, b, c, n, method):
    answers = [
        rate(a, n),
        mean(a, n),
        interval(a, n, b, c, method=method),
        product(a, [b, c, n]),
        difference(a, b, c),
        ratio(a, b, c, more=True),
    ]
    assert all(answer.right for answer in answers)


def test_nothing_heavy_is_imported():
    code = "import sys, epm_lint.statistics.consistency; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "scipy", "statistics", "random"} & set(loaded.stdout.split())
