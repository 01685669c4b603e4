"""Correlations against scipy and statsmodels, and where they do not exist."""

import numpy as np
import pytest
from scipy import stats

from epm.results import Correlation, SubsetCorrelations, Unavailable
from epm.statistics.correlation import adjust, correlations, pearson, permutation, spearman
from epm.statistics.length import length_partial
from epm.statistics.points import Points


def points(cosine: list[float], rate: list[float]) -> Points:
    names = tuple(f"p{i}" for i in range(len(cosine)))
    return Points(names, np.array(cosine, dtype=float), np.array(rate, dtype=float))


def scattered(n: int, seed: int = 0) -> Points:
    rng = np.random.default_rng(seed)
    cosine = rng.uniform(-1, 1, n)
    return points(list(cosine), list(np.clip(0.5 - 0.2 * cosine + rng.normal(0, 0.1, n), 0, 1)))


@pytest.mark.parametrize("n", [8, 12, 40])
def test_against_scipy(n: int) -> None:
    at = scattered(n)
    r, rho = pearson(at), spearman(at)
    theirs = stats.pearsonr(at.cosine, at.rate)
    assert (r.coefficient, r.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert (r.interval.lower, r.interval.upper) == pytest.approx(
        tuple(theirs.confidence_interval())
    )
    theirs = stats.spearmanr(at.cosine, at.rate)
    assert (rho.coefficient, rho.p) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_bonett_wright_interval() -> None:
    rho = spearman(scattered(12))
    centre = (np.arctanh(rho.interval.lower) + np.arctanh(rho.interval.upper)) / 2
    reach = (np.arctanh(rho.interval.upper) - np.arctanh(rho.interval.lower)) / 2
    assert centre == pytest.approx(np.arctanh(rho.coefficient))
    assert reach == pytest.approx(1.959964 * np.sqrt((1 + rho.coefficient**2 / 2) / 9))


def test_spearman_of_few_points_is_exact() -> None:
    found = spearman(points([1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4]))
    assert (found.coefficient, found.df) == (1, 2)
    assert found.p == pytest.approx(2 / 24)
    assert found.interval == Unavailable(unavailable="the correlation is perfect")
    assert permutation(points([1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4]), seed=1).resamples == 24


def test_permutation_repeats_with_its_seed() -> None:
    at = scattered(12)
    assert permutation(at, seed=1) == permutation(at, seed=1)
    assert permutation(at, seed=1) != permutation(at, seed=2)
    assert permutation(scattered(20), seed=1) == Unavailable(
        unavailable="made for fewer than 20 personas"
    )


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (points([], []), "0 personas, 3 needed"),
        (points([0.1, 0.2], [0.3, 0.4]), "2 personas, 3 needed"),
        (points([0.5] * 5, [0.1, 0.2, 0.3, 0.4, 0.5]), "all cosines are equal"),
        (points([0.1, 0.2, 0.3, 0.4, 0.5], [0.5] * 5), "all rates are equal"),
    ],
)
def test_degenerate(at: Points, reason: str) -> None:
    none = Unavailable(unavailable=reason)
    assert correlations(at) == SubsetCorrelations(n=len(at), pearson=none, spearman=none)
    assert permutation(at, seed=0) == none


def test_three_points_have_no_interval() -> None:
    found = pearson(points([0.1, 0.2, 0.3], [0.3, 0.1, 0.2]))
    assert found.df == 1
    assert found.interval == Unavailable(unavailable="3 personas, 4 needed")


def test_adjust_by_hand() -> None:
    def layer(p: float) -> Correlation:
        none = Unavailable(unavailable="not needed here")
        return Correlation(coefficient=0.5, p=p, n=12, df=10, interval=none)

    none = Unavailable(unavailable="all rates are equal")
    found = adjust({"a": layer(0.04), "b": none, "c": layer(0.01), "d": layer(0.03)})
    assert list(found) == ["a", "b", "c", "d"]
    assert found["b"] == none
    assert [found[k].holm for k in "acd"] == pytest.approx([0.06, 0.03, 0.06])
    assert [found[k].bonferroni for k in "acd"] == pytest.approx([0.12, 0.03, 0.09])
    assert adjust({"a": none}) == {"a": none}


def test_length_partial_without_ties_is_the_textbook_partial() -> None:
    at, shuffled = scattered(30), np.random.default_rng(3).permutation(30) + 5
    tokens = {name: int(t) for name, t in zip(at.personas, shuffled, strict=True)}
    x, y, z = (stats.rankdata(v) for v in (at.cosine, at.rate, list(tokens.values())))
    residual = [v - np.poly1d(np.polyfit(z, v, 1))(z) for v in (x, y)]
    found = length_partial(at, tokens)
    assert found.coefficient == pytest.approx(stats.spearmanr(*residual).statistic)
    assert found.df == 27
    t = found.coefficient * np.sqrt(27 / (1 - found.coefficient**2))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), 27))


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        ([5] * 12, "all prompts are equally long"),
        ([0, *range(1, 12)], "a prompt without tokens has no log length"),
        ([5, 6, 7], "3 personas, 4 needed"),
    ],
)
def test_length_partial_degenerate(tokens: list[int], reason: str) -> None:
    at = scattered(12)
    lengths = dict(zip(at.personas, tokens, strict=False))
    assert length_partial(at, lengths) == Unavailable(unavailable=reason)


def test_length_partial_of_cosines_that_are_lengths() -> None:
    at = scattered(12)
    tokens = dict(zip(at.personas, range(2, 14), strict=True))
    same = Points(at.personas, np.log(list(tokens.values())) / 3, at.rate)
    assert length_partial(same, tokens) == Unavailable(
        unavailable="cosine and log prompt length are collinear"
    )
    ranked = Points(at.personas, np.arange(12) / 12, at.rate)
    assert length_partial(ranked, tokens) == Unavailable(
        unavailable="the ranks of prompt length leave nothing to correlate"
    )
