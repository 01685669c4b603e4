"""Several GPUs that nobody asked for: used where the work repays starting their workers."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.definition import Definition
from epm.discovery import LoadedExperiment
from epm.executors.local import LocalExecutor
from epm.models.base import BaseModel
from epm.pipeline import worth
from epm.pipeline.dealing import longest
from epm.pipeline.run import Options, run
from epm.pipeline.shards import SHARDS
from epm.pipeline.worth import MARGIN, START, Prices, places
from epm.sampling.transformers import TransformersEngine

if TYPE_CHECKING:
    from conftest import Quiet

SMOLLM2, QWEN = 135e6, 7.6e9
ALL = ("train", "sample", "weigh", "fluency", "trajectory")


@given(
    st.lists(st.floats(0.1, 1e4), max_size=12),
    st.integers(1, 8),
    st.floats(0, 100),
)
def test_never_slower_than_one_as_far_as_it_is_predicted(
    costs: list[float], most: int, ahead: float
) -> None:
    """What the shares that are really dealt take, the workers' start included, against one."""
    one = sum(costs) + ahead
    count = places(costs, most, ahead)
    assert 1 <= count <= max(1, min(most, len(costs)))
    several = [
        START * (each - 1) + longest(costs, each, ahead)
        for each in range(2, min(most, len(costs)) + 1)
    ]
    if count > 1:
        # as soon as with any number, and no GPU is taken that does not help
        assert several[count - 2] == min(several) < MARGIN * one
        assert all(each > min(several) for each in several[: count - 2])
    else:
        assert all(each >= MARGIN * one for each in several)


def costs(prices: Prices, definition: Definition) -> list[float]:
    every = (*definition.trained, *definition.untrained)
    return [prices.replicate(each, ALL) for each in every]


def test_small_work_stays_and_large_work_is_divided(issue_246: LoadedExperiment) -> None:
    """The twelve conditions of SmolLM2's profile, and of the 7B one."""
    small, full = (issue_246.experiment.resolve(name) for name in ("smollm2", "full"))
    one = costs(Prices(small, SMOLLM2), small)
    assert 10 < sum(one) < 30
    assert places(one, 8) == 1
    other = costs(Prices(full, QWEN), full)
    assert sum(other) > 600
    assert [places(other, most) for most in (1, 2, 4, 8)] == [1, 2, 4, 7]
    # of thirteen pieces the longest share of eight has two, as that of seven has
    assert places(other, 64) == 13


def test_what_a_replicate_costs(issue_246: LoadedExperiment) -> None:
    """Rows x tokens x epochs and answers x limits, at the measured rates."""
    small = issue_246.experiment.resolve("smollm2")
    prices = Prices(small, SMOLLM2)
    trained, bare = small.trained[0], small.untrained[0]
    # 600 rows of some 86 tokens, three times, as they came out
    assert prices.replicate(trained, ["train"]) == pytest.approx(3 * 600 * 86 / 158_000, rel=0.1)
    answers = sum(
        part.completions * len(part.items)
        for part in small.asked(small.experiment.condition(trained.condition))
    )
    limit = small.sampling.max_new_tokens
    assert prices.replicate(trained, ["sample"]) == pytest.approx(answers * limit / 267_000)
    assert prices.replicate(bare, ALL) < prices.replicate(trained, ALL) / 2
    twice = replace(small.profile, training=replace(small.training, epochs=6))
    longer = Prices(replace(small, profile=twice), SMOLLM2)
    assert longer.replicate(trained, ["train"]) == 2 * prices.replicate(trained, ["train"])
    traced = Prices(replace(small, checkpoints=3), SMOLLM2)
    assert (
        traced.replicate(trained, ["trajectory"]) > 0 == prices.replicate(trained, ["trajectory"])
    )
    by_vllm = Prices(small, SMOLLM2, engine="vllm 0.26.0")
    assert by_vllm.replicate(bare, ["sample"]) > prices.replicate(bare, ["sample"])
    slow = Prices(small, SMOLLM2, device="cpu")
    assert slow.replicate(trained, ALL) > 100 * prices.replicate(trained, ALL)


def test_rows_and_choices_of_ones_own_cost_what_they_are_long(own_rows: LoadedExperiment) -> None:
    toy = own_rows.experiment.resolve("toy")
    prices = Prices(toy, SMOLLM2)
    for each in toy.trained:
        assert prices.replicate(each, ["train"]) > 0
        assert prices.replicate(each, ["weigh"]) > 0


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_an_engine_is_priced_by_the_name_it_is_recorded_with(
    issue_246: LoadedExperiment, tiny: Definition, device: str
) -> None:
    recorded = TransformersEngine(BaseModel(tiny, print), merge=None).record.name
    small = issue_246.experiment.resolve("smollm2")
    noted = Prices(small, SMOLLM2, device, recorded)
    assert costs(noted, small) == costs(Prices(small, SMOLLM2, device), small)


def test_the_size_of_a_model_is_read_from_its_files(tiny: Definition) -> None:
    base = BaseModel(tiny, print)
    assert base.size == sum(weight.numel() for weight in base.model.parameters())


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
