"""Killed and run again, a run ends as an unbroken one does; `same_result` kills at any moment."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from comparing import finished_units, shared

from epm.definition import Definition

ROOT = Path(__file__).parent.parent.parent


def kill(process: subprocess.Popen[str]) -> bool:
    """Whether it was still running."""
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return running


def test_kills_between_the_stages_of_an_adapter_on_top_of_another(
    run_apart: Callable[..., subprocess.Popen[str]], own_rows_run: Path, tmp_path: Path
) -> None:
    """Between the two adapters, and while answers are sampled."""
    folder = tmp_path / own_rows_run.parent.name / own_rows_run.name
    for done in (4, 9):
        process = run_apart(tmp_path, slug="issue-901")
        while finished_units(folder) < done and process.poll() is None:
            time.sleep(0.002)
        kill(process)
        finished_units(folder)
    process = run_apart(tmp_path, slug="issue-901")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert shared(folder) == shared(own_rows_run)


def test_a_kill_of_a_steered_run(
    run_apart: Callable[..., subprocess.Popen[str]], steered_run: Path, tmp_path: Path
) -> None:
    """Among the directions: three adapters are trained by then, and little is sampled."""
    folder = tmp_path / steered_run.parent.name / steered_run.name
    process = run_apart(tmp_path, slug="issue-903")
    while finished_units(folder) < 7 and process.poll() is None:
        time.sleep(0.002)
    assert kill(process)
    assert 7 <= finished_units(folder) < 35
    assert not (folder / "results.json").exists()
    process = run_apart(tmp_path, slug="issue-903")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert shared(folder) == shared(steered_run)


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
        while finished_units(folder) < done and process.poll() is None:
            time.sleep(0.002)
        time.sleep(seconds)
        assert kill(process)
        finished_units(folder)
        assert not (folder / "results.json").exists()
    process = run_apart(tmp_path)
    printed, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "train" not in printed  # that was finished before the second kill
    assert "sample " in printed
    assert shared(folder) == shared(finished)
