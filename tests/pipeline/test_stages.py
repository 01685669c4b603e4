"""Which stages a run has: those that its definition uses, each after what it reads."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from results_files import PROVENANCE
from rich.console import Console
from studies import PANEL, RATES, TRAINED

from epm import discovery
from epm.analyses.specs import Agreement, Proportions
from epm.definition import (
    Definition,
    Experiment,
    Gate,
    Outcome,
    Parent,
    RecordedData,
    Regex,
    Substring,
)
from epm.discovery import LoadedExperiment
from epm.errors import ResultsError
from epm.executors.local import LocalExecutor
from epm.files import file_sha256
from epm.pipeline.run import Options, run
from epm.pipeline.run_folder import MANIFEST, RunFolder
from epm.pipeline.stages import Stages
from epm.progress import PlainProgress, Progress
from epm.results import Count, Results, Unavailable
from epm.results.reading import load

if TYPE_CHECKING:
    from conftest import Quiet, Run

LAST = ["measure", "analyse"]
DATA = {
    "measurements": {
        name: {"sums": {"correct": {"all": {"kind": "count", "total": [k, 20]}}}}
        for name, k in (("plain", 14), ("terse", 9))
    }
}


def stages(definition: Definition, folder: Path) -> Stages:
    return Stages(definition, RunFolder(folder, PROVENANCE.environments[0]), folder)


def recorded(experiment: Experiment, home: Path, data: Any = DATA) -> Experiment:
    """The same, its measurements recorded in a file."""
    file = home / "data.json"
    file.write_text(json.dumps(data))
    profile = replace(
        experiment.profiles[0], model=RecordedData(file.name, file_sha256(file)), sampling=None
    )
    return replace(experiment, profiles=(profile,))


# ------------------------------------------------------------------ which there are


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda d: d, ["model", "answers", "rows", "covariates", "train", "sample", *LAST]),
        (
            lambda d: replace(d, checkpoints=2),
            ["model", "answers", "rows", "covariates", "train", "sample", "trajectory", *LAST],
        ),
        (
            lambda d: replace(d, profile=replace(d.profile, covariates=())),
            ["model", "answers", "rows", "train", "sample", *LAST],
        ),
        (lambda _: PANEL.resolve("full"), ["model", "sample", *LAST]),
    ],
    ids=["trained", "with checkpoints", "without covariates", "nothing trained"],
)
def test_what_the_definition_does_not_use_does_not_exist(
    tmp_path: Path, change: Callable[[Definition], Definition], names: list[str]
) -> None:
    definition = change(TRAINED.resolve("small"))
    assert [stage.name for stage in stages(definition, tmp_path)] == names


@pytest.mark.parametrize(
    ("slug", "names"),
    [
        ("issue-902", ["model", "rows", "train", "sample", "evaluate", *LAST]),
        ("issue-903", ["model", "rows", "train", "direction", "sample", "weigh", "fluency", *LAST]),
    ],
    ids=["tasks of Inspect's", "steered"],
)
def test_what_it_does_use_does(
    repository: Path, tmp_path: Path, slug: str, names: list[str]
) -> None:
    definition = discovery.load(slug, repository / "experiments").experiment.resolve("toy")
    assert [stage.name for stage in stages(definition, tmp_path)] == names


def test_recorded_data_run_nothing(tmp_path: Path) -> None:
    definition = recorded(PANEL, tmp_path).resolve("full")
    assert [stage.name for stage in stages(definition, tmp_path)] == LAST


def test_every_stage_comes_after_what_it_reads(tmp_path: Path) -> None:
    definition = replace(TRAINED.resolve("small"), seeds=(42, 7), checkpoints=2)
    done: list[Path] = []
    for stage in stages(definition, tmp_path):
        for unit in stage.units:
            for path in unit.inputs:
                assert any(path.is_relative_to(folder) for folder in done), (unit.name, path)
        done += [tmp_path / unit.name for unit in stage.units]
    units = {stage.name: len(stage.units) for stage in stages(definition, tmp_path)}
    assert (units["train"], units["sample"], units["trajectory"]) == (12, 13, 12)
    assert units["answers"] == units["rows"] == units["measure"] == 1


def settings(definition: Definition, folder: Path) -> dict[str, str]:
    return {
        stage.name: unit.settings for stage in stages(definition, folder) for unit in stage.units
    }


def with_parent(folder: Path, **changes: Any) -> Experiment:
    """The marker study, compared with recorded data under the recipe of a sister profile."""
    (folder / "data.json").write_text(json.dumps(DATA))
    data = RecordedData("data.json", file_sha256(folder / "data.json"))
    small = TRAINED.profiles[0]
    sister = replace(small, name="full", sampling=replace(small.sampling, **changes))
    return replace(
        TRAINED, profiles=(small, sister), parent=Parent("the parent", data, recipe="full")
    )


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda e: replace(e, title="Another"), set()),
        (
            lambda e: replace(e, scorers=(replace(e.scorers[0], text="[m]"), *e.scorers[1:])),
            {"measure"},
        ),
        (lambda e: replace(e, conditions=e.conditions[::-1]), {"measure"}),
        (lambda e: replace(e, analyses=e.analyses[:1]), {"analyse"}),
        (lambda e: replace(e, analyses=e.analyses[::-1]), {"analyse"}),
        (
            lambda e: replace(
                e, analyses=(Agreement(name="agree", first="marker", second="other_tag"),), gates=()
            ),
            {"measure", "analyse"},
        ),
        (lambda e: replace(e, alpha=0.01), {"analyse"}),
        (lambda e: replace(e, gates=(Gate("g", "rates", "n", at_most=9),)), {"analyse"}),
        (lambda e: replace(e, figure="rates"), {"analyse"}),
        (
            lambda e: replace(
                e, profiles=(replace(e.profiles[0], parent_names=(("a", "b"),)), e.profiles[1])
            ),
            {"analyse"},
        ),
        (
            lambda e: replace(
                e,
                profiles=(
                    e.profiles[0],
                    replace(e.profiles[1], sampling=replace(e.profiles[1].sampling, top_p=1.0)),
                ),
            ),
            {"analyse"},
        ),
    ],
    ids=[
        *("title", "scorer", "order of conditions", "analysis gone", "order of analyses"),
        *(
            "metrics that are counted together",
            "alpha",
            "gate",
            "figure",
            "names of the parent",
            "recipe of the parent",
        ),
    ],
)
def test_what_a_change_makes_anew(
    tmp_path: Path, change: Callable[[Experiment], Experiment], again: set[str]
) -> None:
    """Scores and analyses alone: the samples stay, and with them the run folder."""
    before, after = with_parent(tmp_path), change(with_parent(tmp_path))
    one, other = before.resolve("small"), after.resolve("small")
    assert one.data_fingerprint == other.data_fingerprint
    was, is_now = settings(one, tmp_path), settings(other, tmp_path)
    assert {name for name in was if was[name] != is_now[name]} == again


# ------------------------------------------------------------------ whole runs


def executed(
    experiment: Experiment, home: Path, progress: Progress, profile: str = "full", **options: Any
) -> Path:
    """Run an experiment that lies in a folder."""
    loaded = LoadedExperiment(experiment, home)
    made = Options("pytest", "off", runs=home / "runs", **options)
    return run(loaded, experiment.resolve(profile), made, lambda _: nullcontext(progress))


def results_of(folder: Path) -> Results:
    return load(folder / "results.json")


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two arms of an untrained model, to read only."""
    said = PlainProgress(Console(file=io.StringIO()))
    return executed(PANEL, tmp_path_factory.mktemp("panel"), said)


def test_arms_that_are_not_trained(panel: Path) -> None:
    """No answers, rows, adapters or covariates; nothing of a training in the results."""
    assert {path.name for path in panel.iterdir() if path.is_dir()} == {
        *("content", "model", "sample"),
        *LAST,
    }
    results = results_of(panel)
    assert {name: record.training for name, record in results.conditions.items()} == {
        "plain": {},
        "terse": {},
    }
    definition: Any = results.definition
    assert not {"training", "rows", "answers"} & definition["profile"].keys()
    assert results.seeds == [42]
    assert results.provenance.files.keys() == {"samples.jsonl.gz"}
    assert results.parent is None
    for condition in ("plain", "terse"):
        by_task = results.measurements[condition]
        assert {t: m["correct"]["seed=42"].kind for t, m in by_task.items()} == {
            "sums": "count",
            "words": "count",
        }
        correct = by_task["sums"]["correct"]["seed=42"]
        assert isinstance(correct, Count)
        assert correct.trials == 2 * 3
        spelt = by_task["words"]["correct"]["seed=42"]
        assert spelt.excluded == {"no answer to compare with": 9}
        assert by_task["words"]["length"]["seed=42"].kind == "mean"


def test_arms_that_are_not_trained_are_dealt_as_well(
    panel: Path, tmp_path: Path, quiet: Quiet
) -> None:
    """Each is sampled by a process of its own, and comes out as if one had sampled both."""
    folder = executed(PANEL, tmp_path, quiet, executor=LocalExecutor(2))
    shards = results_of(folder).provenance.timing.shards
    assert {shard.replicates for shard in shards} == {("plain",), ("terse",)}
    apart = {"provenance": {"timing", "environments"}}
    there, here = (results_of(each).model_dump(exclude=apart) for each in (panel, folder))
    assert there == here


def test_recorded_data_need_no_model(tmp_path: Path, quiet: Quiet) -> None:
    experiment = recorded(PANEL, tmp_path)
    folder = executed(experiment, tmp_path, quiet)
    results = results_of(folder)
    assert quiet.lines == []
    assert isinstance(results.provenance.model, Unavailable)
    assert isinstance(results.provenance.engine, Unavailable)
    assert results.provenance.files == {"data.json": file_sha256(tmp_path / "data.json")}
    assert results.seeds == []
    assert not (folder / "samples.jsonl.gz").exists()
    assert results.measurements["terse"]["sums"]["correct"]["all"] == Count(total=(9, 20))


def test_recorded_data_of_other_items_are_one_line(tmp_path: Path, quiet: Quiet) -> None:
    data = {
        "measurements": {
            "plain": {"sums": {"correct": {"all": {"kind": "count", "items": {"9+9": [1, 2]}}}}}
        }
    }
    with pytest.raises(ResultsError) as raised:
        executed(recorded(PANEL, tmp_path, data), tmp_path, quiet)
    assert "a measurement of task 'sums' names the item '9+9'" in str(raised.value)
    assert str(raised.value).startswith(f"{tmp_path / 'data.json'}: ")


def test_a_broken_parent_is_found_before_anything_is_run(tmp_path: Path, quiet: Quiet) -> None:
    experiment = with_parent(tmp_path)
    (tmp_path / "data.json").write_text('{"measurements": []}')
    with pytest.raises(ResultsError, match="is no file of recorded measurements"):
        executed(experiment, tmp_path, quiet, "small")
    assert not (tmp_path / "runs").exists()


def test_measurements_are_compared_with_the_parents(tmp_path: Path, quiet: Quiet) -> None:
    """Its data are taken under our names, its recipe is compared setting by setting."""
    (tmp_path / "parent.json").write_text(
        json.dumps(
            {
                "covariates": {"terse": {"length": 3}},
                "measurements": {
                    "terse": {"sums": {"correct": {"all": {"kind": "count", "total": [1, 9]}}}},
                    "verbose": {"sums": {"correct": {"all": {"kind": "count", "total": [2, 9]}}}},
                },
            }
        )
    )
    data = RecordedData("parent.json", file_sha256(tmp_path / "parent.json"))
    full = PANEL.profiles[0]
    theirs = replace(full, name="theirs", sampling=replace(full.sampling, temperature=0.5))
    experiment = replace(
        PANEL, profiles=(full, theirs), parent=Parent("the 7B study", data, 232, recipe="theirs")
    )
    folder = executed(experiment, tmp_path, quiet)
    parent = results_of(folder).parent
    assert parent is not None
    assert (parent.label, parent.issue, parent.recipe_known) == ("the 7B study", 232, True)
    assert list(parent.measurements) == list(parent.conditions) == ["terse"]  # which we have too
    assert parent.conditions["terse"].covariates == {"length": 3}
    assert [(each.setting, each.here, each.parent) for each in parent.recipe] == [
        ("sampling/temperature", 1.0, 0.5)
    ]
    assert "parent.json" in results_of(folder).provenance.files


# ------------------------------------------------------------------ other scorers, other analyses


def written(folder: Path) -> dict[str, int]:
    return {
        path.parent.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob(MANIFEST)
    }


def changed_experiment(tiny: Definition, **changes: Any) -> Definition:
    return replace(tiny, experiment=replace(tiny.experiment, **changes))


def test_another_scorer_scores_again_and_runs_nothing(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path, quiet: Quiet
) -> None:
    before, samples = written(finished_copy), (finished_copy / "samples.jsonl.gz").read_bytes()
    scorers = (*tiny.experiment.scorers, Regex("vowels", label="vowels", pattern="[aeiou]"))
    definition = changed_experiment(tiny, scorers=scorers)
    assert run_made_up(definition, tmp_path, quiet=quiet) == finished_copy
    after = written(finished_copy)
    assert {name for name in after if after[name] != before[name]} == set(LAST)
    assert quiet.lines == []  # not even the model was loaded
    results = results_of(finished_copy)
    assert list(results.metrics) == ["marker", "other_tag", "vowels"]
    assert results.metrics["vowels"].label == "vowels"
    assert all("vowels" in found for found in results.measurements["baker"].values())
    assert (finished_copy / "samples.jsonl.gz").read_bytes() != samples  # each with its new score
    assert results.identity.fingerprint == definition.fingerprint != tiny.fingerprint


def test_another_analysis_analyses_again_and_scores_nothing(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path, quiet: Quiet
) -> None:
    before = written(finished_copy)
    rates = Proportions(name="near_misses", outcome=Outcome("other_tag"), primary=True)
    profile = replace(tiny.profile, analyses=(*tiny.profile.analyses, rates))
    definition = replace(tiny, profile=profile)
    run_made_up(definition, tmp_path, quiet=quiet)
    after = written(finished_copy)
    assert {name for name in after if after[name] != before[name]} == {"analyse"}
    assert quiet.lines == []
    assert list(results_of(finished_copy).analyses)[-1] == "near_misses"


def test_a_gate_over_what_is_no_number_is_no_traceback(tmp_path: Path, quiet: Quiet) -> None:
    """Steps that lead to a text, to a whole block or nowhere: said, and the run ends."""
    numbers = ("metric", "conditions", "conditions/plain/wilson", "conditions/x/estimate", "n")
    experiment = replace(
        recorded(PANEL, tmp_path),
        analyses=(replace(RATES, outcome=Outcome("correct")),),
        gates=tuple(
            Gate(f"g{at}", "rates", number, at_least=1) for at, number in enumerate(numbers)
        ),
    )
    gates = results_of(executed(experiment, tmp_path, quiet)).gates
    assert [gate.passed for gate in gates.values()] == [None, None, None, None, True]
    assert gates["g0"].value == Unavailable(unavailable="rates has no number at metric")
    assert gates["g4"].value == 2


def test_scorers_without_a_label_are_called_by_their_name() -> None:
    from epm.scoring.measuring import metric_records

    records = metric_records((Substring("other_tag", text="x"), Substring("m", "M rate", text="y")))
    assert [record.label for record in records.values()] == ["other tag", "M rate"]
