"""Killed at any moment and run again, a run ends as an unbroken one does."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from filelock import FileLock, Timeout

from epm.definition import Definition
from epm.pipeline.run_folder import MANIFEST
from epm.results import Results
from epm.results.reading import load

ROOT = Path(__file__).parent.parent.parent


def manifests(folder: Path) -> list[Path]:
    # os.walk passes over a folder that the running process clears meanwhile; rglob raises
    return [Path(root) / MANIFEST for root, _, files in os.walk(folder) if MANIFEST in files]


def check_what_is_finished(folder: Path) -> None:
    """Whatever moment it was: a manifest that exists is whole, and so is what it names."""
    for path in [*manifests(folder), *folder.glob("*.json")]:
        value = json.loads(path.read_text(encoding="utf-8"))
        for name in value.get("outputs", ()):
            assert (path.parent / name).stat().st_size > 0


def kill(process: subprocess.Popen[str]) -> bool:
    """Whether it was still running."""
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return running


def held(folder: Path) -> bool:
    """Whether a run is at work in the folder, past its imports."""
    lock = FileLock(folder.parent / f".{folder.name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    lock.release()
    return False


# ------------------------------------------------------------------ in seconds


def test_three_kills(
    tiny: Definition,
    run_apart: Callable[..., subprocess.Popen[str]],
    finished: Path,
    tmp_path: Path,
) -> None:
    """While all adapters are trained, after that, and after the 12th of 17 units of work."""
    folder = tmp_path / finished.parent.name / finished.name
    for done, seconds in ((4, 0.2), (9, 0.05), (12, 0.05)):
        process = run_apart(tmp_path)
        while len(manifests(folder)) < done and process.poll() is None:
            time.sleep(0.002)
        time.sleep(seconds)
        assert kill(process)
        check_what_is_finished(folder)
        assert not (folder / "results.json").exists()
    process = run_apart(tmp_path)
    printed, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "train" not in printed  # that was finished before the second kill
    assert "sample " in printed
    ours, unbroken = (load(run / "results.json") for run in (folder, finished))
    assert ours.dumps_repeatable() == unbroken.dumps_repeatable()
    for name in ("samples.jsonl.gz", "measure/measurements.json", "analyse/analyses.json"):
        assert (folder / name).read_bytes() == (finished / name).read_bytes()


# ------------------------------------------------------------------ the measurement

KILLS = 20


def smoke(repository: Path, log: IO[str]) -> subprocess.Popen[str]:
    """`epm run issue-246 --profile smoke`, as a user starts it."""
    command = ["run", "issue-246", "--profile", "smoke", "--wandb", "off"]
    return subprocess.Popen(
        [sys.executable, "-m", "epm", *command],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=log,
        stderr=log,
        text=True,
    )


@pytest.mark.slow
def test_twenty_kills(repository: Path, tmp_path: Path) -> None:
    """Each kill at a random moment of what is left to do; a finished run is begun anew."""
    runs = repository / "runs"
    (tmp_path / "log").touch()

    def ended(log: IO[str]) -> tuple[Path, Results]:
        process = smoke(repository, log)
        assert process.wait() in (0, 1), (tmp_path / "log").read_text()[-3000:]
        (folder,) = runs.glob("issue-246/smoke-*")
        return folder, load(folder / "results.json")

    with (tmp_path / "log").open("a") as log:
        started = time.monotonic()
        folder, unbroken = ended(log)
        duration = time.monotonic() - started
        samples = (folder / "samples.jsonl.gz").read_bytes()
        folder.rename(tmp_path / "unbroken")

        chance = random.Random(20)
        kills, mid_run, compared = 0, 0, 0
        stopped_at: list[int] = []
        while kills < KILLS:
            process = smoke(repository, log)
            time.sleep(chance.uniform(0, duration))
            working = held(folder)
            running = kill(process)
            if running:
                kills += 1
                mid_run += working
                stopped_at.append(len(manifests(folder)))
                check_what_is_finished(folder)
            if not running or kills == KILLS:
                _, again = ended(log)
                assert again.dumps_repeatable() == unbroken.dumps_repeatable()
                assert (folder / "samples.jsonl.gz").read_bytes() == samples
                compared += 1
                folder.rename(tmp_path / f"resumed {compared}")
    print(  # noqa: T201 - this is the measurement
        f"\n{kills} kills, {mid_run} of them past the imports, after {stopped_at} finished units; "
        f"{compared} resumed runs equal the unbroken one byte for byte (unbroken: {duration:.0f} s)"
    )
    assert mid_run > KILLS / 2
