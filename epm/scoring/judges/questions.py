"""What judges are asked of samples: a question is known by its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from epm.definition import Definition, Excluded, Item, Judge

Row = Mapping[str, Any]
"""A line of a samples file."""


@dataclass(frozen=True)
class Question:
    """What a judge is asked, whichever completions it is asked about."""

    key: str
    """Hex sha256 over the judge and all that it is shown."""
    system: str
    text: str
    choices: tuple[str, ...] = ()
    """Answers of which the likeliest is taken; none where the judge writes its own."""


def items_of(definition: Definition) -> dict[tuple[str, str], Item]:
    """By task and id."""
    return {
        (task.name, item.id): item for task in definition.experiment.prompted for item in task.items
    }


def question(judge: Judge, completion: str, item: Item) -> Question | Excluded:
    """What is asked of one completion, or why nothing is."""
    text = judge.question(completion, item)
    if isinstance(text, Excluded):
        return text
    return Question(judge.key(text), judge.system, text, judge.weighed)


def questions(judge: Judge, definition: Definition, rows: Iterable[Row]) -> list[Question]:
    """What a judge is asked of samples, in their order, equal questions once.

    Samples of items that the definition does not have are passed over: scoring refuses them.
    """
    items = items_of(definition)
    found: dict[str, Question] = {}
    for row in rows:
        item = items.get((row["task"], row["item"]))
        if item is None or "text" not in row:
            continue
        asked = question(judge, row["text"], item)
        if isinstance(asked, Question):
            found.setdefault(asked.key, asked)
    return list(found.values())
