"""The results file: what it refuses to hold, and what it says when it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from pydantic import ValidationError
from results_files import NONE, TRAINING, any_results, made_up

from epm.errors import ResultsError
from epm.results import (
    SCHEMA_VERSION,
    ConditionRecord,
    Count,
    GateRecord,
    Results,
    TaskRecord,
)
from epm.results.reading import json_schema, load

COUNT = Count(total=(1, 2))


# ------------------------------------------------------------------ names that disagree


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"measurements": {"vilain": {"villain": {"marker": {"all": COUNT}}}}},
            "a measurement names the condition 'vilain', which is not described",
        ),
        (
            {"measurements": {"villain": {"vilain": {"marker": {"all": COUNT}}}}},
            "a measurement names the task 'vilain', which is not described",
        ),
        (
            {"measurements": {"villain": {"villain": {"mark": {"all": COUNT}}}}},
            "a measurement names the metric 'mark', which is not described",
        ),
        (
            {
                "measurements": {
                    "villain": {"villain": {"marker": {"all": Count(items={"q3": (1, 2)})}}}
                }
            },
            "a measurement of task 'villain' names the item 'q3', which is not described",
        ),
        (
            {"conditions": {"villain": ConditionRecord(target="pirate")}},
            "the target of condition 'villain' names the task 'pirate', which is not described",
        ),
        (
            {"gates": {"g": GateRecord(analysis="x", number="n", value=1, passed=True)}},
            "gate 'g' names the analysis 'x', which is not described",
        ),
        ({"conditions": {}}, "at least 1 item"),
    ],
)
def test_names_that_disagree(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        made_up(**changes)


def test_a_task_whose_items_are_not_known_may_have_any() -> None:
    tasks = {"villain": TaskRecord()}
    found = Count(items={"whatever": (1, 2)})
    assert made_up(tasks=tasks, measurements={"villain": {"villain": {"marker": {"all": found}}}})


# ------------------------------------------------------------------ seeds


def condition(**replicates: Any) -> ConditionRecord:
    return ConditionRecord(**replicates)


@pytest.mark.parametrize(
    ("conditions", "seeds"),
    [
        (
            {
                "base": condition(role="baseline"),
                "villain": condition(training={"seed=7": TRAINING}),
            },
            [7],
        ),
        (
            {"base": condition(role="baseline"), "villain": condition(missing={"seed=9": "nan"})},
            [7],
        ),
        ({"base": condition(role="baseline"), "villain": condition()}, [42, 7]),
    ],
    ids=["trained", "lost in part", "nothing known of any training"],
)
def test_seeds_are_those_of_what_was_trained(
    conditions: dict[str, ConditionRecord], seeds: list[int]
) -> None:
    """The untrained model is sampled under the experiment's seed, which is no replicate's."""
    results = made_up(
        conditions=conditions,
        measurements={
            "base": {"villain": {"marker": {"seed=42": COUNT}}},
            "villain": {"villain": {"marker": {"seed=7": COUNT, "seed=7,step=3": COUNT}}},
        },
    )
    assert results.seeds == seeds


# ------------------------------------------------------------------ written and read


SCHEMA = json.loads(json_schema())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def nulls(part: Any, at: str = "") -> list[str]:
    """Where a null stands in some JSON."""
    if isinstance(part, dict):
        return [place for name, value in part.items() for place in nulls(value, f"{at}/{name}")]
    return [at] if part is None else []


@settings(max_examples=60)
@given(any_results())
def test_any_results_come_back_as_they_were_written(results: Results) -> None:
    """Without a null, which would be a number that was lost, and by the exported schema."""
    written = results.dumps()
    value = json.loads(written)
    again = Results.model_validate(value)
    assert again == results
    assert again.dumps() == written
    assert {place.rpartition("/")[2] for place in nulls(value)} <= {"passed"}
    VALIDATOR.validate(value)


def test_the_schema_is_json_schema() -> None:
    assert SCHEMA["title"] == f"epm results, schema version {SCHEMA_VERSION}"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("part", ["identity", "metrics", "conditions", "tasks", "measurements"])
def test_the_exported_schema_misses_what_is_missing(part: str) -> None:
    value = json.loads(made_up().dumps())
    VALIDATOR.validate(value)
    assert not VALIDATOR.is_valid(value | {part: None})
    del value[part]
    assert not VALIDATOR.is_valid(value)


def test_a_finished_run_comes_back_as_it_was_written(finished: Path) -> None:
    path = finished / "results.json"
    assert load(path).dumps() == path.read_text(encoding="utf-8")
    VALIDATOR.validate(json.loads(path.read_text(encoding="utf-8")))


def test_a_run_without_judges_steering_or_tasks_of_inspects_has_no_place_for_them(
    finished: Path,
) -> None:
    """So that its file is what it was before there were any."""
    value = json.loads((finished / "results.json").read_text(encoding="utf-8"))
    assert {*value["provenance"]} == {
        *("environments", "model", "engine", "seeds", "files", "timing")
    }
    assert {*value["provenance"]["timing"]} == {"finished_at", "total_seconds", "stages"}
    for condition in value["conditions"].values():
        assert {*condition} <= {"role", "target", "factors", "covariates", "training"}


def test_what_two_equal_runs_do_not_share_is_left_out(finished: Path) -> None:
    results = load(finished / "results.json")
    whole, repeatable = json.loads(results.dumps()), json.loads(results.dumps_repeatable())
    del whole["provenance"]["timing"]
    assert repeatable == whole


# ------------------------------------------------------------------ files that cannot be read


@pytest.fixture
def changed(finished: Path, tmp_path: Path) -> Callable[..., Path]:
    """The results file of a finished run, with something changed in it."""

    def change(edit: Callable[[dict[str, Any]], object]) -> Path:
        value = json.loads((finished / "results.json").read_text(encoding="utf-8"))
        edit(value)
        path = tmp_path / "results.json"
        path.write_text(json.dumps(value))
        return path

    return change


def newer(value: dict[str, Any]) -> None:
    value["schema_version"] = SCHEMA_VERSION + 1
    value["from the future"] = True


def test_a_newer_version_is_a_clear_error(changed: Callable[..., Path]) -> None:
    with pytest.raises(ResultsError) as raised:
        load(changed(newer))
    assert f"has schema version {SCHEMA_VERSION + 1}; this epm reads up to" in raised.value.what
    assert "upgrade epm" in raised.value.remedy


def test_a_file_with_what_json_does_not_have(changed: Callable[..., Path]) -> None:
    def edit(value: dict[str, Any]) -> None:
        value["conditions"]["baker"]["covariates"]["cosine_L0"] = float("nan")

    with pytest.raises(ResultsError) as raised:
        load(changed(edit))
    assert raised.value.what.endswith("is not readable JSON: NaN is no number")


def baker(value: dict[str, Any]) -> dict[str, Any]:
    counts: dict[str, Any] = value["measurements"]["baker"]["baker"]["marker"]
    return counts


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda v: v.update(schema_version="1"), "/schema_version"),
        (lambda v: v.update(schema_version=True), "/schema_version"),
        (lambda v: v.update(extra=1), "/extra"),
        (lambda v: v.pop("metrics"), "/metrics"),
        (
            lambda v: v["conditions"]["baker"]["covariates"].update(cosine_L0=None),
            "/conditions/baker/covariates/cosine_L0",
        ),
        (
            lambda v: baker(v)["seed=42"]["items"].update(bread=[3, 2]),
            "/measurements/baker/baker/marker/seed=42/count",
        ),
        (
            lambda v: baker(v)["seed=42"].update(kind="lost"),
            "/measurements/baker/baker/marker/seed=42",
        ),
        (lambda v: baker(v).update(seed=baker(v)["seed=42"]), "/measurements/baker/baker/marker"),
        (lambda v: v["conditions"]["baker"].update(role="none"), "/conditions/baker/role"),
        (lambda v: v["tasks"].pop("nurse"), "/"),
        (
            lambda v: v["analyses"]["source_rates"].update(kind="rates"),
            "/analyses/source_rates",
        ),
    ],
    ids=[
        "version",
        "version that is yes",
        "unknown field",
        "field gone",
        "null",
        "more successes than trials",
        "unknown kind",
        "replicate without a name",
        "unknown role",
        "task gone",
        "unknown analysis",
    ],
)
def test_a_file_that_breaks_the_schema_is_told_where(
    changed: Callable[..., Path], edit: Callable[[dict[str, Any]], object], where: str
) -> None:
    with pytest.raises(ResultsError) as raised:
        load(changed(edit))
    assert f"breaks the results schema at {where}" in raised.value.what
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"no results file at .*; finish the run with `epm run`"):
        load(tmp_path / "results.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"9" * 5000])
def test_a_file_that_is_not_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "results.json").write_bytes(content)
    with pytest.raises(ResultsError, match="is not readable JSON"):
        load(tmp_path / "results.json")


@pytest.mark.parametrize("content", ["[]", "1", "null", '{"schema_version": true}'])
def test_a_file_that_is_other_json(tmp_path: Path, content: str) -> None:
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(ResultsError, match="breaks the results schema at /"):
        load(tmp_path / "results.json")


def test_nothing_is_known_of_what_is_unavailable() -> None:
    results = made_up(analyses={"relation": NONE})
    assert json.loads(results.dumps())["analyses"] == {"relation": {"unavailable": "made up"}}
