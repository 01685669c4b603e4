"""The measurements as conditions with predictors: what is known of each, and what lacks."""

import frames
import numpy as np
import pytest
from tables import MARKER, PRIMARY, published, words

from epm.analyses.context import Parent
from epm.analyses.data.frame import Frame
from epm.definition.analysis import Outcome, Predictor, Subset
from epm.results import (
    ConditionRecord,
    Count,
    Mean,
    MetricRecord,
    Reported,
    Scalar,
    TaskRecord,
    replicate,
)

HIT = Outcome("hit")


@pytest.fixture
def seeded() -> Frame:
    return frames.counted(
        [
            ("a", 1, "q1", 1, 5),
            ("a", 1, "q2", 4, 5),
            ("a", 2, "q1", 2, 10),
            ("b", 1, "q1", 3, 5),
        ],
        covariates={"a": {"x": 2.0}, "b": {"x": 0.0}},
        factors={"a": {"group": "g", "level": 3}, "b": {"group": "h"}},
    )


def test_what_a_condition_scored(seeded: Frame) -> None:
    assert seeded.estimate(HIT, "a") == pytest.approx(7 / 20)
    assert seeded.answers(HIT, "a") == 20
    assert seeded.by_seed(HIT, "a") == {"1": 0.5, "2": 0.2}
    assert seeded.by_seed(HIT, "b") == {"1": 0.6}
    assert frames.totals({"a": (3, 10)}).by_seed(HIT, "a") == {}


def test_checkpoints_are_not_the_end_of_a_training() -> None:
    frame = Frame(
        {"a": ConditionRecord()},
        {"asked": TaskRecord()},
        {"hit": MetricRecord(label="hit")},
        {
            "a": {
                "asked": {
                    "hit": {
                        replicate(seed=1): Count(total=(8, 10)),
                        replicate(seed=1, step=5): Count(total=(0, 10)),
                    }
                }
            }
        },
    )
    assert frame.estimate(HIT, "a") == 0.8
    assert frame.answers(HIT, "a") == 10
    assert frame.by_seed(HIT, "a") == {"1": 0.8}


def test_the_tasks_of_an_outcome_are_pooled() -> None:
    metrics = {"score": {replicate(): Mean(items={"q": (30.0, 500.0, 2)})}}
    other = {"score": {replicate(): Mean(items={"q": (90.0, 8100.0, 1)})}}
    frame = Frame(
        {"a": ConditionRecord(target="own")},
        {"own": TaskRecord(), "else": TaskRecord()},
        {"score": MetricRecord(label="score", lower=0, upper=100, unit="points")},
        {"a": {"own": metrics, "else": other}},
    )
    of = {tasks: Outcome("score", tasks) for tasks in ("target", "off_target", "all")}
    assert [frame.estimate(outcome, "a") for outcome in of.values()] == [15, 90, 40]
    assert frame.answers(of["all"], "a") == 3
    assert frame.scale(of["all"], ["a"]) == "plain"
    assert frame.ends(of["all"], ["a"]) == (0, 100)


@pytest.mark.parametrize(
    ("measured", "answers"),
    [
        (Reported(value=0.5, n=40), 40),
        (Reported(value=0.5), None),
        (Scalar(value=0.5), None),
    ],
)
def test_what_came_from_elsewhere(measured: Reported | Scalar, answers: int | None) -> None:
    frame = Frame(
        {"a": ConditionRecord()},
        {"asked": TaskRecord()},
        {"hit": MetricRecord(label="hit")},
        {"a": {"asked": {"hit": {replicate(): measured}}}},
    )
    assert frame.estimate(HIT, "a") == 0.5
    assert frame.answers(HIT, "a") == answers


def test_cases_are_conditions_with_all_that_is_asked(seeded: Frame) -> None:
    x, log, level = Predictor("x"), Predictor("x", log=True), Predictor("level")
    found = seeded.cases((x, level), HIT, ["a", "b"])
    assert found.names == ("a",)
    assert found.x.tolist() == [[2.0, 3.0]]
    assert found.y.tolist() == [pytest.approx(0.35)]
    assert found.left_out == {"b": "no level"}
    assert seeded.cases((log, level), HIT, ["b"]).left_out == {"b": "no log x, no level"}
    assert seeded.cases((x,), Outcome("other"), ["a"]).left_out == {"a": "not measured"}


@pytest.mark.parametrize("absurd", [1e-300, 1e300])
def test_numbers_that_float64_cannot_square_are_left_out(absurd: float) -> None:
    frame = frames.reported(
        {"a": (absurd, None), "b": (0.5, None), "c": (0.0, None)},
        {"a": {"x": 1}, "b": {"x": absurd}, "c": {"x": 0}},
    )
    found = frame.cases((Predictor("x"),), Outcome("level"), ["a", "b", "c"])
    assert found.names == ("c",)
    assert found.left_out == {
        "a": f"level is {absurd:g}, too near or far from 0 to compute with",
        "b": f"x is {absurd:g}, too near or far from 0 to compute with",
    }
    log = Predictor("x", log=True)
    assert frame.predictors("b", (log,)) == [pytest.approx(np.log(absurd))]


def test_some_of_the_cases() -> None:
    cases = words().cases((Predictor("tokens"),), Outcome("level"), list(words().conditions))
    some = cases.only({"w03", "w01"})
    assert some.names == ("w01", "w03")
    assert some.x.tolist() == [[51], [133]]
    assert len(cases.without("w01", "w24")) == 22
    assert len(cases.only(())) == 0


def test_groups_are_the_levels_of_a_factor(seeded: Frame) -> None:
    assert seeded.groups("group", ["a", "b"]) == {"g": ["a"], "h": ["b"]}
    assert seeded.groups("level", ["a", "b"]) == {"3": ["a"]}
    assert seeded.groups("none", ["a", "b"]) == {}


def test_a_parent_has_names_of_its_own() -> None:
    parent = Parent(
        "it",
        published(),
        {"x": PRIMARY.name, "hit": "marker", "aide": "helpful_assistant", "kind": "category"},
    )
    ours = Outcome("hit", "target")
    assert parent.outcome(ours) == MARKER
    assert parent.outcome(Outcome("hit", ("aide",))).tasks == ("helpful_assistant",)
    assert parent.predictor(Predictor("x", log=True)) == Predictor(PRIMARY.name, log=True)
    among = Subset(without=("aide",), where=(("kind", "generic_helper"),))
    assert parent.cases((Predictor("x"),), ours, among).names == ("qwen_default",)
    assert len(parent.cases((Predictor("x"),), Outcome("other"), Subset())) == 0
