"""The tails against scipy; where the two differ, mpmath says who is right."""

from itertools import product
from math import inf, isfinite, isinf, isnan, log

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from epm_lint.statistics.tails import (
    ChiSquared,
    F,
    Normal,
    StudentT,
    binomial_upper,
)

CLOSE = 1e-10
FREEDOM = [0.5, 0.7, 1, 1.5, 2, 2.7, 5, 9, 10.3, 30, 99.5, 457.3, 1e4, 1e5, 1e6]
SIZES = [1e-300, 1e-250, 1e-150, 1e-80, 1e-30, 1e-12, 1e-6, 1e-3, 0.01, 0.05, 0.3, 0.499999]
SIZES += [0.5, 0.7, 0.95, 0.999, 1 - 1e-6, 1 - 1e-12]
ONE_FREEDOM = [(StudentT(df), stats.t(df)) for df in FREEDOM]
ONE_FREEDOM += [(ChiSquared(df), stats.chi2(df)) for df in FREEDOM]
F_TESTS = [(F(a, b), stats.f(a, b)) for a, b in product(FREEDOM, FREEDOM)]


def is_close(a, b, tolerance=CLOSE):
    return a == b or abs(a - b) <= tolerance * abs(b)


def exact_beta(a, b, x, y):
    """I_x(a, b), by the series of DLMF 8.17.7 on the side where its terms are positive and few."""
    if a * y < b * x:
        return 1 - exact_beta(b, a, y, x)
    total = term = 1 / a
    m = 0
    while term > total * mpmath.eps or m < 10:
        term *= (a + b + m) * x / (a + 1 + m)
        total += term
        m += 1
    return total * x**a * y**b / mpmath.beta(a, b)


def exact_gamma(a, x):
    total = term = 1 / a
    m = 0
    while term > total * mpmath.eps:
        m += 1
        term *= x / (a + m)
        total += term
    return total * mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a))


def exact_tails(distribution, x):
    """Lower and upper, for what float64 says x is."""
    x = mpmath.mpf(x)
    match distribution:
        case StudentT(df):
            a, half, square = mpmath.mpf(df) / 2, mpmath.mpf(1) / 2, x * x / mpmath.mpf(df)
            outside = exact_beta(a, half, 1 / (1 + square), square / (1 + square)) / 2
            return (1 - outside, outside) if x > 0 else (outside, 1 - outside)
        case ChiSquared(df):
            lower = exact_gamma(mpmath.mpf(df) / 2, x / 2)
            return lower, 1 - lower
        case F(df1, df2):
            odds = x * df1 / mpmath.mpf(df2)
            ends = odds / (1 + odds), 1 / (1 + odds)
            return (
                exact_beta(mpmath.mpf(df1) / 2, mpmath.mpf(df2) / 2, *ends),
                exact_beta(mpmath.mpf(df2) / 2, mpmath.mpf(df1) / 2, *reversed(ends)),
            )
    raise AssertionError(distribution)


def name(distribution):
    """Ours by what it is; scipy's have nothing to tell them apart."""
    return "" if hasattr(distribution, "cdf") else str(distribution)


def check_tails(ours, scipys, x):
    """To 1e-10; if scipy differs by more, it is scipy that is wrong."""
    for place, (own, other) in enumerate(
        [(ours.lower(x), scipys.cdf(x)), (ours.upper(x), scipys.sf(x))]
    ):
        if other < 1e-300 or is_close(own, other):
            continue
        with mpmath.workdps(30):
            exact = exact_tails(ours, x)[place]
            assert is_close(own, exact), (ours, x, own, other, mpmath.nstr(exact, 17))


@pytest.mark.parametrize(("ours", "scipys"), ONE_FREEDOM + F_TESTS, ids=name)
def test_tails_and_quantiles_over_the_whole_range(ours, scipys):
    for size in SIZES:
        for quantile, tail in (
            (ours.upper_quantile, ours.upper),
            (ours.lower_quantile, ours.lower),
        ):
            x = quantile(size)
            # heavy tails of few degrees of freedom end beyond float64
            if not 1e-290 < abs(x) < 1e290:
                continue
            # next to 1, what a double x can tell of a tail is the other one
            assert is_close(tail(x), size) or is_close(1 - tail(x), 1 - size), (size, x)
            check_tails(ours, scipys, x)


@pytest.mark.parametrize(("ours", "scipys"), ONE_FREEDOM[: len(FREEDOM)], ids=name)
def test_quantiles_of_t_are_those_of_scipy(ours, scipys):
    for size in (1e-12, 1e-6, 0.001, 0.025, 0.05, 0.2, 0.49, 0.8, 0.975):
        assert is_close(ours.lower_quantile(size), scipys.ppf(size)), size


@pytest.mark.parametrize(("ours", "scipys"), ONE_FREEDOM[len(FREEDOM) :] + F_TESTS[::7], ids=name)
def test_lower_quantiles_of_positive_variables_are_those_of_scipy(ours, scipys):
    for size in (0.001, 0.025, 0.05, 0.2, 0.5, 0.8, 0.975):
        assert is_close(ours.lower_quantile(size), scipys.ppf(size)), size


def test_normal():
    for tenth in range(-370, 371):
        z = tenth / 10
        assert is_close(Normal().upper(z), stats.norm.sf(z), 1e-12)
        assert is_close(Normal().lower(z), stats.norm.cdf(z), 1e-12)
    for size in [*SIZES, 0.5 - 1e-9, 0.25, 0.2500001, 0.3, 0.009, 0.011]:
        assert abs(Normal().upper_quantile(size) - stats.norm.isf(size)) <= 1e-14 * max(
            1, abs(stats.norm.isf(size))
        )


degrees = st.floats(log(0.5), log(1e6)).map(mpmath.exp).map(float)
points = st.floats(-30, 30)


@settings(max_examples=150, deadline=None)
@given(degrees, points)
def test_any_t(df, log_t):
    t = float(mpmath.exp(log_t))
    check_tails(StudentT(df), stats.t(df), t)
    assert StudentT(df).lower(-t) == StudentT(df).upper(t)
    assert StudentT(df).two_sided(-t) == pytest.approx(2 * StudentT(df).upper(t), 1e-14, 1e-300)


@settings(max_examples=150, deadline=None)
@given(degrees, degrees, st.floats(-8, 8))
def test_any_f(df1, df2, log_f):
    check_tails(F(df1, df2), stats.f(df1, df2), float(mpmath.exp(log_f)))


@settings(max_examples=150, deadline=None)
@given(degrees, st.floats(-3, 3))
def test_any_chi_squared(df, deviations):
    x = df * float(mpmath.exp(deviations * (2 / df) ** 0.5))
    check_tails(ChiSquared(df), stats.chi2(df), x)


@settings(max_examples=150, deadline=None)
@given(degrees, st.floats(-690, -1e-6))
def test_quantiles_come_back(df, log_p):
    p = float(mpmath.exp(log_p))
    for distribution in (StudentT(df), ChiSquared(df), F(df, 7.5), F(3, df)):
        x = distribution.upper_quantile(p)
        if isfinite(x) and x < 1e290 and abs(x) > 1e-290:
            back = distribution.upper(x)
            assert is_close(back, p) or is_close(1 - back, 1 - p)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 100_000), st.floats(0, 1), st.floats(1e-6, 1 - 1e-6))
def test_any_binomial(n, share, chance):
    k = round(share * n)
    own, other = binomial_upper(k, n, chance), stats.binom.sf(k - 1, n, chance)
    assert other < 1e-300 or is_close(own, other)


@pytest.mark.parametrize(
    ("distribution", "x"),
    [
        (StudentT(0.5), 1e40),
        (StudentT(2.7), 1e30),
        (StudentT(9), 1e20),
        (StudentT(1e6), 36.5),
        (StudentT(1e6), 1e-9),
        (F(0.5, 0.5), 1e100),
        (F(1e6, 1e6), 1.05),
        (F(0.5, 1e6), 3e-5),
        (F(1e5, 3.3), 0.05),
        (F(2, 30), 5e10),
        (ChiSquared(0.5), 1e-200),
        (ChiSquared(1e6), 993_000),
        (ChiSquared(1e6), 1_050_000),
        (ChiSquared(3), 1200),
    ],
    ids=str,
)
def test_against_mpmath(distribution, x):
    with mpmath.workdps(600 if x in (1200, 1_050_000) else 40):
        lower, upper = exact_tails(distribution, x)
    assert is_close(distribution.lower(x), lower, 1e-11)
    assert is_close(distribution.upper(x), upper, 1e-11)


def test_scipys_own_error_is_not_ours():
    """Here scipy 1.17's cdf is off by 1e-8."""
    with mpmath.workdps(40):
        exact = exact_tails(ChiSquared(1e6), 993_000)[0]
    assert is_close(ChiSquared(1e6).lower(993_000), exact, 1e-13)


def test_ends():
    for distribution in (Normal(), StudentT(3), F(2, 5), ChiSquared(4)):
        assert distribution.upper(inf) == 0
        assert distribution.lower(inf) == 1
        assert distribution.lower_quantile(1) == inf
        assert distribution.upper_quantile(0) == inf
        assert isnan(distribution.lower_quantile(1.5))
        assert isnan(distribution.lower_quantile(-0.1))
    assert Normal().lower_quantile(0) == StudentT(3).lower_quantile(0) == -inf
    assert F(2, 5).lower_quantile(0) == ChiSquared(4).lower_quantile(0) == 0
    assert F(2, 5).upper(-1) == F(2, 5).upper(0) == ChiSquared(4).upper(-1) == 1
    assert binomial_upper(0, 9, 0.3) == 1
    assert binomial_upper(10, 9, 0.3) == 0
    assert isinf(StudentT(0.5).upper_quantile(1e-300))


def test_beyond_float64():
    # t with 1 df is Cauchy: 1/(π t); with 2, 1/(2 t²)
    assert is_close(StudentT(1).upper(1e200), 1 / (float(mpmath.pi) * 1e200), 1e-12)
    assert is_close(F(4, 1).upper(1e306), F(4, 1).upper(1e290) * 1e-8, 1e-9)


@pytest.mark.parametrize("df", [0.0, -1.0, float("nan")])
def test_no_degrees_of_freedom_no_tail(df):
    for distribution in (StudentT(df), F(df, 3), F(3, df), ChiSquared(df)):
        assert isnan(distribution.upper(1.0))


@settings(max_examples=300, deadline=1000)
@given(st.floats(0, 1e308), st.floats(0, 1e308), st.floats(allow_nan=False))
def test_whatever_the_numbers_an_answer_in_time(df1, df2, x):
    for distribution in (StudentT(df1), F(df1, df2), ChiSquared(df2)):
        for p in (distribution.upper(x), distribution.lower(x), distribution.two_sided(x)):
            assert isnan(p) or 0 <= p <= 1
