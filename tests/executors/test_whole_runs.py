"""A run whose replicates are trained and sampled elsewhere is the run that it would be here."""

from __future__ import annotations

import importlib.util
import io
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ray_cluster import SURROUNDINGS, Cluster, two_nodes
from rich.console import Console
from slurm_cluster import missing, one_node

from epm.definition import Definition
from epm.discovery import LoadedExperiment
from epm.executors import Executor
from epm.executors.local import LocalExecutor
from epm.files import read_json_lines
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress, Progress
from epm.results import Results
from epm.results.reading import load

if TYPE_CHECKING:
    from conftest import Quiet


@pytest.fixture(scope="module")
def definition(tiny: Definition) -> Definition:
    """Two seeds, trained long enough that a worker can be lost over it."""
    training = replace(tiny.profile.training, epochs=40, learning_rate=1e-3)
    profile = replace(tiny.profile, training=training)
    return replace(tiny, profile=profile, seeds=(42, 137), checkpoints=2)


def executed(
    made_up: LoadedExperiment,
    definition: Definition,
    runs: Path,
    executor: Executor | None,
    progress: Progress,
) -> Path:
    options = Options("pytest", "off", runs=runs, executor=executor)
    return run(made_up, definition, options, lambda _: nullcontext(progress))


@pytest.fixture(scope="module")
def by_two(
    made_up: LoadedExperiment, definition: Definition, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The run of two processes of this machine, to read only."""
    runs = tmp_path_factory.mktemp("by two")
    said = PlainProgress(Console(file=io.StringIO()))
    return executed(made_up, definition, runs, LocalExecutor(2), said)


def results(folder: Path) -> Results:
    return load(folder / "results.json")


def same(ours: Path, theirs: Path) -> None:
    """Byte for byte, but for times and machines."""
    assert results(ours).dumps_repeatable() == results(theirs).dumps_repeatable()
    assert (ours / "samples.jsonl.gz").read_bytes() == (theirs / "samples.jsonl.gz").read_bytes()
    weights = sorted(path.relative_to(ours) for path in ours.rglob("adapter_model.safetensors"))
    assert len(weights) == 10 * 2  # every replicate's checkpoint, and its last step
    for path in weights:
        assert (ours / path).read_bytes() == (theirs / path).read_bytes()


def test_two_processes_do_what_one_does(
    made_up: LoadedExperiment, definition: Definition, by_two: Path, tmp_path: Path, quiet: Quiet
) -> None:
    alone = executed(made_up, definition, tmp_path, None, quiet)
    same(by_two, alone)
    assert results(alone).provenance.timing.shards == ()


def test_room_for_one_is_this_process(
    made_up: LoadedExperiment, tiny: Definition, tmp_path: Path, quiet: Quiet
) -> None:
    """Which shows how it goes, and keeps what is finished when it is stopped."""
    folder = executed(made_up, tiny, tmp_path, LocalExecutor(1), quiet)
    assert results(folder).provenance.timing.shards == ()


def test_who_did_what_is_recorded(definition: Definition, by_two: Path) -> None:
    shards = results(by_two).provenance.timing.shards
    every = [each.name for each in (*definition.trained, *definition.untrained)]
    # this process and one more; the model as it is is nobody's afterwards
    assert len(shards) == 2
    assert sorted(name for shard in shards for name in shard.replicates) == sorted(every)
    trained = [sum(name != "base_model" for name in shard.replicates) for shard in shards]
    assert trained == [5, 5]
    for shard in shards:
        assert (shard.executor, shard.attempts) == ("local", 1)
        assert shard.worker
        assert shard.seconds > 0


def test_what_is_finished_is_not_handed_out_again(
    made_up: LoadedExperiment, definition: Definition, by_two: Path, tmp_path: Path, quiet: Quiet
) -> None:
    """Here five replicates are done, by one process, before two go on with the rest."""
    first = replace(definition, seeds=(42,))
    done = executed(made_up, first, tmp_path / "first", None, quiet)
    folder = tmp_path / by_two.parent.name / by_two.name
    folder.parent.mkdir(parents=True)
    done.rename(folder)
    executed(made_up, definition, tmp_path, LocalExecutor(2), quiet)
    handed = [
        name for row in read_json_lines(folder / "shards.jsonl") for name in row["replicates"]
    ]
    assert sorted(handed) == sorted(each.name for each in definition.trained[5:])
    assert (folder / "sample" / "baker" / "samples.jsonl.gz").read_bytes() == (
        by_two / "sample" / "baker" / "samples.jsonl.gz"
    ).read_bytes()


def test_nothing_is_left_of_the_folder_that_workers_share(
    made_up: LoadedExperiment, tiny: Definition, by_two: Path, tmp_path: Path, quiet: Quiet
) -> None:
    """Neither by a run that ends nor, after the next one, by one that was killed."""
    assert not (by_two / ".shards").exists()
    folder = executed(made_up, tiny, tmp_path, None, quiet)
    (folder / ".shards" / "killed" / "train").mkdir(parents=True)
    executed(made_up, tiny, tmp_path, LocalExecutor(1), quiet)
    assert not (folder / ".shards").exists()


# ------------------------------------------------------------------ a cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Two nodes whose workers keep their shards' files where the test can see them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**SURROUNDINGS, "TMPDIR": str(tmp_path)}.items():
            patch.setenv(name, value)
        with two_nodes() as nodes:
            yield nodes


@pytest.mark.ray
@pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: epm-bot[ray]"
)
def test_a_node_that_dies_midway_changes_nothing(
    made_up: LoadedExperiment,
    definition: Definition,
    by_two: Path,
    cluster: Cluster,
    tmp_path: Path,
    quiet: Quiet,
) -> None:
    from epm.executors.ray import RayExecutor

    def kill_when_both_train() -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if len(list(tmp_path.glob("epm-shard-*/train"))) == 2:
                cluster.second.kill()
                return
            time.sleep(0.02)

    killer = threading.Thread(target=kill_when_both_train)
    killer.start()
    folder = executed(made_up, definition, tmp_path / "runs", RayExecutor(cluster.address), quiet)
    killer.join()
    assert cluster.second.process.poll() is not None
    same(folder, by_two)
    shards = results(folder).provenance.timing.shards
    assert sorted(shard.attempts for shard in shards) == [1, 2]


@pytest.mark.slurm
@pytest.mark.skipif(bool(missing()), reason=missing())
@pytest.mark.skipif(
    importlib.util.find_spec("submitit") is None,
    reason="submitit is not installed: epm-bot[slurm]",
)
def test_jobs_of_slurm_do_what_one_process_does(
    made_up: LoadedExperiment,
    definition: Definition,
    by_two: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    quiet: Quiet,
) -> None:
    from epm.executors.slurm import SlurmExecutor

    options = {"gpus_per_node": "0", "timeout_min": "5", "partition": "main"}
    with one_node() as configuration:
        monkeypatch.setenv("SLURM_CONF", str(configuration))
        slurm = SlurmExecutor(options, tmp_path / "logs", 2)
        folder = executed(made_up, definition, tmp_path / "runs", slurm, quiet)
    same(folder, by_two)
    assert {shard.executor for shard in results(folder).provenance.timing.shards} == {"slurm"}
