"""One command, one result: whatever the work is grouped, divided, repaired or resumed by."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import TYPE_CHECKING

import pytest
from comparing import at_work, finished_units, flip, shared
from processes import importable

from epm.definition import Definition
from epm.discovery import LoadedExperiment
from epm.executors.local import LocalExecutor
from epm.files import held
from epm.pipeline.run import Options, run
from epm.training import memory

if TYPE_CHECKING:
    from conftest import Quiet, Run

# ------------------------------------------------------------------ in seconds


@pytest.mark.parametrize(("workers", "together"), [(1, 1), (1, 2), (3, 99)])
def test_a_run_does_not_depend_on_its_grouping(
    made_up: LoadedExperiment,
    tiny: Definition,
    finished: Path,
    quiet: Quiet,
    tmp_path: Path,
    workers: int,
    together: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All files of all tasks; `finished` is one process, all five adapters trained together."""
    monkeypatch.setattr(memory, "ADAPTERS_ON_CPU", together)
    options = Options("pytest", "off", runs=tmp_path, executor=LocalExecutor(workers))
    folder = run(made_up, tiny, options, lambda _: nullcontext(quiet))
    assert shared(folder) == shared(finished)


@pytest.mark.parametrize(("workers", "together"), [(1, 1), (2, 2)])
def test_nor_does_one_with_rows_scorers_and_stages_of_its_own(
    own_rows: LoadedExperiment,
    own_rows_run: Path,
    quiet: Quiet,
    tmp_path: Path,
    workers: int,
    together: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "ADAPTERS_ON_CPU", together)
    definition = own_rows.experiment.resolve("toy", seeds=(42, 7))
    whole = Options("pytest", "off", runs=tmp_path / "whole")
    usual = run(own_rows, definition, whole, lambda _: nullcontext(quiet))
    options = Options("pytest", "off", runs=tmp_path / "parts", executor=LocalExecutor(workers))
    folder = run(own_rows, definition, options, lambda _: nullcontext(quiet))
    assert shared(folder) == shared(usual)
    # a seed's replicates are those of a run of it alone
    for stage in ("train", "sample", "weigh"):
        for name in ("both", "terse"):
            for path in (own_rows_run / stage / name).iterdir():
                if path.name != "manifest.json":
                    assert (folder / stage / name / path.name).read_bytes() == path.read_bytes()


def test_nor_does_a_steered_one(
    steering: LoadedExperiment,
    steered_run: Path,
    quiet: Quiet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Directions too, whether a worker finds them or this process does."""
    monkeypatch.setattr(memory, "ADAPTERS_ON_CPU", 2)
    options = Options("pytest", "off", runs=tmp_path, executor=LocalExecutor(2))
    definition = steering.experiment.resolve("toy")
    folder = run(steering, definition, options, lambda _: nullcontext(quiet))
    assert shared(folder) == shared(steered_run)


@pytest.mark.parametrize(
    "damaged",
    [
        ["train/nurse/adapter_model.safetensors"],
        ["train/wizard/manifest.json", "sample/wizard/samples.jsonl.gz"],
        ["rows/pirate.jsonl", "answers/answers.jsonl", "sample/base_model/manifest.json"],
        ["covariates/covariates.json", "results.json", "definition.json", "samples.jsonl.gz"],
    ],
)
def test_a_repair_changes_nothing_and_is_announced(
    tiny: Definition,
    run_made_up: Run,
    finished: Path,
    finished_copy: Path,
    quiet: Quiet,
    tmp_path: Path,
    damaged: list[str],
) -> None:
    chance = random.Random(1)
    for name in damaged:
        flip(finished_copy / name, chance)
    run_made_up(tiny, tmp_path, quiet=quiet)
    assert shared(finished_copy) == shared(finished)
    told = [line for line in quiet.lines if line.startswith("changed since ")]
    of_tasks = [name for name in damaged if "/" in name]
    assert [line.rpartition(": ")[2] for line in told] == sorted(of_tasks, key=told_at)


def told_at(name: str) -> int:
    """Stages are looked at in their order."""
    order = ("answers", "rows", "covariates", "train", "sample")
    return order.index(name.partition("/")[0])


# ------------------------------------------------------------------ the measurement

SMOKE = """
import sys
from epm.training import memory
memory.ADAPTERS_ON_CPU, workers = int(sys.argv[1]), sys.argv[2]
from epm.cli import main
command = ["run", "issue-246", "--profile", "smoke", "--wandb", "off"]
sys.exit(main([*command, "--workers", workers]))
"""
"""The whole command, from training to the page: twelve adapters on a toy model."""

OWN = SMOKE.replace("issue-246", "issue-901").replace("smoke", "toy")
"""Rows and scorers of one's own, choices that are weighed, an adapter on top of another."""

PILOT = """
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from rich.console import Console
from epm.discovery import LoadedExperiment, load
from epm.executors.local import LocalExecutor
from epm.files import held
from epm.pipeline import inventory
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress
from epm.training import memory
memory.ADAPTERS_ON_CPU, workers = map(int, sys.argv[1:])
loaded = load("issue-246", Path("experiments"))
pilot = loaded.experiment.profile("pilot")
lora = replace(pilot.training.lora, dropout=0.05)  # which the profile has none of
answers = replace(pilot.answers, questions=16)  # of 48: twenty kills are to fit in a session
pilot = replace(
    pilot,
    training=replace(pilot.training, lora=lora),
    answers=answers,
    analyses=(),
    gates=(),
)
two = replace(
    loaded.experiment,
    conditions=tuple(loaded.experiment.condition(name) for name in ("villain", "comedian")),
    profiles=(pilot,),
    parent=None,
    figure="",
)
options = Options("pytest", "off", executor=LocalExecutor(workers))
folder = run(
    LoadedExperiment(two, loaded.folder),
    two.resolve("pilot"),
    options,
    lambda _: nullcontext(PlainProgress(Console())),
)
inventory.write(folder)
"""
"""Two conditions on the real small model, with dropout and fewer rows."""


@dataclass(frozen=True)
class Command:
    """One command, in a folder of its own."""

    code: str
    adapters: int
    """That it trains."""
    folder: Path
    cache: Path
    slug: str = "issue-246"

    def begin(self, together: int = 6, workers: int = 1, threads: int | None = 1) -> Popen[str]:
        """Start it, with so many adapters trained together; threads are None for all cores."""
        environment = {**os.environ, "PYTHONPATH": importable(), "EPM_CACHE_DIR": str(self.cache)}
        environment.pop("OMP_NUM_THREADS", None)
        return Popen(
            [sys.executable, "-c", self.code, str(together), str(workers)],
            cwd=self.folder,
            env=environment | ({"OMP_NUM_THREADS": str(threads)} if threads else {}),
            stdout=PIPE,
            stderr=STDOUT,
            text=True,
        )

    def complete(
        self, together: int = 6, workers: int = 1, threads: int | None = 1
    ) -> tuple[Path, str]:
        """The run's folder, and what was printed."""
        process = self.begin(together, workers, threads)
        printed, _ = process.communicate()
        assert process.returncode in (0, 1), printed[-3000:]
        assert self.run is not None, printed[-3000:]
        return self.run, printed

    @property
    def run(self) -> Path | None:
        """The run folder, once there is one."""
        return next((self.folder / "runs").glob(f"{self.slug}/*-*"), None)


@dataclass(frozen=True)
class Unbroken:
    """What a whole run of one process came to, all adapters that fit trained together."""

    run: Path
    files: dict[str, str]
    seconds: float


@pytest.fixture(scope="session")
def measured(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Callable[[str, Path], tuple[Command, Unbroken]]:
    """A command in a folder, and an unbroken run of it, made once for all of pytest's workers."""
    base = tmp_path_factory.getbasetemp()
    common = (base if worker_id == "master" else base.parent) / "measured"

    def measure(profile: str, folder: Path) -> tuple[Command, Unbroken]:
        code, adapters = {"smoke": (SMOKE, 12), "pilot": (PILOT, 2), "own": (OWN, 3)}[profile]
        slug = "issue-901" if profile == "own" else "issue-246"
        whole = Command(code, adapters, common / profile, common / "cache", slug)
        with held(whole.folder, wait=True):
            if not (whole.folder / "seconds").exists():
                shutil.copytree(repository / "experiments", whole.folder / "experiments")
                began = time.monotonic()
                whole.complete(threads=2)
                (whole.folder / "seconds").write_text(str(time.monotonic() - began))
        seconds = float((whole.folder / "seconds").read_text())
        shutil.copytree(repository / "experiments", folder / "experiments")
        assert whole.run is not None
        return (
            Command(code, adapters, folder, whole.cache, slug),
            Unbroken(whole.run, shared(whole.run), seconds),
        )

    return measure


TIMES, PARTS = 20, 10
"""Repairs and kills of each profile, and the tests that they are divided among."""

Measured = Callable[[str, Path], tuple[Command, Unbroken]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profile", "workers"),
    [
        *(("smoke", 2), ("smoke", 3), ("smoke", 5), ("smoke", 12), ("pilot", 2), ("pilot", 3)),
        *(("own", 2), ("own", 3)),
    ],
)
def test_by_workers(measured: Measured, tmp_path: Path, profile: str, workers: int) -> None:
    """They share the cores, so that each has fewer threads than one process."""
    command, unbroken = measured(profile, tmp_path)
    folder, _ = command.complete(workers=workers, threads=None)
    shards = (folder / "shards.jsonl").read_text().count("\n")
    # an adapter on top of another is in one shard with it
    assert shards == min(workers, 2 if profile == "own" else command.adapters)
    assert shared(folder) == unbroken.files


@pytest.mark.slow
@pytest.mark.parametrize(
    ("profile", "together"),
    [("smoke", 1), ("smoke", 2), ("smoke", 5), ("smoke", 12), ("pilot", 1), ("pilot", 2)],
)
def test_by_groups(measured: Measured, tmp_path: Path, profile: str, together: int) -> None:
    command, unbroken = measured(profile, tmp_path)
    folder, printed = command.complete(together)
    assert printed.count(" steps to go") == -(-command.adapters // together)
    assert shared(folder) == unbroken.files


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("profile", ["smoke", "pilot", "own"])
def test_after_twenty_repairs(measured: Measured, tmp_path: Path, profile: str, part: int) -> None:
    """Some in each part: a bit of a file is changed, a file is lost, or a folder is."""
    command, unbroken = measured(profile, tmp_path)
    chance = random.Random(f"repairs {part}")
    folder = command.folder / "runs" / command.slug / unbroken.run.name
    shutil.copytree(unbroken.run, folder)
    names = [
        path.relative_to(folder)
        for path in sorted(folder.glob("*/**/*"))
        if path.is_file() and "figures" not in path.parts
    ]
    for _ in range(TIMES // PARTS):
        name = chance.choice(names)
        damage = chance.choice(["bit", "bit", "bit", "file", "folder"])
        if damage == "file":
            (folder / name).unlink()
        elif damage == "folder":
            shutil.rmtree((folder / name).parent)
        else:
            flip(folder / name, chance)
        together, threads = chance.choice([1, 2, 5, 12]), chance.choice([1, 2, 4])
        _, printed = command.complete(together, threads=threads)
        done = f"{profile}: {damage} of {name}, {together} together, {threads} thread(s)"
        print(done)  # noqa: T201 - this is the measurement
        assert "changed since" in printed, done
        assert shared(folder) == unbroken.files, done


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("profile", ["smoke", "pilot", "own"])
def test_after_twenty_kills(measured: Measured, tmp_path: Path, profile: str, part: int) -> None:
    """Some in each part, at random moments; a finished run is compared, and begun anew."""
    command, unbroken = measured(profile, tmp_path)
    chance = random.Random(f"kills {part}")
    kills = midway = compared = 0
    stopped_at: list[int] = []
    while kills < TIMES // PARTS:
        together, workers = chance.choice([1, 2, 5, 12]), chance.choice([1, 2, 3])
        process = command.begin(together, workers, chance.choice([1, 2, 4]))
        time.sleep(chance.uniform(0, unbroken.seconds))
        running, run = process.poll() is None, command.run
        working = run is not None and at_work(run)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if running:
            kills += 1
            midway += working
            stopped_at.append(finished_units(run) if run else 0)
        if not running or kills == TIMES // PARTS:
            folder, _ = command.complete(chance.choice([1, 2, 5, 12]), threads=2)
            assert shared(folder) == unbroken.files
            compared += 1
            shutil.rmtree(folder)
    print(  # noqa: T201 - this is the measurement
        f"\n{profile}: {kills} kills, {midway} of them midway, after {stopped_at} finished units; "
        f"{compared} resumed runs equal the unbroken one ({unbroken.seconds:.0f} s)"
    )
    assert compared
