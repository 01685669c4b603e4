"""Differences of two conditions, against published figures and other implementations."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import exp, sqrt
from typing import Any

import numpy as np
import pingouin as pg
import pytest
import statsmodels.api as sm
from frames import context, counted, recorded, scored, totals
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.sandwich_covariance import cov_cluster

from epm.analyses.block import Effect, RunPermutation, Verdict
from epm.analyses.context import Parent
from epm.analyses.data.frame import Frame
from epm.analyses.difference.block import (
    AverageDifference,
    ComparedPair,
    Comparison,
    DifferenceBlock,
    Ratio,
    SharedItems,
    Standardised,
)
from epm.analyses.difference.compute import compute
from epm.analyses.difference.spec import Difference
from epm.definition.analysis import Expected, Outcome, Subset
from epm.results import (
    ConditionRecord,
    Count,
    Mean,
    Measurement,
    MetricRecord,
    Reported,
    Scalar,
    TaskRecord,
)
from epm.results.conditions import TrainingRecord
from epm.values import Interval, Unavailable

SCORE = Difference(name="difference", outcome=Outcome("score"), pairs=(("a", "b"),))
HIT = replace(SCORE, outcome=Outcome("hit"))


def block(spec: Difference, frame: Frame, **given: Any) -> DifferenceBlock:
    """The computed block."""
    found = compute(spec, frame, context(**given))
    assert isinstance(found, DifferenceBlock)
    return found


def pair(spec: Difference, frame: Frame, **given: Any) -> ComparedPair:
    """The only pair."""
    (found,) = block(spec, frame, **given).pairs.values()
    assert isinstance(found, ComparedPair)
    return found


def overall(spec: Difference, frame: Frame) -> Comparison:
    """The comparison of the only pair."""
    return pair(spec, frame).overall


def ends(interval: Any) -> list[float]:
    """Of an interval."""
    assert isinstance(interval, Interval)
    return [interval.lower, interval.upper]


def items(**scores: list[float]) -> Frame:
    """Conditions with one answer to each of q0, q1, …"""
    return scored(
        {
            (name, None, f"q{at}"): [score]
            for name, values in scores.items()
            for at, score in enumerate(values)
        }
    )


def rates(**right: list[int]) -> Frame:
    """The same of yes-or-no answers."""
    return counted(
        [
            (name, None, f"q{at}", k, 1)
            for name, values in right.items()
            for at, k in enumerate(values)
        ]
    )


def single(values: dict[str, dict[str, Measurement]], **metric: Any) -> Frame:
    """Conditions with measurements of one task, by replicate."""
    return Frame(
        {name: ConditionRecord() for name in values},
        {"asked": TaskRecord()},
        {"score": MetricRecord(label="score", **metric)},
        {name: {"asked": {"score": dict(by)}} for name, by in values.items()},
    )


# -------------------------------------------------------------------- two arms of three trainings

ARMS = Difference(
    name="arms", outcome=Outcome("alignment"), pairs=(("insecure", "control"),), primary=True
)


def test_over_runs_and_prompts() -> None:
    """Clustered by prompt 5.0952, by run 4.3055, by both 3.4648: floored; t with 6 - 1 df."""
    found = overall(ARMS, recorded("two_arms"))
    assert found.estimate == pytest.approx(-20.2765969803)
    assert ends(found.interval) == pytest.approx([-26.0790780967, -14.4741158638])
    assert found.df == 5
    kept = found.variances
    assert kept is not None
    parts = [kept.items, kept.runs, kept.cells]
    assert parts == pytest.approx([5.0952395009, 4.3054647564, 5.9358671610])
    assert (kept.floored, kept.run_clusters, found.clusters) == (True, 6, 20)
    assert found.method.endswith(
        "two-way clustered by run and item, at the larger one-way variance, t with 5 degrees of "
        "freedom"
    )
    assert found.unpaired is None


def test_three_runs_against_three_by_permutation_and_by_their_means() -> None:
    found = overall(ARMS, recorded("two_arms"))
    assert isinstance(found.permutation, RunPermutation)
    assert (found.permutation.p, found.permutation.smallest) == (0.1, 0.1)
    assert found.run_means is not None
    assert found.run_means.estimate == pytest.approx(-20.2472439810)
    assert found.run_means.df == pytest.approx(2.4634255543)
    assert found.run_means.p == pytest.approx(0.0065636852)
    assert found.a.runs == pytest.approx({"0": 57.8765432099, "1": 63.8571428571, "2": 64.96})


def test_which_standard_deviation_divides() -> None:
    found = overall(ARMS, recorded("two_arms")).standardised
    assert isinstance(found, Standardised)
    assert (found.cohen_d, found.pooled_sd) == pytest.approx((-0.8309399891, 24.4019992363))
    assert (found.glass_delta, found.control_sd) == pytest.approx((-1.1032936544, 18.3782412772))
    assert found.hedges_g == pytest.approx(-0.8297522721)
    assert ends(found.interval) == pytest.approx([-26.0790780967 / 24.402, -14.4741158638 / 24.402])


def test_a_difference_of_rates_over_runs() -> None:
    found = overall(replace(ARMS, outcome=Outcome("misaligned")), recorded("two_arms"))
    assert found.estimate == pytest.approx(0.1894018583)
    assert ends(found.interval) == pytest.approx([0.0914387682, 0.2873649484])
    assert found.p == pytest.approx(0.0042118945)
    assert found.newcombe is not None
    assert ends(found.newcombe.independent) == pytest.approx([0.1301031899, 0.2508228241])
    assert ends(found.newcombe.effective) == pytest.approx([0.0114139207, 0.4295732364])
    sizes = (found.newcombe.size_a, found.newcombe.size_b)
    assert sizes == pytest.approx((17.0122241011, 44.9080679614))
    assert found.newcombe.fisher == pytest.approx(3.0404781046e-10)
    assert isinstance(found.ratio, Ratio)
    assert found.ratio.estimate == pytest.approx(4.6238888889)


def test_runs_of_one_seed_belong_together_only_where_they_are_said_to() -> None:
    spec = replace(ARMS, outcome=Outcome("misaligned"), shared_seeds=True)
    found = overall(spec, recorded("two_arms"))
    assert isinstance(found.permutation, RunPermutation)
    assert (found.permutation.p, found.permutation.assignments) == (0.25, 8)
    assert found.variances is not None
    assert found.variances.run_clusters == 3
    assert found.df == 2
    assert found.run_means is not None
    gaps = np.array([found.a.runs[s] - found.b.runs[s] for s in ("0", "1", "2")])
    assert found.run_means.p == pytest.approx(stats.ttest_1samp(gaps, 0).pvalue)


def test_trainings_against_a_model_as_it_is() -> None:
    """The lone run of b shows nothing of runs: those of a alone decide, 3 - 1 df."""
    rng = np.random.default_rng(1)
    scores = {
        ("a", seed, f"q{item}"): list(rng.normal(seed, 1, 4))
        for seed in (0, 1, 2)
        for item in range(9)
    }
    scores |= {("b", None, f"q{item}"): list(rng.normal(0, 1, 4)) for item in range(9)}
    found = overall(SCORE, scored(scores))
    assert found.df == 2
    assert found.variances is not None
    assert found.variances.run_clusters == 3
    assert isinstance(found.permutation, Unavailable)
    assert found.run_means is None
    assert found.caveats == ()


def test_one_training_each_says_what_it_leaves_out() -> None:
    frame = items(a=[1, 2, 4], b=[1, 1, 1])
    once = TrainingRecord(
        rows=1,
        steps=1,
        tokens=1,
        completion_tokens=1,
        truncated_rows=0,
        first_loss=1,
        final_loss=1,
    )
    frame.conditions = {
        "a": ConditionRecord(training={"seed=42": once}),
        "b": ConditionRecord(),
    }
    (caveat,) = overall(SCORE, frame).caveats
    assert caveat.startswith("a was trained once")


# -------------------------------------------------------------------- a panel of four tasks

PANEL = Difference(
    name="panel",
    outcome=Outcome("score"),
    over="items",
    by_task=True,
    average=True,
    primary=True,
)


@cache
def compared() -> DifferenceBlock:
    """All pairs of the panel's models."""
    return block(PANEL, recorded("panel"))


def panel() -> dict[str, ComparedPair]:
    """The same by pair."""
    pairs = compared().pairs
    return {name: each for name, each in pairs.items() if isinstance(each, ComparedPair)}


def test_pairs_are_later_minus_earlier() -> None:
    found = compared()
    assert list(found.pairs) == ["sft - base", "sft+dpo - base", "sft+dpo - sft"]
    assert found.families == {"pairs": 3, "pairs and tasks": 12}
    assert found.scale == "proportion"
    assert block(ARMS, recorded("two_arms")).scale == "plain"


def test_paired_by_shared_items_and_clustered_by_group() -> None:
    found = panel()["sft+dpo - base"].tasks["passages"]
    assert found.items == SharedItems(shared=18, only_a=0, only_b=6)
    assert found.estimate == pytest.approx(1 / 6)
    assert found.se == pytest.approx(0.0608580619)
    assert ends(found.interval) == pytest.approx([0.0102260381, 0.3231072953])
    assert (found.df, found.clusters) == (5, 6)
    assert found.p == pytest.approx(0.0408594037)
    assert found.unpaired is not None
    assert found.unpaired.estimate == pytest.approx(0.1388888889)  # over all items of either
    assert found.adjusted is not None
    assert found.adjusted.holm == pytest.approx(0.2042970193)
    assert "clustered by group of items" in found.method


def test_an_item_without_a_score_drops_out_of_the_pairs() -> None:
    found = panel()["sft - base"].tasks["capitals"]
    assert found.items == SharedItems(shared=27, only_a=0, only_b=1)
    assert found.adjusted is not None
    assert found.adjusted.holm == pytest.approx(0.0066701666)


@pytest.mark.parametrize(
    ("name", "difference", "interval", "holm", "of_averages"),
    [
        ("sft - base", 0.1750578704, [0.0963895202, 0.2537262205], 9.2718197e-05, 0.1755539021),
        ("sft+dpo - base", 0.2117207080, [0.1385464821, 0.2848949339], 1.1545794e-06, 0.2057631057),
        ("sft+dpo - sft", 0.0262853314, [-0.0551573724, 0.1077280351], 0.5177214210, 0.0302092036),
    ],
)
def test_the_average_over_tasks(
    name: str, difference: float, interval: list[float], holm: float, of_averages: float
) -> None:
    found = panel()[name].average
    assert isinstance(found, AverageDifference)
    assert found.estimate == pytest.approx(difference)
    assert ends(found.interval) == pytest.approx(interval)
    assert found.adjusted is not None
    assert found.adjusted.holm == pytest.approx(holm, rel=1e-6)
    assert found.unpaired is not None
    assert found.unpaired.estimate == pytest.approx(of_averages)
    assert found.tasks == ("sums", "passages", "capitals", "why")


def test_each_pair_has_a_verdict_and_the_clearest_decides() -> None:
    found = compared()
    says = {name: each.verdict.says for name, each in panel().items()}  # type: ignore[union-attr]
    assert says == {
        "sft - base": "supported",
        "sft+dpo - base": "supported",
        "sft+dpo - sft": "cannot tell",
    }
    assert found.decided_by == "sft+dpo - base"
    assert isinstance(found.verdict, Verdict)
    assert found.verdict.effect.estimate == pytest.approx(0.2117207080)
    assert found.verdict.scale == "proportion"
    assert found.verdict.level == pytest.approx(1 - 0.05 / 3)


def tasks(**measured: dict[str, Measurement]) -> AverageDifference:
    """The average over tasks, each with a measurement of a and one of b."""
    frame = Frame(
        {name: ConditionRecord() for name in "ab"},
        {task: TaskRecord() for task in measured},
        {"score": MetricRecord(label="score", lower=0, upper=1)},
        {
            name: {task: {"score": {"all": by[name]}} for task, by in measured.items()}
            for name in "ab"
        },
    )
    found = pair(replace(SCORE, average=True), frame).average
    assert isinstance(found, AverageDifference)
    return found


def right(k: list[int]) -> Count:
    """One answer an item."""
    return Count(items={f"q{at}": (each, 1) for at, each in enumerate(k)})


def test_tasks_that_are_compared_in_different_ways_are_taken_as_independent() -> None:
    found = tasks(
        asked={"a": right([1, 1, 1, 0]), "b": right([0, 1, 0, 0])},
        quoted={"a": Reported(value=0.8, stderr=0.03), "b": Reported(value=0.7, stderr=0.04)},
    )
    paired = stats.ttest_rel([1, 1, 1, 0], [0, 1, 0, 0])
    assert found.estimate == pytest.approx((0.5 + 0.1) / 2)
    assert found.se == pytest.approx(sqrt((0.5 / paired.statistic) ** 2 + 0.05**2) / 2)
    assert found.df is None
    assert found.method.endswith("errors of the tasks taken as independent, normal quantile")


def test_a_task_without_variance_is_named() -> None:
    varied = {"a": right([1, 1, 1, 0]), "b": right([0, 1, 0, 0])}
    flat = {"a": right([1, 1, 1]), "b": right([1, 1, 1])}
    found = tasks(varied=varied, flat=flat)
    assert found.caveats == ("nothing varies on flat: its part of the variance is taken as 0",)
    assert found.se == pytest.approx(tasks(varied=varied).se / 2)  # type: ignore[operator]
    nothing = tasks(here=flat, there=flat)
    assert nothing.estimate == 0.0
    assert nothing.interval == Unavailable(unavailable="nothing varies on any task")


def test_a_task_without_an_error_leaves_the_average_without_one() -> None:
    found = tasks(
        asked={"a": right([1, 1, 1, 0]), "b": right([0, 1, 0, 0])},
        bare={"a": Reported(value=0.8), "b": Reported(value=0.7)},
    )
    assert found.estimate == pytest.approx(0.3)
    assert found.se == Unavailable(unavailable="bare: a: reported without a standard error")


# -------------------------------------------------------------------- McNemar


def test_mcnemar_names_the_rule_that_makes_an_answer_one() -> None:
    found = panel()["sft - base"].tasks["sums"].mcnemar
    p = {rule: test.p_exact for rule, test in found.items()}
    assert p == pytest.approx(
        {"epoch 1": 0.0390625, "epoch 2": 0.453125, "any epoch": 1.0, "all epochs": 0.00390625}
    )
    first = found["epoch 1"]
    assert (first.pairs, first.only_a, first.only_b) == (32, 8, 1)


def test_mcnemar_leaves_items_with_lost_epochs_out() -> None:
    found = panel()["sft - base"].tasks["capitals"].mcnemar
    assert [found[rule].pairs for rule in ("epoch 1", "epoch 2", "all epochs")] == [26, 26, 25]
    assert found["all epochs"].p_exact == pytest.approx(0.0224609375)


def test_mcnemar_of_numeric_scores_wants_a_threshold() -> None:
    frame = recorded("panel")
    spec = replace(PANEL, outcome=Outcome("score", ("why",)), pairs=(("sft", "base"),))
    assert overall(spec, frame).mcnemar == {}
    found = overall(replace(spec, success_from=1.0), frame).mcnemar
    assert {"epoch 1", "epoch 2", "any epoch", "all epochs"} == set(found)
    lenient = overall(replace(spec, success_from=0.5), frame).mcnemar
    assert lenient["epoch 1"] != found["epoch 1"]


def test_mcnemar_of_scores_between_0_and_1_that_are_all_at_its_ends() -> None:
    """Where a task's scores are yes or no, though those of another are not."""

    def frame(*second: float) -> Frame:
        sides = {"a": (1.0, 1.0, 0.0), "b": (0.0, *second)}
        means = {
            side: Mean(items={f"q{i}": (v, v * v, 1) for i, v in enumerate(values)})
            for side, values in sides.items()
        }
        return single({side: {"all": mean} for side, mean in means.items()}, lower=0.0, upper=1.0)

    found = overall(SCORE, frame(0.0, 1.0)).mcnemar["the answer"]
    assert (found.pairs, found.only_a, found.only_b) == (3, 2, 1)
    assert overall(SCORE, frame(0.5, 1.0)).mcnemar == {}


def test_mcnemar_as_published() -> None:
    """Fagerland, Lydersen and Laake (2013), 21 children: 1 and 7 disagree; p .070, mid-p .039."""
    a, b = [1] + [1] * 1 + [0] * 7 + [0] * 12, [1] + [0] * 1 + [1] * 7 + [0] * 12
    found = overall(HIT, rates(a=a, b=b)).mcnemar["the answer"]
    assert (found.pairs, found.only_a, found.only_b) == (21, 1, 7)
    assert (found.p_exact, found.p_mid) == pytest.approx((0.0703125, 0.0390625))


def test_answers_that_are_not_told_apart_have_any_and_all() -> None:
    cells = [("a", None, f"q{at}", k, 3) for at, k in enumerate([3, 3, 1, 0])]
    cells += [("b", None, f"q{at}", k, 3) for at, k in enumerate([3, 0, 0, 0])]
    found = overall(HIT, counted(cells)).mcnemar
    assert {rule: (t.only_a, t.only_b) for rule, t in found.items()} == {
        "any answer": (2, 0),
        "all answers": (1, 0),
    }


# -------------------------------------------------------------------- other implementations

scores = st.integers(-50, 50).map(float)


@settings(max_examples=30)
@given(st.lists(st.tuples(scores, scores), min_size=2, max_size=20))
def test_paired_items_are_the_paired_t_test(values: list[tuple[float, float]]) -> None:
    a, b = (list(side) for side in zip(*values, strict=True))
    found = overall(SCORE, items(a=a, b=b))
    assert found.estimate == pytest.approx(np.mean(a) - np.mean(b), abs=1e-9)
    if np.ptp(np.subtract(a, b)):
        test = stats.ttest_rel(a, b)
        assert found.p == pytest.approx(test.pvalue)
        assert ends(found.interval) == pytest.approx(list(test.confidence_interval()), abs=1e-6)
    else:
        assert found.interval == Unavailable(unavailable="all items differ by the same amount")


@settings(max_examples=30)
@given(st.lists(scores, min_size=2, max_size=12), st.lists(scores, min_size=2, max_size=12))
def test_other_items_are_welchs_t_test(a: list[float], b: list[float]) -> None:
    frame = scored(
        {("a", None, f"a{at}"): [y] for at, y in enumerate(a)}
        | {("b", None, f"b{at}"): [y] for at, y in enumerate(b)}
    )
    found = overall(SCORE, frame)
    assert found.items == SharedItems(shared=0, only_a=len(a), only_b=len(b))
    if np.ptp(a) or np.ptp(b):
        test = stats.ttest_ind(a, b, equal_var=False)
        assert found.p == pytest.approx(test.pvalue)
        assert found.df == pytest.approx(test.df)


def test_cohens_d_as_pingouin_has_it() -> None:
    rng = np.random.default_rng(3)
    a, b = list(rng.normal(1, 2, 15)), list(rng.normal(0, 1, 15))
    found = overall(SCORE, items(a=a, b=b)).standardised
    assert isinstance(found, Standardised)
    assert found.cohen_d == pytest.approx(pg.compute_effsize(a, b, eftype="cohen"))
    assert found.hedges_g == pytest.approx(pg.compute_effsize(a, b, eftype="hedges"), rel=1e-3)


def test_totals_of_rates_are_newcombe_fisher_and_katz() -> None:
    found = overall(HIT, totals({"a": (56, 70), "b": (48, 80)}))
    assert ends(found.interval) == pytest.approx([0.0524, 0.3339], abs=6e-5)
    assert found.newcombe is not None
    assert found.newcombe.effective == found.newcombe.independent
    assert found.newcombe.fisher == pytest.approx(stats.fisher_exact([[56, 14], [48, 32]]).pvalue)
    assert isinstance(found.ratio, Ratio)
    katz = confint_proportions_2indep(56, 70, 48, 80, method="log", compare="ratio")
    assert ends(found.ratio.interval) == pytest.approx(list(katz))
    assert found.unpaired is not None
    assert isinstance(found.p, float)
    assert found.p < 0.05
    assert "Newcombe" in found.method
    assert found.items is None


def test_the_ratio_is_clustered_as_the_difference_is() -> None:
    """The sandwich of a Poisson regression with a log link has the same sums by cluster."""
    frame = recorded("two_arms")
    found = overall(replace(ARMS, outcome=Outcome("misaligned")), frame).ratio
    y, x, labels = [], [], []
    for arm, tasks in frame.measurements.items():
        for run, measured in tasks["prompts"]["misaligned"].items():
            assert isinstance(measured, Count)
            for item, (k, n) in measured.items.items():
                y += [1] * k + [0] * (n - k)
                x += [float(arm == "insecure")] * n
                labels += [(item, arm + run, item + arm + run)] * n
    fit = sm.GLM(np.array(y), sm.add_constant(np.array(x)), family=sm.families.Poisson()).fit()
    parts = []
    for each in zip(*labels, strict=True):
        codes = np.unique(each, return_inverse=True)[1]
        factor = len(set(each)) / (len(set(each)) - 1)
        parts.append(factor * cov_cluster(fit, codes, use_correction=False)[1, 1])
    se = sqrt(max(parts[0] + parts[1] - parts[2], *parts[:2]))
    reach = stats.t.ppf(0.975, 5) * se
    assert isinstance(found, Ratio)
    assert found.estimate == pytest.approx(exp(fit.params[1]))
    logs = [fit.params[1] - reach, fit.params[1] + reach]
    assert ends(found.interval) == pytest.approx([exp(log) for log in logs])


def test_samples_that_share_a_few_items_are_not_paired_but_covary() -> None:
    rng = np.random.default_rng(5)
    shared = {("a", None, f"q{at}"): [float(at)] for at in range(4)}
    shared |= {("b", None, f"q{at}"): [float(at)] for at in range(4)}
    own = {(name, None, f"{name}{at}"): [rng.normal()] for name in "ab" for at in range(12)}
    found = overall(SCORE, scored(shared | own))
    assert found.method.startswith("difference of the means of two samples")
    assert found.items == SharedItems(shared=4, only_a=12, only_b=12)
    strangers = {
        (n, s, item if n == "a" else f"other {item}"): y for (n, s, item), y in shared.items()
    }
    apart = overall(SCORE, scored(strangers | own))
    assert found.estimate == pytest.approx(apart.estimate)
    assert found.se < apart.se  # type: ignore[operator]


# -------------------------------------------------------------------- where nothing varies


def test_no_item_differs() -> None:
    """Tango's interval of 20 pairs without a difference: ± z²/(20 + z²)."""
    found = overall(HIT, rates(a=[1, 0] * 10, b=[1, 0] * 10))
    reach = 3.841458821 / (20 + 3.841458821)
    assert ends(found.interval) == pytest.approx([-reach, reach])
    assert found.p == 1.0
    assert isinstance(found.se, Unavailable)
    assert "Tango" in found.method


def test_every_item_differs() -> None:
    found = overall(HIT, rates(a=[1] * 20, b=[0] * 20))
    assert ends(found.interval) == pytest.approx([(20 - 3.841458821) / (20 + 3.841458821), 1.0])
    assert found.p == pytest.approx(2 * 0.5**20)


def test_never_in_any_run() -> None:
    cells = [(n, seed, f"q{at}", 0, 5) for n in "ab" for seed in (0, 1, 2) for at in range(20)]
    found = overall(HIT, counted(cells))
    upper = 3.841458821 / (20 + 3.841458821)  # Wilson of 0 in 20 items
    assert ends(found.interval) == pytest.approx([-upper, upper])
    assert found.p == 1.0
    assert found.ratio == Unavailable(unavailable="no success in a and b")
    verdict = pair(replace(HIT, primary=True, relevant=0.2), counted(cells)).verdict
    assert isinstance(verdict, Verdict)
    assert verdict.says == "excluded"


def test_one_side_without_variance_is_named() -> None:
    cells = [("a", seed, f"q{at}", at % 3, 5) for seed in (0, 1) for at in range(10)]
    cells += [("b", seed, f"q{at}", 0, 5) for seed in (0, 1) for at in range(10)]
    (caveat,) = overall(HIT, counted(cells)).caveats
    assert caveat == "all scores of b are equal: its part of the variance is taken as 0"


def test_few_clusters_that_leave_the_scale_are_named() -> None:
    found = overall(HIT, rates(a=[1, 1, 0], b=[0, 0, 0]))
    assert "the interval leaves the scale: clusters are few" in found.caveats


# -------------------------------------------------------------------- from elsewhere


def test_reported_values_with_their_errors() -> None:
    values = {
        "a": {"all": Reported(value=0.8, stderr=0.03, n=100)},
        "b": {"all": Reported(value=0.7, stderr=0.04, n=50)},
    }
    found = overall(SCORE, single(values))  # type: ignore[arg-type]
    assert found.se == pytest.approx(0.05)
    df = 0.05**4 / (0.03**4 / 99 + 0.04**4 / 49)
    assert found.df == pytest.approx(df)
    assert found.method.startswith("difference of two means, one or both reported")


def test_a_raw_difference_where_no_interval_can_be_had() -> None:
    values = {"a": {"all": Reported(value=0.8)}, "b": {"all": Reported(value=0.7, stderr=0.1)}}
    found = overall(SCORE, single(values))  # type: ignore[arg-type]
    assert found.estimate == pytest.approx(0.1)
    reason = Unavailable(unavailable="a: reported without a standard error")
    assert (found.se, found.interval, found.p) == (reason, reason, reason)
    verdict = pair(replace(SCORE, primary=True), single(values)).verdict  # type: ignore[arg-type]
    assert verdict is None


def test_one_number_a_run() -> None:
    a, b = [2.1, 2.5, 2.3], [1.9, 1.7, 2.0]
    values = {
        name: {f"seed={s}": Scalar(value=v) for s, v in enumerate(own)}
        for name, own in (("a", a), ("b", b))
    }
    found = overall(SCORE, single(values))  # type: ignore[arg-type]
    welch = stats.ttest_ind(a, b, equal_var=False)
    assert (found.p, found.df) == pytest.approx((welch.pvalue, welch.df))
    assert isinstance(found.permutation, RunPermutation)
    assert found.permutation.smallest == 0.1


# -------------------------------------------------------------------- which pairs, which verdict


def test_what_is_lacking_is_named() -> None:
    frame = items(a=[1, 2], b=[2, 3])
    spec = replace(SCORE, pairs=(("a", "b"), ("a", "c")))
    found = block(spec, frame)
    assert found.pairs["a - c"] == Unavailable(unavailable="no scores of c")
    assert found.left_out == {"c": "there is no such condition"}
    assert isinstance(compute(replace(SCORE, pairs=()), items(a=[1, 2]), context()), Unavailable)


def test_more_pairs_than_anyone_reads_have_to_be_named() -> None:
    crowd = items(**{f"c{at}": [at, at + 1.0] for at in range(46)})
    found = compute(replace(SCORE, pairs=()), crowd, context())
    assert isinstance(found, Unavailable)
    assert found.unavailable.startswith("1035 pairs: name those to compare")


def test_all_against_one() -> None:
    found = block(
        replace(SCORE, pairs=(), against="b"), items(a=[1, 2, 4], b=[2, 3, 3], c=[5, 4, 4])
    )
    assert list(found.pairs) == ["a - b", "c - b"]


def test_tasks_that_only_one_has_are_left_out_and_named() -> None:
    frame = recorded("panel")
    less = {name: dict(tasks) for name, tasks in frame.measurements.items()}
    del less["sft"]["why"]
    frame = Frame(frame.conditions, frame.tasks, frame.metrics, less)
    found = pair(replace(PANEL, pairs=(("sft", "base"),)), frame)
    assert "only one of the two was measured on why" in found.overall.caveats
    assert list(found.tasks) == ["sums", "passages", "capitals"]


def test_conditions_with_a_task_each_are_paired_by_the_items_of_the_data_set() -> None:
    rng = np.random.default_rng(2)
    k = {name: rng.integers(0, 6, 12) for name in ("a", "b")}
    frame = Frame(
        {name: ConditionRecord(target=f"as {name}") for name in k},
        {f"as {name}": TaskRecord(dataset="questions") for name in k},
        {"hit": MetricRecord(label="hit")},
        {
            name: {
                f"as {name}": {
                    "hit": {"all": Count(items={f"q{at}": (int(s), 5) for at, s in enumerate(own)})}
                }
            }
            for name, own in k.items()
        },
    )
    found = overall(replace(HIT, outcome=Outcome("hit", "target")), frame)
    assert found.p == pytest.approx(stats.ttest_rel(k["a"], k["b"]).pvalue)
    assert found.items == SharedItems(shared=12, only_a=0, only_b=0)


def test_the_pair_that_was_named_is_judged_by_its_own_interval() -> None:
    spread = stats.norm.ppf((np.arange(30) + 0.5) / 30)
    base = np.arange(30) % 7
    frame = items(a=list(base + 0.4 + spread), b=list(base), c=list(base + spread))
    spec = replace(SCORE, pairs=(("a", "b"), ("c", "b")), primary=True)
    found = block(spec, frame)
    a = found.pairs["a - b"]
    assert isinstance(a, ComparedPair)
    assert isinstance(a.overall.p, float)
    assert 0.025 < a.overall.p < 0.05
    assert isinstance(a.verdict, Verdict)
    assert a.verdict.says == "cannot tell"
    named = block(replace(spec, primary_pair=("a", "b")), frame)
    assert isinstance(named.verdict, Verdict)
    assert (named.verdict.says, named.decided_by) == ("supported", "a - b")


def test_the_parents_difference_stands_beside_ours() -> None:
    ours, theirs = items(a=[3, 4, 6], b=[1, 2, 2]), items(x=[1, 2, 2.5], b=[1, 2, 2])
    parent = Parent("the 7B experiment", theirs, {"a": "x"})
    verdict = pair(replace(SCORE, primary=True), ours, parent=parent).verdict
    assert isinstance(verdict, Verdict)
    assert verdict.expected is not None
    assert verdict.expected.source == "the 7B experiment"
    assert verdict.expected.estimate == pytest.approx(1 / 6)
    assert isinstance(verdict.expected.difference, Effect)
    assert verdict.expected.difference.estimate == pytest.approx(8 / 3 - 1 / 6)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"pairs": ("a", "b")}, "'a' is no pair of conditions: write pairs=(('a', 'b'),)"),
        ({"pairs": (("a", "a"),)}, "it compares 'a' with itself"),
        ({"pairs": (("a", "b"), ("b", "a"))}, "a pair stands in it twice"),
        ({"against": "c"}, "it names pairs, and a condition that all are compared with"),
        ({"among": Subset(names=("a",))}, "it names pairs, and a subset of which all pairs"),
        ({"primary_pair": ("a", "c")}, "its primary pair ('a', 'c') is not among its pairs"),
        (
            {"pairs": (), "against": "c", "primary_pair": ("a", "b")},
            "its primary pair ('a', 'b') is not against 'c'",
        ),
        (
            {"outcome": Outcome("hit", "target"), "average": True},
            "it compares by task, but its conditions have tasks of their own",
        ),
        (
            {"pairs": (("a", "b"), ("a", "c")), "expected": Expected(1, 0, 2, "#1")},
            "it expects an effect, but of which pair is not said: name the primary pair",
        ),
        ({"relevant": -1.0}, "the smallest relevant effect is -1.0, not above 0"),
    ],
)
def test_contradictions(given: dict[str, Any], problem: str) -> None:
    assert next(replace(SCORE, **given).problems()).startswith(problem)


def test_names_are_declared() -> None:
    spec = replace(SCORE, pairs=(("a", "b"), ("c", "b")), primary_pair=("c", "b"))
    assert list(spec.problems()) == []
    assert set(spec.conditions()) == {"a", "b", "c"}


# -------------------------------------------------------------------- properties


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(-1e3, 1e3), st.floats(0.01, 100), st.booleans())
def test_scores_on_another_scale(seed: int, shift: float, scale: float, several: bool) -> None:
    rng = np.random.default_rng(seed)
    values = {
        (name, run, f"q{item}"): list(rng.normal(0, 1, 3))
        for name in "ab"
        for run in ((0, 1) if several else (None,))
        for item in range(6)
    }
    moved = {place: [shift + scale * y for y in ys] for place, ys in values.items()}
    here, there = overall(SCORE, scored(values)), overall(SCORE, scored(moved))
    assert there.estimate == pytest.approx(scale * here.estimate, rel=1e-5, abs=1e-9)
    assert there.p == pytest.approx(here.p, rel=1e-4)
    assert there.df == here.df


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.booleans())
def test_the_other_way_round(seed: int, several: bool) -> None:
    rng = np.random.default_rng(seed)
    cells = [
        (name, run, f"q{item}", int(rng.integers(0, 4)), 3)
        for name in "ab"
        for run in ((0, 1) if several else (None,))
        for item in range(5)
    ]
    frame = counted(cells)
    here, there = overall(HIT, frame), overall(replace(HIT, pairs=(("b", "a"),)), frame)
    assert there.estimate == pytest.approx(-here.estimate)
    if isinstance(here.interval, Interval):
        assert ends(there.interval) == pytest.approx([-here.interval.upper, -here.interval.lower])
        assert there.p == pytest.approx(here.p)


def test_it_comes_back_from_json_as_what_it_was() -> None:
    for spec, name in ((PANEL, "panel"), (ARMS, "two_arms")):
        found = block(spec, recorded(name))
        assert DifferenceBlock.model_validate_json(found.model_dump_json()) == found


def test_without_a_score_there_is_no_difference_and_a_reason() -> None:
    """Of all pairs; of several, one that can be compared is."""
    frame = counted([(name, None, item, 1, 2) for name in "ab" for item in ("one", "two")])
    frame.conditions["c"] = ConditionRecord()
    nothing = Unavailable(unavailable="a - c: no scores of c")
    assert compute(replace(HIT, pairs=(("a", "c"),), primary=True), frame, context()) == nothing
    assert compute(replace(HIT, pairs=(("a", "c"), ("b", "c"))), frame, context()) == nothing
    found = block(replace(HIT, pairs=(("a", "c"), ("a", "b"))), frame)
    assert found.pairs["a - c"] == Unavailable(unavailable="no scores of c")
    assert isinstance(found.pairs["a - b"], ComparedPair)
