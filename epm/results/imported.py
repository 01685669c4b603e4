"""Where imported results come from: what their files say of model, task and run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from epm.privacy import public
from epm.values import Value

LONGEST = 80
"""Characters of an argument that is kept; a longer one says nothing at a glance."""

_SECRET = re.compile(r"key|token(?!s|iz)|secret|password|credential|auth", re.I)
"""In the name of an argument; `max_tokens` and `tokenizer` are none."""

Source = Literal["inspect", "lm-eval", "table", "json", "python"]
"""What made the files; `python` is a script that called the builder."""

MADE_BY: Mapping[Source, str] = {
    "inspect": "logs of Inspect",
    "lm-eval": "output of lm-evaluation-harness",
    "table": "a table",
    "json": "a JSON file",
    "python": "a script",
}
"""What results were imported from, as a sentence has it."""


class ImportedModel(Value):
    """The model of a condition, as the files name it."""

    name: str
    revision: str = ""
    arguments: dict[str, str] = Field({})
    """As given to the tool, each in a word; long or nested ones are left out."""


class ImportedTask(Value):
    """One evaluation: a condition on a task."""

    condition: str
    task: str
    version: str = ""
    """Of the task, or the revision of its data."""
    commit: str = ""
    """Of the code that ran it."""
    created: str = ""
    """When, as the file says."""
    epochs: PositiveInt = 1
    """How often each item was asked."""
    reducers: tuple[str, ...] = ()
    """How the tool brought the epochs of an item together."""
    items_in_dataset: PositiveInt | None = None
    items_run: NonNegativeInt | None = None
    """Fewer than in the data set where a limit was set."""
    graders: tuple[str, ...] = ()
    """Models that scored."""
    settings: dict[str, str] = Field({})
    """Temperature, few-shot examples and the like, each in a word."""


class ReportedNumber(Value):
    """A number that the tool reports, and the same by us."""

    condition: str
    task: str
    name: str
    """The tool's word for it, as in 'match, accuracy (mean)'."""
    value: float
    ours: float | None = None
    """None where we have no such number."""
    why: str = ""
    """What differs, where the two do."""


class ImportRecord(Value):
    """How results came into this form."""

    source: Source
    map: str = ""
    """sha256 of the map; empty where none was needed."""
    models: dict[str, ImportedModel] = Field({})
    evaluations: tuple[ImportedTask, ...] = ()
    reported: tuple[ReportedNumber, ...] = ()
    packages: dict[str, str] = Field({})
    notes: tuple[str, ...] = ()


def in_words(given: Mapping[str, Any]) -> dict[str, str]:
    """Arguments in a word each: no nested ones, long ones or secrets."""
    found = {}
    for name, value in given.items():
        if isinstance(value, tuple | list) and all(isinstance(v, str | int | float) for v in value):
            value = ", ".join(map(repr, value))
        if isinstance(value, str | int | float) and not _SECRET.search(name):
            text = public(str(value)).strip()
            if text and len(text) <= LONGEST and "\n" not in text:
                found[name] = text
    return found


def in_a_word(value: Any) -> str:
    """A setting to show beside another."""
    return "none" if value in (None, "") else public(str(value))[:60]
