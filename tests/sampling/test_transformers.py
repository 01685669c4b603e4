"""Sampling in batches with a shared prefix, against one plain forward pass after another."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy, deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from scipy.stats import chisquare
from transformers import TopPLogitsWarper

from epm.definition import Item, Lora, Sampling
from epm.errors import EpmError
from epm.models.adapters import AdapterStack
from epm.models.chat import tokenise_prompt
from epm.sampling import Completion, OnBatch, Prompt, SamplingRequest
from epm.sampling.transformers import TransformersEngine

if TYPE_CHECKING:
    from epm.models.base import BaseModel

GREEDY = Sampling(temperature=0, max_new_tokens=20, batch_size=7)
PROMPTS = [
    Prompt(f"task {i}", "You are a baker. " * i, Item(f"q{i}", "Why? " * j), copies)
    for i, (j, copies) in enumerate([(9, 1), (1, 3), (4, 2), (1, 5), (30, 1), (2, 1), (1, 8)], 1)
]
"""Of many lengths, in no order; the last wants more completions than a batch may hold."""


@pytest.fixture(scope="module")
def model(tiny_base: BaseModel) -> Any:
    """The toy model, made likelier to end its turn, so that some answers stop."""
    model = deepcopy(tiny_base.model)
    with torch.no_grad():
        model.get_output_embeddings().weight[tiny_base.tokenizer.eos_token_id] *= 3
    return model


@pytest.fixture(scope="module")
def base(model: Any, tiny_base: BaseModel) -> BaseModel:
    """The toy model's wrapper, with that model in it."""
    base = copy(tiny_base)
    base.__dict__["model"] = model  # where the cached property would be
    return base


@pytest.fixture(scope="module")
def engine(base: BaseModel) -> TransformersEngine:
    return TransformersEngine(base)


def quietly(completions: int, tokens: int) -> None:
    pass


def answers(
    engine: TransformersEngine,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    seed: int,
    on_batch: OnBatch = quietly,
) -> list[Completion]:
    """The bare model's."""
    (answered,) = engine.sample(
        [SamplingRequest("base", None, tuple(prompts), seed)], sampling, on_batch
    )
    return answered["base"]


def plain(model: Any, tokenizer: Any, prompt: Prompt, limit: int) -> list[int]:
    """Greedy decoding without batch, padding or cache."""
    ids = list(tokenise_prompt(tokenizer, prompt.system, prompt.item.prompt))
    written: list[int] = []
    while len(written) < limit and tokenizer.eos_token_id not in written:
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids + written]), use_cache=False).logits
        written.append(int(logits[0, -1].argmax()))
    return written


def test_greedy_answers_are_those_of_plain_decoding(
    engine: TransformersEngine, model: Any, tiny_base: BaseModel
) -> None:
    tokenizer = tiny_base.tokenizer
    completions = answers(engine, PROMPTS, GREEDY, 0)
    expected = []
    for prompt in PROMPTS:
        ids = plain(model, tokenizer, prompt, GREEDY.max_new_tokens)
        expected += [
            Completion(
                task=prompt.task,
                item=prompt.item.id,
                index=index,
                text=tokenizer.decode(ids, skip_special_tokens=True),
                tokens=len(ids),
                finish="stop" if ids[-1] == tokenizer.eos_token_id else "length",
            )
            for index in range(prompt.completions)
        ]
    assert completions == expected
    assert {completion.finish for completion in completions} == {"stop", "length"}
    assert len({completion.text for completion in completions}) > 3


@pytest.mark.parametrize("limit", [1, 7, 8, 9, 16])
def test_no_answer_is_longer_than_the_limit(engine: TransformersEngine, limit: int) -> None:
    """Also where the limit falls on an edge between two looks at what has ended."""
    longer = answers(engine, PROMPTS, GREEDY, 0)
    for cut, whole in zip(
        answers(engine, PROMPTS, replace(GREEDY, max_new_tokens=limit), 0),
        longer,
        strict=True,
    ):
        assert cut.tokens == min(limit, whole.tokens)
        assert cut.finish == (
            "stop" if whole.finish == "stop" and whole.tokens <= limit else "length"
        )
        assert whole.text.startswith(cut.text.rstrip("\N{REPLACEMENT CHARACTER}"))


@pytest.mark.parametrize("temperature", [0, 1])
def test_answers_do_not_depend_on_the_batches(engine: TransformersEngine, temperature: int) -> None:
    sampling = replace(GREEDY, temperature=temperature)
    alone = answers(engine, PROMPTS, replace(sampling, batch_size=1), 0)
    assert alone == answers(engine, PROMPTS, replace(sampling, batch_size=1000), 0)
    some = {(c.task, c.item, c.index): c for c in answers(engine, PROMPTS[3:], sampling, 0)}
    assert all(some.get((c.task, c.item, c.index), c) == c for c in alone)


def test_a_completion_is_drawn_by_its_own_seed(engine: TransformersEngine) -> None:
    """More completions of a prompt leave the first ones as they were."""
    sampling = Sampling(max_new_tokens=10, batch_size=7)
    few = answers(engine, [replace(PROMPTS[0], completions=2)], sampling, 1)
    many = answers(engine, [replace(PROMPTS[0], completions=20)], sampling, 1)
    assert many[:2] == few
    assert len({completion.text for completion in many}) > 10


def test_the_order_is_that_of_the_prompts(engine: TransformersEngine) -> None:
    """Whatever the lengths that the batches were sorted by."""
    order = [
        (prompt.task, prompt.item.id, index)
        for prompt in PROMPTS
        for index in range(prompt.completions)
    ]
    completions = answers(engine, PROMPTS, Sampling(max_new_tokens=3), 0)
    assert [(c.task, c.item, c.index) for c in completions] == order
    turned = answers(engine, PROMPTS[::-1], GREEDY, 0)
    by_name = {(c.task, c.index): c for c in answers(engine, PROMPTS, GREEDY, 0)}
    assert all(by_name[c.task, c.index] == c for c in turned)


def test_the_same_seed_gives_the_same_text(engine: TransformersEngine) -> None:
    sampling = Sampling(max_new_tokens=10, batch_size=7)
    first = answers(engine, PROMPTS, sampling, 1)
    torch.manual_seed(999)  # whatever happened before
    assert answers(engine, PROMPTS, sampling, 1) == first
    assert answers(engine, PROMPTS, sampling, 2) != first
    eight = [completion.text for completion in first[-8:]]
    assert len(set(eight)) > 4  # completions of one prompt differ


def test_first_tokens_come_as_often_as_they_should(
    engine: TransformersEngine, model: Any, tiny_base: BaseModel
) -> None:
    draws, tokenizer = 4000, tiny_base.tokenizer
    prompt = replace(PROMPTS[0], completions=draws)
    sampling = Sampling(max_new_tokens=1, temperature=0.7, top_p=0.9, batch_size=1000)
    completions = answers(engine, [prompt, PROMPTS[1]], sampling, 0)
    ids = tokenise_prompt(tokenizer, prompt.system, prompt.item.prompt)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([ids])).logits[:, -1] / sampling.temperature
    expected = TopPLogitsWarper(sampling.top_p)(torch.tensor([ids]), logits)[0].softmax(-1) * draws
    counts: dict[str, list[float]] = {}
    for token in expected.nonzero().flatten().tolist():
        text = tokenizer.decode([token], skip_special_tokens=True)
        counts.setdefault(text, [0, 0])[0] += float(expected[token])
    for completion in completions[:draws]:
        counts[completion.text][1] += 1  # a token outside the nucleus has no entry
    common = [pair for pair in counts.values() if pair[0] > 10]
    rare = [sum(pair[side] for pair in counts.values() if pair[0] <= 10) for side in (0, 1)]
    wanted, seen = zip(*([*common, rare] if rare[0] else common), strict=True)
    assert len(wanted) > 3
    scale = sum(seen) / sum(wanted)
    assert chisquare(seen, [value * scale for value in wanted]).pvalue > 1e-3


def test_every_batch_is_reported(engine: TransformersEngine) -> None:
    told: list[tuple[int, int]] = []
    completions = answers(engine, PROMPTS, GREEDY, 0, lambda *batch: told.append(batch))
    assert sum(count for count, _ in told) == len(completions) == 21
    assert sum(tokens for _, tokens in told) == sum(c.tokens for c in completions)
    assert len(told) > 2


def test_the_record_says_how_it_was_sampled(base: BaseModel) -> None:
    record = TransformersEngine(base).record
    assert record.name.startswith("transformers 5.")
    assert (record.dtype, record.adapters) == ("float32", "merged")
    assert TransformersEngine(base, merge=False).record.adapters == "apart"


# ------------------------------------------------------------------ adapters


@pytest.fixture(scope="module")
def adapters(model: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two adapters that change what the model says."""
    stack = AdapterStack.fresh(model, Lora(rank=4, alpha=8), seeds=[1, 2])
    folders = [tmp_path_factory.mktemp("adapter") for _ in range(2)]
    with torch.no_grad():
        for pair in stack.pairs.values():
            pair.b.normal_(generator=torch.Generator().manual_seed(3))
    for index, folder in enumerate(folders):
        stack.write(index, folder)
    return folders


@pytest.fixture(scope="module")
def asked(adapters: list[Path]) -> list[SamplingRequest]:
    """Unlike numbers of prompts and completions, the bare model in between."""
    return [
        SamplingRequest("first", adapters[0], tuple(PROMPTS), 1),
        SamplingRequest("bare", None, tuple(PROMPTS[:2]), 1),
        SamplingRequest("second", adapters[1], tuple(PROMPTS[3:]), 1),
    ]


def test_adapters_apart_and_merged_say_the_same(
    base: BaseModel, asked: list[SamplingRequest]
) -> None:
    """In one batch through all adapters, or one adapter after the other in the weights."""
    bare, apart = TransformersEngine(base, merge=False).sample(asked, GREEDY, quietly)
    assert (list(bare), list(apart)) == (["bare"], ["first", "second"])
    apart |= bare
    merged = list(TransformersEngine(base, merge=True).sample(asked, GREEDY, quietly))
    assert [list(each) for each in merged] == [["first"], ["bare"], ["second"]]
    assert apart == {name: said for each in merged for name, said in each.items()}
    assert apart["bare"] == answers(TransformersEngine(base), PROMPTS[:2], GREEDY, 1)
    assert {c.text for c in apart["first"]} != {c.text for c in apart["bare"]}
    shared = [c for c in apart["first"] if c.task in {p.task for p in PROMPTS[3:]}]
    assert [c.text for c in shared] != [c.text for c in apart["second"]]


@pytest.mark.parametrize("merge", [True, False])
def test_what_is_sampled_together_changes_nothing(
    base: BaseModel, asked: list[SamplingRequest], merge: bool
) -> None:
    """One request, or two in another order: the same texts."""
    engine, sampling = TransformersEngine(base, merge=merge), replace(GREEDY, temperature=1)

    def texts(requests: list[SamplingRequest]) -> dict[str, list[Completion]]:
        return {
            name: said
            for part in engine.sample(requests, sampling, quietly)
            for name, said in part.items()
        }

    whole = texts(asked)
    assert texts(asked[::-1]) == whole
    for request in asked:
        assert texts([request])[request.name] == whole[request.name]


def test_adapters_leave_the_model_as_it_was(base: BaseModel, asked: list[SamplingRequest]) -> None:
    before = {name: weight.clone() for name, weight in base.model.named_parameters()}
    for merge in (True, False):
        list(TransformersEngine(base, merge=merge).sample(asked, GREEDY, quietly))
        after = dict(base.model.named_parameters())
        assert after.keys() == before.keys()
        assert all(torch.equal(weight, after[name]) for name, weight in before.items())


def test_every_adapter_is_reported(base: BaseModel, asked: list[SamplingRequest]) -> None:
    told: list[tuple[int, int]] = []
    answered = list(
        TransformersEngine(base, merge=False).sample(
            asked, GREEDY, lambda *batch: told.append(batch)
        )
    )
    drawn = [c for each in answered for completions in each.values() for c in completions]
    assert sum(count for count, _ in told) == len(drawn)
    assert sum(tokens for _, tokens in told) == sum(c.tokens for c in drawn)


def test_an_adapter_that_is_not_there(base: BaseModel, tmp_path: Path) -> None:
    asked = [SamplingRequest("lost", tmp_path, tuple(PROMPTS), 1)]
    for merge in (True, False):
        with pytest.raises(EpmError, match=str(tmp_path)):
            list(TransformersEngine(base, merge=merge).sample(asked, GREEDY, quietly))
