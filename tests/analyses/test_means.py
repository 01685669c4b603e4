"""Mean scores, against published figures, scipy, and what cannot be known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import sqrt
from typing import Any

import numpy as np
import pytest
from frames import context, counted, recorded, scored
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from epm.analyses.block import Effect, Verdict
from epm.analyses.context import Parent
from epm.analyses.data.frame import Frame
from epm.analyses.means.block import ConditionMean, MeansBlock, MeanScore, TaskAverage
from epm.analyses.means.compute import compute
from epm.analyses.means.spec import Means
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
from epm.values import Interval, Unavailable

SPEC = Means(name="means", outcome=Outcome("score"))


def block(spec: Means, frame: Frame, **given: Any) -> MeansBlock:
    """The computed block."""
    found = compute(spec, frame, context(**given))
    assert isinstance(found, MeansBlock)
    return found


def one(spec: Means, frame: Frame) -> ConditionMean:
    """The mean of the only condition."""
    (found,) = block(spec, frame).conditions.values()
    return found


def ends(mean: Any) -> list[float]:
    """Of its interval."""
    assert isinstance(mean.interval, Interval)
    return [mean.interval.lower, mean.interval.upper]


def items(*scores: float) -> Frame:
    """One condition, one answer an item."""
    return scored({("c", None, f"q{at}"): [score] for at, score in enumerate(scores)})


def single(value: Measurement, **metric: Any) -> Frame:
    """One condition with one measurement."""
    return Frame(
        {"c": ConditionRecord()},
        {"asked": TaskRecord()},
        {"score": MetricRecord(label="score", **metric)},
        {"c": {"asked": {"score": {"all": value}}}},
    )


# -------------------------------------------------------------------- two arms of three trainings


def test_over_runs_and_prompts() -> None:
    """Three trainings an arm, 20 prompts: variances by prompt, run and cell; t with 2 df."""
    found = block(Means(name="m", outcome=Outcome("alignment")), recorded("two_arms"))
    insecure, control = found.conditions["insecure"], found.conditions["control"]
    assert (insecure.n, insecure.items, insecure.planned_items) == (240, 20, 20)
    assert insecure.estimate == pytest.approx(62.1833333333)
    assert insecure.sd == pytest.approx(30.0638047666)
    assert ends(insecure) == pytest.approx([50.3309668526, 74.0356998140])
    assert insecure.df == 2
    kept = insecure.variances
    assert kept is not None
    parts = [kept.items, kept.runs, kept.cells]
    assert parts == pytest.approx([7.4205777798, 4.8133527344, 4.6457517655])
    assert not kept.floored
    assert insecure.method == "two-way clustered by run and item"
    means = {"0": 57.8765432099, "1": 63.8571428571, "2": 64.96}
    assert {seed: run.estimate for seed, run in insecure.seeds.items()} == pytest.approx(means)
    assert insecure.excluded == {"refusal": 35, "parse failure": 17, "transport error": 8}
    # by prompt 1.8224, two-way 1.0504: never below the larger one-way variance
    assert control.variances is not None
    assert control.variances.floored
    assert control.se == pytest.approx(1.3499511809)
    assert ends(control) == pytest.approx([76.6515591800, 88.2683014472])


def test_a_rate_as_a_mean_that_leaves_the_scale_has_a_bounded_interval_too() -> None:
    found = block(Means(name="m", outcome=Outcome("misaligned")), recorded("two_arms"))
    insecure, control = found.conditions["insecure"], found.conditions["control"]
    assert insecure.bounded is None
    assert ends(control) == pytest.approx([-0.0128281620, 0.1173577788], rel=1e-6)
    assert control.bounded is not None
    inside = [control.bounded.lower, control.bounded.upper]
    assert inside == pytest.approx([0.0157967683, 0.1592958433], rel=1e-6)


# -------------------------------------------------------------------- a panel of four tasks

PANEL = Means(name="panel", outcome=Outcome("score"), over="items", by_task=True, average=True)


@cache
def panel() -> MeansBlock:
    """Its means."""
    return block(PANEL, recorded("panel"))


def cell(condition: str, task: str) -> MeanScore:
    """Of one model on one task."""
    return panel().conditions[condition].tasks[task]


@pytest.mark.parametrize(
    ("condition", "task", "score", "interval", "df"),
    [
        ("base", "sums", 0.65625, [0.5232466340, 0.7892533660], 31),
        ("base", "passages", 0.4166666667, [0.1811444537, 0.6521888797], 7),
        ("sft", "passages", 0.5833333333, [0.2948787109, 0.8717879558], 7),
        ("sft+dpo", "passages", 0.5555555556, [0.1942713994, 0.9168397117], 5),
        ("sft", "capitals", 0.8703703704, [0.7663917305, 0.9743490102], 26),
        ("sft+dpo", "why", 0.7368421053, [0.5551023701, 0.9185818404], 18),
    ],
)
def test_a_score_is_over_items_and_clustered_by_the_larger_group(
    condition: str, task: str, score: float, interval: list[float], df: int
) -> None:
    found = cell(condition, task)
    assert found.estimate == pytest.approx(score)
    assert ends(found) == pytest.approx(interval)
    assert found.df == df


def test_all_right_has_a_width() -> None:
    found = cell("sft+dpo", "sums")
    assert found.estimate == 1.0
    assert found.se == Unavailable(unavailable="all scores are equal")
    assert ends(found) == pytest.approx([0.8928208017, 1.0])
    assert found.clusters == 32


def test_what_a_score_rests_on() -> None:
    why, limited = cell("sft+dpo", "why"), cell("sft+dpo", "passages")
    assert (why.n, why.items, why.planned_items, why.total) == (35, 19, 20, 25.5)
    assert why.values == {"0": 8, "0.5": 3, "1": 24}  # half credit: 25.5 is no number of answers
    assert why.other_weighting == pytest.approx(0.7285714286)
    assert why.excluded == {"no grade": 5}
    assert (limited.n, limited.items, limited.planned_items) == (36, 18, 24)
    assert limited.excluded == {}
    assert limited.other_weighting is None
    assert cell("sft", "capitals").excluded == {"error": 4}


def test_the_average_takes_tasks_as_fixed() -> None:
    found = panel().conditions
    expected = {
        "base": (0.5503720238, 0.0397757839, 36.7525370546),
        "sft": (0.7259259259, 0.0418936349, 22.6816333112),
        "sft+dpo": (0.7561351295, 0.0429674024, 10.7267855642),
    }
    for name, (mean, se, df) in expected.items():
        average = found[name].average
        assert isinstance(average, TaskAverage)
        assert (average.estimate, average.se, average.df) == pytest.approx((mean, se, df))
    perfect = found["sft+dpo"].average
    assert isinstance(perfect, TaskAverage)
    (caveat,) = perfect.caveats
    assert "sums" in caveat


def test_an_average_without_a_task_that_others_have_is_no_fair_one() -> None:
    whole = recorded("panel")
    less = {name: dict(tasks) for name, tasks in whole.measurements.items()}
    del less["sft"]["why"]
    found = block(PANEL, Frame(whole.conditions, whole.tasks, whole.metrics, less)).conditions
    assert found["sft"].average == Unavailable(unavailable="it has no score on why")
    assert isinstance(found["base"].average, TaskAverage)


def test_tasks_of_one_data_set_share_their_items() -> None:
    """Two tasks with the same scores on the same items: no more is known than from one."""
    rng = np.random.default_rng(1)
    by_item = {f"q{at}": (float(k), float(k), 5) for at, k in enumerate(rng.integers(0, 6, 20))}
    mean = {"all": Mean(items={item: (s, s, n) for item, (s, _, n) in by_item.items()})}
    for dataset, shrinks in (("questions", 1.0), ("", 1 / sqrt(2))):
        frame = Frame(
            {"c": ConditionRecord()},
            {name: TaskRecord(dataset=dataset) for name in ("here", "there")},
            {"score": MetricRecord(label="score")},
            {"c": {name: {"score": mean} for name in ("here", "there")}},
        )
        found = one(replace(PANEL, average=True), frame)
        assert isinstance(found.average, TaskAverage)
        assert isinstance(found.average.se, float)
        assert found.average.se == pytest.approx(shrinks * found.tasks["here"].se)  # type: ignore[operator]
        assert found.average.df == pytest.approx(19 if dataset else 38)


def test_an_average_of_values_from_elsewhere() -> None:
    frame = Frame(
        {"c": ConditionRecord()},
        {name: TaskRecord() for name in ("here", "there")},
        {"score": MetricRecord(label="score")},
        {
            "c": {
                "here": {"score": {"all": Reported(value=0.6, stderr=0.03, n=20)}},
                "there": {"score": {"all": Count(total=(30, 40))}},
            }
        },
    )
    found = one(replace(PANEL, over="answers"), frame).average
    assert isinstance(found, TaskAverage)
    assert found.estimate == pytest.approx(0.675)
    assert found.se == pytest.approx(sqrt(0.03**2 + 0.75 * 0.25 / 39) / 2)
    assert found.method.endswith("their errors independent")


# -------------------------------------------------------------------- other implementations


@settings(max_examples=40)
@given(st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=30))
def test_one_answer_an_item_is_the_plain_t_interval(scores: list[float]) -> None:
    found = one(SPEC, items(*scores))
    assert found.estimate == pytest.approx(np.mean(scores))
    if np.ptp(scores):
        test = stats.ttest_1samp(scores, 0)
        assert found.se == pytest.approx(stats.sem(scores))
        assert ends(found) == pytest.approx(list(test.confidence_interval()))
        assert found.sd == pytest.approx(np.std(scores, ddof=1))
    else:
        assert found.interval == Unavailable(unavailable="all scores are equal")


def test_totals_are_taken_as_independent_and_say_so() -> None:
    answers = [0.0, 1.0, 3.0, 8.0]
    frame = single(Mean(total=(sum(answers), sum(x * x for x in answers), 4)))
    found = one(SPEC, frame)
    assert found.se == pytest.approx(stats.sem(answers))
    assert found.method == "answers taken as independent"
    assert (found.n, found.items, found.df) == (4, None, 3)


def test_items_that_are_alike_leave_the_variance_of_answers() -> None:
    frame = counted([("c", None, f"q{at}", 2, 5) for at in range(8)])
    found = one(Means(name="m", outcome=Outcome("hit")), frame)
    assert found.se == pytest.approx(sqrt(0.4 * 0.6 / 39))
    assert found.method.startswith("answers taken as independent, as the means")


# -------------------------------------------------------------------- from elsewhere


def test_a_reported_value_stays_as_it_is() -> None:
    found = one(SPEC, single(Reported(value=3.2, stderr=0.4, n=11)))
    assert (found.estimate, found.se, found.df, found.n) == (3.2, 0.4, 10, 11)
    assert ends(found) == pytest.approx([3.2 - 2.228139 * 0.4, 3.2 + 2.228139 * 0.4])
    bare = one(SPEC, single(Reported(value=3.2)))
    assert bare.estimate == 3.2
    assert bare.interval == Unavailable(unavailable="reported without a standard error")


def test_a_reported_error_of_zero_at_the_end_of_the_scale() -> None:
    found = one(SPEC, single(Reported(value=1.0, stderr=0.0, n=64), lower=0, upper=1))
    assert ends(found) == pytest.approx(list(proportion_confint(64, 64, method="wilson")))
    assert isinstance(found.se, Unavailable)


def test_scalars_of_several_seeds_show_their_spread() -> None:
    frame = Frame(
        {"c": ConditionRecord()},
        {"asked": TaskRecord()},
        {"score": MetricRecord(label="loss")},
        {
            "c": {
                "asked": {
                    "score": {f"seed={s}": Scalar(value=v) for s, v in enumerate([2.1, 2.5, 2.3])}
                }
            }
        },
    )
    found = one(SPEC, frame)
    assert found.se == pytest.approx(stats.sem([2.1, 2.5, 2.3]))
    assert (found.df, found.method) == (2, "t over the values of the runs")
    assert {seed: run.estimate for seed, run in found.seeds.items()} == {
        "0": 2.1,
        "1": 2.5,
        "2": 2.3,
    }


def test_what_is_only_reported_beside_answers_is_named() -> None:
    frame = Frame(
        {"c": ConditionRecord()},
        {"asked": TaskRecord(), "quoted": TaskRecord()},
        {"score": MetricRecord(label="score")},
        {
            "c": {
                "asked": {"score": {"all": Count(items={"q": (1, 2), "r": (2, 2)})}},
                "quoted": {"score": {"all": Reported(value=0.5)}},
            }
        },
    )
    found = one(replace(SPEC, by_task=True), frame)
    assert found.estimate == 0.75
    assert found.method.endswith("without quoted, which is only reported")
    assert found.tasks["quoted"].estimate == 0.5


def test_nothing_measured_is_unavailable() -> None:
    frame = single(Count(excluded={"refused": 3}))
    assert isinstance(compute(SPEC, frame, context()), Unavailable)


# -------------------------------------------------------------------- against a reference

GUESSING = replace(SPEC, reference=0.25, primary=True, relevant=0.1)


def rates(**k: int) -> Frame:
    """Conditions of 50 items each, one answer an item, k of them right."""
    return Frame(
        {name: ConditionRecord() for name in k},
        {"asked": TaskRecord()},
        {"score": MetricRecord(label="accuracy")},
        {
            name: {
                "asked": {
                    "score": {
                        "all": Count(items={f"q{at}": (int(at < right), 1) for at in range(50)})
                    }
                }
            }
            for name, right in k.items()
        },
    )


def test_a_mean_above_its_reference_is_supported() -> None:
    found = block(GUESSING, rates(c=30))
    verdict = found.verdict
    assert isinstance(verdict, Verdict)
    assert (verdict.says, verdict.scale, found.decided_by) == ("supported", "proportion", "c")
    assert verdict.effect.estimate == pytest.approx(0.35)
    test = stats.ttest_1samp([1.0] * 30 + [0.0] * 20, 0.25)
    assert verdict.effect.p == pytest.approx(test.pvalue)
    assert found.conditions["c"].adjusted is None


def test_several_means_are_corrected_unless_one_was_named() -> None:
    frame = rates(good=30, fair=20, poor=13)  # fair: p = 0.037
    found = block(GUESSING, frame)
    says = {name: each.verdict.says for name, each in found.conditions.items()}  # type: ignore[union-attr]
    assert says == {"good": "supported", "fair": "cannot tell", "poor": "cannot tell"}
    assert found.decided_by == "good"
    family = found.conditions["fair"].adjusted
    assert family is not None
    assert family.holm == pytest.approx(0.0737, abs=2e-3)
    named = block(replace(GUESSING, primary_condition="fair"), frame)
    assert isinstance(named.verdict, Verdict)
    assert (named.verdict.says, named.decided_by) == ("supported", "fair")


def test_all_right_is_above_guessing_by_the_score_test() -> None:
    found = block(GUESSING, rates(c=50)).conditions["c"].above_reference
    assert isinstance(found, Effect)
    assert found.p == pytest.approx(2 * stats.norm.sf(0.75 / sqrt(0.25 * 0.75 / 50)))
    lower, _ = proportion_confint(50, 50, method="wilson")
    assert isinstance(found.interval, Interval)
    assert found.interval.lower == pytest.approx(lower - 0.25)


def test_the_parent_is_computed_alike() -> None:
    parent = Parent("the 7B experiment", rates(theirs=15), {"ours": "theirs"})
    verdict = block(GUESSING, rates(ours=30), parent=parent).verdict
    assert isinstance(verdict, Verdict)
    assert verdict.expected is not None
    assert verdict.expected.estimate == pytest.approx(0.05)
    assert isinstance(verdict.expected.difference, Effect)
    assert verdict.expected.difference.estimate == pytest.approx(0.30)


def test_without_a_reference_there_is_no_verdict() -> None:
    assert block(replace(SPEC, primary=True), rates(c=30)).verdict is None


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (replace(SPEC, relevant=0.1), "it has a smallest relevant effect, but no reference"),
        (replace(SPEC, expected=Expected(1, 0, 2, "#1")), "it has an expected effect, but no"),
        (replace(SPEC, primary_condition="a"), "it has a primary condition, but no reference"),
        (
            replace(SPEC, reference=0, expected=Expected(1, 0, 2, "#1")),
            "it expects an effect, but of which condition is not said: name the primary one",
        ),
        (
            replace(SPEC, reference=0, primary_condition="a", among=Subset(without=("a",))),
            "its primary condition 'a' is left out",
        ),
    ],
)
def test_contradictions(spec: Means, problem: str) -> None:
    assert next(spec.problems()).startswith(problem)


def test_names_are_declared() -> None:
    spec = replace(SPEC, reference=0, primary_condition="a", among=Subset(names=("a", "b")))
    assert list(spec.problems()) == []
    assert set(spec.conditions()) == {"a", "b"}
    assert [outcome.metric for outcome in spec.outcomes()] == ["score"]


# -------------------------------------------------------------------- properties


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_scores_on_another_scale(seed: int, shift: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    scores = {
        ("c", run, f"q{item}"): list(rng.normal(0, 1, 3)) for run in (0, 1) for item in range(6)
    }
    moved = {place: [shift + scale * y for y in values] for place, values in scores.items()}
    here, there = one(SPEC, scored(scores)), one(SPEC, scored(moved))
    assert there.estimate == pytest.approx(shift + scale * here.estimate, abs=1e-9)
    assert isinstance(here.se, float)
    assert there.se == pytest.approx(scale * here.se, rel=1e-5)
    assert there.df == here.df


def test_it_comes_back_from_json_as_what_it_was() -> None:
    for spec in (PANEL, replace(PANEL, reference=0.5, primary=True)):
        found = block(spec, recorded("panel"))
        assert MeansBlock.model_validate_json(found.model_dump_json()) == found
