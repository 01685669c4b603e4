"""Which engine `--engine` stands for; what vLLM itself does is in test_vllm.py."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from epm.errors import EpmError
from epm.sampling.choice import choose
from epm.sampling.cost import COSTS, LARGE, SMALL, cheapest, expected_tokens
from epm.sampling.transformers import TransformersEngine

if TYPE_CHECKING:
    from epm.definition import Definition
    from epm.models.base import BaseModel


@pytest.mark.parametrize(("merge", "adapters"), [(None, "merged"), (False, "apart")])
def test_without_a_gpu_it_is_transformers(
    tiny_base: BaseModel, merge: bool | None, adapters: str
) -> None:
    if tiny_base.device == "cuda":
        pytest.skip("there is a GPU here")
    engine = choose("auto", tiny_base, merge)
    assert isinstance(engine, TransformersEngine)
    assert engine.record.adapters == adapters


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")
def test_a_missing_vllm_is_one_clear_line(tiny_base: BaseModel) -> None:
    with pytest.raises(EpmError, match=r"not installed; .*--engine transformers"):
        choose("vllm", tiny_base, None)


@pytest.mark.parametrize(
    ("parameters", "tokens", "engine"),
    [
        (135e6, 1.4e6, "transformers"),
        (135e6, 1e12, "transformers"),  # no start is repaid where the rate is lower
        (7.6e9, 7.4e6, "transformers"),
        (7.6e9, 1e12, "transformers"),
        (32e9, 1e5, "transformers"),  # too little to repay the start
        (32e9, 1e8, "vllm"),
        (70e9, 1e7, "vllm"),
    ],
)
def test_the_engine_that_costs_the_least(parameters: float, tokens: float, engine: str) -> None:
    assert cheapest(parameters, tokens) == engine


def test_rates_are_those_that_were_measured() -> None:
    for cost in COSTS.values():
        assert cost.rate(SMALL) == pytest.approx(cost.small)
        assert cost.rate(LARGE) == pytest.approx(cost.large)


def test_the_most_that_can_be_written_is_expected(tiny: Definition) -> None:
    asked = [part for each in tiny.experiment.conditions for part in tiny.asked(each)]
    completions = sum(part.completions for part in asked for _ in part.items)
    assert expected_tokens(tiny) == completions * tiny.sampling.max_new_tokens > 0
