"""Several GPUs that nobody asked for: used where the work repays starting their workers."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.definition import Definition
from epm.discovery import LoadedExperiment
from epm.executors.local import LocalExecutor
from epm.pipeline import worth
from epm.pipeline.run import Options, run
from epm.pipeline.shards import SHARDS
from epm.pipeline.worth import START, repays, seconds_on_one

if TYPE_CHECKING:
    from conftest import Quiet

SMOLLM2, QWEN = 135e6, 7.6e9


@given(st.floats(0, 1e6), st.integers(2, 64))
def test_never_slower_than_one_as_far_as_it_is_predicted(seconds: float, gpus: int) -> None:
    """What several GPUs take, their start included, against one."""
    several = seconds / gpus + START
    if repays(seconds, gpus):
        assert several < seconds * (1 + 1e-9)
        assert repays(seconds, gpus + 1)
        assert repays(seconds + 1, gpus)
    else:
        assert several > seconds * (1 - 1e-9)


def test_small_work_stays_and_large_work_is_divided(issue_246: LoadedExperiment) -> None:
    """The twelve conditions of SmolLM2's profile, and of the 7B one; rows of 86 and 280 tokens."""
    small, full = (issue_246.experiment.resolve(name) for name in ("smollm2", "full"))
    names = [each.name for each in small.trained]
    one = seconds_on_one(small, SMOLLM2, names, 12 * 600 * 86 * 4)
    assert 10 < one < 30
    assert not repays(one, 2)
    other = seconds_on_one(full, QWEN, [each.name for each in full.trained], 12 * 600 * 280 * 4)
    assert other > 600
    assert repays(other, 2)
    assert seconds_on_one(small, SMOLLM2, names[:6], 6 * 600 * 86 * 4) == pytest.approx(one / 2)


@pytest.mark.parametrize("repaid", [False, True])
def test_a_run_on_two_gpus_says_that_it_uses_one(
    made_up: LoadedExperiment,
    tiny: Definition,
    tmp_path: Path,
    quiet: Quiet,
    monkeypatch: pytest.MonkeyPatch,
    repaid: bool,
) -> None:
    """Two that torch is said to count; the CPU does the work."""
    monkeypatch.setattr("epm.executors.local.visible_gpus", lambda: ["0", "1"])
    if repaid:
        monkeypatch.setattr(worth, "START", 0.0)
    options = Options("pytest", "off", runs=tmp_path, executor=LocalExecutor())
    folder = run(made_up, tiny, options, lambda _: nullcontext(quiet))
    said = [line for line in quiet.lines if line.startswith("1 of 2 GPUs is used: ")]
    assert bool(said) is not repaid
    shards = folder / SHARDS
    workers = [json.loads(line) for line in shards.read_text().splitlines()] if repaid else []
    assert shards.exists() is repaid
    assert len(workers) == (2 if repaid else 0)


def test_who_asks_for_workers_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epm.executors.local.visible_gpus", lambda: ["0", "1"])
    assert LocalExecutor().unasked
    assert not LocalExecutor(2).unasked
    monkeypatch.setattr("epm.executors.local.visible_gpus", lambda: ["0"])
    assert not LocalExecutor().unasked
