"""A whole run: what it leaves behind, what it does again, and what it does when something fails."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from epm.analyses.proportions.block import ProportionsBlock
from epm.definition import Definition
from epm.discovery import LoadedExperiment
from epm.errors import EpmError
from epm.files import file_sha256, held, read_json_lines
from epm.pipeline.run import Options, run, run_folder
from epm.pipeline.run_folder import MANIFEST, guarded
from epm.results import Count, EngineRecord, ModelRecord, Results, Unavailable
from epm.results.reading import load
from epm.sampling.transformers import TransformersEngine

if TYPE_CHECKING:
    from conftest import Quiet, Run

    from epm.progress import Meter

NAMES = ("baker", "pirate", "nurse", "wizard", "helper")
FIRST = ("model", "answers", "rows", "covariates")
LAST = ("measure", "analyse")


def units(names: tuple[str, ...]) -> list[str]:
    """The folder of every unit of work, in order."""
    trained = [f"train/{name}" for name in names]
    sampled = [f"sample/{name}" for name in ("base_model", *names)]
    return [*FIRST, *trained, *sampled, *LAST]


def written(folder: Path) -> dict[str, int]:
    """When each manifest was written."""
    return {
        path.parent.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob(MANIFEST)
    }


def redone(folder: Path, before: dict[str, int]) -> set[str]:
    return {name for name, time in written(folder).items() if before.get(name) != time}


def results_of(folder: Path) -> Results:
    return load(folder / "results.json")


# ------------------------------------------------------------------ a finished run


def test_a_run_lives_in_a_folder_of_its_definition(
    tiny: Definition, finished: Path, tmp_path: Path
) -> None:
    assert finished.name == f"tiny-{tiny.data_fingerprint}"
    assert finished.parent.name == "issue-900"
    assert run_folder(tiny, tmp_path) == tmp_path / "issue-900" / finished.name


def test_a_finished_run_has_all_its_files(tiny: Definition, finished: Path) -> None:
    assert set(written(finished)) == set(units(NAMES))
    assert {path.name for path in finished.iterdir()} == {
        *("definition.json", "results.json", "samples.jsonl.gz", "content"),
        *FIRST,
        *("train", "sample"),
        *LAST,
    }
    assert not list(finished.rglob(".*"))
    definition = json.loads((finished / "definition.json").read_text())
    assert definition == tiny.as_json() == results_of(finished).definition
    for name in NAMES:
        assert {path.name for path in (finished / "train" / name).iterdir()} >= {
            *("adapter_model.safetensors", "adapter_config.json", "losses.jsonl", "training.json")
        }


def test_all_samples_stand_in_one_file(finished: Path) -> None:
    parts = [
        row
        for condition in ("base_model", *NAMES)
        for row in read_json_lines(finished / "sample" / condition / "samples.jsonl.gz")
    ]
    assert len(parts) == 10 + 5 * (3 * 2 + 4 * 2)
    whole = list(read_json_lines(finished / "samples.jsonl.gz"))
    assert [{k: v for k, v in row.items() if k != "scores"} for row in whole] == parts
    for row in whole:
        assert row["scores"].keys() == {"marker", "other_tag"}
        assert row["scores"]["marker"] == ("[zlt]" in row["text"].lower())


def test_what_was_recorded(tiny: Definition, finished: Path) -> None:
    results = results_of(finished)
    identity, provenance = results.identity, results.provenance
    assert (identity.slug, identity.profile, identity.full_scale) == ("issue-900", "tiny", False)
    assert identity.fingerprint == tiny.fingerprint
    (environment,) = provenance.environments
    assert environment.command == "pytest"
    assert environment.git == Unavailable(unavailable="not a git checkout with a commit")
    assert isinstance(provenance.model, ModelRecord)
    assert provenance.model.source == "tiny:3x16"
    assert isinstance(provenance.engine, EngineRecord)
    assert provenance.engine.name.startswith("transformers ")
    assert provenance.engine.adapters == "merged"
    assert provenance.seeds["experiment"] == 42
    assert set(provenance.files) == {
        *("answers/answers.jsonl", "covariates/covariates.json", "samples.jsonl.gz"),
        *(f"rows/{name}.jsonl" for name in NAMES),
    }
    for name, digest in provenance.files.items():
        assert digest == file_sha256(finished / name)
    timing = provenance.timing
    done = [f"{row.stage}/{row.condition}".rstrip("/") for row in timing.stages]
    assert done == units(NAMES)
    assert timing.total_seconds == pytest.approx(sum(row.seconds for row in timing.stages))
    tokens = {f"{row.stage}/{row.condition}": row.tokens for row in timing.stages}
    for name, condition in results.conditions.items():
        if name == "base_model":
            assert condition.training == {}
        else:
            assert tokens[f"train/{name}"] == condition.training["seed=42"].tokens
        rows = read_json_lines(finished / "sample" / name / "samples.jsonl.gz")
        assert tokens[f"sample/{name}"] == sum(row["tokens"] for row in rows)
    assert results.tracking.state == "off"


# ------------------------------------------------------------------ a run again


def test_running_again_does_no_work(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path, quiet: Quiet
) -> None:
    before, first = written(finished_copy), results_of(finished_copy)
    assert run_made_up(tiny, tmp_path, quiet=quiet) == finished_copy
    assert redone(finished_copy, before) == set()
    assert quiet.lines == []  # not even the model was loaded
    again = results_of(finished_copy)
    assert again.dumps_repeatable() == first.dumps_repeatable()
    assert again.provenance.timing.stages == first.provenance.timing.stages


def test_the_same_definition_gives_the_same_results_anywhere(
    tiny: Definition, run_made_up: Run, finished: Path, tmp_path: Path
) -> None:
    again = run_made_up(tiny, tmp_path)
    assert results_of(again).dumps_repeatable() == results_of(finished).dumps_repeatable()
    for name in ("samples.jsonl.gz", "train/nurse/adapter_model.safetensors"):
        assert (again / name).read_bytes() == (finished / name).read_bytes()


def test_fresh_forgets_what_was_finished(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path
) -> None:
    before, first = written(finished_copy), results_of(finished_copy)
    (finished_copy / "left behind").write_text("by hand")
    run_made_up(tiny, tmp_path, fresh=True)
    assert redone(finished_copy, before) == set(units(NAMES))
    assert not (finished_copy / "left behind").exists()
    assert results_of(finished_copy).dumps_repeatable() == first.dumps_repeatable()


def test_a_changed_definition_reuses_nothing(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path
) -> None:
    before = written(finished_copy)
    reseeded = replace(tiny, experiment=replace(tiny.experiment, seed=43))
    other = run_made_up(reseeded, tmp_path)
    assert other != finished_copy
    assert set(written(other)) == set(units(NAMES))
    assert redone(finished_copy, before) == set()
    assert results_of(other).definition != results_of(finished_copy).definition


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "spoil", "again"),
    [
        # what is made again comes out the same, so that nothing after it is touched
        ("sample/baker/samples.jsonl.gz", flip, {"sample/baker"}),
        ("answers/answers.jsonl", flip, {"answers"}),
        ("rows/wizard.jsonl", Path.unlink, {"rows"}),
        ("covariates/covariates.json", flip, {"covariates"}),
        ("measure/measurements.json", flip, {"measure"}),
        ("analyse/analyses.json", flip, {"analyse"}),
        ("results.json", Path.unlink, set()),
    ],
)
def test_what_was_damaged_is_done_again_and_no_more(
    tiny: Definition,
    run_made_up: Run,
    finished: Path,
    finished_copy: Path,
    tmp_path: Path,
    name: str,
    spoil: Callable[[Path], None],
    again: set[str],
) -> None:
    before = written(finished_copy)
    spoil(finished_copy / name)
    run_made_up(tiny, tmp_path)
    assert redone(finished_copy, before) == again
    assert results_of(finished_copy).dumps_repeatable() == results_of(finished).dumps_repeatable()


@pytest.mark.parametrize(
    ("name", "spoil"), [("adapter_model.safetensors", flip), (MANIFEST, Path.unlink)]
)
def test_a_damaged_adapter_is_trained_again_alone(
    tiny: Definition,
    run_made_up: Run,
    finished: Path,
    finished_copy: Path,
    tmp_path: Path,
    name: str,
    spoil: Callable[[Path], None],
) -> None:
    """Without those it was trained with, its dropout has other masks, and the rest is rounding."""
    before = written(finished_copy)
    spoil(finished_copy / "train" / "nurse" / name)
    run_made_up(tiny, tmp_path)
    again = redone(finished_copy, before)
    assert {"train/nurse"} <= again <= {"train/nurse", "sample/nurse", *LAST}
    ours, theirs = (
        list(read_json_lines(run / "train" / "nurse" / "losses.jsonl"))
        for run in (finished_copy, finished)
    )
    assert [row["loss"] for row in ours] == pytest.approx([row["loss"] for row in theirs], rel=0.1)


def test_a_run_that_goes_on_elsewhere_records_both_places(
    made_up: LoadedExperiment, tiny: Definition, finished_copy: Path, tmp_path: Path, quiet: Quiet
) -> None:
    shutil.rmtree(finished_copy / "sample" / "helper")
    options = Options("another command", "off", runs=tmp_path)
    run(made_up, tiny, options, lambda _: nullcontext(quiet))
    commands = [e.command for e in results_of(finished_copy).provenance.environments]
    assert commands == ["pytest", "another command"]


# ------------------------------------------------------------------ what fails


def test_two_runs_in_one_folder(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path
) -> None:
    before = written(finished_copy)
    with held(finished_copy), pytest.raises(EpmError) as raised:
        run_made_up(tiny, tmp_path, fresh=True)
    assert raised.value.what == f"another epm is running in {finished_copy}"
    assert raised.value.remedy == "wait for it, or stop it and run again"
    assert redone(finished_copy, before) == set()
    run_made_up(tiny, tmp_path)


def test_conditions_that_diverge_are_missing_and_the_run_ends(
    made_up: LoadedExperiment, run_made_up: Run, tmp_path: Path, quiet: Quiet
) -> None:
    definition = made_up.experiment.resolve("diverging")
    folder = run_made_up(definition, tmp_path, quiet=quiet)
    results = results_of(folder)
    for name in NAMES:
        condition = results.conditions[name]
        reason = f"training {name} diverged at step 3 of 8 (loss nan)"
        assert condition.missing == {"seed=42": reason}
        assert condition.training == {}
        assert f"train/{name} failed: {reason}" in quiet.lines
    assert list(results.measurements) == ["base_model"]
    assert isinstance(results.analyses["source_rates"], Unavailable)
    before = written(folder)
    run_made_up(definition, tmp_path)
    assert redone(folder, before) == set()  # it would diverge again
    assert results_of(folder).dumps_repeatable() == results.dumps_repeatable()


def test_one_condition_may_fail_alone(
    tiny: Definition, run_made_up: Run, finished_copy: Path, tmp_path: Path
) -> None:
    before = written(finished_copy)
    manifest = finished_copy / "train" / "nurse" / MANIFEST
    value = guarded({**json.loads(manifest.read_text()), "failure": "it diverged", "outputs": {}})
    shutil.rmtree(manifest.parent)
    manifest.parent.mkdir()
    manifest.write_text(json.dumps(value))
    shutil.rmtree(finished_copy / "sample" / "nurse")
    run_made_up(tiny, tmp_path)
    assert redone(finished_copy, before) == {"train/nurse", *LAST}
    results = results_of(finished_copy)
    assert results.conditions["nurse"].missing == {"seed=42": "it diverged"}
    assert list(results.measurements) == ["base_model", *(n for n in NAMES if n != "nurse")]
    rates = results.analyses["source_rates"]
    assert isinstance(rates, ProportionsBlock)
    assert set(rates.conditions) == set(NAMES) - {"nurse"}
    assert rates.left_out == {"nurse": "it diverged"}


def test_an_interrupted_run_goes_on(
    made_up: LoadedExperiment, tiny: Definition, finished: Path, tmp_path: Path, quiet: Quiet
) -> None:
    """Ctrl-C while the third adapter is sampled; the engine is closed then, and at the end."""
    closed: list[str] = []

    class Held(TransformersEngine):
        def close(self) -> None:
            closed.append(self.record.name)

    class Impatient(type(quiet)):  # type: ignore[misc]
        @contextmanager
        def task(self, title: str, unit: str, total: int) -> Iterator[Meter]:
            with super().task(title, unit, total) as meter:
                if unit == "samples":
                    meter.advance = self.advance
                yield meter

        def advance(self, *_: object) -> None:
            self.batches = getattr(self, "batches", 0) + 1
            if self.batches == 7:  # two each for the base model, the baker and the pirate
                raise KeyboardInterrupt

    options = Options("pytest", "off", runs=tmp_path, engine_for=Held)
    with pytest.raises(KeyboardInterrupt):
        run(made_up, tiny, options, lambda _: nullcontext(Impatient()))
    assert len(closed) == 1
    folder = run_folder(tiny, tmp_path)
    kept = written(folder)
    sampled = {f"sample/{name}" for name in ("base_model", "baker", "pirate")}
    assert set(kept) == {*FIRST, *(f"train/{name}" for name in NAMES), *sampled}
    assert not (folder / "sample" / "nurse").exists()
    run(made_up, tiny, options, lambda _: nullcontext(quiet))
    assert len(closed) == 2
    assert redone(folder, kept) == set(units(NAMES)) - set(kept)
    assert results_of(folder).dumps_repeatable() == results_of(finished).dumps_repeatable()


def test_a_disk_that_fills_up(
    tiny: Definition, run_made_up: Run, finished: Path, small_disk: Path
) -> None:
    with pytest.raises(EpmError) as raised:
        run_made_up(tiny, small_disk)
    assert "is full (in " in raised.value.what
    assert raised.value.remedy == "make room, then run the same command"
    folder = run_folder(tiny, small_disk)
    kept = written(folder)
    assert len(kept) < len(units(NAMES))
    assert not list(folder.rglob(".*"))
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    run_made_up(tiny, small_disk)
    assert not redone(folder, kept) & set(kept)
    assert results_of(folder).dumps_repeatable() == results_of(finished).dumps_repeatable()


# ------------------------------------------------------------------ the project's own experiment


def test_issue_246_at_the_smallest_scale(issue_246: LoadedExperiment, smoke_run: Path) -> None:
    names = tuple(c.name for c in issue_246.experiment.conditions if c.training)
    assert set(written(smoke_run)) == set(units(names))
    results = results_of(smoke_run)
    assert list(results.conditions) == ["base_model", *names]
    for name in names:
        by_task = results.measurements[name]
        assert len(by_task) == len(names) == 12
        source = by_task[name]["marker"]["seed=42"]
        assert isinstance(source, Count)
        assert len(source.items) == 20
        assert results.conditions[name].covariates.keys() == {
            *("cosine_L2", "cosine_L4", "cosine_L5", "cosine_L6", "prompt_tokens")
        }
    assistant = results.conditions["helpful_assistant"].covariates
    assert [assistant[f"cosine_L{layer}"] for layer in (2, 4, 5, 6)] == pytest.approx([1] * 4)
    assert not results.identity.full_scale


def test_issue_246_as_it_was_published(
    issue_246: LoadedExperiment, tmp_path: Path, quiet: Quiet
) -> None:
    """The numbers themselves are tested in tests/analyses."""
    definition = issue_246.experiment.resolve("published")
    options = Options("pytest", "offline", runs=tmp_path)
    folder = run(issue_246, definition, options, lambda _: nullcontext(quiet))
    assert set(written(folder)) == set(LAST)
    results = results_of(folder)
    assert isinstance(results.provenance.model, Unavailable)
    assert list(results.provenance.files) == ["published_measurements.json"]
    assert results.tracking.detail == "nothing was trained, nothing to log"
    assert results.parent is None  # it is the parent
    assert not (folder / "samples.jsonl.gz").exists()
    before = written(folder)
    run(issue_246, definition, options, lambda _: nullcontext(quiet))
    assert redone(folder, before) == set()
