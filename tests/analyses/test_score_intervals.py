"""Score intervals, against published values and other implementations."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep

from epm.analyses.inference.score_intervals import (
    BoundedMean,
    effective,
    newcombe,
    newcombe_p,
    tango,
    wilson,
)
from epm.values import LEVEL

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def rate(k: float, n: float) -> BoundedMean:
    """Of independent answers."""
    return BoundedMean(k / n, n, None)


@pytest.mark.parametrize(
    ("a", "b", "lower", "upper"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_as_published(
    a: tuple[int, int], b: tuple[int, int], lower: float, upper: float
) -> None:
    """Newcombe (1998), Stat. Med. 17, 873-890, table II, method 10."""
    found = newcombe(rate(*a), rate(*b))
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=6e-5)


@given(counts, counts)
def test_newcombe_as_statsmodels_has_it(a: tuple[int, int], b: tuple[int, int]) -> None:
    found = newcombe(rate(*a), rate(*b))
    expected = confint_proportions_2indep(*a, *b, method="newcomb", compare="diff")
    assert (found.lower, found.upper) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=50)
@given(counts, counts)
def test_p_and_interval_never_contradict_each_other(a: tuple[int, int], b: tuple[int, int]) -> None:
    p = newcombe_p(rate(*a), rate(*b))
    assert 0 <= p <= 1
    assert newcombe_p(rate(*b), rate(*a)) == pytest.approx(p)
    for level in (0.8, 0.95, 0.999):
        if abs(p - (1 - level)) > 1e-9:
            assert newcombe(rate(*a), rate(*b), level).contains(0.0) == (p > 1 - level)


def test_p_agrees_with_the_score_test_for_many_answers() -> None:
    a, b = (520, 1000), (470, 1000)
    pooled = (a[0] + b[0]) / 2000
    z = 0.05 / sqrt(pooled * (1 - pooled) * 2 / 1000)
    assert newcombe_p(rate(*a), rate(*b)) == pytest.approx(2 * stats.norm.sf(z), rel=0.02)


def test_nothing_is_too_clear() -> None:
    assert newcombe_p(rate(10**6, 10**6), rate(0, 10**6)) == 0.0
    assert newcombe_p(rate(1, 1), rate(0, 1)) > 0.05


@given(counts, st.floats(0.5, 0.999))
def test_a_bounded_mean_of_independent_answers_is_wilson(
    count: tuple[int, int], level: float
) -> None:
    k, n = count
    found, expected = rate(k, n).interval(level), wilson(k / n, n, level)
    assert (found.lower, found.upper) == pytest.approx((expected.lower, expected.upper), abs=1e-9)


@given(counts, st.floats(1, 50), st.floats(-100, 100), st.floats(0.1, 100))
def test_a_scale_is_only_a_scale(
    count: tuple[int, int], df: float, lower: float, width: float
) -> None:
    k, n = count
    plain = BoundedMean(k / n, n, df).interval()
    scaled = BoundedMean(lower + k / n * width, n, df, lower, lower + width).interval()
    expected = (lower + plain.lower * width, lower + plain.upper * width)
    assert (scaled.lower, scaled.upper) == pytest.approx(expected, abs=1e-6 * (width + abs(lower)))


def test_the_effective_size_is_that_of_a_rate_with_the_same_variance() -> None:
    """58 of 240 answers of three runs, se 0.04727915 with 2 degrees of freedom."""
    found = effective(58 / 240, 0.04727915405**2, 2, 240, (0.0, 1.0))
    assert found is not None
    assert found.size == pytest.approx(81.98558569, rel=1e-6)
    assert found.equivalent_size == pytest.approx(17.0122241, rel=1e-6)
    interval = found.interval()
    assert (interval.lower, interval.upper) == pytest.approx((0.0994553327, 0.4790532141), rel=1e-6)
    assert effective(0.5, 1e-9, 5, 20, (0.0, 1.0)) == BoundedMean(0.5, 20, 5)
    assert effective(1.0, 0.1, 5, 20, (0.0, 1.0)) is None


@pytest.mark.parametrize("pairs", [1, 5, 20, 300])
@pytest.mark.parametrize("sign", [-1, 0, 1])
def test_tango_solves_its_equation(pairs: int, sign: int) -> None:
    """(b - c - n·δ)² = z²·n·(2·q + δ·(1 - δ)), q the restricted estimate of P(c)."""
    z = stats.norm.ppf((1 + LEVEL) / 2)
    b, c = (pairs, 0) if sign > 0 else (0, pairs) if sign < 0 else (0, 0)

    def excess(delta: float) -> float:
        linear = -b - c + (2 * pairs - b + c) * delta
        root = sqrt(linear**2 + 8 * pairs * c * delta * (1 - delta))
        q = (root - linear) / (4 * pairs)
        spread = max(pairs * (2 * q + delta * (1 - delta)), 0.0)
        return float((b - c - pairs * delta) ** 2 - z**2 * spread)

    found = tango(sign, pairs)
    for end in (found.lower, found.upper):
        if abs(end) < 1:
            near = optimize.brentq(excess, end - 1e-3 / pairs, end + 1e-3 / pairs)
            assert near == pytest.approx(end, abs=1e-9)
    assert found.contains(float(sign))
