"""One command, one result: whatever the work is grouped, divided, repaired or resumed by."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from comparing import at_work, finished_units, flip, shared
from processes import importable

from epm.definition import Definition
from epm.discovery import LoadedExperiment
from epm.executors.local import LocalExecutor
from epm.pipeline.run import Options, run
from epm.training import memory

if TYPE_CHECKING:
    from conftest import Quiet, Run

ROOT = Path(__file__).parent.parent.parent

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


# ------------------------------------------------------------------ the measurement: smoke

SMOKE = """
import sys
from epm.training import memory
memory.ADAPTERS_ON_CPU = int(sys.argv.pop(1))
from epm.cli import main
sys.exit(main(sys.argv[1:]))
"""


def smoke(repository: Path, together: int, *arguments: str) -> subprocess.Popen[str]:
    """`epm run issue-246 --profile smoke`, with so many adapters trained together."""
    command = ["run", "issue-246", "--profile", "smoke", "--wandb", "off", *arguments]
    return subprocess.Popen(
        [sys.executable, "-c", SMOKE, str(together), *command],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": importable()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(repository: Path, together: int = 6, *arguments: str) -> tuple[Path, str]:
    """The run's folder, and what was printed."""
    process = smoke(repository, together, *arguments)
    printed, _ = process.communicate()
    assert process.returncode in (0, 1), printed[-3000:]
    (folder,) = (repository / "runs").glob("issue-246/smoke-*")
    return folder, printed


@pytest.fixture(scope="module")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiments, in a folder of this module's own."""
    folder = tmp_path_factory.mktemp("smoke")
    shutil.copytree(repository / "experiments", folder / "experiments")
    return folder


@pytest.fixture(scope="module")
def unbroken(checkout: Path) -> tuple[Path, float]:
    """A whole run of one process, and the seconds that it took."""
    began = time.monotonic()
    folder, _ = ended(checkout)
    seconds = time.monotonic() - began
    (checkout / "unbroken").mkdir()
    kept = folder.rename(checkout / "unbroken" / folder.name)
    return kept, seconds


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3, 5, 12])
def test_smoke_by_workers(checkout: Path, unbroken: tuple[Path, float], workers: int) -> None:
    folder, _ = ended(checkout, 6, "--workers", str(workers), "--fresh")
    assert (folder / "shards.jsonl").read_text().count("\n") == workers
    assert shared(folder) == shared(unbroken[0])
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.parametrize("together", [1, 2, 5, 12])
def test_smoke_by_groups(checkout: Path, unbroken: tuple[Path, float], together: int) -> None:
    folder, printed = ended(checkout, together, "--fresh")
    groups = -(-12 // together)
    assert sum(line.startswith("train ") and " steps in " in line for line in printed.splitlines())
    assert printed.count(" steps to go") == groups
    assert shared(folder) == shared(unbroken[0])
    shutil.rmtree(folder)


@pytest.mark.slow
def test_smoke_after_twenty_repairs(checkout: Path, unbroken: tuple[Path, float]) -> None:
    """Each time a bit of another file is changed, a file is lost, or a folder is."""
    chance = random.Random(20)
    expected = shared(unbroken[0])
    folder = checkout / "runs" / "issue-246" / unbroken[0].name
    shutil.copytree(unbroken[0], folder)
    files = sorted(
        path.relative_to(folder) for path in folder.glob("*/**/*") if path.suffix != ".pdf"
    )
    files = [name for name in files if (folder / name).is_file() and name.parts[0] != "figures"]
    for number in range(20):
        name = chance.choice(files)
        if number % 5 == 3:
            (folder / name).unlink()
        elif number % 5 == 4:
            shutil.rmtree((folder / name).parent)
        else:
            flip(folder / name, chance)
        together = chance.choice([1, 2, 5, 12])
        _, printed = ended(checkout, together)
        assert "changed since" in printed, (number, name)
        assert shared(folder) == expected, (number, name, together)
    shutil.rmtree(folder)


@pytest.mark.slow
def test_smoke_after_twenty_kills(checkout: Path, unbroken: tuple[Path, float]) -> None:
    """Each at a random moment of what is left to do; a finished run is begun anew."""
    expected, seconds = shared(unbroken[0]), unbroken[1]
    folder = checkout / "runs" / "issue-246" / unbroken[0].name
    chance = random.Random(20)
    kills = midway = compared = 0
    stopped_at: list[int] = []
    while kills < 20:
        workers = chance.choice([1, 2, 3])
        process = smoke(checkout, chance.choice([1, 5, 12]), "--workers", str(workers))
        time.sleep(chance.uniform(0, seconds))
        working = folder.exists() and at_work(folder)
        running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if running:
            kills += 1
            midway += working
            stopped_at.append(finished_units(folder))
        if not running or kills == 20:
            ended(checkout)
            assert shared(folder) == expected
            compared += 1
            shutil.rmtree(folder)
    print(  # noqa: T201 - this is the measurement
        f"\n{kills} kills, {midway} of them midway, after {stopped_at} finished tasks; "
        f"{compared} resumed runs equal the unbroken one ({seconds:.0f} s)"
    )
    assert midway > 10


# ------------------------------------------------------------------ two conditions of pilot

PILOT = """
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from rich.console import Console
from epm.discovery import LoadedExperiment, load
from epm.executors.local import LocalExecutor
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress
from epm.training import memory
experiments, runs, workers, memory.ADAPTERS_ON_CPU = *sys.argv[1:3], *map(int, sys.argv[3:])
loaded = load("issue-246", Path(experiments))
pilot = loaded.experiment.profile("pilot")
lora = replace(pilot.training.lora, dropout=0.05)  # which the profile has none of
pilot = replace(pilot, training=replace(pilot.training, lora=lora), analyses=(), gates=())
two = replace(
    loaded.experiment,
    conditions=tuple(loaded.experiment.condition(name) for name in ("villain", "comedian")),
    profiles=(pilot,),
    parent=None,
    figure="",
)
options = Options("pytest", "off", runs=Path(runs), executor=LocalExecutor(workers))
run(
    LoadedExperiment(two, loaded.folder),
    two.resolve("pilot"),
    options,
    lambda _: nullcontext(PlainProgress(Console())),
)
"""


def two_of_pilot(
    repository: Path, runs: Path, workers: int, together: int
) -> subprocess.Popen[str]:
    """Two conditions of `pilot`, with dropout, on the real small model."""
    return subprocess.Popen(
        [
            *(sys.executable, "-c", PILOT),
            *(repository / "experiments", runs, str(workers), str(together)),
        ],
        cwd=ROOT,
        env=without_thread_limit(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended_pilot(repository: Path, runs: Path, workers: int, together: int) -> dict[str, str]:
    """Hashes of all files that do not tell the time."""
    process = two_of_pilot(repository, runs, workers, together)
    printed, _ = process.communicate()
    assert process.returncode == 0, printed[-3000:]
    (folder,) = runs.glob("issue-246/pilot-*")
    return shared(folder)


def without_thread_limit() -> dict[str, str]:
    """As a user has it: the tests keep to one thread."""
    return {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}


@pytest.fixture(scope="module")
def alone(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One process, one adapter after the other."""
    return ended_pilot(repository, tmp_path_factory.mktemp("alone"), 1, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "together"), [(1, 2), (2, 1)])
def test_two_conditions_of_pilot(
    repository: Path, alone: dict[str, str], tmp_path: Path, workers: int, together: int
) -> None:
    """Side by side, and each by a worker of its own."""
    assert ended_pilot(repository, tmp_path, workers, together) == alone


@pytest.mark.slow
def test_two_conditions_of_pilot_after_a_kill(
    repository: Path, alone: dict[str, str], tmp_path: Path
) -> None:
    """While they are trained side by side; then they are trained one after the other."""
    process = two_of_pilot(repository, tmp_path, 1, 2)
    while process.poll() is None and not any(tmp_path.glob("issue-246/*/train")):
        time.sleep(0.01)
    time.sleep(3)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not any(tmp_path.glob("issue-246/*/train/*/manifest.json"))
    assert ended_pilot(repository, tmp_path, 1, 1) == alone
