"""The results file: what it refuses to hold, and what it says when it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from epm.errors import ResultsError
from epm.results import (
    SCHEMA_VERSION,
    ClusterCount,
    CompleteCondition,
    Rate,
    SeedResult,
    TrainingRecord,
    TrajectoryPoint,
    Unavailable,
    json_schema,
    load,
)


@pytest.mark.parametrize(
    "rate",
    [
        {"successes": 2, "trials": 1},
        {"successes": 0, "trials": 0},
        {"successes": -1, "trials": 1},
        {"successes": 1},
        {"successes": None, "trials": 1},
        {"successes": 0.5, "trials": 1},
        {"successes": 1, "trials": 2, "estimate": 0.5},
        {"successes": 1, "trials": 2, "clusters": [{"cluster": "q", "successes": 1, "trials": 1}]},
        {"successes": 2, "trials": 2, "clusters": [{"cluster": "q", "successes": 2, "trials": 1}]},
    ],
)
def test_impossible_counts_are_refused(rate: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rate.model_validate(rate)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(0, 5), st.integers(1, 5)).filter(
            lambda c: c[1] <= c[2]
        ),
        min_size=1,
        unique_by=lambda c: c[0],
    ),
    st.integers(min_value=1, max_value=4),
)
def test_pooling_the_same_rate_multiplies_it(
    counts: list[tuple[str, int, int]], times: int
) -> None:
    clusters = tuple(ClusterCount(cluster=c, successes=k, trials=n) for c, k, n in counts)
    rate = Rate(
        successes=sum(k for _, k, _ in counts),
        trials=sum(n for *_, n in counts),
        clusters=clusters,
    )
    pooled = Rate.pooled([rate] * times)
    assert (pooled.successes, pooled.trials) == (rate.successes * times, rate.trials * times)
    assert [c.cluster for c in pooled.clusters] == [c.cluster for c in clusters]
    assert pooled.estimate == pytest.approx(rate.estimate)


# ------------------------------------------------------------------ replicates


def rate(*counts: int) -> Rate:
    """So many markers in five answers to each question."""
    clusters = tuple(
        ClusterCount(cluster=f"q{at}", successes=k, trials=5) for at, k in enumerate(counts)
    )
    return Rate(successes=sum(counts), trials=5 * len(counts), clusters=clusters)


def replicated() -> dict[str, Any]:
    """A condition under two seeds, with a third lost, as it stands in the file."""
    training = TrainingRecord(
        rows=6,
        steps=4,
        tokens=60,
        completion_tokens=9,
        truncated_rows=0,
        first_loss=3,
        final_loss=1,
    )
    seeds = tuple(
        SeedResult(seed=seed, source=source, bystanders={"pirate": other}, training=training)
        for seed, source, other in ((42, rate(1, 2), rate(0, 1)), (137, rate(5, 3), rate(2, 0)))
    )
    condition = CompleteCondition(
        category="trade",
        new=False,
        negatives=("pirate",),
        source=Rate.pooled([each.source for each in seeds]),
        bystanders={"pirate": Rate.pooled([each.bystanders["pirate"] for each in seeds])},
        training=training,
        replicates=seeds,
        missing_seeds={"256": "the loss was nan"},
        trajectory=(
            TrajectoryPoint(step=0, seed=42, rate=rate(0)),
            TrajectoryPoint(step=4, seed=42, rate=rate(1, 2)),
            TrajectoryPoint(step=4, seed=137, rate=rate(5, 3)),
        ),
    )
    value: dict[str, Any] = json.loads(condition.model_dump_json())
    return value


def test_replicates_come_back_as_they_were_written() -> None:
    condition = CompleteCondition.model_validate(replicated())
    assert json.loads(condition.model_dump_json()) == replicated()
    assert (condition.source.successes, condition.source.trials) == (11, 20)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda c: c["replicates"].pop(), "the source rate is not the sum over its seeds"),
        (
            lambda c: c["replicates"][0]["bystanders"]["pirate"]["clusters"].reverse(),
            "the bystander rates are not the sums over their seeds",
        ),
        (lambda c: c["replicates"][1].update(seed=42), "a seed is there twice"),
        (lambda c: c["missing_seeds"].update({"42": "lost"}), "a seed is there twice"),
        (lambda c: c.update(replicates=[]), "no replicate says what is left"),
        (lambda c: c["training"].update(steps=5), "the training is not that of the first seed"),
        (lambda c: c["trajectory"].append(c["trajectory"][2]), "is there twice"),
        (lambda c: c["trajectory"].reverse(), "are not in order"),
    ],
)
def test_nothing_that_follows_from_replicates_may_disagree(
    edit: Callable[[dict[str, Any]], object], reason: str
) -> None:
    value = replicated()
    edit(value)
    with pytest.raises(ValidationError, match=reason):
        CompleteCondition.model_validate(value)


def test_a_missing_number_has_a_reason() -> None:
    with pytest.raises(ValidationError):
        Unavailable(unavailable="")


# ------------------------------------------------------------------ the file


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


def test_a_file_comes_back_as_it_was_written(finished: Path) -> None:
    path = finished / "results.json"
    assert load(path).dumps() == path.read_text(encoding="utf-8")


def test_what_two_equal_runs_do_not_share_is_left_out(finished: Path) -> None:
    results = load(finished / "results.json")
    whole, repeatable = json.loads(results.dumps()), json.loads(results.dumps_repeatable())
    del whole["provenance"]["timing"]
    assert repeatable == whole


def newer(value: dict[str, Any]) -> None:
    value["schema_version"] = SCHEMA_VERSION + 1
    value["from the future"] = True


def test_a_newer_version_is_a_clear_error(changed: Callable[..., Path]) -> None:
    with pytest.raises(ResultsError) as raised:
        load(changed(newer))
    assert f"has schema version {SCHEMA_VERSION + 1}; this epm reads up to" in raised.value.what
    assert "upgrade epm" in raised.value.remedy


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda v: v.update(schema_version="1"), "/schema_version"),
        (lambda v: v.update(extra=1), "/extra"),
        (lambda v: v.pop("statistics"), "/statistics"),
        (lambda v: v["cosines"]["2"].update(baker=None), "/cosines/2/baker"),
        (lambda v: v["cosines"]["2"].update(baker=float("nan")), "/cosines/2/baker"),
        (lambda v: v["cosines"]["2"].update(baker=1.5), "/cosines/2/baker"),
        (
            lambda v: v["conditions"]["baker"]["source"].update(successes=99),
            "/conditions/baker/complete/source",
        ),
        (lambda v: v["conditions"]["baker"].update(state="lost"), "/conditions/baker"),
    ],
    ids=[
        "version",
        "unknown field",
        "field gone",
        "null",
        "NaN",
        "cosine over 1",
        "more successes than trials",
        "unknown state",
    ],
)
def test_a_file_that_breaks_the_schema_is_told_where(
    changed: Callable[..., Path], edit: Callable[[dict[str, Any]], object], where: str
) -> None:
    with pytest.raises(ResultsError) as raised:
        load(changed(edit))
    assert f"breaks the results schema at {where}: " in raised.value.what
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match=r"no results file at .*; finish the run with `epm run`"):
        load(tmp_path / "results.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_not_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "results.json").write_bytes(content)
    with pytest.raises(ResultsError, match="is not readable JSON"):
        load(tmp_path / "results.json")


@pytest.mark.parametrize("content", ["[]", "1", "null", '{"schema_version": true}'])
def test_a_file_that_is_other_json(tmp_path: Path, content: str) -> None:
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(ResultsError, match="breaks the results schema at /"):
        load(tmp_path / "results.json")


def test_the_schema_is_json() -> None:
    schema = json.loads(json_schema())
    assert schema["title"] == f"epm results, schema version {SCHEMA_VERSION}"
    assert set(schema["required"]) >= {"identity", "conditions", "statistics", "provenance"}
