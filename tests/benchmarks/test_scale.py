"""The benchmark of scale: the same work in every way, each measured or said to be left out."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.scale.busy import Busy, watched  # noqa: E402
from benchmarks.scale.stages import Clock, Stage  # noqa: E402


def test_one_command_measures_every_way_on_any_machine(tmp_path: Path) -> None:
    """Both train on the same rows, so that one condition of two has half of the tokens."""
    found = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", "smoke", "--epochs", "1", "--json", str(found)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    measured = json.loads(found.read_text())
    stages: dict[tuple[str, str], dict[str, Any]] = {
        (stage["way"], stage["name"]): stage for stage in measured["stages"]
    }
    ours, theirs = stages["ours", "train"], stages["by condition, transformers", "train"]
    assert ours["tokens"] == stages["ours", "train again"]["tokens"] == 2 * theirs["tokens"] > 0
    assert ours["operations"] == pytest.approx(2 * theirs["operations"], rel=1e-6)
    assert stages["ours", "sample"]["tokens"] == stages["ours", "sample again"]["tokens"] > 0
    assert stages["by condition, transformers", "sample"]["tokens"] > 0
    ways = {way for way, _ in stages}
    assert {"ours, launch by launch", "ours, vLLM", "by condition, vLLM"} < ways
    if find_spec("vllm") is None:
        assert done.stdout.count("vLLM is not installed") == 2
    assert "by condition, transformers:" in done.stdout
    assert "2 conditions, scaled up from one" in done.stdout


def test_a_way_that_is_not_known_is_refused() -> None:
    """Before anything is measured, with what it was called."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", "smoke", "--ways", "ours,mine"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr.endswith("no way is called mine\n")


def test_one_condition_stands_for_all_and_a_second_round_for_none() -> None:
    """What each way takes for four conditions."""
    clock = Clock(
        Busy(),
        [
            Stage("ours", "train", 3.0),
            Stage("ours", "train again", 2.0, repeated=True),
            Stage("theirs", "train", 5.0, once=True),
        ],
    )
    clock.left_out("vLLM's", "it is not installed")
    assert clock.ways == ["ours", "theirs"]
    assert [clock.seconds(way, 4) for way in clock.ways] == [3.0, 20.0]


def test_the_busy_share_is_of_what_was_seen_meanwhile() -> None:
    """A driver that does not count, and a stage shorter than a look, leave it open."""
    busy = Busy([(1.0, 10.0), (2.0, 50.0), (3.0, 100.0), (4.0, 0.0)])
    busy.read("[N/A]\n")
    assert len(busy.seen) == 4
    busy.read("42\n")
    assert busy.seen[-1][1] == 42.0
    assert busy.share(1.5, 3.5) == 0.75
    assert busy.share(2.1, 2.9) is None


def test_a_program_that_tells_of_the_gpu_is_read_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program in place of the driver's, which says one share after another and never ends."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nwhile true; do echo 73; sleep 0.01; done\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)

    class Card:
        uuid = "1"

    monkeypatch.setattr("torch.cuda.get_device_properties", lambda _: Card())
    with watched() as busy:
        while not busy.seen:
            pass
    assert {percent for _, percent in busy.seen} == {73.0}
