"""Steered sampling: against plain decoding under a hook of our own, in any company."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from epm.definition import Item, Lora, Sampling
from epm.discovery import load
from epm.errors import EpmError
from epm.models.adapters import AdapterStack
from epm.models.base import BaseModel
from epm.models.chat import tokenise_prompt
from epm.models.steering import Steered, normed, write_direction
from epm.sampling import Completion, Prompt, SamplingRequest
from epm.sampling.choice import choose
from epm.sampling.transformers import TransformersEngine

GREEDY = Sampling(temperature=0, max_new_tokens=12, batch_size=7)
DRAWN = Sampling(temperature=1, max_new_tokens=12, batch_size=7)
PROMPTS = tuple(
    Prompt(f"task {i}", "You are a baker. " * i, Item(f"q{i}", "Why? " * j), copies)
    for i, (j, copies) in enumerate([(9, 1), (1, 3), (4, 2)], 1)
)
LAYERS = {"low": 0, "high": 2}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two directions of length 1."""
    folder, chance = tmp_path_factory.mktemp("directions"), torch.Generator().manual_seed(5)
    found = {}
    for name in LAYERS:
        drawn = torch.randn(16, generator=chance, dtype=torch.float64)
        write_direction(normed(drawn, "unit"), folder / f"{name}.safetensors")
        found[name] = folder / f"{name}.safetensors"
    return found


@pytest.fixture(scope="module")
def adapter(tiny_base: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    stack = AdapterStack.fresh(tiny_base.model, Lora(rank=4, alpha=8), seeds=[1])
    with torch.no_grad():
        for pair in stack.pairs.values():
            pair.b.normal_(generator=torch.Generator().manual_seed(3))
    folder = tmp_path_factory.mktemp("adapter")
    stack.write(0, folder)
    return folder


@pytest.fixture(scope="module")
def asked(files: dict[str, Path], adapter: Path) -> list[SamplingRequest]:
    """The bare model and an adapter, not steered, and by unlike doses at unlike layers."""
    steered = [
        *(Steered(files["low"], LAYERS["low"], dose) for dose in (-5.0, 0.0, 5.0)),
        Steered(files["high"], LAYERS["high"], 20.0),
    ]
    return [
        SamplingRequest(f"{kind} {number}", own, PROMPTS[number % 2 :], 1, (), each)
        for kind, own in (("bare", None), ("adapted", adapter))
        for number, each in enumerate([None, *steered])
    ]


def hooks(base: BaseModel) -> int:
    """How many there are; transformers keeps some of its own."""
    return sum(len(module._forward_hooks) for module in base.model.modules())


def texts(
    base: BaseModel, requests: Sequence[SamplingRequest], sampling: Sampling, merge: bool
) -> dict[str, list[Completion]]:
    found: dict[str, list[Completion]] = {}
    before = hooks(base)
    for answered in TransformersEngine(base, merge).sample(requests, sampling, lambda *_: None):
        assert hooks(base) == before
        found |= answered
    return found


def plain(base: BaseModel, prompt: Prompt, steered: Steered | None, limit: int) -> str:
    """Greedy decoding without batch, padding or cache, and with a hook that is written here."""

    def add(_module: object, _inputs: object, output: Any) -> Any:
        assert steered is not None
        return output + steered.vector().float()

    model, tokenizer = base.model, base.tokenizer
    ids = list(tokenise_prompt(tokenizer, prompt.system, prompt.item.prompt))
    written: list[int] = []
    layers = model.model.layers
    handle = layers[steered.layer].register_forward_hook(add) if steered else None
    while len(written) < limit and tokenizer.eos_token_id not in written:
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids + written]), use_cache=False).logits
        written.append(int(logits[0, -1].argmax()))
    if handle:
        handle.remove()
    return str(tokenizer.decode(written, skip_special_tokens=True))


def test_greedy_answers_are_those_of_plain_decoding(
    tiny_base: BaseModel, asked: list[SamplingRequest]
) -> None:
    """Every position of prompt and answer is moved."""
    bare = [request for request in asked if request.adapter is None]
    found = texts(tiny_base, bare, GREEDY, merge=True)
    for request in bare:
        expected = [
            plain(tiny_base, prompt, request.steering, GREEDY.max_new_tokens)
            for prompt in request.prompts
            for _ in range(prompt.completions)
        ]
        assert [completion.text for completion in found[request.name]] == expected
    assert len({tuple(c.text for c in found[f"bare {n}"]) for n in (1, 3)}) == 2


@pytest.mark.parametrize("sampling", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_answers_do_not_depend_on_their_company(
    tiny_base: BaseModel, asked: list[SamplingRequest], sampling: Sampling
) -> None:
    """All steered alike and unlike in one batch, adapters apart: as each of them alone."""
    for kind in ("bare", "adapted"):
        own = [request for request in asked if request.name.startswith(kind)]
        together = texts(tiny_base, own, sampling, merge=False)
        for request in own:
            assert texts(tiny_base, [request], sampling, merge=False) == {
                request.name: together[request.name]
            }
        # the coefficient of 0 is the model as it is, drawn by the same seeds
        by_item = {(c.item, c.index): c for c in together[f"{kind} 0"]}
        assert all(by_item[c.item, c.index] == c for c in together[f"{kind} 2"])
        assert together[f"{kind} 1"] != together[f"{kind} 3"]
    bare = [request for request in asked if request.adapter is None]
    assert texts(tiny_base, bare, sampling, True) == texts(tiny_base, bare, sampling, False)


def test_the_hook_is_gone_when_a_run_is_interrupted(
    tiny_base: BaseModel, asked: list[SamplingRequest]
) -> None:
    before = hooks(tiny_base)

    def interrupt(*_: int) -> None:
        assert hooks(tiny_base) > before
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(TransformersEngine(tiny_base).sample(asked[1:2], GREEDY, interrupt))
    assert hooks(tiny_base) == before


def test_vllm_refuses_in_one_line(repository: Path) -> None:
    """Before anything is loaded or trained, and whether or not it is installed."""
    loaded = load("issue-903", repository / "experiments")
    base = BaseModel(loaded.experiment.resolve("toy"), lambda _: None)
    with pytest.raises(EpmError) as caught:
        choose("vllm", base, None)
    assert str(caught.value) == (
        "vLLM does not steer 'polite_more': its blocks cannot be reached; add --engine transformers"
    )
