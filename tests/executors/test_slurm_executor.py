"""A real Slurm, whose jobs are cancelled and killed."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from shard_work import Done, Shard, after, contents, gone, kill, note, refuse, shards, stopped, work
from slurm_cluster import missing, one_node

from epm.errors import EpmError
from epm.executors import Attempt
from epm.executors.local import LocalExecutor
from epm.executors.slurm import SlurmExecutor

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.skipif(
        importlib.util.find_spec("submitit") is None,
        reason="submitit is not installed: epm-bot[slurm]",
    ),
]

NO_GPU = {"gpus_per_node": "0", "timeout_min": "5", "partition": "main"}


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    with one_node() as configuration, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(configuration))
        # where jobs find the work of these tests
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        yield


@pytest.fixture
def executor(tmp_path: Path) -> SlurmExecutor:
    return SlurmExecutor(NO_GPU, tmp_path / "logs", 2)


def run(
    executor: SlurmExecutor | LocalExecutor, given: list[Shard], lines: list[str] | None = None
) -> tuple[dict[int, Done], dict[int, Attempt]]:
    said = [] if lines is None else lines
    done, how = {}, {}
    for index, each, attempt in executor.run(work, given, said.append):
        done[index], how[index] = each, attempt
    return done, how


def jobs() -> list[str]:
    """Those that wait or run."""
    return subprocess.check_output(
        ["squeue", "--noheader", "--array", "--states=PENDING,RUNNING"], text=True
    ).splitlines()


def job_of(lines: list[str], number: int) -> str:
    """Slurm's id of the latest job of a shard, of what was said."""
    of_it = [line for line in lines if f"(number {number}) is Slurm's job " in line]
    return of_it[-1].rpartition(" ")[2]


def test_a_cancelled_and_a_killed_job_run_again(executor: SlurmExecutor, tmp_path: Path) -> None:
    lines: list[str] = []
    given = shards(tmp_path, 4, s0=1, s1=1)
    after(tmp_path / "0-0", lambda: subprocess.run(["scancel", job_of(lines, 0)], check=True))
    after(tmp_path / "1-0", lambda: kill(tmp_path / "1-0"))
    done, how = run(executor, given, lines)
    assert {index: each.attempts for index, each in how.items()} == {0: 2, 1: 2, 2: 1, 3: 1}
    assert contents(done) == contents(run(LocalExecutor(1), given)[0])
    lost = [line for line in lines if "lost its worker" in line]
    assert len(lost) == 2
    assert any("on node ended as CANCELLED" in line for line in lost)
    assert any("on node ended as FAILED" in line for line in lost)
    # the logs stay, what was sent and returned does not
    assert list((tmp_path / "logs").glob("*.out"))
    assert not list((tmp_path / "logs").glob("*.pkl"))


def test_a_shard_that_is_lost_every_time(executor: SlurmExecutor, tmp_path: Path) -> None:
    for attempt in range(3):
        path = tmp_path / f"0-{attempt}"
        after(path, lambda path=path: kill(path))  # type: ignore[misc]
    came: list[int] = []
    with pytest.raises(EpmError, match=r"shard 1 of 2 \(number 0\) lost its worker 3 times"):
        note(came, executor.run(work, shards(tmp_path, 2, s0=3), print))
    assert came == [1]


def test_what_the_work_raises_is_carried_and_not_retried(
    executor: SlurmExecutor, tmp_path: Path
) -> None:
    came: list[int] = []
    with pytest.raises(EpmError) as caught:
        note(came, executor.run(refuse, shards(tmp_path, 2), print))
    assert came == [0]
    assert (caught.value.what, caught.value.remedy) == ("the data of number 1 is broken", "mend it")


def test_stopping_early_cancels_the_jobs(executor: SlurmExecutor, tmp_path: Path) -> None:
    # the third has to wait: only two run at once
    given = shards(tmp_path, 4, s1=1, s2=1, s3=1)
    with closing(executor.run(work, given, print)) as results:
        assert next(results)[0] == 0
        after(tmp_path / "1-0", lambda: None, 30).join()
        assert len(jobs()) == 3
    assert gone(int((tmp_path / "1-0").read_text()))
    assert not list((tmp_path / "logs").glob("*.pkl"))


def test_ctrl_c_cancels_the_jobs(tmp_path: Path) -> None:
    made = f"slurm.SlurmExecutor({NO_GPU}, Path({str(tmp_path / 'logs')!r}), 2)"
    code, output, workers = stopped(tmp_path, made, signal.SIGINT, whole_group=True)
    assert (code, output) == (130, "")
    assert all(map(gone, workers[:2]))
    assert not jobs()


def test_an_environment_that_the_nodes_lack(
    executor: SlurmExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH")
    with pytest.raises(ModuleNotFoundError, match="shard_work"):
        run(executor, shards(tmp_path, 1))
    executor = SlurmExecutor(NO_GPU, tmp_path / "logs", 2)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    with pytest.raises(EpmError, match=r"lost its worker 3 times, .* ended as FAILED; its log is"):
        run(executor, shards(tmp_path, 1))


def test_what_slurm_refuses(tmp_path: Path) -> None:
    executor = SlurmExecutor({**NO_GPU, "partition": "nowhere"}, tmp_path / "logs")
    with pytest.raises(EpmError, match=r"Slurm did not take the jobs: .*invalid partition"):
        run(executor, shards(tmp_path, 2))


@pytest.mark.slow
def test_a_job_that_takes_too_long(tmp_path: Path) -> None:
    executor = SlurmExecutor({**NO_GPU, "timeout_min": "1"}, tmp_path / "logs")
    with pytest.raises(EpmError) as caught:
        run(executor, shards(tmp_path, 1, s0=1))
    assert "was stopped by Slurm for its time (TIMEOUT" in caught.value.what
    assert "timeout_min" in caught.value.remedy
