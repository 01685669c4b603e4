"""How a rate goes with a dose: of a treatment, or of training."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import exp, isclose, log
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from frames import checkpoints, context, counted, scored, totals
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import isotonic_regression
from statsmodels.stats.multitest import multipletests

from epm.analyses.block import Effect, Verdict
from epm.analyses.context import Parent
from epm.analyses.data.frame import Frame
from epm.analyses.dose_response.block import Change, DoseResponseBlock, HalfRate, Logistic
from epm.analyses.dose_response.compute import compute
from epm.analyses.dose_response.order import holm, isotonic
from epm.analyses.dose_response.spec import DoseResponse
from epm.analyses.proportions.block import ClusteredInterval
from epm.definition import Expected, Outcome, Predictor, Subset
from epm.results import ConditionRecord, Count, MetricRecord, SteeringRecord, TaskRecord
from epm.values import Interval, Unavailable

DATA = json.loads((Path(__file__).parents[1] / "data" / "dose_response.json").read_text())


def sweep(table: Mapping[str, list[int]] = DATA["sweep"], per_item: int = 5) -> Frame:
    """Hits by dose and prompt; a condition is a dose."""
    return counted(
        [
            (f"at {dose}", None, f"p{i}", k, per_item)
            for dose, row in table.items()
            for i, k in enumerate(row)
        ],
        factors={f"at {dose}": {"coefficient": float(dose)} for dose in table},
    )


def training() -> Frame:
    """Hits of 100 by seed and step."""
    return checkpoints(
        {
            (int(seed), int(step)): (k, DATA["answers_per_step"])
            for seed, by_step in DATA["training"].items()
            for step, k in by_step.items()
        }
    )


def asked(**given: object) -> DoseResponse:
    """The usual question."""
    usual = {"name": "dose", "outcome": Outcome("hit"), "dose": Predictor("coefficient")}
    return DoseResponse(**{**usual, **given})  # type: ignore[arg-type]


def computed(frame: Frame, **given: object) -> DoseResponseBlock:
    """A block that is there."""
    block = compute(asked(**given), frame, context())
    assert isinstance(block, DoseResponseBlock), block
    return block


def fit(block: DoseResponseBlock) -> Logistic:
    """A fit that is there."""
    assert isinstance(block.logistic, Logistic), block.logistic
    return block.logistic


def close(interval: object, lower: float, upper: float, *, to: float = 1e-6) -> bool:
    """Whether an interval has these ends."""
    assert isinstance(interval, Interval), interval
    return isclose(interval.lower, lower, rel_tol=to) and isclose(interval.upper, upper, rel_tol=to)


def of(effect: object) -> Effect:
    """An effect that is there."""
    assert isinstance(effect, Effect), effect
    return effect


# ----------------------------------------------------------------------- a steering sweep


def test_the_logistic_fit_of_the_sweep() -> None:
    """Figures of a second computation with R's glm and a sandwich by hand: see the call below.

    f <- glm(hit ~ coefficient, binomial, s, control = glm.control(epsilon = 1e-14));
    S <- rowsum(model.matrix(f) * (s$hit - fitted(f)), s$prompt); G <- nrow(S); B <- vcov(f);
    B %*% (G / (G - 1) * crossprod(S)) %*% B
    """
    block = computed(sweep())
    found = fit(block)
    assert (block.clusters, block.degrees_of_freedom, found.trials) == ("item", 19, 700)
    assert isclose(found.log_likelihood, -359.21372909570221, rel_tol=1e-9)
    assert isclose(found.intercept.model.estimate, -2.1964553516317649, rel_tol=1e-9)
    assert isclose(found.slope.model.estimate, 1.0701688903316688, rel_tol=1e-9)
    assert isclose(found.slope.model.se, 0.083841118604735462, rel_tol=1e-7)  # type: ignore[arg-type]
    by_prompt = of(found.slope.clustered_normal)
    assert isclose(by_prompt.se, 0.081637616679405389, rel_tol=1e-7)  # type: ignore[arg-type]
    assert close(by_prompt.interval, 0.9101621018563307, 1.2301756788069937)
    assert isclose(by_prompt.p, 2.933097666062438e-39, rel_tol=1e-6)  # type: ignore[arg-type]
    with_t = of(found.slope.clustered)
    assert with_t.df == 19
    assert close(with_t.interval, 0.8992993948770905, 1.241038385786234)
    assert not isinstance(found.odds_ratio, Unavailable)
    assert isclose(found.odds_ratio.estimate, 2.915871920969071, rel_tol=1e-9)
    assert close(found.odds_ratio.clustered_normal, 2.4847252793212524, 3.42183062661093)
    assert isclose(found.against_no_slope.statistic, 235.86525149153204, rel_tol=1e-9)
    assert not isinstance(found.goodness_of_fit, Unavailable)
    assert isclose(found.goodness_of_fit.statistic, 19.921787800263207, rel_tol=1e-9)
    assert found.goodness_of_fit.df == 5
    assert isclose(found.goodness_of_fit.p, 0.0012926742983117975, rel_tol=1e-7)


def test_the_dose_of_half_and_the_dose_of_half_the_ceiling() -> None:
    found = fit(computed(sweep()))
    half = found.half_rate
    assert isinstance(half, HalfRate)
    assert isclose(half.estimate, 2.0524380511108253, rel_tol=1e-9)
    assert not half.extrapolated
    assert close(half.delta_model, 1.8779268905258613, 2.226949211695851)
    assert close(half.delta_clustered_normal, 1.7986997583293947, 2.306176343892317)
    assert close(half.profile, 1.8825026154236173, 2.2338448610984694)
    assert close(half.fieller_model, 1.882852135122194, 2.2363538528551827)
    assert close(half.fieller_clustered_normal, 1.79580981887177, 2.309055600881881)
    assert isinstance(half.delta_clustered, Interval)
    assert half.delta_clustered.lower < 1.7986997583293947  # t with 19 degrees of freedom
    assert not isinstance(found.ceiling, Unavailable)
    assert isclose(found.ceiling.ceiling, 0.855813348776123, rel_tol=1e-6)
    assert isclose(found.ceiling.half_of_ceiling_at, 1.6206763071210275, rel_tol=1e-6)
    assert isclose(found.ceiling.against_one.statistic, 9.40188566367101, rel_tol=1e-6)
    assert isclose(
        found.ceiling.against_one.p, stats.chi2.sf(9.40188566367101, 1) / 2, rel_tol=1e-6
    )


def test_the_order_of_the_sweep() -> None:
    block = computed(sweep())
    assert not isinstance(block.trend, Unavailable)
    assert isclose(block.trend.z, 14.63743043271481, rel_tol=1e-9)
    assert isclose(block.trend.p, 1.620787586678645e-48, rel_tol=1e-6)
    assert not isinstance(block.trend_of_ranks, Unavailable)
    assert isclose(block.trend_of_ranks.z, 14.683158976550024, rel_tol=1e-9)
    order = block.monotone
    assert not isinstance(order, Unavailable)
    assert [(turn.start, turn.end) for turn in order.turns] == [(3.0, 4.0)]
    assert isclose(order.turns[0].change, -0.03)
    assert np.allclose(list(order.fitted.values()), [0.04, 0.2, 0.24, 0.32, 0.54, 0.815, 0.815])
    assert isclose(order.likelihood_ratio, 0.29872830742840506, rel_tol=1e-9)
    assert abs(order.p - 0.408) < 0.025  # three errors of 4,000 draws
    linear = of(block.linear)
    assert isclose(linear.estimate, 0.20946107784431134, rel_tol=1e-9)
    assert isclose(linear.se, 0.009653404670302576, rel_tol=1e-9)  # type: ignore[arg-type]
    assert block.peak.dose == 3


def test_the_cells_of_the_sweep() -> None:
    block = computed(sweep())
    cell = block.doses["2"]
    assert (cell.successes, cell.trials, cell.conditions) == (54, 100, ("at 2",))
    assert isinstance(cell.clustered, ClusteredInterval)
    assert close(cell.clustered, 0.4158134073999954, 0.6594106809766437)
    assert not isinstance(cell.by_cluster, Unavailable)
    assert isclose(cell.by_cluster.se, 0.06, rel_tol=1e-9)
    assert close(cell.by_cluster.interval, 0.41441855673550154, 0.6655814432644985)
    curve = fit(block).curve
    assert (curve[0].dose, curve[-1].dose) == (0, 4)
    assert all(point.interval.contains(point.rate) for point in curve)


# ------------------------------------------------------------------------- over training


def test_training_peaks_and_falls() -> None:
    block = computed(training(), dose="step")
    assert list(block.doses) == ["0", "25", "50", "100", "200", "400", "800", "1600"]
    assert block.doses["800"].trainings == {"11": (46, 100), "12": (58, 100), "13": (54, 100)}
    assert not isinstance(block.doses["800"].by_cluster, Unavailable)
    assert close(block.doses["800"].by_cluster.interval, 0.37488334532279644, 0.678449988010537)
    assert (block.clusters, block.degrees_of_freedom) == ("training", 2)
    peak = block.peak
    assert (peak.dose, peak.last, peak.chosen_after_looking) == (800, 1600, True)
    assert peak.peaks == {"11": 800, "12": 800, "13": 800}
    assert {name: round(change, 9) for name, change in peak.trainings.items()} == {
        "11": -0.27,
        "12": -0.24,
        "13": -0.33,
    }
    assert isinstance(peak.change, Change)
    assert (peak.change.over, peak.change.paired, peak.change.df) == ("training", True, 2)
    assert close(peak.change.interval, -0.393837491007903, -0.16616250899209709)
    assert isclose(peak.change.p, 0.0088107444332958529, rel_tol=1e-9)  # type: ignore[arg-type]
    assert not isinstance(block.trend_of_ranks, Unavailable)
    assert isclose(block.trend_of_ranks.z**2, 283.98161897147077, rel_tol=1e-9)
    assert isclose(block.monotone.p, 1 / 4001)  # type: ignore[union-attr]


def test_training_against_its_start() -> None:
    block = computed(training(), dose="step")
    assert block.reference == 0
    holm = {
        "25": 0.41837712669669008,
        "50": 0.00046258299588838202,
        "100": 2.328577598460158e-15,
        "1600": 3.4780997283798193e-18,
    }
    for step, p in holm.items():
        assert isclose(block.comparisons[step].fisher_holm, p, rel_tol=1e-7)
    first = of(block.comparisons["25"].difference)
    assert first.df == 2
    assert isclose(first.estimate, 4 / 300)
    assert isinstance(first.interval, Interval)
    assert first.interval.contains(0)  # three trainings cannot tell 1.7% from 3%


def test_the_logarithm_of_the_step() -> None:
    """R: glm(cbind(k, n - k) ~ log1p(step), binomial, tr)."""
    block = computed(training(), dose="step", log1p=True)
    assert isclose(fit(block).slope.model.estimate, 0.52059936457275757, rel_tol=1e-7)
    assert isclose(fit(block).slope.model.se, 0.035079373237172973, rel_tol=1e-6)  # type: ignore[arg-type]
    linear = of(block.linear)
    assert close(linear.interval, 0.032166132416300654, 0.0946571727393774)
    assert isclose(linear.p, 0.01286240629395199, rel_tol=1e-7)  # type: ignore[arg-type]
    half = fit(block).half_rate
    assert isinstance(half, HalfRate)
    a, b = fit(block).intercept.model.estimate, fit(block).slope.model.estimate
    assert isclose(half.estimate, exp(-a / b) - 1)  # in steps, not in their logarithms
    assert half.extrapolated
    assert [block.scale, fit(block).curve[-1].dose] == ["log1p", pytest.approx(1600)]


# ---------------------------------------------------------------- second implementations

rows = st.lists(st.integers(0, 5), min_size=6, max_size=6)
tables = st.lists(rows, min_size=3, max_size=5).map(
    lambda table: {str(dose): row for dose, row in enumerate(table)}
)


@given(tables)
@settings(max_examples=20, deadline=None)
def test_statsmodels_agrees(table: Mapping[str, list[int]]) -> None:
    """Of single answers, its cluster-robust covariance without the factor (N-1)/(N-2)."""
    found = computed(sweep(table)).logistic
    if isinstance(found, Unavailable) or abs(found.slope.model.estimate) > 5:
        return
    x = np.repeat([float(dose) for dose in table], 30)
    y = np.concatenate([[i < k for i in range(5)] for row in table.values() for k in row])
    items = np.tile(np.repeat(np.arange(6), 5), len(table))
    fitted = sm.GLM(y.astype(float), sm.add_constant(x), family=sm.families.Binomial()).fit(
        tol=1e-12, cov_type="cluster", cov_kwds={"groups": items}
    )
    assert np.allclose(
        [found.intercept.model.estimate, found.slope.model.estimate], fitted.params, atol=1e-6
    )
    assert isclose(found.log_likelihood, fitted.llf, rel_tol=1e-7)
    if isinstance(found.slope.clustered, Effect):
        factor = ((len(y) - 1) / (len(y) - 2)) ** 0.5
        assert isclose(found.slope.clustered.se, fitted.bse[1] / factor, rel_tol=1e-5)  # type: ignore[arg-type]


@given(tables)
@settings(max_examples=20, deadline=None)
def test_scipy_agrees_on_the_isotonic_rates(table: Mapping[str, list[int]]) -> None:
    block = computed(sweep(table))
    rates = [sum(row) / 30 for row in table.values()]
    assert not isinstance(block.monotone, Unavailable)
    rising = block.monotone.direction == "rising"
    expected = isotonic_regression(rates, increasing=rising).x
    assert np.allclose(list(block.monotone.fitted.values()), expected)
    if not isinstance(block.trend, Unavailable):
        assert np.sign(block.trend.z) >= 0 if rising else np.sign(block.trend.z) <= 0


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)), min_size=1, max_size=12))
def test_scipy_agrees_on_weighted_isotonic_values(pairs: list[tuple[float, int]]) -> None:
    values, weights = (np.array(each, float) for each in zip(*pairs, strict=True))
    expected = isotonic_regression(values, weights=weights).x
    assert np.allclose(isotonic(values[None, :], weights)[0], expected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=15, deadline=None)
def test_statsmodels_agrees_on_holm(p: list[float]) -> None:
    assert np.allclose(holm(p), multipletests(p, method="holm")[1])


def test_two_way_errors_are_never_below_one_way_ones() -> None:
    generator = np.random.default_rng(8)
    for _ in range(5):
        cells = [
            (f"at {dose}", seed, f"q{i}", int(generator.binomial(5, 0.2 + 0.1 * dose)), 5)
            for dose in range(4)
            for seed in (1, 2, 3)
            for i in range(6)
        ]
        doses = {f"at {dose}": {"coefficient": float(dose)} for dose in range(4)}
        crossed = computed(counted(cells, factors=doses))
        assert (crossed.clusters, crossed.degrees_of_freedom) == ("training and item", 5)
        by_item = [(name, None, item, k, n) for name, _, item, k, n in cells]
        pooled: dict[tuple[str, str], int] = {}
        for name, _, item, k, _ in by_item:
            pooled[name, item] = pooled.get((name, item), 0) + k
        items = counted(
            [(*place[:1], None, place[1], k, 15) for place, k in pooled.items()], factors=doses
        )
        alone = computed(items)
        assert of(fit(crossed).slope.clustered).se >= of(fit(alone).slope.clustered).se  # type: ignore[operator]


# ------------------------------------------------------------------------------ properties


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_order_of_items_and_conditions_does_not_matter(
    table: Mapping[str, list[int]], shuffle: object
) -> None:
    names = list(table)
    shuffle.shuffle(names)  # type: ignore[attr-defined]
    places = list(range(6))
    shuffle.shuffle(places)  # type: ignore[attr-defined]
    moved = {name: [table[name][i] for i in places] for name in names}
    first, second = computed(sweep(table)), computed(sweep(moved))
    assert list(first.doses) == list(second.doses)
    assert first.trend == second.trend
    assert first.monotone == second.monotone
    if isinstance(first.logistic, Logistic):
        assert isclose(
            fit(first).slope.model.estimate, fit(second).slope.model.estimate, abs_tol=1e-9
        )


@given(tables, st.floats(1e-3, 1e3), st.floats(-100, 100))
@settings(max_examples=10, deadline=None)
def test_another_unit_of_the_dose(
    table: Mapping[str, list[int]], factor: float, shift: float
) -> None:
    doses = {name: {"coefficient": factor * float(name) + shift} for name in table}
    cells = [(name, None, f"p{i}", k, 5) for name, row in table.items() for i, k in enumerate(row)]
    first, second = computed(sweep(table)), computed(counted(cells, factors=doses))
    if isinstance(first.logistic, Unavailable):
        assert second.logistic == first.logistic
        return
    a, b = fit(first).slope.model, fit(second).slope.model
    assert isclose(a.estimate, b.estimate * factor, rel_tol=1e-5, abs_tol=1e-7)
    if isinstance(fit(first).half_rate, HalfRate) and abs(a.estimate) > 0.01:
        one, other = fit(first).half_rate, fit(second).half_rate
        assert isinstance(one, HalfRate)
        assert isinstance(other, HalfRate)
        assert isclose(
            one.estimate * factor + shift, other.estimate, rel_tol=1e-4, abs_tol=1e-3 * factor
        )


@given(
    st.dictionaries(
        st.floats(-1e6, 1e6).map(lambda dose: round(dose, 6)),
        st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), min_size=1, max_size=4),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([None, 1, 2]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_counts_give_a_block_or_a_reason(
    table: dict[float, list[tuple[int, int]]], seeds: int | None, logs: bool, log1p: bool
) -> None:
    cells = [
        (f"at {dose}", seed, f"p{i}", min(k + (seed or 0), n), n)
        for dose, row in table.items()
        for i, (k, n) in enumerate(row)
        for seed in ([None] if seeds is None else range(seeds))
    ]
    frame = counted(cells, factors={f"at {dose}": {"coefficient": dose} for dose in table})
    spec = asked(dose=Predictor("coefficient", log=logs), log1p=log1p and not logs)
    block = compute(spec, frame, context())
    assert block.model_dump_json()
    if isinstance(block, Unavailable):
        assert block.unavailable
    else:
        assert block == DoseResponseBlock.model_validate_json(block.model_dump_json())


def test_flat_rates_have_no_interval_of_the_dose_of_half() -> None:
    found = fit(computed(sweep({"0": [2, 3, 2, 3], "1": [3, 2, 2, 2], "2": [2, 3, 3, 2]})))
    assert isinstance(found.half_rate, HalfRate)
    assert isinstance(found.half_rate.profile, Unavailable)
    assert isinstance(found.half_rate.fieller_model, Unavailable)
    assert isinstance(found.ceiling, Unavailable)


def test_a_dose_that_lowers_the_rate() -> None:
    block = computed(sweep({f"-{dose}": row for dose, row in DATA["sweep"].items()}))
    assert block.monotone.direction == "falling"  # type: ignore[union-attr]
    assert [(turn.start, turn.end) for turn in block.monotone.turns] == [(-4.0, -3.0)]  # type: ignore[union-attr]
    assert isclose(fit(block).slope.model.estimate, -1.0701688903316688, rel_tol=1e-9)
    assert isclose(fit(block).ceiling.ceiling, 0.855813348776123, rel_tol=1e-6)  # type: ignore[union-attr]
    assert fit(block).half_rate.estimate == pytest.approx(-2.0524380511108253)  # type: ignore[union-attr]


# ------------------------------------------------------------------------------- degenerate

Table = dict[str, list[int]]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"0": [0, 0], "1": [0, 0]}, "no answer is a hit"),
        ({"0": [5, 5], "1": [5, 5]}, "every answer is a hit"),
        ({"0": [0, 0], "1": [5, 5]}, "parts all hits from all misses"),
        ({"0": [0, 0], "1": [2, 3], "2": [5, 5]}, "parts all hits from all misses"),
    ],
)
def test_no_finite_slope(table: Table, reason: str) -> None:
    block = computed(sweep(table), primary=True)
    assert isinstance(block.logistic, Unavailable)
    assert reason in block.logistic.unavailable
    assert block.verdict == block.logistic
    assert len(block.doses) == len(table)


@pytest.mark.parametrize(
    ("frame", "given", "reason"),
    [
        (lambda: sweep({"1": [1, 2]}), {}, "fewer than two values of coefficient"),
        (lambda: sweep({"1": [1, 2], "1.0": [3, 2]}), {}, "fewer than two values"),
        (lambda: sweep(), {"outcome": Outcome("miss")}, "no condition has counts of miss"),
        (lambda: sweep(), {"dose": "step"}, "no checkpoints have counts of hit"),
        (lambda: sweep(), {"dose": Predictor("layer")}, "fewer than two values of layer"),
        (
            lambda: scored({("a", None, "p"): [0.5, 0.2], ("b", None, "p"): [0.1]}),
            {"outcome": Outcome("score")},
            "numbers, not yes or no",
        ),
    ],
)
def test_what_data_cannot_support(
    frame: Callable[[], Frame], given: dict[str, object], reason: str
) -> None:
    block = compute(asked(**given), frame(), context())
    assert isinstance(block, Unavailable)
    assert reason in block.unavailable


def test_one_item_leaves_model_based_errors() -> None:
    block = computed(sweep({"0": [1], "1": [2], "2": [4]}), primary=True)
    assert isinstance(block.clusters, Unavailable)
    assert isinstance(fit(block).slope.clustered, Unavailable)
    assert fit(block).interval_by == "model"
    assert isinstance(block.verdict, Verdict)
    assert block.verdict.effect.df is None


def test_totals_have_doses_too() -> None:
    block = computed(
        totals(
            {"a": (3, 50), "b": (9, 50), "c": (30, 50)},
            factors={
                "a": {"coefficient": 1.0},
                "b": {"coefficient": 2.0},
                "c": {"coefficient": 8.0},
            },
        )
    )
    assert isinstance(block.doses["8"].by_cluster, Unavailable)
    assert isinstance(block.comparisons["8"].difference, Unavailable)
    assert block.comparisons["8"].fisher < 0.001


def test_one_training_a_dose() -> None:
    """A line through seven trainings has five degrees of freedom, and not 34."""
    cells = [
        (name, 42, item, k, n)
        for name, _, item, k, n in [
            (f"at {dose}", None, f"p{i}", k, 5)
            for dose, row in DATA["sweep"].items()
            for i, k in enumerate(row)
        ]
    ]
    frame = counted(cells, factors={f"at {d}": {"coefficient": float(d)} for d in DATA["sweep"]})
    block = computed(frame)
    assert (block.clusters, block.degrees_of_freedom) == ("training and item", 5)
    assert of(block.linear).df == 5


def test_a_baseline_is_left_out_unless_it_is_named() -> None:
    frame = sweep()
    conditions = {
        name: record.model_copy(update={"role": "baseline"} if name == "at 0" else {})
        for name, record in frame.conditions.items()
    }
    frame = Frame(conditions, frame.tasks, frame.metrics, frame.measurements)
    assert computed(frame).left_out == {"at 0": "a baseline, which `among` does not name"}
    assert computed(frame).reference == 0.5
    named = computed(frame, among=Subset(names=tuple(conditions)))
    assert (named.reference, named.left_out) == (0, {})


def test_a_dose_of_zero_has_no_logarithm() -> None:
    block = computed(sweep(), dose=Predictor("coefficient", log=True))
    assert block.left_out == {"at 0": "no logarithm of its coefficient"}
    assert block.scale == "log"
    assert isclose(fit(block).curve[0].dose, 0.5)


def test_doses_that_two_conditions_share() -> None:
    cells = [(name, None, f"p{i}", i % 3, 3) for name in ("a", "b", "c") for i in range(6)]
    factors = {"a": {"coefficient": 1.0}, "b": {"coefficient": 1.0}, "c": {"coefficient": 2.0}}
    block = computed(counted(cells, factors=factors))
    assert block.doses["1"].conditions == ("a", "b")
    assert block.doses["1"].trials == 36


# ---------------------------------------------------------------------------------- verdict


def test_the_verdict_is_on_the_clustered_slope() -> None:
    block = computed(sweep(), primary=True)
    assert isinstance(block.verdict, Verdict)
    assert (block.verdict.says, block.verdict.scale) == ("supported", "plain")
    assert block.verdict.unit == "log-odds per unit of coefficient"
    assert block.verdict.effect == fit(block).slope.clustered


def test_the_verdict_can_be_on_the_trend() -> None:
    block = computed(training(), dose="step", log1p=True, verdict_on="trend", primary=True)
    assert isinstance(block.verdict, Verdict)
    assert block.verdict.unit == "per unit of ln(1 + step)"
    assert block.verdict.scale == "proportion"
    assert isclose(block.verdict.effect.estimate, 0.06341165257783903, rel_tol=1e-9)


def test_an_expected_slope_is_compared_with() -> None:
    expected = Expected(2.0, 1.5, 2.5, "#122")
    block = computed(sweep(), expected=expected)
    assert isinstance(block.verdict, Verdict)
    assert block.verdict.expected is not None
    assert isinstance(block.verdict.expected.difference, Effect)
    assert isclose(block.verdict.expected.difference.estimate, 1.0701688903316688 - 2)


def test_the_parents_slope_stands_beside_ours() -> None:
    theirs = sweep({dose: [max(0, k - 1) for k in row] for dose, row in DATA["sweep"].items()})
    conditions = {
        name: ConditionRecord(factors={"strength": record.factors["coefficient"]})
        for name, record in theirs.conditions.items()
    }
    frame = Frame(
        conditions,
        theirs.tasks,
        {"marked": MetricRecord(label="marked")},
        {
            name: {"asked": {"marked": by["asked"]["hit"]}}
            for name, by in theirs.measurements.items()
        },
    )
    parent = Parent("#122", frame, {"hit": "marked", "coefficient": "strength"})
    block = compute(asked(), sweep(), context(parent=parent))
    assert isinstance(block, DoseResponseBlock)
    assert isinstance(block.verdict, Verdict)
    expected = block.verdict.expected
    assert expected is not None
    assert expected.source == "#122"
    alone = computed(frame, outcome=Outcome("marked"), dose=Predictor("strength"))
    assert expected.estimate == fit(alone).slope.model.estimate
    # a parent without doses has nothing to compare
    bare = Parent("#122", Frame({}, {"asked": TaskRecord()}, {}, {}))
    without = compute(asked(), sweep(), context(parent=bare))
    assert isinstance(without, DoseResponseBlock)
    assert isinstance(without.verdict, Verdict)
    assert without.verdict.expected is None


def test_the_bootstrap_is_the_same_every_time() -> None:
    assert computed(sweep()) == computed(sweep())


# --------------------------------------------------------------------------- the definition


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"dose": "steps"}, "its dose is 'steps': give a Predictor, or 'step'"),
        ({"dose": Predictor("dose", log=True), "log1p": True}, "the logarithm of its dose twice"),
        ({"verdict_on": "peak"}, "its verdict is on 'peak', neither slope nor trend"),
        ({"relevant": 0.0}, "the smallest relevant effect is 0.0, not above 0"),
    ],
)
def test_a_question_that_contradicts_itself(given: dict[str, object], problem: str) -> None:
    assert problem in " ".join(asked(**given).problems())
    assert not list(asked().problems())


def test_what_it_reads() -> None:
    assert list(asked().predictors()) == [Predictor("coefficient")]
    assert not list(asked(dose="step").predictors())


def test_a_step_without_a_seed_is_no_training() -> None:
    """The untrained model is one for all seeds."""
    measured = {
        "step=0": Count(total=(2, 100)),
        "seed=1,step=10": Count(total=(20, 100)),
        "seed=2,step=10": Count(total=(30, 100)),
        "seed=1,step=20": Count(total=(40, 100)),
        "seed=2,step=20": Count(total=(44, 100)),
    }
    frame = Frame(
        {"adapter": ConditionRecord()},
        {"asked": TaskRecord()},
        {"hit": MetricRecord(label="hit")},
        {"adapter": {"asked": {"hit": measured}}},  # type: ignore[dict-item]
    )
    block = computed(frame, dose="step")
    assert block.doses["0"].trainings == {}
    assert block.clusters == "training"
    assert set(block.peak.peaks) == {"1", "2"}
    assert log(2) > 0


def test_a_seed_of_draws_alone_is_no_training() -> None:
    """A model that is steered as it is learns nothing: items are what errors are over."""
    plain = sweep()
    cells = [
        (f"at {dose}", 42, f"p{i}", k, 5)
        for dose, row in DATA["sweep"].items()
        for i, k in enumerate(row)
    ]
    drawn = counted(
        cells, factors={f"at {dose}": {"coefficient": float(dose)} for dose in DATA["sweep"]}
    )
    record = SteeringRecord(layer=1, coefficient=1.0, length=1.0, sha256="0" * 64)
    steered = Frame(
        {
            name: each.model_copy(update={"steering": {"seed=42": record}})
            for name, each in drawn.conditions.items()
        },
        drawn.tasks,
        drawn.metrics,
        drawn.measurements,
    )
    assert computed(steered) == computed(plain)
    assert computed(drawn).clusters == "training and item"
    assert computed(plain).clusters == "item"
