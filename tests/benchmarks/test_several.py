"""Whole runs on one GPU and on several, side by side: without one, as many processes."""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.scale.__main__ import _numbers  # noqa: E402
from benchmarks.scale.several import Measured, _extra, differences  # noqa: E402


@pytest.mark.slow
def test_one_process_and_two_come_to_the_same(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    given = ("--adapters", "2", "--rows", "8", "--epochs", "1", "--new-tokens", "4")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.scale", "smoke", "--gpus", "1,2", "--rounds", "1"),
            *(*given, "--json", str(found)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    one, two = json.loads(found.read_text())
    assert (one["gpus"], two["gpus"]) == (1, 2)
    assert (len(one["begun"]), len(one["shares"])) == (1, 0)
    assert sum(replicates for _, replicates, _ in two["shares"]) == 3
    assert all(0 < begun < run["seconds"] for run in (one, two) for begun in run["begun"])
    assert "2 against 1: " in done.stdout
    assert "files are the same, byte for byte" in done.stdout


@pytest.mark.parametrize("numbers", ["2", "1,1", "1,two", "0,1", "1,"])
def test_numbers_that_compare_nothing_are_refused(
    numbers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        _numbers(argparse.ArgumentParser(), numbers)
    said = f"--gpus {numbers}: name at least two numbers, as in --gpus 1,2\n"
    assert capsys.readouterr().err.endswith(said)


def test_more_gpus_than_there_are_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _numbers(argparse.ArgumentParser(), "1,2,4") == [1, 2, 4]
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert _numbers(argparse.ArgumentParser(), "2,1") == [2, 1]
    with pytest.raises(SystemExit):
        _numbers(argparse.ArgumentParser(), "1,4")
    assert capsys.readouterr().err.endswith("--gpus 1,4: this machine has 2\n")


def left(folder: Path, weight: float, texts: list[str]) -> Path:
    for name in ("train/a", "sample/a"):
        (folder / name).mkdir(parents=True)
    save_file({"w": torch.tensor([1.0, weight])}, folder / "train/a/adapter_model.safetensors")
    rows = [{"task": "t", "item": "1", "index": i, "text": text} for i, text in enumerate(texts)]
    with gzip.open(folder / "sample/a/samples.jsonl.gz", "wt") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    (folder / "train/a/manifest.json").write_text(str(folder))
    return folder


def test_what_two_runs_do_not_share_is_named(tmp_path: Path) -> None:
    one = left(tmp_path / "one", 2.0, ["yes", "no", "no"])
    other = left(tmp_path / "other", 2.5, ["yes", "no", "yes"])
    assert differences(one, one) == ["all 2 files are the same, byte for byte"]
    (other / "sample/a/more").touch()
    assert differences(one, other) == [
        "only one has sample/a/more",
        "2 of 2 files differ: sample/a/samples.jsonl.gz, train/a/adapter_model.safetensors",
        "weights by up to 0.5",
        "sample/a/samples.jsonl.gz: 1 of 3 completions",
    ]


def test_what_several_take_beyond_their_longest_share() -> None:
    """Of 100 s on one, 80 can be divided: into halves that is 60 s, and two took 70."""
    stages = {"answers": 15.0, "train": 60.0, "sample": 20.0}
    one = Measured(1, 1, 100.0, (20.0,), stages, (), "")
    two = Measured(2, 1, 70.0, (20.0,), stages, (("a", 6, 45.0), ("b", 6, 45.0)), "")
    assert _extra(one, two) == pytest.approx(10.0)
    alone = Measured(2, 1, 100.0, (20.0,), stages, (("a", 12, 80.0),), "")
    assert _extra(one, alone) == pytest.approx(0.0)
