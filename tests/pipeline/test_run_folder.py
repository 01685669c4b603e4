"""Work is finished exactly when its manifest exists, and that with these very inputs."""

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from epm.errors import EpmError, StageFailed
from epm.pipeline.run_folder import (
    MANIFEST,
    SETTINGS,
    Done,
    Manifest,
    RunFolder,
    Work,
    WorkUnit,
    guarded,
    timing,
)
from epm.results import Environment, Hardware, Unavailable

ENVIRONMENT = Environment(
    command="epm run made-up",
    epm_version="0",
    git=Unavailable(unavailable="made up"),
    hardware=Hardware(cpu="made up", cores=1, memory_gib=1, gpu="none"),
    python="3",
    libraries={},
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    (tmp_path / "given").write_text("input")
    return RunFolder(tmp_path, ENVIRONMENT)


def alone(work: Callable[[Path], Done]) -> Work:
    """Do one unit after the other."""

    def one_by_one(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
        for unit, out in folders.items():
            yield {unit: work(out)}

    return one_by_one


def copy_once(folder: RunFolder) -> WorkUnit:
    return WorkUnit("copy", "once", (folder.path / "given",))


def copying(folder: RunFolder) -> Work:
    """Copies its input to two places and says that it read 7 tokens."""

    def work(out: Path) -> int:
        (out / "deep").mkdir()
        for name in ("copy", "deep/copy"):
            shutil.copy(folder.path / "given", out / name)
        return 7

    return alone(work)


def failing(error: BaseException) -> Work:
    """Leaves something half-written and fails."""

    def work(out: Path) -> int:
        (out / "half").write_text("half")
        raise error

    return alone(work)


def do(folder: RunFolder, unit: WorkUnit, work: Work) -> Manifest:
    ((done, record),) = folder.execute([unit], work)
    assert done == unit
    return record


def test_a_finished_unit_is_recorded(folder: RunFolder) -> None:
    unit = copy_once(folder)
    assert folder.manifests([unit])[0] is None
    record = do(folder, unit, copying(folder))
    assert folder.manifests([unit])[0] == record
    assert list(record.inputs) == ["given"]
    assert list(record.outputs) == ["copy", "deep/copy"]
    assert len({*record.inputs.values(), *record.outputs.values()}) == 1  # sha256 of one content
    assert (record.tokens, record.failure, record.environment) == (7, "", ENVIRONMENT)
    row = timing(unit, record)
    assert (row.stage, row.condition, row.tokens) == ("copy", "once", 7)
    assert row.seconds == record.seconds >= 0


def test_the_manifest_is_written_last(folder: RunFolder) -> None:
    unit = copy_once(folder)
    do(folder, unit, copying(folder))
    (folder.of("copy", "once") / MANIFEST).unlink()  # all outputs are there, but not the record
    assert folder.manifests([unit])[0] is None


def spoil_input(folder: RunFolder) -> None:
    (folder.path / "given").write_text("another input")


def lose_input(folder: RunFolder) -> None:
    (folder.path / "given").unlink()


def spoil_output(folder: RunFolder) -> None:
    (folder.of("copy", "once") / "deep" / "copy").write_text("inpux")


def lose_output(folder: RunFolder) -> None:
    (folder.of("copy", "once") / "copy").unlink()


def cut_manifest(folder: RunFolder) -> None:
    path = folder.of("copy", "once") / MANIFEST
    path.write_bytes(path.read_bytes()[:100])


def foreign_manifest(folder: RunFolder) -> None:
    path = folder.of("copy", "once") / MANIFEST
    path.write_text(json.dumps(guarded({**json.loads(path.read_text()), "environment": {}})))


def list_manifest(folder: RunFolder) -> None:
    (folder.of("copy", "once") / MANIFEST).write_text("[]")


def pipe_output(folder: RunFolder) -> None:
    lose_output(folder)
    os.mkfifo(folder.of("copy", "once") / "copy")  # which must not be waited for


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_input,
        lose_input,
        spoil_output,
        lose_output,
        cut_manifest,
        foreign_manifest,
        list_manifest,
        pipe_output,
    ],
)
def test_what_does_not_fit_is_not_finished(
    folder: RunFolder, spoil: Callable[[RunFolder], None]
) -> None:
    unit = copy_once(folder)
    do(folder, unit, copying(folder))
    spoil(folder)
    told: list[str] = []
    folder.on_damage = told.append
    assert folder.manifests([unit])[0] is None
    # another input is no damage
    assert len(told) == (0 if spoil in (spoil_input, lose_input) else 1)
    assert all(name.startswith("copy/once/") for name in told)


def test_every_bit_of_finished_work_is_guarded(folder: RunFolder) -> None:
    """Of its manifest and of its outputs, one after the other."""
    unit = copy_once(folder)
    do(folder, unit, copying(folder))
    whole = folder.manifests([unit])[0]
    for path in sorted(folder.of("copy", "once").rglob("*")):
        if path.is_dir():
            continue
        content = path.read_bytes()
        for bit in range(0, 8 * len(content), 7):
            changed = bytearray(content)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            told: list[str] = []
            folder.on_damage = told.append
            assert folder.manifests([unit])[0] is None, (path, bit)
            assert told == [f"copy/once/{path.relative_to(folder.of('copy', 'once')).as_posix()}"]
        path.write_bytes(content)
    assert folder.manifests([unit])[0] == whole


def test_settings_are_an_input(folder: RunFolder) -> None:
    """Other scorers, say, make the same files something else."""
    unit = replace(copy_once(folder), settings="0123")
    record = do(folder, unit, copying(folder))
    assert record.inputs[SETTINGS] == "0123"
    assert folder.manifests([unit])[0] == record
    assert folder.manifests([replace(unit, settings="4567")])[0] is None
    assert folder.manifests([copy_once(folder)])[0] is None


def test_work_begins_in_an_empty_folder(folder: RunFolder) -> None:
    left = folder.of("copy", "once")
    left.mkdir(parents=True)
    (left / "left behind").write_text("by a killed run")
    record = do(folder, copy_once(folder), copying(folder))
    assert "left behind" not in record.outputs
    assert not (left / "left behind").exists()


def test_a_result_that_cannot_be_used_is_recorded_not_retried(folder: RunFolder) -> None:
    unit, failure = (
        WorkUnit("fail", "", ()),
        StageFailed("the loss is NaN", "lower the learning rate"),
    )
    record = do(folder, unit, alone(lambda _: failure))
    assert record.failure == "the loss is NaN"
    assert folder.manifests([unit])[0] == record


def test_units_that_finish_together_share_the_time_by_their_tokens(folder: RunFolder) -> None:
    units = [WorkUnit("train", name, ()) for name in "abc"]

    def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
        time.sleep(0.1)
        yield {units[0]: 30, units[1]: 10}
        yield {units[2]: 5}

    records = dict(folder.execute(units, work))
    assert [records[unit].tokens for unit in units] == [30, 10, 5]
    first, second, third = (records[unit].seconds for unit in units)
    assert first + second >= 0.1 > third
    assert first == pytest.approx(3 * second, rel=0.1)


def test_what_is_finished_is_kept_when_the_rest_breaks_off(folder: RunFolder) -> None:
    units = [WorkUnit("train", name, ()) for name in "ab"]

    def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
        for unit in units:
            (folders[unit] / "weights").write_text(unit.subject)
        yield {units[0]: 1}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(folder.execute(units, work))
    record = folder.manifests([units[0]])[0]
    assert record is not None
    assert list(record.outputs) == ["weights"]
    assert not folder.of("train", "b").exists()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "is full (in fail); make room"),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "is full (in fail); make room"),
        (MemoryError(), "out of memory in fail; close other programs"),
        (EpmError("a clear line", "a remedy"), "a clear line; a remedy"),
        (EpmError("pip: No space left on device"), "pip: No space left on device"),
    ],
    ids=["disk", "quota", "memory", "clear", "clear disk"],
)
def test_one_clear_line_and_nothing_half_written(
    folder: RunFolder, error: Exception, says: str
) -> None:
    with pytest.raises(EpmError) as raised:
        do(folder, WorkUnit("fail", "", ()), failing(error))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not folder.of("fail").exists()


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), SystemExit(1), RuntimeError("a fault of ours"), OSError(errno.EIO, "io")],
    ids=["Ctrl-C", "exit", "fault", "broken disk"],
)
def test_anything_else_passes_and_leaves_nothing(folder: RunFolder, error: BaseException) -> None:
    unit = WorkUnit("fail", "", ())
    with pytest.raises(type(error)):
        do(folder, unit, failing(error))
    assert not folder.of("fail").exists()
    assert folder.manifests([unit])[0] is None


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="a device of Linux")
def test_a_disk_that_is_really_full(folder: RunFolder) -> None:
    def work(_: Path) -> int:
        return Path("/dev/full").write_text("one byte too many")

    with pytest.raises(EpmError, match=r"the disk under .* is full \(in write\)"):
        do(folder, WorkUnit("write", "", ()), alone(work))
    assert not folder.of("write").exists()


def test_weights_that_do_not_fit_on_the_disk(small_disk: Path) -> None:
    """safetensors raises an error of its own, which is no OSError."""
    import torch
    from safetensors.torch import save_file

    def work(out: Path) -> int:
        save_file({"weight": torch.zeros(1_000_000)}, out / "adapter.safetensors")
        return 0

    folder = RunFolder(small_disk / "run", ENVIRONMENT)
    with pytest.raises(EpmError, match=r"the disk under .* is full \(in train\)"):
        do(folder, WorkUnit("train", "", ()), alone(work))
    assert not folder.of("train").exists()


def test_a_memory_that_is_really_full(folder: RunFolder) -> None:
    """On a CPU torch raises a plain RuntimeError; on a GPU a class of its own."""
    import torch

    def work(out: Path) -> int:
        return len(torch.empty(1 << 50))

    with pytest.raises(EpmError, match="out of memory in train"):
        do(folder, WorkUnit("train", "", ()), alone(work))
    assert not folder.of("train").exists()
