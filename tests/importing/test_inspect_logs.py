"""Logs that Inspect writes on the spot, with everything in them that trips a reader."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from epm.cli import main
from epm.errors import EpmError
from epm.evaluation.logs.scores import number
from epm.importing import inspect_logs
from epm.importing.asked import fitting
from epm.importing.found import Found
from epm.results import Count, Mean

inspect_ai = pytest.importorskip("inspect_ai")

from inspect_ai import Epochs, Task, eval  # noqa: E402
from inspect_ai.dataset import MemoryDataset, Sample  # noqa: E402
from inspect_ai.log import (  # noqa: E402
    EvalError,
    EvalLog,
    EvalSampleLimit,
    read_eval_log,
    write_eval_log,
)
from inspect_ai.model import ModelOutput  # noqa: E402
from inspect_ai.scorer import Score, accuracy, scorer, stderr  # noqa: E402
from inspect_ai.solver import solver  # noqa: E402

Values = Mapping[str, Sequence[Any]]
"""By item, the value of each of its epochs: None is an error."""


@solver
def saying(values: Values) -> Any:
    """Answers without a model."""

    async def solve(state: Any, generate: Any) -> Any:
        value = values[str(state.sample_id)][state.epoch - 1]
        if value is None:
            raise RuntimeError("upstream closed the connection")
        state.output = ModelOutput.from_content("mock", f"says {value}")
        state.metadata["value"] = value
        return state

    return solve


@scorer(metrics=[accuracy(), stderr()])
def graded() -> Any:
    """The value that was said."""

    async def score(state: Any, target: Any) -> Score:
        value = state.metadata["value"]
        if isinstance(value, str) and value.startswith("unscored:"):
            return Score.unscored(reason=value.partition(":")[2] or None)
        return Score(value=value)

    return score


@scorer(metrics=[accuracy(), stderr(), stderr(cluster="passage")])
def clustered() -> Any:
    """The same, with a standard error by passage."""
    return graded()


@scorer(metrics={"style": [accuracy()], "sense": [accuracy(), stderr()]})
def rubric() -> Any:
    """Two values a sample."""

    async def score(state: Any, target: Any) -> Score:
        value = state.metadata["value"]
        if value == "unscored:":
            return Score.unscored()
        return Score(value={"style": value, "sense": "I"})

    return score


def run(
    folder: Path,
    values: Values,
    model: str = "ada",
    task: str = "sums",
    scorers: Any = None,
    reducers: list[str] | None = None,
    inputs: Callable[[str], str] = "What is {}?".format,
    **options: Any,
) -> EvalLog:
    """Let Inspect write a log."""
    dataset = MemoryDataset(
        [
            Sample(id=item, input=inputs(item), target="x", metadata={"passage": item[0]})
            for item in values
        ],
        name=options.pop("dataset", "asked"),
    )
    epochs = max(map(len, values.values()))
    made = Task(
        name=task,
        dataset=dataset,
        solver=saying(values),
        scorer=scorers or graded(),
        epochs=Epochs(epochs, reducers) if reducers else epochs,
    )
    (log,) = eval(
        made,
        model=f"mockllm/{model}",
        log_dir=str(folder),
        display="none",
        fail_on_error=options.pop("fail_on_error", False),
        log_format=options.pop("log_format", "eval"),
        **options,
    )
    return log


def notes(found: Found) -> tuple[str, ...]:
    """All but the first, by which the models are mocks."""
    first, *others = found.notes
    assert "Inspect's mock model, no real system" in first
    return tuple(others)


def totals(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Over replicates: sum, number and exclusions."""
    parts = [part for each in measured.values() for part in each.items.values()]
    excluded: dict[str, int] = {}
    for each in measured.values():
        for reason, n in each.excluded.items():
            excluded[reason] = excluded.get(reason, 0) + n
    return {
        "sum": sum(part[0] for part in parts),
        "n": sum(part[-1] for part in parts),
        "excluded": excluded,
        "kind": {type(each) for each in measured.values()},
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"a": "CI", "b": "NC"}, {"sum": 2, "n": 4, "excluded": {}, "kind": {Count}}),
        ({"a": "CP", "b": "II"}, {"sum": 1.5, "n": 4, "excluded": {}, "kind": {Mean}}),
        ({"a": [True, False]}, {"sum": 1, "n": 2, "excluded": {}, "kind": {Count}}),
        ({"a": [0.25, 3.5]}, {"sum": 3.75, "n": 2, "excluded": {}, "kind": {Mean}}),
        ({"a": ["yes", "0.5"]}, {"sum": 1.5, "n": 2, "excluded": {}, "kind": {Mean}}),
        (
            {"a": ["C", None], "b": [None, None], "c": "CC"},
            {"sum": 3, "n": 3, "excluded": {"error": 3}, "kind": {Count}},
        ),
        (
            {"a": ["C", "unscored:"], "b": ["unscored:grader_failed", "I"]},
            {
                "sum": 1,
                "n": 2,
                "excluded": {"unscored": 1, "grader failed": 1},
                "kind": {Count},
            },
        ),
        (
            {"a": ["C", "blue"]},
            {"sum": 1, "n": 1, "excluded": {"no score": 1}, "kind": {Count}},
        ),
    ],
    ids=["letters", "partial", "booleans", "numbers", "texts", "errors", "unscored", "unreadable"],
)
def test_values_and_losses(tmp_path: Path, values: Values, expected: dict[str, Any]) -> None:
    run(tmp_path, values)
    found = inspect_logs.read([tmp_path])
    measured = found.measurements["ada"]["sums"]["graded"]
    assert totals(measured) == expected
    assert set(measured) == {"epoch=1", "epoch=2"}
    asked = sum(map(len, values.values()))
    assert expected["n"] + sum(expected["excluded"].values()) == asked, "no row is lost silently"
    for each in found.reported:
        same = each.ours is not None and math.isclose(each.ours, each.value, abs_tol=1e-9)
        assert same or each.why
    assert found.tasks["sums"].items == tuple(values)


def test_what_inspect_reports_and_what_we_do(tmp_path: Path) -> None:
    """Its accuracy is a mean of items' means, whatever epochs were lost."""
    run(tmp_path, {"a": ["C", None], "b": "II", "c": "CI"}, reducers=["mean", "max"])
    reported = {each.name: each for each in inspect_logs.read([tmp_path]).reported}
    mean, best = reported["graded, accuracy (mean)"], reported["graded, accuracy (max)"]
    assert (mean.value, mean.ours, mean.why) == (0.5, 0.5, "")
    assert best.value == pytest.approx(2 / 3)
    assert best.ours is None
    lost = reported["graded, unscored samples (mean)"]
    assert (lost.value, lost.ours) == (0, 1)
    assert "every epoch" in lost.why
    assert "max" in best.why
    assert reported["graded, stderr (mean)"].ours == pytest.approx(
        reported["graded, stderr (mean)"].value, abs=1e-12
    )


def test_a_value_that_inspect_takes_for_zero_is_left_out(tmp_path: Path) -> None:
    run(tmp_path, {"a": ["C"], "b": ["blue"]})
    found = inspect_logs.read([tmp_path])
    (mean,) = (each for each in found.reported if each.name == "graded, accuracy")
    assert (mean.value, mean.ours) == (0.5, 1.0)
    assert "'blue'" in mean.why
    assert any("'blue'" in note for note in notes(found))


def test_clusters_that_the_log_names(tmp_path: Path) -> None:
    run(tmp_path, {"a1": "CC", "a2": "CI", "b1": "II", "c1": "IC"}, scorers=clustered())
    found = inspect_logs.read([tmp_path])
    assert found.tasks["sums"].clusters == {"a1": "a", "a2": "a", "b1": "b", "c1": "c"}
    (by_passage,) = (each for each in found.reported if each.name.endswith("stderr by passage"))
    assert by_passage.ours == pytest.approx(by_passage.value, abs=1e-12)


def test_without_a_named_cluster_metadata_is_none(tmp_path: Path) -> None:
    run(tmp_path, {"a1": "C", "a2": "I"})
    assert inspect_logs.read([tmp_path]).tasks["sums"].clusters == {}


def test_every_scorer_and_every_part_is_a_metric(tmp_path: Path) -> None:
    values = {"a": ["C"], "b": ["unscored:"], "c": [None]}
    run(tmp_path, values, scorers=[rubric(), graded()])
    found = inspect_logs.read([tmp_path])
    assert list(found.metrics) == ["rubric/style", "rubric/sense", "graded"]
    measured = found.measurements["ada"]["sums"]
    for metric, k in {"rubric/style": 1, "rubric/sense": 0, "graded": 1}.items():
        assert measured[metric]["all"].excluded == {"error": 1, "unscored": 1}
        assert totals(measured[metric])["sum"] == k
    assert {each.name for each in found.reported} >= {"rubric/style, accuracy", "graded, accuracy"}


def test_tasks_of_other_scorers_share_their_headline(tmp_path: Path) -> None:
    scorers = {"sums": graded(), "facts": clustered()}
    for model in ("ada", "bolt"):
        run(tmp_path, {"a": "CI", "b": ["C", None]}, model, "sums", scorers["sums"])
        run(tmp_path, {"c": "PC", "d": "II"}, model, "facts", scorers["facts"])
    found = inspect_logs.read([tmp_path])
    assert next(iter(found.metrics)) == "headline"
    assert set(found.metrics) == {"headline", "graded", "clustered"}
    assert found.told == {"graded", "clustered"}
    for each in ("graded on sums", "clustered on facts"):
        assert each in notes(found)[-1]
    cell = found.measurements["bolt"]
    for task, metric, mean in (("sums", "graded", 2 / 3), ("facts", "clustered", 1.5 / 4)):
        headline = totals(cell[task]["headline"])
        own = totals(cell[task][metric])
        assert (headline["sum"], headline["excluded"]) == (own["sum"], own["excluded"])
        assert headline["sum"] / headline["n"] == pytest.approx(mean)
        assert all(isinstance(each, Mean) for each in cell[task]["headline"].values())
    assert {spec.outcome.metric for spec in fitting(found)} == {"headline"}


def test_no_headline_where_logs_put_different_scores_first(tmp_path: Path) -> None:
    run(tmp_path, {"a": "C"}, "ada", "sums", graded())
    run(tmp_path, {"a": "C"}, "bolt", "sums", [clustered(), graded()])
    run(tmp_path, {"c": "C"}, "ada", "facts", clustered())
    assert "headline" not in inspect_logs.read([tmp_path]).metrics


def test_one_metric_is_of_one_kind(tmp_path: Path) -> None:
    """Where one model got partial credit, another's whole scores are no count either."""
    run(tmp_path, {"a": "C", "b": "P"}, model="ada")
    run(tmp_path, {"a": "C", "b": "I"}, model="bolt")
    found = inspect_logs.read([tmp_path])
    for model in ("ada", "bolt"):
        assert isinstance(found.measurements[model]["sums"]["graded"]["all"], Mean)
    assert (found.metrics["graded"].lower, found.metrics["graded"].upper) == (0.0, 1.0)


def test_failed_logs_beside_those_that_replace_them(tmp_path: Path) -> None:
    values = {"a": ["C"], "b": [None]}
    run(tmp_path, values, model="ada", fail_on_error=True)
    run(tmp_path, {"a": "C", "b": "I"}, model="ada")
    run(tmp_path, values, model="bolt", fail_on_error=True)
    found = inspect_logs.read([tmp_path])
    assert list(found.measurements) == ["ada"]
    assert found.conditions["bolt"].missing == {"all": "status error"}
    assert len(found.inputs) == 3
    left_out, not_run = notes(found)
    assert "status error (RuntimeError" in left_out
    assert "finished" in left_out
    assert "bolt on sums was not run" in not_run


def test_nothing_but_failed_logs(tmp_path: Path) -> None:
    run(tmp_path, {"a": [None]}, fail_on_error=True)
    with pytest.raises(EpmError, match=r"no log is of a finished run: .* status error"):
        inspect_logs.read([tmp_path])


def test_a_limit_is_said(tmp_path: Path) -> None:
    run(tmp_path, {"a": "C", "b": "I", "c": "C"}, model="ada")
    run(tmp_path, {"a": "C", "b": "I", "c": "C"}, model="bolt", limit=2)
    found = inspect_logs.read([tmp_path])
    assert found.tasks["sums"].items == ("a", "b", "c")
    assert "bolt on sums: 2 of 3 items were run." in notes(found)
    bolt = next(each for each in found.evaluations if each.condition == "bolt")
    assert (bolt.items_in_dataset, bolt.items_run, bolt.settings["limit"]) == (3, 2, "2")


def test_of_two_runs_the_later_counts(tmp_path: Path) -> None:
    first = run(tmp_path, {"a": "I", "b": "I"})
    second = run(tmp_path, {"a": "C", "b": "C"})
    later(second, "2100-01-01T00:00:00+00:00")
    found = inspect_logs.read([tmp_path])
    assert totals(found.measurements["ada"]["sums"]["graded"])["sum"] == 2
    (note,) = notes(found)
    assert Path(first.location).name in note
    assert "later run" in note


def later(log: EvalLog, created: str) -> None:
    """Date a log."""
    whole = read_eval_log(log.location)
    whole.eval.created = created
    write_eval_log(whole, log.location)


def _twice_with(**differs: Any) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        run(folder, {"a": "C", "b": "I"})
        run(folder, {"a": "C", "b": "I"}, **differs)

    return make


def _other_models(first: dict[str, Any], second: dict[str, Any]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        run(folder, {"a": "C", "b": "I"}, model="ada", **first)
        run(folder, {"a": "C", "b": "I"}, model="bolt", **second)

    return make


def _edited(change: Callable[[EvalLog], None]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        log = read_eval_log(run(folder, {"a": "CI", "b": "IC"}).location)
        change(log)
        write_eval_log(log, log.location)

    return make


def _ids_of_two_types(log: EvalLog) -> None:
    samples = log.samples or []
    for sample, new in zip(samples, [1, "1", 1, "1"], strict=True):
        sample.id = new
        sample.input = "same"
    log.eval.dataset.sample_ids = [1, "1"]


def _without_samples(log: EvalLog) -> None:
    log.samples = []


def _without_scores(log: EvalLog) -> None:
    for sample in log.samples or []:
        sample.scores = None


def _cut(folder: Path) -> None:
    path = Path(run(folder, {"a": "C", "b": "I"}).location)
    path.write_bytes(path.read_bytes()[:-100])


def _spoilt(folder: Path) -> None:
    path = Path(run(folder, {"a": "C", "b": "I"}).location)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("summaries.json").header_offset
    data[start + 45 : start + 90] = b"\0" * 45
    path.write_bytes(bytes(data))


def _other_json(folder: Path) -> None:
    (folder / "2026-01-01T00-00-00_x_y.json").write_text('{"rows": [1]}')


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: None, "holds no logs of Inspect"),
        (_cut, r"\.eval cannot be read by inspect_ai"),
        (_spoilt, r"\.eval cannot be read by inspect_ai"),
        (_other_json, r"\.json cannot be read by inspect_ai"),
        (_edited(_without_samples), r"\.eval \(ada on sums\) has no samples in it"),
        (_edited(_without_scores), "no sample has a score"),
        (_edited(_ids_of_two_types), "'1' twice"),
        (_twice_with(temperature=0.3), r"both of ada on sums, but differ in temperature"),
        (_twice_with(seed=7), r"both of ada on sums, but differ in seed .*`seed`"),
        (_twice_with(dataset="other"), "both of ada on sums, but differ in data set"),
        (
            _other_models({}, {"inputs": "What is not {}?".format}),
            "sample 'a' of sums is asked otherwise",
        ),
        (
            _other_models({"scorers": graded()}, {"scorers": rubric()}),
            r"was scored by graded in .*, but by rubric/style, rubric/sense in",
        ),
    ],
    ids=[
        *("empty", "cut", "spoilt", "other-json", "no-samples", "no-scores", "ids", "settings"),
        *("seeds", "data-sets", "questions", "scorers"),
    ],
)
def test_one_clear_line(tmp_path: Path, make: Callable[[Path], None], says: str) -> None:
    make(tmp_path)
    with pytest.raises(EpmError, match=says) as raised:
        inspect_logs.read([tmp_path])
    assert raised.value.remedy
    assert "\n" not in str(raised.value)


def test_a_sample_that_stands_twice(tmp_path: Path) -> None:
    log = read_eval_log(run(tmp_path, {"a": "C", "b": "I"}).location)
    samples = log.samples or []
    log.samples = [*samples, samples[0]]
    write_eval_log(log, str(tmp_path / "twice.json"))
    with pytest.raises(EpmError, match=r"twice\.json \(ada on sums\) has the sample 'a' twice"):
        inspect_logs.read([tmp_path / "twice.json"])


def test_a_damaged_sample_is_named_when_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores stand in the summaries; what was said is read when it is written on."""
    path = Path(run(tmp_path, {"a": "C", "b": "I"}).location)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("samples/b_epoch_1.json").header_offset
    data[start + 80 : start + 160] = b"\0" * 80
    path.write_bytes(bytes(data))
    found = inspect_logs.read([path])
    assert found.samples is not None
    with pytest.raises(EpmError, match=r"\.eval cannot be read by inspect_ai"):
        list(found.samples())
    monkeypatch.chdir(tmp_path)
    assert main(["import", "inspect", str(path), "--issue", "311"]) == 2
    mock, refused = capsys.readouterr().err.splitlines()
    assert "mock model" in mock
    assert ".eval cannot be read by inspect_ai" in refused
    assert not Path("runs").exists()


def test_logs_of_old_versions(tmp_path: Path) -> None:
    """Without what came later, ids that are numbers, compressed as any archive was then."""
    values = {"1": "CC", "2": ["I", "unscored:"], "3": "CI"}
    log = run(tmp_path / "new", values)
    old = read_eval_log(log.location)
    for sample in old.samples or []:
        sample.id = int(sample.id)
    old.eval.dataset.sample_ids = [1, 2, 3]
    (tmp_path / "old").mkdir()
    write_eval_log(old, str(tmp_path / "old.json"))
    text = json.loads((tmp_path / "old.json").read_text())
    (tmp_path / "old" / "2024-11-28T04-49-14_sums_A.json").write_text(json.dumps(_of_then(text)))
    zipfile_zstd = pytest.importorskip("zipfile_zstd")  # the log's own members are Zstandard
    with (
        zipfile_zstd.ZipFile(log.location) as new,
        zipfile.ZipFile(tmp_path / "old.eval", "w", zipfile.ZIP_DEFLATED) as deflated,
    ):
        for name in new.namelist():
            deflated.writestr(name, new.read(name))
    first = inspect_logs.read([tmp_path / "new"])
    for path in (tmp_path / "old", tmp_path / "old.eval"):
        found = inspect_logs.read([path])
        assert found.measurements == first.measurements
        assert found.tasks == first.tasks


SINCE = {
    *("scored_samples", "unscored_samples", "headline", "logged_samples", "scorers", "eval_id"),
    *("uuid", "turn_count", "history", "reason"),
}
"""Fields that logs of 2024 do not have."""


def _of_then(value: Any) -> Any:
    if isinstance(value, list):
        return [_of_then(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        "options" if name == "params" and "value" in value else name: _of_then(each)
        for name, each in value.items()
        if name not in SINCE
    }


def test_scores_too_large(tmp_path: Path) -> None:
    run(tmp_path, {"a": [1e200], "b": [0.5]})
    with pytest.raises(EpmError, match="ada on sums, graded has scores too large to be squared"):
        inspect_logs.read([tmp_path])


def test_folders_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "50%20 off #1 é"
    run(folder, {"a": "C"})
    (folder / "logs.json").write_text("{}")
    (folder / "eval-set.json").write_text("[]")
    found = inspect_logs.read([folder])
    assert len(found.inputs) == 1
    assert found.samples is not None
    assert len(list(found.samples())) == 1


def test_other_files(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n")
    with pytest.raises(EpmError, match=r"data\.csv is no log of Inspect"):
        inspect_logs.read([tmp_path / "data.csv"])
    with pytest.raises(EpmError, match="there is no"):
        inspect_logs.read([tmp_path / "none.eval"])


def test_without_inspect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    with pytest.raises(EpmError, match="read by inspect_ai, which cannot be imported") as raised:
        inspect_logs.read([tmp_path])
    assert "inspect" in raised.value.remedy


def test_models_that_were_run_with_other_settings(tmp_path: Path) -> None:
    _other_models({"temperature": 0.0}, {"temperature": 0.7})(tmp_path)
    assert notes(inspect_logs.read([tmp_path])) == (
        "sums: temperature is 0.7 for bolt, but 0.0 for ada.",
    )


def test_an_error_with_a_score_counts(tmp_path: Path) -> None:
    def spoil(log: EvalLog) -> None:
        (log.samples or [])[0].error = EvalError(message="late", traceback="", traceback_ansi="")

    _edited(spoil)(tmp_path)
    found = inspect_logs.read([tmp_path])
    assert totals(found.measurements["ada"]["sums"]["graded"])["n"] == 4
    assert "ada on sums: one sample was scored in spite of an error." in notes(found)


def test_samples_that_a_limit_stopped(tmp_path: Path) -> None:
    def stop(log: EvalLog) -> None:
        first, second, *_ = log.samples or []
        first.limit = EvalSampleLimit(type="token", limit=100)
        second.limit = EvalSampleLimit(type="time", limit=5)
        second.scores = None

    _edited(stop)(tmp_path)
    found = inspect_logs.read([tmp_path])
    measured = found.measurements["ada"]["sums"]["graded"]
    assert totals(measured)["excluded"] == {"time limit": 1}
    assert notes(found) == (
        "ada on sums: one sample was stopped by a time limit.",
        "ada on sums: one sample was stopped by a token limit.",
    )


def test_a_run_that_was_killed(tmp_path: Path) -> None:
    """Its log has neither a header nor results."""
    killed = Path(run(tmp_path, {"a": "C", "b": "I"}).location)
    whole = killed.with_suffix(".whole")
    killed.rename(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(killed, "w") as new:
        for name in old.namelist():
            if name.startswith(("_journal/start", "samples/")):
                new.writestr(name, old.read(name))
    run(tmp_path, {"a": "C", "b": "C"})
    found = inspect_logs.read([tmp_path])
    assert totals(found.measurements["ada"]["sums"]["graded"])["sum"] == 2
    (note,) = notes(found)
    assert f"{killed.name} (ada on sums) is left out: status started" in note


def test_some_scorers_are_lacking(tmp_path: Path) -> None:
    _other_models({"scorers": [graded(), rubric()]}, {"scorers": [graded()]})(tmp_path)
    found = inspect_logs.read([tmp_path])
    assert "bolt on sums was not scored by rubric/style, rubric/sense." in notes(found)
    assert set(found.measurements["bolt"]["sums"]) == {"graded"}


def test_models_of_one_name(tmp_path: Path) -> None:
    run(tmp_path, {"a": "C"})
    log = read_eval_log(run(tmp_path, {"a": "I"}).location)
    log.eval.model = "other/ada"
    write_eval_log(log, log.location)
    assert set(inspect_logs.read([tmp_path]).conditions) == {"mockllm/ada", "other/ada"}


def test_json_and_archive_are_read_alike(tmp_path: Path) -> None:
    """Also a bare NaN, which JSON does not have."""
    values = {"a": ["C", "unscored:no_response"], "b": ["P", None]}
    log = run(tmp_path, values)
    other = tmp_path / "as-json"
    other.mkdir()
    write_eval_log(read_eval_log(log.location), str(other / "own.json"))
    assert "NaN" in (other / "own.json").read_text()
    first = inspect_logs.read([Path(log.location)])
    second = inspect_logs.read([other / "own.json"])
    assert first.measurements == second.measurements
    assert first.reported == second.reported
    assert first.samples is not None
    assert second.samples is not None
    assert sorted(map(json.dumps, first.samples())) == sorted(map(json.dumps, second.samples()))


def test_rows_of_samples(tmp_path: Path) -> None:
    run(tmp_path, {"a": ["C", None], "b": ["I", "unscored:refusal"]})
    found = inspect_logs.read([tmp_path])
    assert found.samples is not None
    rows = {(row["item"], row["index"]): row for row in found.samples()}
    assert rows["a", 0] == {
        "condition": "ada",
        "task": "sums",
        "item": "a",
        "index": 0,
        "prompt": "What is a?",
        "text": "says C",
        "scores": {"graded": True},
    }
    assert {at: row["scores"]["graded"] for at, row in rows.items()} == {
        ("a", 0): True,
        ("a", 1): "error",
        ("b", 0): False,
        ("b", 1): "refusal",
    }


def test_samples_that_never_came_to_be(tmp_path: Path) -> None:
    """A run that was ended early is a success with fewer samples than it planned."""
    log = read_eval_log(run(tmp_path, {"a": "CC", "b": "CC", "c": "II"}).location)
    log.samples = [each for each in log.samples or [] if each.id != "c"]
    write_eval_log(log, log.location)
    found = inspect_logs.read([tmp_path])
    measured = found.measurements["ada"]["sums"]["graded"]
    assert totals(measured) | {"kind": 0} == {
        "sum": 4,
        "n": 4,
        "excluded": {"not run": 2},
        "kind": 0,
    }
    (mean,) = (each for each in found.reported if each.name == "graded, accuracy")
    assert (mean.ours, mean.value) == (1.0, pytest.approx(2 / 3))
    assert mean.why


def test_provenance(tmp_path: Path) -> None:
    run(
        tmp_path,
        {"a": "CC"},
        temperature=0.25,
        model_args={"revision": "4f1", "api_key": "sk-0", "huge": ["x" * 200], "dtype": "bf16"},
    )
    found = inspect_logs.read([tmp_path])
    model = found.models["ada"]
    assert (model.name, model.revision) == ("mockllm/ada", "4f1")
    assert model.arguments == {"dtype": "bf16"}
    (task,) = found.evaluations
    assert (task.epochs, task.reducers, task.settings["temperature"]) == (2, ("mean",), "0.25")
    assert found.packages["inspect_ai"] == inspect_ai.__version__


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        *[("C", 1.0), ("P", 0.5), ("I", 0.0), ("N", 0.0), (True, 1.0), (0.3, 0.3), ("no", 0.0)],
        *[("TRUE", 1.0), ("2.5", 2.5), ("c", None), ("", None), ({}, None), ([1], None)],
        (None, None),
    ],
)
def test_a_value_is_what_inspect_takes_it_for(raw: Any, expected: float | None) -> None:
    assert number(raw) == expected


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links")
def test_one_log_named_twice_counts_once(tmp_path: Path) -> None:
    path = Path(run(tmp_path, {"a": "C"}).location)
    copy = tmp_path / "again"
    copy.mkdir()
    shutil.copy(path, copy / path.name)
    found = inspect_logs.read([path, tmp_path])
    assert len(found.inputs) == 2
    assert len(notes(found)) == 1
