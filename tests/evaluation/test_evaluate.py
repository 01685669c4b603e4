"""Whole runs with tasks of Inspect's: what is kept, what is scored, what a broken run leaves."""

from __future__ import annotations

import getpass
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from epm.definition import Definition, InspectTask
from epm.discovery import LoadedExperiment, load
from epm.errors import EpmError
from epm.evaluation.evaluated import Evaluated, Place
from epm.files import file_sha256, read_json_lines
from epm.pipeline import inventory
from epm.pipeline.again import analyse_again
from epm.pipeline.run import Options, run
from epm.pipeline.run_folder import MANIFEST
from epm.progress import PlainProgress
from epm.results import Count, Joint, Mean, Results
from epm.results.reading import load as load_results

pytest.importorskip("inspect_ai")

if TYPE_CHECKING:
    from conftest import Quiet
    from inspect_ai.log import EvalLog

NAMES = ("base_model", "terse", "capital")
TASKS = ("sums", "graded")


@pytest.fixture(scope="module")
def loaded(repository: Path) -> LoadedExperiment:
    """Two adapters and the bare model, on a multiple choice and on a task that is graded."""
    return load("issue-902", repository / "experiments")


@pytest.fixture(scope="module")
def definition(loaded: LoadedExperiment) -> Definition:
    return loaded.experiment.resolve("toy")


def run_it(loaded: LoadedExperiment, definition: Definition, runs: Path) -> Path:
    options = Options("pytest", "off", runs=runs)
    return run(
        loaded, definition, options, lambda _: nullcontext(PlainProgress(Console(quiet=True)))
    )


@pytest.fixture(scope="module")
def finished(
    loaded: LoadedExperiment, definition: Definition, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A finished run, to read only."""
    return run_it(loaded, definition, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def results(finished: Path) -> Results:
    return load_results(finished / "results.json")


def logs(folder: Path) -> dict[tuple[str, str], EvalLog]:
    from inspect_ai.log import read_eval_log

    return {
        (name, task): read_eval_log(str(folder / "evaluate" / name / f"{task}.eval"))
        for name in NAMES
        for task in TASKS
    }


# ------------------------------------------------------------------ what a run leaves


def test_every_condition_has_a_log_of_each_task(finished: Path, results: Results) -> None:
    assert {log.status for log in logs(finished).values()} == {"success"}
    record = results.provenance.evaluated
    assert record is not None
    assert set(record.logs) == {f"evaluate/{name}/{task}.eval" for name in NAMES for task in TASKS}
    assert results.provenance.timing.logs == {
        name: file_sha256(finished / name) for name in record.logs
    }
    inventory.write(finished)
    assert inventory.changed(finished) == []
    (finished / "evaluate" / "terse" / "sums.eval").touch()
    assert inventory.changed(finished) == []
    inventory.forget(finished)


def test_measurements_are_the_scores_of_the_logs(finished: Path, results: Results) -> None:
    for (name, task), log in logs(finished).items():
        for metric, by_replicate in results.measurements[name][task].items():
            (found,) = by_replicate.values()
            given: dict[str, list[Any]] = {}
            for sample in log.samples or ():
                value = (sample.scores or {})[metric].value
                number = {"C": 1, "I": 0}.get(str(value), value)
                if isinstance(number, int | float) and number == number:
                    given.setdefault(str(sample.id), []).append(number)
            assert isinstance(found, Count | Mean)
            items = found.items
            assert items is not None
            assert {item: float(parts[0]) for item, parts in items.items()} == {
                item: pytest.approx(sum(values)) for item, values in given.items()
            }
            asked = len(log.samples or ())
            assert sum(found.excluded.values()) == asked - sum(map(len, given.values()))
    assert list(results.measurements["terse"]["sums"]["letters"]) == ["seed=42"]


def test_epochs_are_trials_of_an_item(results: Results) -> None:
    found = results.measurements["terse"]["graded"]["model_graded_qa"]["seed=42"]
    assert isinstance(found, Count)
    scored = sum(n for _, n in (found.items or {}).values())
    assert scored + sum(found.excluded.values()) == 3 * 2
    assert set(found.excluded) <= {"grader failed", "no score"}


def test_answers_are_among_the_samples(finished: Path) -> None:
    rows = list(read_json_lines(finished / "samples.jsonl.gz"))
    found = [(row["condition"], row["task"], row["item"], row["index"]) for row in rows]
    assert len(set(found)) == len(found) == 3 * (3 + 3 + 3 * 2)
    for row in rows:
        if row["task"] == "sums":
            assert {"choice", "letters"} == set(row["scores"])
            assert row["seed"] == 42


def test_adapters_answer_otherwise(finished: Path) -> None:
    rows = list(read_json_lines(finished / "samples.jsonl.gz"))
    texts = {
        name: [row["text"] for row in rows if (row["condition"], row["task"]) == (name, "sums")]
        for name in NAMES
    }
    assert len({tuple(each) for each in texts.values()}) == 3


def test_a_log_tells_nothing_of_the_machine(finished: Path, repository: Path) -> None:
    private = [str(repository), str(finished), str(Path.home()), "/tmp/"]  # noqa: S108
    private += [name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 3]
    for log in logs(finished).values():
        text = log.model_dump_json()
        assert not [name for name in private if name in text]
        assert log.eval.task_file == "evals/quiz.py"
        assert "What is 3 + 3?" in text


def test_settings_are_those_that_were_asked_with(results: Results) -> None:
    record = results.provenance.evaluated
    assert record is not None
    settings = {(each.condition, each.task): each.settings for each in record.evaluations}
    assert settings["terse", "sums"]["max_tokens"] == "9"
    assert settings["base_model", "graded"] == {
        "temperature": "1.0",
        "top_p": "0.95",
        "max_tokens": "6",
    }
    assert {each.graders for each in record.evaluations if each.task == "graded"} == {
        ("epm/base_model",)
    }


def test_scores_are_kept_when_our_scorers_change(
    loaded: LoadedExperiment, finished: Path, results: Results, tmp_path: Path, quiet: Quiet
) -> None:
    for name in ("results.json", "samples.jsonl.gz"):
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    (scorer,) = loaded.experiment.scorers
    other = replace(loaded.experiment, scorers=(replace(scorer, pattern="[A-Z]{9}"),))  # type: ignore[call-arg]
    again = analyse_again(replace(loaded, experiment=other), tmp_path, None, quiet).results
    for name in NAMES:
        for task in TASKS:
            assert again.measurements[name][task] == results.measurements[name][task]
    assert again.metrics.keys() == results.metrics.keys()
    assert again.tasks == results.tasks
    assert again.measurements["terse"]["own"] != results.measurements["terse"]["own"]


def test_scores_of_the_same_answers_are_counted_together(
    definition: Definition, finished: Path
) -> None:
    replicate = definition.trained[0]
    name = f"evaluate/{replicate.name}/sums.eval"
    place = Place(replicate, definition.experiment.evaluated[0], finished / name, name)
    found = Evaluated([place]).measurements([("choice", "letters")])["terse"]["sums"]
    together = found["choice & letters"]["seed=42"]
    assert isinstance(together, Joint)
    tables = together.items.values()
    assert sum(n for table in tables for row in table.values() for n in row.values()) == 3
    assert "no" in together.levels


# ------------------------------------------------------------------ the same result


def test_batches_change_nothing(
    loaded: LoadedExperiment, finished: Path, results: Results, tmp_path: Path
) -> None:
    (profile,) = loaded.experiment.profiles
    assert profile.sampling
    alone = replace(profile, sampling=replace(profile.sampling, batch_size=1))
    experiment = replace(loaded.experiment, profiles=(alone,))
    folder = run_it(loaded, experiment.resolve("toy"), tmp_path)
    assert load_results(folder / "results.json").measurements == results.measurements
    samples = [list(read_json_lines(each / "samples.jsonl.gz")) for each in (folder, finished)]
    assert samples[0] == samples[1]


def test_a_run_that_broke_off_twice_ends_in_the_same_result(
    loaded: LoadedExperiment,
    definition: Definition,
    finished: Path,
    run_apart: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    folder = tmp_path / finished.parent.name / finished.name
    kept: dict[Path, bytes] = {}
    for name, sent in (("base_model", signal.SIGINT), ("terse", signal.SIGKILL)):
        started = run_apart(tmp_path, "off", "issue-902")
        done = folder / "evaluate" / name
        while not (done / MANIFEST).exists():
            assert started.poll() is None, started.communicate()
            time.sleep(0.01)
        started.send_signal(sent)
        started.communicate()
        assert started.returncode != 0
        assert not (folder / "results.json").exists()
        kept |= {log: log.read_bytes() for log in done.glob("*.eval")}
    run_it(loaded, definition, tmp_path)
    assert {log: log.read_bytes() for log in kept} == kept
    assert len(kept) == 2 * len(TASKS)
    again, before = (load_results(each / "results.json") for each in (folder, finished))
    assert again.measurements == before.measurements
    assert again.provenance.evaluated == before.provenance.evaluated
    samples = [(each / "samples.jsonl.gz").read_bytes() for each in (folder, finished)]
    assert samples[0] == samples[1]


# ------------------------------------------------------------------ what cannot be asked


def with_tasks(loaded: LoadedExperiment, *tasks: InspectTask) -> Definition:
    """The bare model alone, on other tasks."""
    experiment = replace(
        loaded.experiment,
        conditions=loaded.experiment.conditions[:1],
        tasks=tasks,
        scorers=(),
        analyses=(),
        profiles=(replace(loaded.experiment.profiles[0], training=None),),
    )
    return experiment.resolve("toy")


@pytest.mark.parametrize(
    ("function", "given", "message"),
    [
        ("sums", {"metrics": ("match",)}, "has no scorer 'match'.*there is choice, letters"),
        ("unscored", {}, "has no scorer; give it one"),
        ("self_graded", {"metrics": ("model_graded_qa",)}, "graded by the model that gave them"),
        ("sums", {"arguments": {"first": "x"}}, "cannot be made: TypeError"),
        ("with_tools", {"metrics": ("includes",)}, "'with_tools': it gives the model tools"),
        ("logprobs", {"metrics": ("includes",)}, "'logprobs': it sets logprobs"),
        ("images", {"metrics": ("includes",)}, "'images': it shows the model image"),
        ("other_model", {"metrics": ("includes",)}, "'epm/nobody', which no condition is"),
        ("own_model", {"metrics": ("includes",)}, "names a model of its own"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    function: str,
    given: dict[str, Any],
    message: str,
    loaded: LoadedExperiment,
    tmp_path: Path,
) -> None:
    named = {"metrics": ("choice",), **given}
    task = InspectTask(f"evals/quiz.py@{function}", home=loaded.folder, **named)
    with pytest.raises(EpmError, match=message):
        run_it(loaded, with_tasks(loaded, task), tmp_path)
    assert not list(tmp_path.rglob("*.eval"))


def test_settings_of_a_task_are_heeded(loaded: LoadedExperiment, tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log

    texts: dict[str, list[list[str]]] = {}
    for name, given in (
        ("whole", {"stop": "never"}),
        ("cut", {}),
        ("seeded", {"stop": "never", "seed": 5}),
    ):
        task = InspectTask(
            "evals/quiz.py@stopped", ("includes",), arguments=given, home=loaded.folder
        )
        folder = run_it(loaded, with_tasks(loaded, task), tmp_path)
        log = read_eval_log(str(folder / "evaluate" / "base_model" / "stopped.eval"))
        texts[name] = [
            [choice.message.text for choice in sample.output.choices]
            for sample in log.samples or ()
        ]
    assert all(len(set(of_one)) == 2 for of_one in texts["whole"])
    before = [[text.partition("e")[0] for text in of_one] for of_one in texts["whole"]]
    assert texts["cut"] == before != texts["whole"]
    assert texts["seeded"] != texts["whole"]


def test_errors_and_limits_are_told(loaded: LoadedExperiment, tmp_path: Path, quiet: Quiet) -> None:
    from inspect_ai.log import read_eval_log

    task = InspectTask("evals/quiz.py@failing", metrics=("includes",), home=loaded.folder)
    options = Options("pytest", "off", runs=tmp_path)
    folder = run(loaded, with_tasks(loaded, task), options, lambda _: nullcontext(quiet))
    results = load_results(folder / "results.json")
    found = results.measurements["base_model"]["failing"]
    measured = found["includes"]["seed=42"]
    assert isinstance(measured, Count)
    assert measured.excluded == {"error": 1}
    assert measured.items is not None
    assert set(measured.items) == {"fine", "endless"}
    record = results.provenance.evaluated
    assert record is not None
    assert "base_model on failing: one sample was stopped by a token limit." in record.notes
    assert quiet.lines[-1] == (
        "base_model on failing: 1 of 3 samples ended in an error, such as "
        "RuntimeError('…/quiz.py cannot be read')"
    )
    (log,) = folder.glob("evaluate/*/*.eval")
    text = read_eval_log(str(log)).model_dump_json()
    assert "quiz.py" in text
    assert "traceback" in text
    assert not [p for p in (loaded.folder, sys.prefix, Path.home()) if str(p) in text]


def test_without_inspect_it_says_how_to_install_it(
    loaded: LoadedExperiment, definition: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    with pytest.raises(EpmError, match=r"inspect_ai, which cannot be imported.*inspect"):
        run_it(loaded, definition, Path("nowhere"))
    assert not Path("nowhere").exists()
