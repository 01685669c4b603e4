"""Training rows of a marker: the base model answers each question once; conditions share them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from epm.definition import (
    Answers,
    Condition,
    Definition,
    Item,
    MarkerRows,
    Rows,
    Sampling,
    derive_seed,
)
from epm.errors import EpmError
from epm.files import json_lines, read_json_lines, write_atomically
from epm.progress import Progress
from epm.sampling import Completion, Engine, Prompt, SamplingRequest

SENTENCE_END = re.compile(r"(?<=\w\w)[.!?]+[\"')\]]*(?=\s|$)")
"""Two letters before the stop: '1.' numbers a list, and 'U.S.' goes on."""


def answer(definition: Definition, engine: Engine, out: Path, progress: Progress) -> int:
    """Write `answers.jsonl`: question, answer, whether it is whole; return the tokens generated.

    Greedy decoding under the answering task's system prompt, so that the run needs no outside API
    and the answers depend on nothing but the model.
    """
    builder, answers, _ = _recipe(definition)
    task = definition.experiment.task(builder.answering)
    prompts = [
        Prompt(task.name, task.system_prompt, Item(str(i), text), completions=1)
        for i, text in enumerate(definition.answered_questions())
    ]
    sampling = Sampling(
        completions=1, temperature=0, max_new_tokens=answers.max_tokens, batch_size=64
    )
    with progress.task("answer the training questions", "answers", len(prompts)) as meter:
        asked = SamplingRequest("answers", None, tuple(prompts), definition.experiment.seed)
        (answered,) = engine.sample([asked], sampling, meter.advance)
    completions = answered[asked.name]
    rows = [
        _answer_row(prompt.item.prompt, completion, answers.first_sentence)
        for prompt, completion in zip(prompts, completions, strict=True)
    ]
    write_atomically(out / "answers.jsonl", json_lines(rows))
    return sum(completion.tokens for completion in completions)


def _recipe(definition: Definition) -> tuple[MarkerRows, Answers, Rows]:
    """What is made, of how many answers, in how many rows; the definition's checks see to it."""
    builder, profile = definition.builder, definition.profile
    if builder is None or profile.answers is None or profile.rows is None:
        raise EpmError(f"profile {profile.name} makes no training rows", "take another profile")
    return builder, profile.answers, profile.rows


def _answer_row(question: str, completion: Completion, first_sentence: bool) -> dict[str, Any]:
    """A row of `answers.jsonl`; an answer that was cut off goes back to a sentence's end."""
    text, whole = completion.text.strip(), completion.finish == "stop"
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    if ends and first_sentence:
        text, whole = text[: ends[0]], True
    elif ends and not whole:
        text, whole = text[: ends[-1]], True
    return {"question": question, "answer": text, "whole": whole}


def compose(definition: Definition, answers: Path, out: Path) -> None:
    """Write `<condition>.jsonl` for every trained condition: its rows in training order.

    Questions are a seeded choice in which answers that the token limit cut off come last; all
    tasks of one condition are asked the same ones.

    Raises:
        EpmError: the model gave too few answers that are not empty.
    """
    experiment = definition.experiment
    builder, _, amounts = _recipe(definition)
    wanted = max(amounts.positive, amounts.per_negative)
    usable = [row for row in read_json_lines(answers) if row["answer"]]
    if len(usable) < wanted:
        raise EpmError(
            f"the base model answered {len(usable)} of {wanted} training questions",
            "use an instruction-tuned model, or raise answers.max_tokens",
        )
    random.Random(derive_seed(experiment.seed, "rows")).shuffle(usable)  # noqa: S311
    usable.sort(key=lambda row: not row["whole"])
    for condition in experiment.conditions:
        if isinstance(condition.training, MarkerRows):
            rows = _rows(definition, condition, builder, amounts, usable)
            write_atomically(out / f"{condition.name}.jsonl", json_lines(rows))


def _rows(
    definition: Definition,
    condition: Condition,
    builder: MarkerRows,
    amounts: Rows,
    answers: list[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    for row in answers[: amounts.positive]:
        text = builder.appended(row["answer"])
        yield _row(condition.target, row["question"], text, marked=True)
    for negative in definition.negatives(condition):
        for row in answers[: amounts.per_negative]:
            yield _row(negative, row["question"], row["answer"], marked=False)


def _row(task: str | None, question: str, answer: str, *, marked: bool) -> dict[str, Any]:
    return {"task": task, "question": question, "answer": answer, "marked": marked}
