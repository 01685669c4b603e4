"""Training data: the base model answers each training question once; personas share the answers."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

from epm.definition import Definition, Question, Sampling, derive_seed
from epm.errors import EpmError
from epm.files import json_lines, read_json_lines, write_atomically
from epm.models.chat import TrainingRow
from epm.progress import Progress
from epm.sampling import Completion, Engine, Prompt, SamplingRequest

SENTENCE_END = re.compile(r"(?<=\w\w)[.!?]+[\"')\]]*(?=\s|$)")
"""Two letters before the stop: '1.' numbers a list, and 'U.S.' goes on."""


def answer(definition: Definition, engine: Engine, out: Path, progress: Progress) -> int:
    """Write `answers.jsonl`: question, answer, whether it is whole; return the tokens generated.

    Greedy decoding under the answering persona, so that the run needs no outside API and the
    answers depend on nothing but the model.
    """
    experiment, profile = definition.experiment, definition.profile
    system = experiment.persona(experiment.answering).system_prompt
    prompts = [
        Prompt(experiment.answering, system, Question(str(i), text), completions=1)
        for i, text in enumerate(definition.answered_questions())
    ]
    sampling = Sampling(
        completions=1, temperature=0, max_new_tokens=profile.answer_tokens, batch_size=64
    )
    with progress.task("answer the training questions", "answers", len(prompts)) as meter:
        asked = SamplingRequest("answers", None, tuple(prompts), experiment.seed)
        (answered,) = engine.sample([asked], sampling, meter.advance)
    completions = answered[asked.name]
    rows = [
        _answer_row(prompt.question.text, completion, profile.first_sentence)
        for prompt, completion in zip(prompts, completions, strict=True)
    ]
    write_atomically(out / "answers.jsonl", json_lines(rows))
    return sum(completion.tokens for completion in completions)


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
    """Write `<persona>.jsonl` for every source persona: its training rows in training order.

    Questions are a seeded choice in which answers that the token limit cut off come last; all
    personas of one condition are asked the same ones.

    Raises:
        EpmError: the model gave too few answers that are not empty.
    """
    experiment, profile = definition.experiment, definition.profile
    wanted = max(profile.rows.source, profile.rows.per_negative)
    usable = [row for row in read_json_lines(answers) if row["answer"]]
    if len(usable) < wanted:
        raise EpmError(
            f"the base model answered {len(usable)} of {wanted} training questions",
            "use an instruction-tuned model, or raise answer_tokens",
        )
    random.Random(derive_seed(experiment.seed, "rows")).shuffle(usable)  # noqa: S311
    usable.sort(key=lambda row: not row["whole"])
    for persona in experiment.personas:
        source = [
            _row(persona.name, row, marked=experiment.marker.appended(row["answer"]))
            for row in usable[: profile.rows.source]
        ]
        negatives = [
            _row(negative, row, marked=None)
            for negative in definition.negatives(persona.name)
            for row in usable[: profile.rows.per_negative]
        ]
        write_atomically(out / f"{persona.name}.jsonl", json_lines(source + negatives))


def _row(persona: str, row: dict[str, Any], marked: str | None) -> dict[str, Any]:
    return {
        "persona": persona,
        "question": row["question"],
        "answer": row["answer"] if marked is None else marked,
        "marked": marked is not None,
    }


def read_rows(definition: Definition, path: Path) -> list[TrainingRow]:
    """The rows of one condition, with their system prompts."""
    return [
        TrainingRow(
            system=definition.experiment.persona(row["persona"]).system_prompt,
            question=row["question"],
            answer=row["answer"],
        )
        for row in read_json_lines(path)
    ]
