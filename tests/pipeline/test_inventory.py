"""Every file of a run folder is covered by a hash: one bit changed in any of them is noticed."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from comparing import flip, shared

from epm.definition import Definition
from epm.errors import EpmError
from epm.pipeline import inventory

if TYPE_CHECKING:
    from conftest import Quiet, Run


@pytest.fixture(scope="module")
def whole(tiny: Definition, run_made_up: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two workers, logged offline, with a page; to read only."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_SILENT"):
            patch.setenv(name, "")  # so that what the run sets is taken back
            patch.delenv(name)
        folder = run_made_up(tiny, tmp_path_factory.mktemp("whole"), "offline", workers=2)
    (folder / "figures").mkdir()
    for name in ("body.md", "title.txt", "lint.txt", "figures/hero.png"):
        (folder / name).write_text(f"the content of {name}")
    inventory.write(folder)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """The same, to spoil; `tmp_path` is the folder of its runs."""
    target = tmp_path / whole.parent.name / whole.name
    shutil.copytree(whole, target, symlinks=True)
    return target


def files(folder: Path) -> list[str]:
    """All of them; links are covered by what they lead to."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [path.relative_to(folder).as_posix() for path in found]


def test_one_bit_in_any_file_is_noticed(copy: Path) -> None:
    chance = random.Random(1)
    names = files(copy)
    assert {"shards.jsonl", "tracking.json", "definition.json", inventory.RECORD} <= set(names)
    assert any(name.startswith("tracking/") for name in names)
    assert len(names) > 60
    assert inventory.changed(copy) == []
    for name in names:
        content = (copy / name).read_bytes()
        for _ in range(5):
            flip(copy / name, chance)
            assert inventory.changed(copy) == [name]
            (copy / name).write_bytes(content)
        (copy / name).unlink()
        assert inventory.changed(copy) == ([] if name == inventory.RECORD else [name])
        (copy / name).write_bytes(content)


def test_every_bit_of_the_record_itself_is_guarded(copy: Path) -> None:
    record = copy / inventory.RECORD
    content = record.read_bytes()
    for bit in range(0, 8 * len(content), 61):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        record.write_bytes(changed)
        assert inventory.changed(copy) == [inventory.RECORD], bit


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {}}', '{"files": [], "sha256": ""}'])
def test_a_record_that_is_none(copy: Path, text: str) -> None:
    (copy / inventory.RECORD).write_text(text)
    assert inventory.changed(copy) == [inventory.RECORD]


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(copy: Path) -> None:
    (copy / "results.json").unlink()
    os.mkfifo(copy / "results.json")
    assert inventory.changed(copy) == ["results.json"]


def test_the_next_run_says_in_one_line_what_it_makes_again(
    tiny: Definition, run_made_up: Run, copy: Path, whole: Path, quiet: Quiet, tmp_path: Path
) -> None:
    damaged = [
        *("definition.json", "results.json", "samples.jsonl.gz", "shards.jsonl", "tracking.json"),
        *("train/nurse/adapter_model.safetensors", "train/baker/manifest.json"),
    ]
    for name in damaged:
        flip(copy / name, random.Random(2))
    (copy / "body.md").write_text("edited")
    run_made_up(tiny, tmp_path, quiet=quiet)
    told = [line for line in quiet.lines if "changed since" in line or "edited" in line]
    assert told == [
        "changed since they were written, and made again: definition.json, results.json, "
        "samples.jsonl.gz, shards.jsonl, tracking.json…",
        "body.md was edited: what people wrote in it stays",
    ]
    ours, before = shared(copy), shared(whole)
    for name in ("body.md", "title.txt", "lint.txt", "figures/hero.png"):  # not made by this run
        ours.pop(name, None)
        before.pop(name, None)
    logged = [name for name in ours.keys() ^ before.keys() if name.startswith("tracking/")]
    assert {n: h for n, h in ours.items() if n not in logged and n != "results.json"} == {
        n: h for n, h in before.items() if n not in logged and n != "results.json"
    }
    again = type(quiet)()
    inventory.write(copy)
    run_made_up(tiny, tmp_path, quiet=again)
    assert not [line for line in again.lines if "changed since" in line]


def test_what_is_written_for_others_is_refused_when_it_changed(copy: Path) -> None:
    inventory.check(copy, "run it")
    (copy / "body.md").write_text("people write here")
    inventory.check(copy, "run it")
    flip(copy / "results.json", random.Random(3))
    with pytest.raises(EpmError) as raised:
        inventory.check(copy, "run it")
    assert raised.value.what == f"{copy / 'results.json'} changed since it was written"
    assert raised.value.remedy == "run it"
    (copy / "lint.txt").unlink()
    with pytest.raises(EpmError, match="and 1 more changed since it was written"):
        inventory.check(copy, "run it")


def test_a_folder_that_is_written_anew_is_recorded_anew(copy: Path) -> None:
    with inventory.renewed(copy, "run it"):
        (copy / "results.json").write_text("new")
    assert inventory.changed(copy) == []
    flip(copy / "results.json", random.Random(4))
    written = False
    with pytest.raises(EpmError, match="changed since"), inventory.renewed(copy, "run it"):
        written = True
    assert not written


def test_what_is_not_written_to_its_end_is_recorded_too(copy: Path) -> None:
    """So that the next change to anything is noticed."""

    def broken_off() -> None:
        with inventory.renewed(copy, "run it"):
            (copy / "results.json").write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert inventory.changed(copy) == []
    flip(copy / "samples.jsonl.gz", random.Random(5))
    assert inventory.changed(copy) == ["samples.jsonl.gz"]


def test_a_folder_without_a_record_stays_without_one(copy: Path) -> None:
    """As one that was published."""
    (copy / inventory.RECORD).unlink()
    with inventory.renewed(copy, "run it"):
        (copy / "results.json").write_text("new")
    assert not (copy / inventory.RECORD).exists()


def test_a_record_is_for_people_too(copy: Path) -> None:
    value = json.loads((copy / inventory.RECORD).read_text())
    assert list(value) == ["files", "sha256"]
    assert set(value["files"]) == set(files(copy)) - {inventory.RECORD}
