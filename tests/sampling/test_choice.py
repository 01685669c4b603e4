"""Which engine `--engine` stands for; what vLLM itself does is in test_vllm.py."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from epm.errors import EpmError
from epm.sampling.choice import choose
from epm.sampling.transformers import TransformersEngine

if TYPE_CHECKING:
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
