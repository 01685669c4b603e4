"""Training rows as a run keeps them: written for every trained condition, checked, read again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from epm.definition import Definition, TrainingRows
from epm.definition.training_rows import Conversation
from epm.errors import EpmError
from epm.files import json_lines, read_json_lines, write_atomically
from epm.models.chat import TrainingRow, tokenise_prompt, tokenise_rows

if TYPE_CHECKING:
    from epm.models.base import BaseModel


def write_given(definition: Definition, base: BaseModel, out: Path) -> None:
    """Write `<condition>.jsonl` of every condition that is trained on rows of the user's own.

    Each row, and a prompt of each task, goes through the model's chat template first, so that what
    cannot be trained on or asked is noticed before anything is trained.

    Raises:
        EpmError: the template slips text in or drops some, or a prompt leaves no room for its
            completion; with the row's line.
    """
    given = [c for c in definition.experiment.conditions if isinstance(c.training, TrainingRows)]
    if not given:
        return
    limit = definition.training.max_tokens
    for condition in given:
        assert isinstance(condition.training, TrainingRows)  # noqa: S101 - as they were chosen
        conversations = condition.training.conversations
        where = [f"{condition.training.name}, line {each.line}" for each in conversations]
        lengths = _prompt_lengths(base, [*map(_row, conversations)], where)
        for line, tokens in zip(where, lengths, strict=True):
            if tokens >= limit:
                raise EpmError(
                    f"{line}: the prompt has {tokens} tokens, and a row at most {limit}",
                    "raise training.max_tokens, or shorten it",
                )
        rows = (
            {"messages": [{"role": role, "content": content} for role, content in each.turns]}
            for each in conversations
        )
        write_atomically(out / f"{condition.name}.jsonl", json_lines(rows))
    for task in definition.experiment.prompted:
        try:
            tokenise_prompt(base.tokenizer, task.system_prompt, task.items[0].prompt)
        except EpmError as error:
            raise EpmError(f"task '{task.name}': {error.what}", error.remedy) from error


def _prompt_lengths(
    base: BaseModel, rows: Sequence[TrainingRow], where: Sequence[str]
) -> list[int]:
    """Tokens of each row's prompt; an error says where the row stands."""
    try:
        return [len(each.prompt) for each in tokenise_rows(base.tokenizer, rows)]
    except EpmError:
        for line, row in zip(where, rows, strict=True):
            try:
                tokenise_rows(base.tokenizer, [row])
            except EpmError as error:
                raise EpmError(f"{line}: {error.what}", error.remedy) from error
        raise


def _row(conversation: Conversation) -> TrainingRow:
    turns = conversation.turns
    system = turns[0][1] if turns[0][0] == "system" else None
    *before, (_, question), (_, answer) = turns if system is None else turns[1:]
    return TrainingRow(system, question, answer, tuple(before))


def read_rows(definition: Definition, path: Path) -> list[TrainingRow]:
    """The rows of one condition: of the user's own, or of a marker under their system prompts."""
    return [
        _row(Conversation(tuple((turn["role"], turn["content"]) for turn in row["messages"]), line))
        if "messages" in row
        else TrainingRow(
            system=definition.experiment.task(row["task"]).system_prompt,
            question=row["question"],
            answer=row["answer"],
        )
        for line, row in enumerate(read_json_lines(path), start=1)
    ]
