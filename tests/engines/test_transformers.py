"""Sampling in batches with a shared prefix, against one plain forward pass after another."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from scipy.stats import chisquare
from transformers import TopPLogitsWarper

from epm.engines import Completion, Prompt
from epm.engines.transformers import TransformersEngine
from epm.models.chat import tokenise_prompt
from epm.spec import Question, Sampling

if TYPE_CHECKING:
    from epm.models.base import BaseModel

GREEDY = Sampling(temperature=0, max_new_tokens=20, batch_size=7)
PROMPTS = [
    Prompt(f"persona {i}", "You are a baker. " * i, Question(f"q{i}", "Why? " * j), copies)
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
def engine(model: Any, tiny_base: BaseModel) -> TransformersEngine:
    return TransformersEngine(model, tiny_base.tokenizer)


def quietly(completions: int, tokens: int) -> None:
    pass


def plain(model: Any, tokenizer: Any, prompt: Prompt, limit: int) -> list[int]:
    """Greedy decoding without batch, padding or cache."""
    ids = list(tokenise_prompt(tokenizer, prompt.system, prompt.question.text))
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
    completions = engine.sample(PROMPTS, GREEDY, 0, quietly)
    expected = []
    for prompt in PROMPTS:
        ids = plain(model, tokenizer, prompt, GREEDY.max_new_tokens)
        expected += [
            Completion(
                persona=prompt.persona,
                question=prompt.question.id,
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
    longer = engine.sample(PROMPTS, GREEDY, 0, quietly)
    for cut, whole in zip(
        engine.sample(PROMPTS, replace(GREEDY, max_new_tokens=limit), 0, quietly),
        longer,
        strict=True,
    ):
        assert cut.tokens == min(limit, whole.tokens)
        assert cut.finish == (
            "stop" if whole.finish == "stop" and whole.tokens <= limit else "length"
        )
        assert whole.text.startswith(cut.text.rstrip("\N{REPLACEMENT CHARACTER}"))


def test_greedy_answers_do_not_depend_on_the_batches(engine: TransformersEngine) -> None:
    alone = engine.sample(PROMPTS, replace(GREEDY, batch_size=1), 0, quietly)
    assert alone == engine.sample(PROMPTS, replace(GREEDY, batch_size=1000), 0, quietly)


def test_the_order_is_that_of_the_prompts(engine: TransformersEngine) -> None:
    """Whatever the lengths that the batches were sorted by."""
    order = [
        (prompt.persona, prompt.question.id, index)
        for prompt in PROMPTS
        for index in range(prompt.completions)
    ]
    completions = engine.sample(PROMPTS, Sampling(max_new_tokens=3), 0, quietly)
    assert [(c.persona, c.question, c.index) for c in completions] == order
    turned = engine.sample(PROMPTS[::-1], GREEDY, 0, quietly)
    by_name = {(c.persona, c.index): c for c in engine.sample(PROMPTS, GREEDY, 0, quietly)}
    assert all(by_name[c.persona, c.index] == c for c in turned)


def test_the_same_seed_gives_the_same_text(engine: TransformersEngine) -> None:
    sampling = Sampling(max_new_tokens=10, batch_size=7)
    first = engine.sample(PROMPTS, sampling, 1, quietly)
    torch.manual_seed(999)  # whatever happened before
    assert engine.sample(PROMPTS, sampling, 1, quietly) == first
    assert engine.sample(PROMPTS, sampling, 2, quietly) != first
    eight = [completion.text for completion in first[-8:]]
    assert len(set(eight)) > 4  # completions of one prompt differ


def test_first_tokens_come_as_often_as_they_should(
    engine: TransformersEngine, model: Any, tiny_base: BaseModel
) -> None:
    draws, tokenizer = 4000, tiny_base.tokenizer
    prompt = replace(PROMPTS[0], completions=draws)
    sampling = Sampling(max_new_tokens=1, temperature=0.7, top_p=0.9, batch_size=1000)
    completions = engine.sample([prompt, PROMPTS[1]], sampling, 0, quietly)
    ids = tokenise_prompt(tokenizer, prompt.system, prompt.question.text)
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
    completions = engine.sample(PROMPTS, GREEDY, 0, lambda *batch: told.append(batch))
    assert sum(count for count, _ in told) == len(completions) == 21
    assert sum(tokens for _, tokens in told) == sum(c.tokens for c in completions)
    assert len(told) > 2


def test_the_library_is_named(engine: TransformersEngine) -> None:
    assert engine.name.startswith("transformers 5.")
