"""A real cluster of two nodes, one of which is killed."""

from __future__ import annotations

import importlib.util
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ray_cluster import SURROUNDINGS, Cluster, two_nodes
from shard_work import (
    Done,
    Shard,
    after,
    contents,
    gone,
    kill,
    note,
    refuse,
    shards,
    stopped,
    stumble,
    work,
)

from epm.errors import EpmError
from epm.executors import Attempt
from epm.executors.local import LocalExecutor
from epm.executors.ray import RayExecutor

pytestmark = [
    pytest.mark.ray,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="Ray is not installed: epm-bot[ray]"
    ),
]


@pytest.fixture(scope="module", autouse=True)
def _surroundings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SURROUNDINGS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two nodes; the tests go in order, the last kills the second."""
    with two_nodes() as nodes:
        yield nodes


def run(
    executor: RayExecutor | LocalExecutor, given: list[Shard], lines: list[str] | None = None
) -> tuple[dict[int, Done], dict[int, Attempt]]:
    said = [] if lines is None else lines
    done, how = {}, {}
    for index, each, attempt in executor.run(work, given, said.append):
        done[index], how[index] = each, attempt
    return done, how


def test_both_nodes_run_the_drivers_code(cluster: Cluster, tmp_path: Path) -> None:
    executor = RayExecutor(cluster.address)
    assert executor.slots == 2
    given = [Shard(number, tmp_path, seconds=1, size=5_000_000) for number in range(4)]
    done, how = run(executor, given)
    assert len({each.worker.rpartition(" at ")[2] for each in how.values()}) == 2
    # shipped, not found on the disk that the nodes happen to share
    assert {"/runtime_resources/working_dir_files/" in each.code for each in done.values()} == {
        True
    }
    assert contents(done) == contents(run(LocalExecutor(1), given)[0])


def test_what_the_work_raises_is_carried_and_not_retried(cluster: Cluster, tmp_path: Path) -> None:
    came: list[int] = []
    with pytest.raises(EpmError) as caught:
        note(came, RayExecutor(cluster.address, 1).run(refuse, shards(tmp_path, 3), print))
    assert came == [0]
    assert (caught.value.what, caught.value.remedy) == ("the data of number 1 is broken", "mend it")
    assert "in refuse" in str(caught.value.__cause__)
    with pytest.raises(RuntimeError, match="Unsendable: no luck"):
        list(RayExecutor(cluster.address).run(stumble, shards(tmp_path, 1), print))


def test_stopping_early_stops_the_workers(cluster: Cluster, tmp_path: Path) -> None:
    given = shards(tmp_path, 2, s1=1)
    with closing(RayExecutor(cluster.address).run(work, given, print)) as results:
        assert next(results)[0] == 0
        started = after(tmp_path / "1-0", lambda: None, 30)
        started.join()
    assert gone(int((tmp_path / "1-0").read_text()))


def test_a_killed_workers_shard_runs_again(cluster: Cluster, tmp_path: Path) -> None:
    lines: list[str] = []
    after(tmp_path / "1-0", lambda: kill(tmp_path / "1-0"))
    _, how = run(RayExecutor(cluster.address), shards(tmp_path, 3, s1=1), lines)
    assert {index: each.attempts for index, each in how.items()} == {0: 1, 1: 2, 2: 1}
    assert len(lines) == 1
    assert lines[0].startswith("shard 2 of 3 (number 1) lost its worker: ")


def test_a_shard_that_is_lost_every_time(cluster: Cluster, tmp_path: Path) -> None:
    for attempt in range(3):
        path = tmp_path / f"0-{attempt}"
        after(path, lambda path=path: kill(path))  # type: ignore[misc]
    came: list[int] = []
    with pytest.raises(EpmError, match=r"shard 1 of 2 \(number 0\) lost its worker 3 times"):
        note(came, RayExecutor(cluster.address).run(work, shards(tmp_path, 2, s0=3), print))
    assert came == [1]


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_program_leaves_no_task(by: int, cluster: Cluster, tmp_path: Path) -> None:
    made = f"ray.RayExecutor({cluster.address!r})"
    code, _, (one, other, _) = stopped(tmp_path, made, by, whole_group=by == signal.SIGINT)
    assert code == (130 if by == signal.SIGINT else -by)
    assert gone(one, 30)
    assert gone(other, 30)


def test_a_killed_nodes_shards_run_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    lines: list[str] = []
    given = [Shard(number, tmp_path, seconds=1) for number in range(6)]
    # both nodes have a first shard by then, and neither is done
    after(tmp_path / "1-0", lambda: after(tmp_path / "0-0", cluster.second.kill))
    done, how = run(RayExecutor(cluster.address), given, lines)
    assert sorted(done) == list(range(6))
    lost = [index for index, each in how.items() if each.attempts > 1]
    assert len(lost) == len(lines) >= 1
    assert all(each.attempts <= 2 for each in how.values())
    others = {how[index].worker for index in lost}
    assert not any(worker.endswith(cluster.second.address) for worker in others)
    assert contents(done) == contents(run(LocalExecutor(2), given)[0])


@pytest.mark.parametrize("address", ["127.0.0.1:9", "nowhere", "host:port"])
def test_no_cluster(address: str) -> None:
    with pytest.raises(EpmError, match=f"there is no Ray cluster at {address}: "):
        list(RayExecutor(address).run(work, [], print))


@pytest.mark.slow
def test_no_node_is_left_that_could_do_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epm.executors.ray._LOOK_SECONDS", 1)
    monkeypatch.setattr("epm.executors.ray._DESERTED_SECONDS", 3)
    lines: list[str] = []
    with two_nodes(first_cpus=0) as nodes:
        after(tmp_path / "0-0", nodes.second.kill)
        with pytest.raises(EpmError, match="the Ray cluster has had no CPU for 3 s"):
            run(RayExecutor(nodes.address), shards(tmp_path, 1, s0=9), lines)
    assert lines[-1] == "the Ray cluster has no CPU left; waiting for a node"
