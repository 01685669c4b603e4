"""What is asked: datasets of items under a system prompt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One prompt of a task."""

    id: str
    """Short, unique within the task."""
    prompt: str
    """The user turn."""
    answer: str | None = None
    """The right answer, for scorers that compare with one."""
    cluster: str | None = None
    """What the item belongs to where that is more than itself: a passage, a question asked in
    several wordings. Answers to items of one cluster are not independent."""
    choices: tuple[str, ...] = ()
    """Of a multiple choice: the options, the right answer among them."""


@dataclass(frozen=True)
class Task:
    """Items that are asked alike."""

    name: str
    items: tuple[Item, ...]
    system_prompt: str | None = None
    """None leaves the system turn out."""
    dataset: str = ""
    """Tasks of one data set share their items: answers to one of them are not independent across
    tasks either. Empty where no other task has them."""
