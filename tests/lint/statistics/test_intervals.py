"""Intervals of a proportion against statsmodels."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from epm_lint.statistics.intervals import Interval, Method, interval

NAMES = {
    Method.WILSON: "wilson",
    Method.CLOPPER_PEARSON: "beta",
    Method.WALD: "normal",
    Method.AGRESTI_COULL: "agresti_coull",
    Method.JEFFREYS: "jeffreys",
}


def check(k, n, level, method):
    own = interval(k, n, level, method).cut()
    other = proportion_confint(k, n, alpha=1 - level, method=NAMES[method])
    assert own == pytest.approx(other, rel=1e-9, abs=1e-12), (k, n, level)


@pytest.mark.parametrize("method", Method)
def test_every_count(method):
    for n in (1, 2, 5, 12, 100, 1319):
        for k in {*range(min(n, 30) + 1), n - 1, n, n // 2}:
            for level in (0.8, 0.95, 0.99):
                check(k, n, level, method)


@pytest.mark.parametrize("method", Method)
@settings(max_examples=80, deadline=None)
@given(n=st.integers(1, 10**6), share=st.floats(0, 1), level=st.floats(0.5, 0.9999))
def test_any_real_count(method, n, share, level):
    k = share * n
    if method in (Method.CLOPPER_PEARSON, Method.JEFFREYS) and not 1e-6 < share < 1 - 1e-6:
        k = round(k)
    check(k, n, level, method)


def test_a_page_s_intervals():
    as_printed = {23: (15.8, 32.2), 32: (23.7, 41.7), 33: (24.6, 42.7), 49: (39.4, 58.7)}
    for k, ends in as_printed.items():
        assert tuple(round(100 * end, 1) for end in interval(k, 100)) == ends


def test_wald_leaves_the_unit_interval_and_wilson_does_not():
    assert interval(1, 20, 0.95, Method.WALD).low < 0
    assert interval(1, 20, 0.95, Method.WALD).cut().low == 0
    assert interval(0, 20) == Interval(0.0, pytest.approx(0.16113, abs=1e-5))
    assert interval(20, 20).high == 1
