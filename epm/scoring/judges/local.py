"""A judge that epm loads itself, answered by its own engine at temperature 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from epm.definition import (
    Definition,
    Item,
    JudgeAnswer,
    LocalJudge,
    Sampling,
    Task,
    derive_seed,
)
from epm.progress import Meter
from epm.sampling import Prompt, SamplingRequest
from epm.sampling.likelihoods import weighed
from epm.scoring.judges.questions import Question

if TYPE_CHECKING:
    from epm.models.base import BaseModel


def of_judge(definition: Definition, judge: LocalJudge) -> Definition:
    """What the judge's model is loaded for."""
    profile = replace(
        definition.profile,
        model=judge.model,
        model_name=judge.shown_model,
        covariates=(),
        sampling=_sampling(judge),
    )
    return replace(definition, profile=profile)


def answer(
    judge: LocalJudge,
    questions: Sequence[Question],
    base: BaseModel,
    keep: Callable[[Question, JudgeAnswer], None],
    meter: Meter,
) -> None:
    """Answer all questions, a batch at a time.

    Args:
        judge: whose settings are used.
        questions: what is asked.
        base: the judge's model.
        keep: told of each answer when its batch is done.
        meter: counts the answers, and their tokens.
    """
    from epm.models.chat import tokenise_prompt
    from epm.sampling.transformers import TransformersEngine

    if judge.likeliest:
        for question in questions:
            likeliest = _likeliest(question, base)
            keep(question, likeliest)
            meter.advance(1, likeliest.prompt_tokens or 0)
        return
    engine = TransformersEngine(base)
    for start in range(0, len(questions), judge.batch_size):
        batch = questions[start : start + judge.batch_size]
        prompts = tuple(
            Prompt("judge", each.system or None, Item(each.key, each.text), 1) for each in batch
        )
        # nothing is drawn at temperature 0, whatever the seed
        request = SamplingRequest("judge", None, prompts, derive_seed(0, "judge"))
        (found,) = engine.sample([request], _sampling(judge), lambda _units, _tokens: None)
        for asked, completion in zip(batch, found["judge"], strict=True):
            read = tokenise_prompt(base.tokenizer, asked.system or None, asked.text)
            keep(
                asked,
                JudgeAnswer(
                    text=completion.text,
                    finish=completion.finish,
                    prompt_tokens=len(read),
                    completion_tokens=completion.tokens,
                ),
            )
            meter.advance(1, completion.tokens)


def _likeliest(question: Question, base: BaseModel) -> JudgeAnswer:
    """The label that is likeliest as the answer; all of them, a line each, that are so alike."""
    task = Task("judge", (), question.system or None)
    item = Item(question.key, question.text, choices=question.choices)
    sums, _, read = weighed(base.model, base, task, item)
    best = max(sums)
    found = [label for label, each in zip(question.choices, sums, strict=True) if each == best]
    return JudgeAnswer("\n".join(found), prompt_tokens=read, completion_tokens=0)


def _sampling(judge: LocalJudge) -> Sampling:
    return Sampling(
        completions=1,
        temperature=0.0,
        top_p=1.0,
        max_new_tokens=judge.max_tokens,
        batch_size=judge.batch_size,
    )
