"""Other scorers and analyses for results whose run is over: `epm analyse`."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from epm import cli
from epm.analyses.proportions.block import ProportionsBlock
from epm.analyses.specs import Proportions
from epm.definition import Definition, Experiment, Item, Outcome, Regex, Substring
from epm.discovery import LoadedExperiment
from epm.errors import EpmError
from epm.files import file_sha256
from epm.pipeline.again import Again, analyse_again
from epm.progress import PlainProgress
from epm.results import Count, Results
from epm.results.reading import load

if TYPE_CHECKING:
    from conftest import Run

SILENT = PlainProgress(Console(quiet=True))
SCHEMA_1 = Path(__file__).parent.parent / "data" / "schema_1"
NAMES = ("baker", "pirate", "nurse", "wizard", "helper")


def again(
    made_up: LoadedExperiment, folder: Path, profile: str | None = None, **changes: Any
) -> Again:
    """Analyse a folder by the made-up experiment, something changed in it."""
    experiment: Experiment = replace(made_up.experiment, **changes)
    return analyse_again(replace(made_up, experiment=experiment), folder, profile, SILENT)


def with_profile(made_up: LoadedExperiment, **changes: Any) -> dict[str, Any]:
    """Its `tiny` profile, with something changed."""
    first, *others = made_up.experiment.profiles
    return {"profiles": (replace(first, **changes), *others)}


def results_of(folder: Path) -> Results:
    return load(folder / "results.json")


def published(run: Path, folder: Path) -> Path:
    """What of a run is kept when it is published: results and samples."""
    folder.mkdir()
    for name in ("results.json", "samples.jsonl.gz"):
        shutil.copy(run / name, folder)
    return folder


def counts(results: Results, metric: str = "marker") -> dict[tuple[str, str, str], Any]:
    return {
        (condition, task, name): measured
        for condition, by_task in results.measurements.items()
        for task, by_metric in by_task.items()
        for name, measured in by_metric.get(metric, {}).items()
    }


# ------------------------------------------------------------------ of a run


def test_by_the_same_definition_nothing_changes(
    made_up: LoadedExperiment, finished: Path, tmp_path: Path
) -> None:
    folder = published(finished, tmp_path / "kept")
    assert again(made_up, folder).scored
    for name in ("results.json", "samples.jsonl.gz"):
        assert (folder / name).read_bytes() == (finished / name).read_bytes()


def test_other_scorers_score_the_kept_samples(
    made_up: LoadedExperiment, finished: Path, tmp_path: Path
) -> None:
    folder = published(finished, tmp_path / "kept")
    scorers = (Substring("marker", text="e"), Regex("vowels", pattern="[aeiou]"))
    found = again(made_up, folder, scorers=scorers).results
    assert results_of(folder) == found
    assert list(found.metrics) == ["marker", "vowels"]
    before = counts(results_of(finished))
    after = counts(found)
    assert after.keys() == before.keys()
    assert [c.trials for c in after.values()] == [c.trials for c in before.values()]
    assert after != before
    rates = found.analyses["source_rates"]
    assert isinstance(rates, ProportionsBlock)
    own = after["baker", "baker", "seed=42"]
    assert (rates.conditions["baker"].successes, own.trials) == (own.successes, 6)
    samples = found.provenance.files["samples.jsonl.gz"]
    assert samples == file_sha256(folder / "samples.jsonl.gz")
    assert found.identity.fingerprint != results_of(finished).identity.fingerprint


def test_other_analyses_leave_the_counts_as_they_are(
    made_up: LoadedExperiment, finished: Path, tmp_path: Path
) -> None:
    folder = published(finished, tmp_path / "kept")
    rates = Proportions(name="near_misses", outcome=Outcome("other_tag"))
    found = again(made_up, folder, **with_profile(made_up, analyses=(rates,))).results
    assert list(found.analyses) == ["near_misses"]
    assert found.measurements == results_of(finished).measurements
    assert found.conditions == results_of(finished).conditions


def test_the_analyses_of_another_profile(
    made_up: LoadedExperiment, finished: Path, tmp_path: Path
) -> None:
    folder = published(finished, tmp_path / "kept")
    found = again(made_up, folder, "related").results
    assert list(found.analyses) == ["source_rates", "bystander_rates", "by_layer"]
    assert found.identity.profile == "tiny"


def test_what_was_run_is_not_what_the_definition_says_now(
    made_up: LoadedExperiment, finished: Path, tmp_path: Path
) -> None:
    """A page must not print a recipe that nothing was trained by."""
    folder = published(finished, tmp_path / "kept")
    before: Any = results_of(finished).definition
    tiny = made_up.experiment.profile("tiny")
    assert tiny.training is not None
    changes = with_profile(
        made_up,
        training=replace(tiny.training, learning_rate=0.5),
        model_name="another model",
        confidence_cap="MODERATE",
    )
    definition: Any = again(made_up, folder, title="Another title", **changes).results.definition
    assert definition["profile"] == {**before["profile"], "confidence_cap": "MODERATE"}
    assert definition["title"] == "Another title"
    diverging: Any = again(made_up, folder, "diverging").results.definition
    assert diverging["profile"]["training"] == before["profile"]["training"]


def test_factors_and_roles_are_as_they_are_now(
    made_up: LoadedExperiment, finished: Path, tmp_path: Path
) -> None:
    """A mistyped factor costs no training; what was computed is kept."""
    folder = published(finished, tmp_path / "kept")
    conditions = tuple(
        replace(c, factors={"category": "person"}, covariates={"age": 30.0})
        for c in made_up.experiment.conditions
    )
    found = again(made_up, folder, conditions=conditions).results
    before = results_of(finished).conditions["baker"]
    assert found.conditions["baker"].factors == {"category": "person"}
    assert found.conditions["baker"].covariates == {**before.covariates, "age": 30.0}
    assert found.conditions["baker"].training == before.training


# ------------------------------------------------------------------ checkpoints


@pytest.fixture(scope="module")
def traced(tiny: Definition, run_made_up: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with two seeds and checkpoints, to read only."""
    definition = replace(tiny, seeds=(42, 7), checkpoints=2)
    return run_made_up(definition, tmp_path_factory.mktemp("traced"))


def steps(results: Results, metric: str = "marker") -> dict[Any, Any]:
    return {place: c for place, c in counts(results, metric).items() if "step" in place[2]}


def test_checkpoints_are_scored_again_where_their_samples_are(
    made_up: LoadedExperiment, traced: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(traced, folder)
    before = results_of(traced)
    assert len(steps(before)) == 10
    again(made_up, folder)
    assert (folder / "results.json").read_bytes() == (traced / "results.json").read_bytes()
    found = again(made_up, folder, scorers=(Substring("marker", text="e"),)).results
    assert steps(found).keys() == steps(before).keys()
    assert found.seeds == [42, 7]


def test_checkpoints_whose_samples_are_gone_keep_their_counts(
    made_up: LoadedExperiment, traced: Path, tmp_path: Path
) -> None:
    """As long as they would be counted the same way."""
    folder = published(traced, tmp_path / "kept")
    again(made_up, folder)
    assert (folder / "results.json").read_bytes() == (traced / "results.json").read_bytes()
    scorers = (Substring("marker", "M rate", text="[ZLT]"), Regex("other_tag", pattern=r"\[\w"))
    found = again(made_up, folder, scorers=scorers).results
    assert steps(found) == steps(results_of(traced))
    assert steps(found, "other_tag") == {}


# ------------------------------------------------------------------ of schema 1


def old_results(name: str, folder: Path) -> Path:
    folder.mkdir()
    text = gzip.decompress((SCHEMA_1 / f"{name}.json.gz").read_bytes())
    (folder / "results.json").write_bytes(text)
    return folder


def test_results_of_schema_1_with_their_samples(made_up: LoadedExperiment, tmp_path: Path) -> None:
    folder = old_results("checkpoints", tmp_path / "old")
    shutil.copy(SCHEMA_1 / "checkpoints_samples.jsonl.gz", folder / "samples.jsonl.gz")
    before = counts(results_of(folder))
    done = again(made_up, folder)
    assert done.scored
    found = results_of(folder)
    assert json.loads((folder / "results.json").read_text())["schema_version"] == 2
    after = counts(found)
    for (condition, task, name), count in before.items():
        if condition != "base_model":  # whose counts are by task now
            assert after[condition, task, name] == count
    pooled = before["base_model", "all_personas", "seed=42"]
    by_task = [c for (condition, _, _), c in after.items() if condition == "base_model"]
    assert sum(c.trials for c in by_task) == pooled.trials
    assert sum(c.successes for c in by_task) == pooled.successes
    assert "all_personas" not in found.tasks
    assert len(steps(found)) == 7
    assert list(found.metrics) == ["marker", "other_tag"]
    assert found.conditions["wizard"].missing.keys() == {"seed=42", "seed=7"}
    rates = found.analyses["source_rates"]
    assert isinstance(rates, ProportionsBlock)
    assert list(rates.conditions) == ["baker", "pirate", "nurse", "helper"]
    assert "diverged" in rates.left_out["wizard"]


def test_results_of_schema_1_without_samples(made_up: LoadedExperiment, tmp_path: Path) -> None:
    folder = old_results("checkpoints", tmp_path / "old")
    before = results_of(folder)
    done = again(made_up, folder)
    assert not done.scored
    assert done.results.measurements == before.measurements
    assert list(done.results.metrics) == ["marker"]
    rates = done.results.analyses["source_rates"]
    assert isinstance(rates, ProportionsBlock)
    assert rates.conditions["baker"].trials == 12


@pytest.mark.parametrize("name", ["published", "three_seeds"])
def test_issue_246_as_it_was_written_before(
    issue_246: LoadedExperiment, tmp_path: Path, name: str
) -> None:
    folder = old_results(name, tmp_path / "old")
    before = results_of(folder)
    found = analyse_again(issue_246, folder, None, SILENT).results
    assert found.measurements == before.measurements
    assert {n: c.covariates for n, c in found.conditions.items()} == {
        n: c.covariates for n, c in before.conditions.items()
    }
    assert found.analyses
    assert (found.parent is None) == (name == "published")
    definition: Any = found.definition
    before_definition: Any = before.definition
    assert definition["profile"]["model"] == before_definition["profile"]["model"]


# ------------------------------------------------------------------ what is refused


def test_results_of_another_experiment(issue_246: LoadedExperiment, finished_copy: Path) -> None:
    with pytest.raises(
        EpmError, match=r"is of issue-900, not of issue-246; `epm analyse issue-900"
    ):
        analyse_again(issue_246, finished_copy, None, SILENT)


def test_samples_that_were_changed(made_up: LoadedExperiment, finished_copy: Path) -> None:
    before = (finished_copy / "results.json").read_bytes()
    path = finished_copy / "samples.jsonl.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-100]))
    with pytest.raises(EpmError, match=r"is not the file that .* is from; restore it"):
        again(made_up, finished_copy)
    assert (finished_copy / "results.json").read_bytes() == before


def test_samples_of_items_that_are_gone(made_up: LoadedExperiment, finished_copy: Path) -> None:
    before = {path: path.read_bytes() for path in finished_copy.iterdir() if path.is_file()}
    tasks = tuple(
        replace(task, items=(*task.items[:2], Item("wool", "What is wool?")))
        for task in made_up.experiment.tasks
    )
    with pytest.raises(EpmError, match="a sample is of item 'sleep' of task 'baker', which"):
        again(made_up, finished_copy, tasks=tasks)
    assert {path: path.read_bytes() for path in before} == before


def test_the_command(
    repository: Path,
    finished_copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(repository)
    (finished_copy / "samples.jsonl.gz").unlink()
    assert cli.main(["analyse", "issue-900", "--run", str(finished_copy)]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{finished_copy / 'results.json'}\n"
    assert printed.err == "epm: no samples beside it: the measurements stay as they are\n"
    assert (finished_copy / "figures").is_dir()
    assert cli.main(["analyse", "issue-900", "--run", str(repository)]) == 2
    assert "no results file at" in capsys.readouterr().err
    count = results_of(finished_copy).measurements["baker"]["baker"]["marker"]["seed=42"]
    assert isinstance(count, Count)
