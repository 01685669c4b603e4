"""Real processes, killed as a machine kills them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from shard_work import (
    Done,
    Shard,
    after,
    alive,
    eventually,
    fail_to_get_ready,
    get_ready,
    gone,
    kill,
    note,
    refuse,
    shards,
    slow_to_leave,
    stopped,
    stumble,
    unsendable,
    with_a_child,
    work,
)

from epm.errors import EpmError
from epm.executors import Attempt
from epm.executors.beside import Beside
from epm.executors.local import LocalExecutor, visible_gpus

LOCAL = "local.LocalExecutor(2)"


def run(
    workers: int, given: list[Shard], lines: list[str] | None = None
) -> dict[int, tuple[Done, Attempt]]:
    said = [] if lines is None else lines
    executor = LocalExecutor(workers)
    return {index: (done, how) for index, done, how in executor.run(work, given, said.append)}


def test_each_shard_comes_back_once(tmp_path: Path) -> None:
    done = run(2, shards(tmp_path, 5))
    assert sorted(done) == list(range(5))
    assert all(done[index][0].number == index for index in done)
    assert {attempt.attempts for _, attempt in done.values()} == {1}
    # two processes did it, and neither was this one
    workers = {each.process for each, _ in done.values()}
    assert len(workers) <= 2
    assert os.getpid() not in workers
    assert not any(map(alive, workers))


def test_large_results(tmp_path: Path) -> None:
    done = run(2, [Shard(number, tmp_path, size=20_000_000) for number in range(2)])
    assert [len(done[index][0].content) for index in range(2)] == [20_000_000] * 2


def test_a_killed_workers_shard_runs_again(tmp_path: Path) -> None:
    lines: list[str] = []
    after(tmp_path / "2-0", lambda: kill(tmp_path / "2-0"))
    done = run(2, shards(tmp_path, 4, s2=1), lines)
    assert {index: how.attempts for index, (_, how) in done.items()} == {0: 1, 1: 1, 2: 2, 3: 1}
    assert lines == [
        "shard 3 of 4 (number 2) lost its worker: its process was killed, as the system does when "
        "memory runs out; running it again, attempt 2 of 3"
    ]


def test_a_shard_that_is_lost_every_time(tmp_path: Path) -> None:
    came: list[int] = []
    others = {1, 2}

    def lose(path: Path) -> None:
        # the last time only when the others are back, however slowly their worker starts
        assert path.name != "0-2" or eventually(lambda: others <= set(came))
        kill(path)

    for attempt in range(3):
        path = tmp_path / f"0-{attempt}"
        after(path, lambda path=path: lose(path))  # type: ignore[misc]
    with pytest.raises(EpmError) as caught:
        note(came, LocalExecutor(2).run(work, shards(tmp_path, 3, s0=3), lambda _: None))
    # what came back before is not lost
    assert sorted(came) == [1, 2]
    assert caught.value.what.startswith("shard 1 of 3 (number 0) lost its worker 3 times")
    assert "run the same command" in caught.value.remedy
    assert not (tmp_path / "0-3").exists()


def test_what_the_work_raises_is_carried_and_not_retried(tmp_path: Path) -> None:
    came: list[int] = []
    with pytest.raises(EpmError) as caught:
        note(came, LocalExecutor(1).run(refuse, shards(tmp_path, 3), lambda _: None))
    assert came == [0]
    assert (caught.value.what, caught.value.remedy) == ("the data of number 1 is broken", "mend it")
    # where it was raised, for whoever has to mend the work
    assert "in refuse" in str(caught.value.__cause__)
    assert not (tmp_path / "2-0").exists()


def test_exceptions_and_results_that_cannot_travel(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Unsendable: no luck"):
        list(LocalExecutor(1).run(stumble, shards(tmp_path, 1), lambda _: None))
    with pytest.raises(Exception, match="unsendable") as caught:
        list(LocalExecutor(1).run(unsendable, shards(tmp_path, 1), lambda _: None))
    assert "pickle" in str(caught.value)


def test_stopping_early_stops_the_workers(tmp_path: Path) -> None:
    given = shards(tmp_path, 3, s1=1, s2=1)
    with closing(LocalExecutor(2).run(work, given, lambda _: None)) as results:
        next(results)
        while not (tmp_path / "1-0").exists():
            time.sleep(0.05)
        worker = int((tmp_path / "1-0").read_text())
        assert alive(worker)
    assert gone(worker)


def test_what_a_worker_started_goes_with_it(tmp_path: Path) -> None:
    child = tmp_path / "child"
    after(tmp_path / "0-0", lambda: kill(tmp_path / "0-0"))
    [(_, _, how)] = LocalExecutor(1).run(with_a_child, shards(tmp_path, 1, s0=1), lambda _: None)
    assert how.attempts == 2
    assert gone(int(child.read_text()))


# ------------------------------------------------------------------ started before there is work


def ready(folder: Path) -> set[int]:
    return {int(path.name.partition("-")[2]) for path in folder.glob("ready-*")}


@pytest.mark.parametrize("prepare", [get_ready, fail_to_get_ready])
def test_workers_prepare_themselves_before_there_is_work(
    tmp_path: Path, prepare: Callable[[Path], None]
) -> None:
    """And the same processes work then, whatever came of that; one that is lost is replaced."""
    executor = LocalExecutor(3)
    with executor.started(prepare, tmp_path, 2):
        assert eventually(lambda: len(ready(tmp_path)) == 2)
        first = ready(tmp_path)
        done = [each for _, each, _ in executor.run(work, shards(tmp_path, 2), lambda _: None)]
    assert {each.process for each in done} <= first == ready(tmp_path)
    assert not any(map(alive, first))


def test_who_takes_the_place_of_a_lost_worker_prepares_itself(tmp_path: Path) -> None:
    executor = LocalExecutor(2)
    after(tmp_path / "0-0", lambda: kill(tmp_path / "0-0"))
    with executor.started(get_ready, tmp_path, 1):
        assert eventually(lambda: len(ready(tmp_path)) == 1)
        (lost,) = ready(tmp_path)
        [(_, done, how)] = executor.run(work, shards(tmp_path, 1, s0=1), lambda _: None)
    assert how.attempts == 2
    assert ready(tmp_path) == {lost, done.process}


def test_workers_leave_while_this_process_goes_on(tmp_path: Path) -> None:
    """By themselves, and the end of the block waits for that; work to come starts them again."""
    executor = LocalExecutor(2)
    with executor.started(get_ready, tmp_path, 1):
        for number in range(2):
            given = [Shard(number, tmp_path)]
            [(_, done, how)] = executor.run(slow_to_leave, given, lambda _: None)
            assert how.attempts == 1
            assert alive(done.process)
    assert not alive(done.process)
    assert len(ready(tmp_path)) == 2
    assert {int(path.read_text()) for path in tmp_path.glob("left-*")} == ready(tmp_path)


def test_workers_that_nothing_was_left_for_are_stopped(tmp_path: Path) -> None:
    with LocalExecutor(2).started(get_ready, tmp_path, 1):
        assert eventually(lambda: len(ready(tmp_path)) == 1)
    assert all(map(gone, ready(tmp_path)))


def test_this_process_works_beside_them(tmp_path: Path) -> None:
    """Meanwhile results are taken in, and who is lost is replaced."""
    came: list[int] = []
    after(tmp_path / "1-0", lambda: kill(tmp_path / "1-0"))
    executor = LocalExecutor(3)
    results = executor.run(work, shards(tmp_path, 2, s1=1), lambda _: None)
    with Beside(results, lambda each: came.append(each[0]), executor.stop) as beside:
        assert eventually(lambda: sorted(came) == [0, 1])
        beside.check()


def test_what_workers_raise_is_raised_here(tmp_path: Path) -> None:
    came: list[int] = []
    executor = LocalExecutor(1)
    results = executor.run(refuse, shards(tmp_path, 2), lambda _: None)
    with (
        pytest.raises(EpmError, match="number 1 is broken"),
        Beside(results, lambda each: came.append(each[0]), executor.stop),
    ):
        pass
    assert came == [0]


def test_an_error_here_stops_the_workers(tmp_path: Path) -> None:
    executor = LocalExecutor(2)
    results = executor.run(work, shards(tmp_path, 1, s0=9), lambda _: None)

    def interrupted() -> None:
        with Beside(results, lambda _: None, executor.stop):
            assert eventually((tmp_path / "0-0").exists)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert gone(int((tmp_path / "0-0").read_text()))
    assert not (tmp_path / "0-1").exists()


# ------------------------------------------------------------------ the whole program is stopped


def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    # a terminal sends it to all processes of the foreground
    code, output, workers = stopped(tmp_path, LOCAL, signal.SIGINT, whole_group=True)
    assert (code, output) == (130, "")
    assert all(map(gone, workers))


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_workers_do_not_outlive_a_killed_parent(by: int, tmp_path: Path) -> None:
    code, _, workers = stopped(tmp_path, LOCAL, by, whole_group=False)
    assert code == -by
    assert all(map(gone, workers))


# ------------------------------------------------------------------ GPUs


def test_each_process_sees_its_own_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # no machine of ours has two GPUs: the driver's count is made up, the rest is real
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-5c1a,7")
    assert visible_gpus() == ["3", "GPU-5c1a"]
    given = [Shard(number, tmp_path, seconds=1.5) for number in range(2)]
    executor = LocalExecutor()
    assert executor.slots == 2
    done = {index: (each, how) for index, each, how in executor.run(work, given, lambda _: None)}
    assert {each.cuda for each, _ in done.values()} == {"3", "GPU-5c1a"}
    assert all(how.worker.endswith(f", GPU {each.cuda}") for each, how in done.values())
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3, GPU-5c1a,7"


def test_the_first_gpu_is_this_processs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever works beside it has the others; where processes are more than GPUs, all in turn."""
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,7")
    for workers, expected in ((2, ["7"]), (4, ["7", "3", "7"])):
        executor = LocalExecutor(workers)
        folder = tmp_path / str(workers)
        folder.mkdir()
        given = shards(folder, workers - 1)
        with executor.started(get_ready, folder, workers - 1):
            while len(ready(folder)) < len(expected):
                time.sleep(0.05)
            done = [each for _, each, _ in executor.run(work, given, lambda _: None)]
        assert {each.cuda for each in done} <= set(expected)
        assert len(ready(folder)) == len(expected)


def test_without_a_gpu_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    assert visible_gpus() == []
    assert LocalExecutor().slots == 1
    assert LocalExecutor(3).slots == 3
