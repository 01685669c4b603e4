"""A binomial mixed model: its likelihood against lme4's, its intervals, what it cannot do."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from math import isclose, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from frames import Cell, context, counted, scored, totals
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, gammaln

from epm.analyses.block import Effect, Reliability, Verdict
from epm.analyses.context import Parent
from epm.analyses.data.cases import FloatArray
from epm.analyses.data.frame import Frame
from epm.analyses.mixed_model.block import MixedModelBlock, MixedModelFit, Variance
from epm.analyses.mixed_model.compute import compute
from epm.analyses.mixed_model.fitting import fitted
from epm.analyses.mixed_model.laplace import Cells, Mode, approximate, origin
from epm.analyses.mixed_model.rates import average
from epm.analyses.mixed_model.spec import MixedModel
from epm.definition import Outcome, Predictor, Subset
from epm.results import ConditionRecord, MetricRecord
from epm.values import Interval, Unavailable

DATA = json.loads((Path(__file__).parents[1] / "data" / "mixed_model.json").read_text())


def cells(table: str, without: Sequence[str] = ()) -> list[Cell]:
    """Condition, seed, item, k, n of one of the tables."""
    n = DATA[table]["answers_per_cell"]
    return [
        (name, seed + 1, f"q{i}", k, n)
        for name, own in DATA[table]["conditions"].items()
        for seed, row in enumerate(own["k"])
        for i, k in enumerate(row)
        if k is not None and name not in without
    ]


def frame(table: str, without: Sequence[str] = ()) -> Frame:
    """One of the tables; 'totals' has one item, and so none that is told apart."""
    x = {name: {"x": own["x"]} for name, own in DATA[table]["conditions"].items()}
    return counted(cells(table, without), covariates=x)


def asked(**given: object) -> MixedModel:
    """The usual question."""
    usual: dict[str, object] = {"name": "mixed", "outcome": Outcome("hit")}
    if "arms" not in given:
        usual["x"] = Predictor("x")
    return MixedModel(**{**usual, **given})  # type: ignore[arg-type]


ARMS = (Subset(names=("c0",)), Subset(names=("c1",)))


def computed(of: Frame, **given: object) -> MixedModelBlock:
    """A block that is there."""
    block = compute(asked(**given), of, context())
    assert isinstance(block, MixedModelBlock), block
    return block


def fit(of: Frame, **given: object) -> MixedModelFit:
    """A fit that is there."""
    found = computed(of, **given).fit
    assert isinstance(found, MixedModelFit), found
    return found


def interval(effect: Effect) -> Interval:
    """An interval that is there."""
    assert isinstance(effect.interval, Interval)
    return effect.interval


# ------------------------------------------------------------------------ against lme4's glmer

GLMER = {
    # beta, standard errors, standard deviations of condition, training, item, condition x item
    "slope": (
        (-1.524348436, 0.411792362),
        (0.4849607900, 0.4078357185),
        (0.7611362213, 0.6620271388, 1.125029869, 0.5303563309),
        -344.942963554,
    ),
    "arms": (
        (-1.196861308, 1.062348886),
        (0.4262762193, 0.5019532556),
        (None, 0.6396069596, 0.7966138632, 0.0),
        -136.132555792,
    ),
    "one_seed": (
        (-3.066997047, 1.071603196),
        (0.5186316068, 0.1929571338),
        (0.06296383687, None, 0.7483554326, 0.6180614769),
        -79.3391617474,
    ),
    "totals": (
        (-2.0995196104, 0.2390142592),
        (0.40274954571, 0.07057531055),
        (0.4797478836, 0.3250794555, None, None),
        -88.6888066184,
    ),
    "marker": (
        (-0.6203172520, 0.1242595534),
        (0.15359149596, 0.07604834894),
        (0.0, 0.07239090787, 0.6603873708, 0.2243337113),
        -1063.82428824,
    ),
    "marker without helpful_assistant": (
        (-0.6482769846, 0.0212851996),
        (0.15739148458, 0.08606482598),
        (0.0, 0.0, 0.6780031008, 0.2242411237),
        -974.42721258,
    ),
}


@pytest.mark.parametrize("name", GLMER)
def test_maximum_likelihood_is_glmers(name: str) -> None:
    """R 4.2.2, lme4 1.1-31.

    glmer(cbind(k, n - k) ~ x + (1|condition) + (1|training) + (1|item) + (1|condition:item),
    binomial, control = glmerControl("bobyqa", tolPwrss = 1e-13, optCtrl = list(rhoend = 1e-10))),
    with training as condition:seed, and without the terms whose standard deviation is None here.
    Its standard errors are from a second derivative by finite differences, and where a variance
    is 0 it differentiates across the boundary: there they agree to 3 in 1,000.
    """
    beta, se, sd, log_likelihood = GLMER[name]
    table, _, without = name.partition(" without ")
    given = {"arms": ARMS} if table == "arms" else {}
    found = fit(frame(table, [without]), **given)
    ours = found.maximum_likelihood
    assert not isinstance(ours, Unavailable)
    assert ours.intercept.estimate == pytest.approx(beta[0], abs=1e-5)
    assert ours.slope.estimate == pytest.approx(beta[1], abs=1e-5)
    assert [ours.intercept.se, ours.slope.se] == pytest.approx(se, rel=3e-3 if 0 in sd else 1e-4)
    assert ours.log_likelihood == pytest.approx(log_likelihood, abs=1e-5)
    terms = ("condition", "training", "item", "condition_item")
    expected = {term: value for term, value in zip(terms, sd, strict=True) if value is not None}
    assert ours.sd == pytest.approx(expected, abs=2e-5)
    assert {
        term for term, variance in found.variances.items() if isinstance(variance, Variance)
    } == set(expected)


# ---------------------------------------------------------------------------- the three seeds


def test_the_marker_over_three_seeds() -> None:
    """Of the published smollm2 result, layer 21: 12 personas, 3 seeds, 20 questions, 5 answers."""
    block = computed(frame("marker"), also_without=("helpful_assistant",), primary=True)
    found = block.fit
    assert isinstance(found, MixedModelFit)
    assert (found.conditions, found.trainings, found.items) == (12, 36, 20)
    assert (found.log_odds.df, found.df_from) == (10, "conditions")
    assert found.log_odds.estimate == pytest.approx(0.12243, abs=1e-5)
    assert found.log_odds.se == pytest.approx(0.07930, abs=1e-5)
    assert found.points.estimate == pytest.approx(0.0257, abs=5e-5)
    assert (interval(found.points).lower, interval(found.points).upper) == pytest.approx(
        (-0.0114, 0.0632), abs=5e-5
    )
    # at the mean rate of 36.6%, +2.8 [-1.3, +6.9] points per unit of cosine
    assert found.at_mean_rate is not None
    at = interval(found.at_mean_rate)
    assert (found.at_mean_rate.estimate, at.lower, at.upper) == pytest.approx(
        (0.028, -0.013, 0.069), abs=5e-4
    )
    shares = {term: part.share for term, part in found.variances.items()}  # type: ignore[union-attr]
    assert shares["item"] == pytest.approx(0.888, abs=1e-3)
    assert sum(shares.values()) == pytest.approx(1)  # type: ignore[arg-type]
    assert isinstance(block.reliability, Reliability)
    assert block.reliability.reliability == pytest.approx(0.28, abs=5e-3)
    assert block.reliability.ceiling == pytest.approx(0.53, abs=5e-3)
    assert block.without == ("helpful_assistant",)
    assert isinstance(block.fit_without, MixedModelFit)
    assert block.fit_without.points.estimate == pytest.approx(0.0044, abs=5e-5)
    assert isinstance(block.verdict, Verdict)
    assert (block.verdict.says, block.verdict.unit) == ("cannot tell", "per unit of x")
    assert block.verdict.detectable == pytest.approx(0.0519, abs=5e-5)


def test_the_fit_agrees_with_the_rates_themselves() -> None:
    """Average rates of conditions, and the least-squares line through them, differ little."""
    found = fit(frame("marker"))
    rates = pd.DataFrame(cells("marker"), columns=["condition", "seed", "item", "k", "n"])
    rates = rates.groupby("condition", sort=False)[["k", "n"]].sum()
    x = [own["x"] for own in DATA["marker"]["conditions"].values()]
    line = stats.linregress(x, (rates["k"] / rates["n"]).to_numpy())
    assert found.points.estimate == pytest.approx(line.slope, abs=2e-3)


# ------------------------------------------------------------------- second implementations


def dense(of: Cells, sd: FloatArray, beta: FloatArray | None) -> tuple[float, FloatArray]:
    """Laplace's approximation with full matrices, its mode found by scipy."""
    c, s, i = (each.ravel() for each in np.indices(of.trials.shape))
    shape = of.trials.shape
    columns = [
        sd[0] * (c[:, None] == np.arange(shape[0])),
        sd[1] * ((c * shape[1] + s)[:, None] == np.arange(shape[0] * shape[1])),
        sd[2] * (i[:, None] == np.arange(shape[2])),
        sd[3] * ((c * shape[2] + i)[:, None] == np.arange(shape[0] * shape[2])),
    ]
    random = sum(each.shape[1] for each in columns)
    z = np.hstack([*columns, *([of.x[c]] if beta is None else [])])
    offset = np.zeros(len(c)) if beta is None else of.x[c] @ beta
    k, n = of.successes.ravel(), of.trials.ravel()

    def loss(u: FloatArray) -> tuple[float, FloatArray]:
        eta = offset + z @ u
        penalty = u[:random] @ u[:random] / 2
        gradient = z.T @ (n * expit(eta) - k) + np.concatenate([u[:random], 0 * u[random:]])
        return float(np.sum(n * np.logaddexp(0, eta) - k * eta) + penalty), gradient

    found = minimize(loss, np.zeros(z.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9})
    p = expit(offset + z @ found.x)
    h = (z * (n * p * (1 - p))[:, None]).T @ z
    h[np.arange(random), np.arange(random)] += 1
    coefficients = float(np.sum(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)))
    value = float(found.fun) + np.linalg.slogdet(h)[1] / 2 - coefficients
    free = 0 if beta is not None else of.x.shape[1]
    return value - free / 2 * np.log(2 * np.pi), np.linalg.inv(h)[random:, random:]


@st.composite
def small(draw: st.DrawFn) -> tuple[Cells, FloatArray]:
    """A few conditions, trainings and items, some cells empty; and standard deviations."""
    shape = draw(st.tuples(st.integers(3, 4), st.integers(1, 3), st.integers(1, 9)))
    generator = np.random.default_rng(draw(st.integers(0, 10_000)))
    n = generator.integers(0, 6, shape).astype(float)
    n[:, 0, 0] += 3
    k = np.floor(generator.random(shape) * (n + 1))
    k[0, 0, 0], k[-1, 0, 0] = 1, 1
    x = np.column_stack([np.ones(shape[0]), np.linspace(-1, 1, shape[0])])
    sd = np.array(draw(st.lists(st.sampled_from([0.0, 0.2, 0.7, 1.5]), min_size=4, max_size=4)))
    return Cells(k, n, x), sd


@given(small())
@settings(max_examples=30, deadline=None)
def test_full_matrices_agree(of: tuple[Cells, FloatArray]) -> None:
    counts, sd = of
    beta = np.array([-0.4, 0.3])
    held = approximate(counts, sd, origin(counts, np.zeros(0)), beta)
    free = approximate(counts, sd, origin(counts, beta))
    assert isinstance(held, Mode)
    assert isinstance(free, Mode)
    assert held.value == pytest.approx(dense(counts, sd, beta)[0], abs=1e-6)
    value, covariance = dense(counts, sd, None)
    assert free.value == pytest.approx(value, abs=1e-6)
    assert np.allclose(free.covariance, covariance, rtol=1e-5)


@given(small())
@settings(max_examples=30, deadline=None)
def test_the_gradient_is_that_of_the_value(of: tuple[Cells, FloatArray]) -> None:
    counts, sd = of
    sd, beta, step = sd + 0.1, np.array([-0.4, 0.3]), 1e-5
    for held in (beta, None):
        start = origin(counts, np.zeros(0) if held is not None else beta)
        found = approximate(counts, sd, start, held)
        assert isinstance(found, Mode)

        def value(sd: FloatArray, held: FloatArray | None, start: object = start) -> float:
            mode = approximate(counts, sd, start, held)  # type: ignore[arg-type]
            assert isinstance(mode, Mode)
            return mode.value

        numeric = [
            (value(sd + step * each, held) - value(sd - step * each, held)) / (2 * step)
            for each in np.eye(4)
        ]
        assert np.allclose(found.sd_gradient, numeric, atol=1e-5, rtol=1e-5)
        if held is not None:
            numeric = [
                (value(sd, held + step * each) - value(sd, held - step * each)) / (2 * step)
                for each in np.eye(2)
            ]
            assert np.allclose(found.beta_gradient, numeric, atol=1e-5, rtol=1e-5)


@given(st.floats(-6, 6), st.floats(0, 9))
@settings(max_examples=40, deadline=None)
def test_average_rates_are_integrals(log_odds: float, variance: float) -> None:
    def integrand(u: float) -> float:
        return float(expit(log_odds + sqrt(variance) * u) * stats.norm.pdf(u))

    expected = quad(integrand, -12, 12, epsabs=1e-10, limit=200)[0]
    assert float(average(np.array(log_odds), variance)) == pytest.approx(expected, abs=1e-6)


def test_without_random_effects_it_is_logistic_regression() -> None:
    """One answer a condition leaves none: statsmodels' Logit."""
    rows = pd.DataFrame(
        {"condition": list("abcd"), "training": "", "item": "", "k": [0.0, 1, 0, 1], "n": 1}
    )
    found = fitted(rows, {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}, arms=False)
    assert isinstance(found, MixedModelFit)
    assert all(isinstance(each, Unavailable) for each in found.variances.values())
    logit = sm.Logit([0, 1, 0, 1], sm.add_constant([1.0, 2, 3, 4])).fit(disp=0)
    assert [found.intercept.estimate, found.log_odds.estimate] == pytest.approx(logit.params)
    assert found.log_odds.se == pytest.approx(logit.bse[1])


# ----------------------------------------------------------------------------- properties


def simulated(seed: int, conditions: int = 5, trainings: int = 2, items: int = 4) -> list[Cell]:
    """Counts that vary by condition, training and item."""
    generator = np.random.default_rng(seed)
    by_condition, by_item = generator.normal(0, 0.7, conditions), generator.normal(0, 0.7, items)
    return [
        (
            f"c{c}",
            s,
            f"q{i}",
            int(generator.binomial(4, expit(-0.5 + by_condition[c] + by_item[i]))),
            4,
        )
        for c in range(conditions)
        for s in range(trainings)
        for i in range(items)
    ]


def at(factor: float = 1.0, shift: float = 0.0) -> Mapping[str, Mapping[str, float]]:
    """A predictor of six conditions."""
    return {
        f"c{c}": {"x": factor * value + shift}
        for c, value in enumerate((0.1, 0.4, 0.3, 0.9, 0.7, 0.2))
    }


@given(st.integers(0, 500), st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_order_does_not_matter(seed: int, shuffle: object) -> None:
    found = fit(counted(simulated(seed), covariates=at()))
    moved = simulated(seed)
    shuffle.shuffle(moved)  # type: ignore[attr-defined]
    again = fit(counted(moved, covariates=at()))
    assert again.log_odds.estimate == pytest.approx(found.log_odds.estimate, abs=1e-4)
    assert interval(again.points).lower == pytest.approx(interval(found.points).lower, abs=1e-4)


@given(st.integers(0, 500), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
@settings(max_examples=5, deadline=None)
def test_another_unit_of_the_predictor(seed: int, factor: float, shift: float) -> None:
    found = fit(counted(simulated(seed), covariates=at()))
    again = fit(counted(simulated(seed), covariates=at(factor, shift)))
    for ours, theirs in ((found.log_odds, again.log_odds), (found.points, again.points)):
        assert theirs.estimate * factor == pytest.approx(ours.estimate, rel=1e-4, abs=1e-6)
        assert interval(theirs).upper * factor == pytest.approx(interval(ours).upper, rel=1e-4)
    assert again.log_odds.p == pytest.approx(found.log_odds.p, abs=1e-4)


@given(st.integers(0, 500))
@settings(max_examples=5, deadline=None)
def test_misses_mirror_hits_and_arms_mirror_each_other(seed: int) -> None:
    table = simulated(seed)
    found = fit(counted(table, covariates=at()))
    mirrored = fit(counted([(*place, n - k, n) for *place, k, n in table], covariates=at()))  # type: ignore[misc]
    assert mirrored.points.estimate == pytest.approx(-found.points.estimate, abs=1e-4)
    first, second = Subset(names=("c0", "c1")), Subset(names=("c2", "c3", "c4"))
    one = fit(counted(table), arms=(first, second))
    other = fit(counted(table), arms=(second, first))
    assert other.log_odds.estimate == pytest.approx(-one.log_odds.estimate, abs=1e-4)
    assert interval(other.points).lower == pytest.approx(-interval(one.points).upper, abs=1e-4)


@given(st.integers(0, 2000))
@settings(max_examples=12, deadline=None)
def test_both_scales_say_the_same_of_zero(seed: int) -> None:
    found = fit(counted(simulated(seed), covariates=at()))
    ours, points = interval(found.log_odds), interval(found.points)
    assert points.lower <= found.points.estimate <= points.upper
    if min(abs(ours.lower), abs(ours.upper)) > 1e-4:
        assert ours.contains(0) == points.contains(0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d"]),
            st.sampled_from([None, 1, 2]),
            st.sampled_from(["q0", "q1", "q2"]),
            st.integers(0, 3),
            st.integers(1, 3),
        ),
        min_size=1,
        max_size=24,
    ),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_counts_give_a_block_or_a_reason(
    table: list[tuple[str, int | None, str, int, int]], arms: bool
) -> None:
    of = counted(
        [(name, seed, item, min(k, n), n) for name, seed, item, k, n in table],
        covariates={name: {"x": float(i)} for i, name in enumerate("abcd")},
    )
    given = {"arms": (Subset(names=("a", "b")), Subset(names=("c", "d")))} if arms else {}
    block = compute(asked(**given, also_without=("d",)), of, context())
    if isinstance(block, Unavailable):
        assert block.unavailable
    else:
        assert block == MixedModelBlock.model_validate_json(block.model_dump_json())


# ------------------------------------------------------------------- what a design does not have


def grid(names: Sequence[str], seeds: Sequence[int | None], items: int, n: int = 4) -> list[Cell]:
    """Counts of every combination, all between none and all."""
    return [
        (name, seed, f"q{i}", 1 + (c + i + s) % (n - 1) if n > 1 else (c + i + s) % 2, n)
        for c, name in enumerate(names)
        for s, seed in enumerate(seeds)
        for i in range(items)
    ]


@pytest.mark.parametrize(
    ("table", "arms", "dropped", "df", "df_from"),
    [
        (grid("abcd", [1, 2], 5), False, {}, 2, "conditions"),
        (
            grid("abcd", [1], 5),
            False,
            {"training": "no condition has two trainings"},
            2,
            "conditions",
        ),
        (grid("abcd", [None], 5), False, {"training": "no condition has two"}, 2, "conditions"),
        (
            grid("abcd", [1, 2], 1),
            False,
            {"item": "one item", "condition_item": "one item"},
            2,
            "conditions",
        ),
        (
            grid("abcd", [1], 5, n=1),
            False,
            {"training": "no condition", "condition_item": "one answer of a condition to an item"},
            2,
            "conditions",
        ),
        (
            grid("ab", [1, 2, 3], 5),
            True,
            {"condition": "each arm is one condition"},
            4,
            "trainings",
        ),
        (
            grid("ab", [1], 5),
            True,
            {"condition": "each arm is one condition", "training": "no condition has two"},
            4,
            "items",
        ),
        (grid("abcd", [1, 2], 5), True, {}, 2, "conditions"),
        (
            [(name, seed, f"{name}{item}", k, n) for name, seed, item, k, n in grid("abc", [1], 5)],
            False,
            {"item": "no two conditions share an item", "training": "no condition has two"},
            1,
            "conditions",
        ),
        (
            [(name, seed, f"{name}{item}", k, n) for name, seed, item, k, n in grid("ab", [1], 5)],
            True,
            {
                "condition": "each arm",
                "item": "no two conditions share",
                "training": "no condition",
            },
            8,
            "items",
        ),
    ],
)
def test_effects_that_the_design_does_not_have(
    table: list[Cell], arms: bool, dropped: Mapping[str, str], df: int, df_from: str
) -> None:
    names = list(dict.fromkeys(name for name, *_ in table))
    of = counted(table, covariates={name: {"x": float(i)} for i, name in enumerate(names)})
    half = (len(names) + 1) // 2
    split = (Subset(names=tuple(names[:half])), Subset(names=tuple(names[half:])))
    found = fit(of, **({"arms": split} if arms else {}))
    reasons = {
        term: part.unavailable
        for term, part in found.variances.items()
        if isinstance(part, Unavailable)
    }
    assert reasons.keys() == dropped.keys()
    assert all(dropped[term] in reason for term, reason in reasons.items())
    assert (found.log_odds.df, found.df_from) == (df, df_from)


def test_two_totals_leave_the_normal_quantile() -> None:
    found = fit(
        totals({"a": (10, 50), "b": (20, 50)}), arms=(Subset(names=("a",)), Subset(names=("b",)))
    )
    assert (found.log_odds.df, found.df_from) == (None, "answers")
    # the log odds ratio with Woolf's error
    assert found.log_odds.estimate == pytest.approx(np.log(10 / 40 / (20 / 30)), abs=1e-6)
    assert found.log_odds.se == pytest.approx(sqrt(1 / 10 + 1 / 40 + 1 / 20 + 1 / 30), abs=1e-6)
    assert found.points.estimate == pytest.approx(-0.2, abs=1e-6)
    assert [rate.rate for rate in found.fitted] == pytest.approx([0.4, 0.2])


def test_items_of_a_cluster_count_as_one() -> None:
    table = grid("abcd", [1, 2], 6)
    x = {name: {"x": float(i)} for i, name in enumerate("abcd")}
    clusters = {f"q{i}": f"passage {i // 2}" for i in range(6)}
    assert fit(counted(table, covariates=x, clusters=clusters)).items == 3


# ---------------------------------------------------------------------------- what it cannot do


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([(0, 9)] * 4, "no answer is a hit"),
        ([(9, 9)] * 4, "every answer is a hit"),
        ([(0, 9), (0, 9), (9, 9), (9, 9)], "parts all hits from all misses"),
        ([(0, 9), (0, 9), (0, 9), (3, 9)], "parts all hits from all misses"),
        ([(9, 9), (0, 9), (9, 9), (0, 9)], "4 of 4 conditions at 0% or 100%"),
    ],
)
def test_rates_of_nothing_and_everything(counts: list[tuple[int, int]], reason: str) -> None:
    of = counted(
        [
            (name, seed, f"q{i}", k / 9 * 3 if k in (0, 9) else int(i == 0), 3)
            for name, (k, _) in zip("abcd", counts, strict=True)
            for seed in (1, 2)
            for i in range(3)
        ],
        covariates={name: {"x": float(i)} for i, name in enumerate("abcd")},
    )
    block = computed(of, primary=True)
    assert isinstance(block.fit, Unavailable)
    assert reason in block.fit.unavailable
    assert block.verdict == block.fit


def test_an_arm_without_hits() -> None:
    table = [(name, 1, f"q{i}", k, 5) for name, k in (("a", 2), ("b", 0)) for i in range(4)]
    block = computed(counted(table), arms=(Subset(names=("a",)), Subset(names=("b",))))
    assert isinstance(block.fit, Unavailable)
    assert block.fit.unavailable == "the second arm has no hits: no odds ratio is finite"


def test_some_cells_at_none_and_all() -> None:
    """Conditions at 0% and 100% among others are no hindrance."""
    rates = {"a": 0, "b": 1, "c": 3, "d": 2, "e": 2, "f": 4}
    table = [
        (name, seed, f"q{i}", min(4, max(0, k + (seed + i) % 2 * (0 < k < 4))), 4)
        for name, k in rates.items()
        for seed in (1, 2)
        for i in range(5)
    ]
    x = {name: {"x": float(i)} for i, name in enumerate(rates)}
    found = fit(counted(table, covariates=x))
    assert interval(found.points).lower < found.points.estimate < interval(found.points).upper


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        ({"a": 1.0, "b": 1.0, "c": 1.0}, "all conditions have the same predictor"),
        ({"a": 1.0, "b": 2.0}, "2 conditions: a slope takes three"),
        ({"a": 0.0, "b": 1e-200, "c": 2e-200}, "too close or too far apart"),
    ],
)
def test_no_slope(x: dict[str, float], reason: str) -> None:
    of = counted(grid("abc", [1, 2], 3), covariates={name: {"x": v} for name, v in x.items()})
    block = computed(of)
    assert isinstance(block.fit, Unavailable)
    assert reason in block.fit.unavailable


def test_what_lacks_a_predictor_is_left_out() -> None:
    of = counted(grid("abcd", [1, 2], 3), covariates={n: {"x": ord(n) / 10} for n in "abc"})
    assert computed(of).left_out == {"d": "no x"}
    assert computed(of).n == 3


def test_too_large_says_so() -> None:
    """Each condition shares one item with the next."""
    table = [(f"c{c}", None, f"q{c + i}", i, 1) for c in range(800) for i in (0, 1)]
    block = computed(counted(table, covariates={f"c{c}": {"x": float(c)} for c in range(800)}))
    assert isinstance(block.fit, Unavailable)
    assert block.fit.unavailable == (
        "too large for a mixed model that is fitted in a minute: 800 conditions, 1 trainings of "
        "one, 801 items"
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"outcome": Outcome("miss")}, "no condition has counts of miss"),
        (
            {"arms": (Subset(names=("a",)), Subset(where=(("arm", "x"),)))},
            "no condition is in the arm 'x'",
        ),
        ({"arms": (Subset(names=("a", "b")), Subset(names=("b",)))}, "'b' is in both arms"),
    ],
)
def test_what_data_cannot_support(given: dict[str, object], reason: str) -> None:
    block = compute(asked(**given), counted(grid("abc", [1], 3)), context())
    assert isinstance(block, Unavailable)
    assert reason in block.unavailable


def test_scores_that_are_numbers() -> None:
    of = scored({("a", None, "p"): [0.5], ("b", None, "p"): [0.1], ("c", None, "p"): [0.2]})
    of.conditions = {n: ConditionRecord(covariates={"x": ord(n)}) for n in "abc"}
    block = compute(asked(outcome=Outcome("score")), of, context())
    assert isinstance(block, Unavailable)
    assert "numbers, not yes or no" in block.unavailable


# ---------------------------------------------------------------------------------- verdict


def test_arms_by_a_factor() -> None:
    table = grid("abcd", [1, 2], 4)
    factors = {"a": "new", "b": "new", "c": "old", "d": "old"}
    of = counted(table, factors={name: {"arm": level} for name, level in factors.items()})
    arms = (Subset(where=(("arm", "new"),)), Subset(where=(("arm", "old"),)))
    block = computed(of, arms=arms)
    assert block.arms == {"new": ("a", "b"), "old": ("c", "d")}
    assert isinstance(block.verdict, Verdict)
    assert (block.verdict.unit, block.verdict.scale) == ("new minus old", "proportion")


def test_the_parents_effect_stands_beside_ours() -> None:
    theirs = frame("slope")
    parent = Parent(
        "#122",
        Frame(
            {
                name: ConditionRecord(covariates={"cosine": record.covariates["x"]})
                for name, record in theirs.conditions.items()
            },
            theirs.tasks,
            {"marked": MetricRecord(label="marked")},
            {n: {"asked": {"marked": by["asked"]["hit"]}} for n, by in theirs.measurements.items()},
        ),
        {"hit": "marked", "x": "cosine"},
    )
    block = compute(asked(), frame("marker"), context(parent=parent))
    assert isinstance(block, MixedModelBlock)
    assert isinstance(block.fit, MixedModelFit)
    assert isinstance(block.verdict, Verdict)
    expected = block.verdict.expected
    assert expected is not None
    assert expected.source == "#122"
    assert expected.estimate == fit(theirs).points.estimate
    assert isinstance(expected.difference, Effect)
    assert isclose(
        expected.difference.estimate, block.fit.points.estimate - fit(theirs).points.estimate
    )


def test_an_effect_larger_than_the_smallest_relevant_one_is_excluded() -> None:
    block = computed(frame("marker"), relevant=0.1)
    assert isinstance(block.verdict, Verdict)
    assert block.verdict.says == "excluded"


def test_a_rate_that_varies_by_nothing() -> None:
    """All variances on the boundary: the answers' own chance alone."""
    table = [(name, seed, f"q{i}", 2, 4) for name in "abcd" for seed in (1, 2) for i in range(4)]
    found = fit(counted(table, covariates={name: {"x": float(i)} for i, name in enumerate("abcd")}))
    assert all(part.variance == 0 for part in found.variances.values())  # type: ignore[union-attr]
    assert all(isinstance(part.share, Unavailable) for part in found.variances.values())  # type: ignore[union-attr]
    assert found.log_odds.estimate == pytest.approx(0, abs=1e-9)
    assert interval(found.log_odds).upper > 0.1


# --------------------------------------------------------------------------- the definition


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"x": None}, "a predictor or two arms"),
        ({"x": Predictor("x"), "arms": ARMS}, "a predictor or two arms"),
        ({"arms": (Subset(), ARMS[0])}, "one of its arms is every condition"),
        ({"arms": (ARMS[0], ARMS[0])}, "its arms are the same"),
        ({"among": Subset(without=("a",)), "also_without": ("a",)}, "leaves out 'a' twice"),
        ({"among": Subset(names=("a", "b")), "also_without": ("c",)}, "leaves out 'c' twice"),
    ],
)
def test_a_question_that_contradicts_itself(given: dict[str, object], problem: str) -> None:
    assert problem in " ".join(asked(**given).problems())
    assert not list(asked().problems())


def test_what_it_names() -> None:
    spec = asked(
        arms=(Subset(names=("a",)), Subset(where=(("arm", "old"),), without=("b",))),
        also_without=("c",),
    )
    assert list(spec.conditions()) == ["a", "b", "c"]
    assert list(spec.factors()) == ["arm"]


@pytest.mark.slow
def test_two_hundred_conditions() -> None:
    generator = np.random.default_rng(3)
    table = [
        (f"c{c}", s, f"q{i}", int(k), 5)
        for (c, s, i), k in np.ndenumerate(generator.binomial(5, 0.3, (200, 5, 50)))
    ]
    of = counted(table, covariates={f"c{c}": {"x": float(c)} for c in range(200)})
    begun = time.monotonic()
    assert fit(of).conditions == 200
    assert time.monotonic() - begun < 60
