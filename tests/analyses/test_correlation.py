"""Correlations: known figures, second implementations, and where there are none."""

from itertools import permutations
from typing import Any

import frames
import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from tables import (
    CLOSE,
    COSINE,
    FAMILY,
    HIT,
    LAYERS,
    MARKER,
    PRIMARY,
    PUBLISHED,
    RATE,
    SEEDED,
    WORDS,
    published,
    seeded,
    words,
)

from epm.analyses.computing import compute
from epm.analyses.context import Parent
from epm.analyses.correlation import pairings
from epm.analyses.correlation.block import Coefficients, CorrelationBlock
from epm.analyses.correlation.coefficients import (
    bootstrap,
    kendall,
    pearson,
    ranks,
    spearman,
    standardised,
)
from epm.analyses.correlation.grouped import grouped
from epm.analyses.correlation.pairings import by_chance
from epm.analyses.correlation.power import detectable
from epm.analyses.correlation.spec import Correlation
from epm.analyses.correlation.verdict import difference
from epm.analyses.data.frame import Frame
from epm.analyses.inference.family import adjusted
from epm.analyses.inference.reliability import reliability
from epm.definition.analysis import Expected, Outcome, Predictor, Subset
from epm.results import Interval, Unavailable

FIGURES = WORDS["figures"]
X = Predictor("x")


def correlate(frame: Frame, parent: Parent | None = None, **asked: Any) -> CorrelationBlock:
    asked = {"name": "correlation", "y": RATE, "x": FAMILY} | asked
    found = compute([Correlation(**asked)], frame, alpha=0.05, seed=7, parent=parent)
    return found["correlation"]


def line(values: list[float], rates: list[float]) -> Frame:
    return frames.reported(
        {f"c{i}": (rate, None) for i, rate in enumerate(rates)},
        {f"c{i}": {"x": value} for i, value in enumerate(values)},
    )


@pytest.fixture(scope="module")
def family() -> CorrelationBlock:
    return correlate(
        words(),
        methods=("pearson", "spearman", "kendall"),
        groups="group",
        bootstrap=True,
        primary=True,
    )


# ---------------------------------------------------------------- known figures


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_six_predictors(family: CorrelationBlock, method: str) -> None:
    for x, figures in FIGURES[method].items():
        found = getattr(family.predictors[x], method)
        assert (
            found.coefficient,
            found.p,
            found.interval.lower,
            found.interval.upper,
        ) == pytest.approx(tuple(figures), rel=1e-6)
    for kind, by_x in FIGURES["adjusted"].get(method, {}).items():
        for x, p in by_x.items():
            found = getattr(family.predictors[x], method).adjusted
            assert getattr(found, kind) == pytest.approx(p, rel=1e-6)


def test_intervals_that_texts_differ_on(family: CorrelationBlock) -> None:
    rho = family.predictors["projection"].spearman
    assert rho.interval_from == "Bonett and Wright"
    for source, (lower, upper) in FIGURES["spearman_intervals_of_projection"].items():
        found = rho.intervals[source]
        assert (found.lower, found.upper) == pytest.approx((lower, upper), rel=1e-6)


def test_what_is_resampled_agrees_within_its_error(family: CorrelationBlock) -> None:
    pair = family.predictors["projection"]
    interval = pair.pearson.intervals["bootstrap over conditions"]
    figures = FIGURES["bootstrap_of_projection"]
    assert [interval.lower, interval.upper] == pytest.approx(
        figures["interval"], abs=figures["within"]
    )
    figures = FIGURES["permutation_of_projection"]
    assert pair.spearman.permutation.p == pytest.approx(figures["p"], abs=figures["within"])
    assert not pair.spearman.permutation.exact


def test_between_and_within_groups(family: CorrelationBlock) -> None:
    found = family.predictors["projection"].groups
    assert [found.between.coefficient, found.between.p] == pytest.approx(
        FIGURES["groups"]["between"], rel=1e-6
    )
    assert [found.within.coefficient, found.within.p, found.within.df] == pytest.approx(
        FIGURES["groups"]["within"], rel=1e-6
    )
    assert (found.groups, found.between.n, found.within.n) == (6, 6, 24)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_published_layers(method: str) -> None:
    found = correlate(published(), x=LAYERS, y=MARKER).predictors
    for layer, figures in PUBLISHED["published"]["layers"].items():
        own = getattr(found[f"cosine_L{layer}"], method)
        assert (own.coefficient, own.p) == pytest.approx(tuple(figures[method]), **CLOSE)
        assert (own.n, own.df) == (12, 10)
        assert own.p <= own.adjusted.holm <= own.adjusted.bonferroni
        assert own.permutation.p == pytest.approx(own.p, abs=0.006)
    survivors = [
        [layer, kind]
        for layer in PUBLISHED["published"]["layers"]
        for kind in ("pearson", "spearman")
        if getattr(found[f"cosine_L{layer}"], kind).adjusted.bonferroni < PUBLISHED["alpha"]
    ]
    assert survivors == PUBLISHED["corrections"]["surviving_bonferroni"]


def test_published_subsets() -> None:
    without = Subset(without=(PUBLISHED["reference"],))
    found = correlate(published(), x=(PRIMARY,), y=MARKER, among=without)
    expected = PUBLISHED["corrections"]["without_reference"]
    r = found.predictors[PRIMARY.name].pearson
    assert (found.n, round(r.coefficient, 3), round(r.p, 3)) == (11, expected["r"], expected["p"])
    sizes = {}
    for category in ("occupational", "character", "generic_helper"):
        among = Subset(where=(("category", category),))
        found = correlate(published(), x=(PRIMARY,), y=MARKER, among=among)
        sizes[category] = found.n
        own = found.predictors[PRIMARY.name].pearson
        assert isinstance(own, Unavailable) == (found.n < 3)
    assert sizes == {"occupational": 6, "character": 4, "generic_helper": 2}
    assert own == Unavailable(unavailable="2 conditions, 3 needed")


def test_three_seeds_beside_the_published_effect() -> None:
    parent = Parent("the 7B experiment", published(), {COSINE.name: PRIMARY.name, "hit": "marker"})
    found = correlate(
        seeded(), parent, x=(COSINE,), y=HIT, methods=("spearman", "pearson"), primary=True
    )
    verdict = found.verdict
    assert verdict.effect.estimate == pytest.approx(0.3498429789064087)
    assert verdict.expected.estimate == pytest.approx(-0.7394549559641985)
    assert verdict.expected.source == "the 7B experiment"
    assert verdict.expected.difference.estimate == pytest.approx(1.0892979348706073)
    assert verdict.expected.difference.interval.lower > 0
    # what it was expected to be lies outside the interval
    assert verdict.says == "excluded"


# ---------------------------------------------------------------- second implementations


def scattered(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    return x, np.clip(0.5 - 0.2 * x + rng.normal(0, 0.1, n), 0, 1)


@pytest.mark.parametrize("n", [8, 12, 40])
def test_against_scipy(n: int) -> None:
    x, y = scattered(n)
    r, rho, tau = pearson(x, y), spearman(x, y), kendall(x, y)
    theirs = stats.pearsonr(x, y)
    assert (r.coefficient, r.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert (r.interval.lower, r.interval.upper) == pytest.approx(
        tuple(theirs.confidence_interval())
    )
    assert r.t == pytest.approx(r.coefficient * np.sqrt(r.df / (1 - r.coefficient**2)))
    theirs = stats.spearmanr(x, y)
    assert (rho.coefficient, rho.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    theirs = stats.kendalltau(x, y)
    assert (tau.coefficient, tau.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    assert tau.p_from == ("exact" if n <= 33 else "normal")


def test_bonett_wright_interval() -> None:
    rho = spearman(*scattered(12))
    centre = (np.arctanh(rho.interval.lower) + np.arctanh(rho.interval.upper)) / 2
    reach = (np.arctanh(rho.interval.upper) - np.arctanh(rho.interval.lower)) / 2
    assert centre == pytest.approx(np.arctanh(rho.coefficient))
    assert reach == pytest.approx(1.959964 * np.sqrt((1 + rho.coefficient**2 / 2) / 9))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(3, 5).flatmap(
        lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2)
    )
)
def test_rank_correlations_of_few_are_exact(values: tuple[list[int], list[int]]) -> None:
    """p over all pairings, by going through them one by one."""
    x, y = (np.array(v, float) for v in values)
    for ours, theirs in ((spearman, stats.spearmanr), (kendall, stats.kendalltau)):
        found = ours(x, y)
        if isinstance(found, Unavailable):
            assert len(set(values[0])) == 1 or len(set(values[1])) == 1
            continue
        sizes = [abs(theirs(x, order).statistic) for order in permutations(y)]
        assert found.p == pytest.approx(np.mean(np.array(sizes) >= abs(found.coefficient) - 1e-9))
        assert found.p_from == "pairings"


def test_spearman_of_four_in_order() -> None:
    found = spearman(np.arange(4.0), np.arange(4.0))
    assert found.coefficient == 1
    assert found.p == pytest.approx(2 / 24)
    assert found.interval == Unavailable(unavailable="the correlation is perfect")


def test_ties_up_to_rounding_errors_are_ties() -> None:
    assert list(ranks(np.array([0.3, 0.1 + 0.2, 0.1]))) == [2.5, 2.5, 1]
    assert list(ranks(np.array([1e9, 3e-9, 2e-9, -1.0]))) == [4, 3, 2, 1]
    assert list(ranks(np.array([]))) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 3)), min_size=1, max_size=9))
def test_ranks_as_scipy_does(values: list[float]) -> None:
    assert list(ranks(np.array(values))) == list(stats.rankdata(values))


def test_all_pairings_where_they_are_few() -> None:
    x, y = scattered(6)
    found = by_chance(standardised(x)[None], standardised(y), seed=0)
    assert found.exact
    r = stats.pearsonr(x, y).statistic
    theirs = [abs(stats.pearsonr(x, order).statistic) >= abs(r) - 1e-9 for order in permutations(y)]
    assert found.p(r, 0) == pytest.approx(np.mean(theirs))


def test_random_pairings_repeat_with_their_seed_and_count_the_observed_one() -> None:
    x, y = (standardised(v) for v in scattered(12))
    found = by_chance(np.array([x]), y, seed=1)
    assert (found.sizes == by_chance(np.array([x]), y, seed=1).sizes).all()
    assert (found.sizes != by_chance(np.array([x]), y, seed=2).sizes).any()
    assert found.p(1.0, 0) == 1 / 100_000


@pytest.mark.parametrize("m", [1, 2, 5, 12])
def test_adjusted_as_statsmodels_does(m: int) -> None:
    p = list(np.round(np.random.default_rng(m).beta(0.4, 2, m), 2))
    found = adjusted(p)
    for kind, method in (("holm", "holm"), ("bonferroni", "bonferroni"), ("bh", "fdr_bh")):
        theirs = multipletests(p, method=method)[1]
        assert [getattr(own, kind) for own in found] == pytest.approx(list(theirs))


@pytest.mark.parametrize("seed", range(4))
def test_within_groups_as_pingouin_does(seed: int) -> None:
    x, y = scattered(20, seed)
    groups = [str(i % 5) for i in range(20)]
    found = grouped(x, y, groups).within
    theirs = pg.rm_corr(pd.DataFrame({"x": x, "y": y, "g": groups}), "x", "y", "g").iloc[0]
    assert (found.coefficient, found.p, found.df) == pytest.approx(
        (theirs["r"], theirs["pval"], theirs["dof"])
    )
    assert [found.interval.lower, found.interval.upper] == pytest.approx(
        list(theirs["CI95"]), abs=0.005
    )


@pytest.mark.parametrize("n", [5, 12, 24, 200])
def test_detectable_as_pingouin_does(n: int) -> None:
    assert detectable(n, "pearson") == pytest.approx(pg.power_corr(n=n, power=0.8), rel=1e-6)
    strict = pg.power_corr(n=n, power=0.8, alpha=0.01)
    assert detectable(n, "pearson", alpha=0.01) == pytest.approx(strict, rel=1e-6)


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_the_detectable_correlation_is_found_four_times_in_five(method: str) -> None:
    """Simulated for 16 conditions, a bivariate normal x and y."""
    rng, n = np.random.default_rng(5), 16
    r = detectable(n, method)
    if method == "spearman":
        r = 2 * np.sin(np.pi * r / 6)
    if method == "kendall":
        r = np.sin(np.pi * r / 2)
    of = {"pearson": pearson, "spearman": spearman, "kendall": kendall}[method]
    found = 0
    for _ in range(800):
        x = rng.normal(size=n)
        y = r * x + np.sqrt(1 - r**2) * rng.normal(size=n)
        found += of(x, y).p < 0.05
    assert found / 800 == pytest.approx(0.8, abs=0.05)


def test_reliability_of_three_seeds() -> None:
    found = correlate(seeded(), x=(COSINE,), y=HIT).reliability
    assert found.reliability == pytest.approx(0.2819, abs=5e-5)
    assert found.ceiling == pytest.approx(0.531, abs=5e-4)
    assert (found.conditions, found.seeds) == (12, (3, 3))
    long = pd.DataFrame(
        [(p, s, k / 100) for p, (_, ks) in SEEDED.items() for s, k in enumerate(ks)],
        columns=["persona", "seed", "rate"],
    )
    theirs = pg.intraclass_corr(long, "persona", "seed", "rate").set_index("Type").loc["ICC(1,k)"]
    assert found.reliability == pytest.approx(theirs["ICC"])
    assert [found.interval.lower, found.interval.upper] == pytest.approx(
        list(theirs["CI95"]), abs=0.005
    )


def test_the_ceiling_is_what_a_perfect_predictor_reaches() -> None:
    """Simulated: true means go perfectly with x; seeds blur them to a reliability of a half."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=400)
    rates = x[:, None] + rng.normal(0, np.sqrt(3), size=(400, 3))
    found = reliability([dict(zip("abc", row, strict=True)) for row in rates])
    assert found.reliability == pytest.approx(0.5, abs=0.06)
    assert found.ceiling == pytest.approx(stats.pearsonr(x, rates.mean(axis=1)).statistic, abs=0.06)


def test_zou_on_symmetric_intervals_is_the_usual_difference() -> None:
    ours, theirs = Interval(lower=0.0, upper=0.2), Interval(lower=-0.4, upper=-0.2)
    found = difference(0.1, ours, -0.3, theirs)
    assert found.estimate == pytest.approx(0.4)
    reach = np.hypot(0.1, 0.1)
    assert (found.interval.lower, found.interval.upper) == pytest.approx((0.4 - reach, 0.4 + reach))


def test_a_difference_of_correlations_by_fishers_test() -> None:
    of = {n: stats.norm.ppf(0.975) / np.sqrt(n - 3) for n in (50, 60)}
    ours, theirs = (
        Interval(lower=np.tanh(np.arctanh(r) - of[n]), upper=np.tanh(np.arctanh(r) + of[n]))
        for r, n in ((0.5, 50), (0.1, 60))
    )
    z = (np.arctanh(0.5) - np.arctanh(0.1)) / np.sqrt(1 / 47 + 1 / 57)
    assert difference(0.5, ours, 0.1, theirs).p == pytest.approx(2 * stats.norm.sf(z))


# ---------------------------------------------------------------- verdicts


def test_the_verdict_on_a_family_is_corrected(family: CorrelationBlock) -> None:
    verdict, r = family.verdict, family.predictors["projection"].pearson
    assert family.verdict_on == "projection"
    assert verdict.says == "cannot tell"
    assert verdict.effect.p == pytest.approx(r.adjusted.bonferroni)
    assert verdict.level == verdict.effect.interval.level == pytest.approx(1 - 0.05 / 6)
    assert verdict.effect.interval.lower == pytest.approx(-0.036194666570133135, rel=1e-6)
    assert verdict.detectable == pytest.approx(pg.power_corr(n=24, power=0.8, alpha=0.05 / 6))


def test_the_verdict_on_a_predictor_named_beforehand_is_not() -> None:
    found = correlate(words(), primary=True, primary_x="projection")
    assert found.verdict.says == "supported"
    assert found.verdict.effect.interval == found.predictors["projection"].pearson.interval


def test_a_small_effect_is_excluded_where_the_interval_is_narrow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pairings, "RESAMPLES", 99)
    rng = np.random.default_rng(0)
    frame = line(list(rng.normal(size=400)), list(rng.normal(size=400)))
    asked = {"x": (X,), "primary": True}
    assert correlate(frame, **asked, relevant=0.2).verdict.says == "excluded"
    assert correlate(frame, **asked, relevant=0.01).verdict.says == "cannot tell"
    expected = Expected(-0.6, -0.8, -0.3, "#1")
    found = correlate(frame, **asked, expected=expected).verdict
    assert (found.says, found.expected.source) == ("excluded", "#1")
    assert found.expected.difference.interval.lower > 0


def test_a_perfect_correlation_has_no_verdict() -> None:
    found = correlate(line([1, 2, 3, 4], [1, 2, 3, 4]), x=(X,), primary=True)
    assert found.verdict == Unavailable(unavailable="the correlation is perfect")


# ---------------------------------------------------------------- the family, and what is missing


def test_predictors_that_are_alike_are_one_look() -> None:
    found = correlate(published(), x=LAYERS, y=MARKER)
    assert found.alike == (("cosine_L20", "cosine_L25"),)
    assert found.looks == 3
    assert correlate(words()).looks == 6


def test_what_lacks_a_predictor_is_left_out_of_its_pair_alone() -> None:
    frame = frames.totals(
        {f"c{i}": (10 * i + i % 3, 100) for i in range(8)} | {"silent": (5, 100)},
        {f"c{i}": {"x": i} | ({"z": i * i} if i else {}) for i in range(8)},
    )
    found = correlate(frame, x=(X, Predictor("z", log=True)), y=HIT)
    assert found.n == 8
    assert found.left_out == {"silent": "no x"}
    assert found.predictors["x"].n == 8
    assert found.predictors["z"].n == 7
    assert found.predictors["z"].left_out == {"c0": "no log z"}
    assert found.logarithms == ("z",)


def test_a_predictor_without_variation_does_not_count_in_the_correction() -> None:
    frame = frames.totals(
        {f"c{i}": (10 * i + i % 3, 100) for i in range(8)},
        {f"c{i}": {"x": i % 5, "z": i % 4, "flat": 1} for i in range(8)},
    )
    found = correlate(frame, x=(X, Predictor("z"), Predictor("flat")), y=HIT).predictors
    reason = Unavailable(unavailable="flat is the same in all 8 conditions")
    assert found["flat"].pearson == found["flat"].spearman == reason
    assert found["x"].pearson.adjusted.bonferroni == pytest.approx(min(1, 2 * found["x"].pearson.p))


@pytest.mark.parametrize(
    ("values", "rates", "reason"),
    [
        ([0.1, 0.2], [0.3, 0.4], "2 conditions, 3 needed"),
        ([0.5] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], "x is the same in all 5 conditions"),
        ([0.1, 0.2, 0.3, 0.4, 0.5], [0.5] * 5, "level is the same in all 5 conditions"),
    ],
)
def test_degenerate(values: list[float], rates: list[float], reason: str) -> None:
    found = correlate(line(values, rates), x=(X,), groups="group")
    none = Unavailable(unavailable=reason)
    assert found.predictors["x"].pearson == found.predictors["x"].spearman == none
    assert found.predictors["x"].groups == Unavailable(unavailable="no condition has a group")


def test_no_condition_at_all() -> None:
    found = correlate(line([0.1], [0.2]), x=(Predictor("other"),))
    assert found == Unavailable(unavailable="no condition has both an outcome and a predictor")


def test_three_conditions_have_no_interval() -> None:
    found = pearson(np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.1, 0.2]))
    assert isinstance(found, Coefficients)
    assert found.df == 1
    assert found.interval == Unavailable(unavailable="too few conditions for an interval")


def test_too_few_different_conditions_to_resample() -> None:
    found = bootstrap(np.array([0.0, 0, 1]), np.array([0.0, 1, 1]), seed=1)
    assert found == Unavailable(unavailable="too few different conditions to resample")


@pytest.mark.parametrize(
    ("n", "method", "reason"),
    [
        (3, "pearson", "3 conditions are too few for an interval"),
        (4, "kendall", "4 conditions are too few for an interval"),
        (4, "spearman", "even a perfect order of 4 conditions has p = 0.083"),
    ],
)
def test_too_few_to_detect_anything(n: int, method: str, reason: str) -> None:
    assert detectable(n, method) == Unavailable(unavailable=reason)


@pytest.mark.parametrize(
    ("by_seed", "reason"),
    [
        ([{"1": 0.2}, {"1": 0.3, "2": 0.4}], "fewer than two conditions have several seeds"),
        ([{"1": 0.2, "2": 0.4}, {"1": 0.4, "2": 0.2}], "all conditions have the same mean"),
    ],
)
def test_no_reliability(by_seed: list[dict[str, float]], reason: str) -> None:
    assert reliability(by_seed) == Unavailable(unavailable=reason)


def test_seeds_that_differ_more_than_conditions_set_no_ceiling() -> None:
    found = reliability([{"1": 0.1, "2": 0.6}, {"1": 0.2, "2": 0.7}, {"1": 0.3, "2": 0.6}])
    assert found.reliability < 0
    assert found.ceiling == Unavailable(
        unavailable="conditions differ no more than their seeds make them"
    )


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"x": ()}, "it has no predictor"),
        ({"x": (X, Predictor("x", log=True))}, "the predictor 'x' is named twice"),
        ({"methods": ()}, "it has no method"),
        ({"methods": ("pearson", "pearson")}, "a method is named twice in pearson, pearson"),
        ({"primary_x": "z"}, "its primary predictor 'z' is not in the family"),
        ({"relevant": 1.2}, "the smallest relevant correlation is 1.2, not below 1"),
        (
            {"expected": Expected(-17.8, -33.7, -2.0, "#1")},
            "the expected correlation is -17.8 [-33.7, -2.0], which is no correlation with its "
            "interval",
        ),
    ],
)
def test_questions_that_contradict_themselves(asked: dict[str, Any], problem: str) -> None:
    spec = Correlation(**({"name": "q", "x": (X,), "y": Outcome("hit")} | asked))
    assert problem in list(spec.problems())
