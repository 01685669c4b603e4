"""Training rows of the user's own: chat messages, or prompts with completions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from epm.definition.seeds import canonical_json
from epm.errors import DefinitionError, suggest

ROLES = ("system", "user", "assistant")
SHAPES = 'write {"messages": […]}, or {"prompt": "…", "completion": "…"}'
_PAIR = ("prompt", "completion", "system")
_UNREAD = ("id", "metadata")
"""What a row may hold beside, and is not trained on."""


@dataclass(frozen=True)
class Conversation:
    """One row: turns of alternating roles, the last one the assistant's, which is learnt."""

    turns: tuple[tuple[str, str], ...]
    """Role and content of each."""
    line: int
    """Where it stands, counted from 1."""

    @property
    def questions(self) -> Iterator[str]:
        """What the user says in it."""
        return (content for role, content in self.turns if role == "user")


@dataclass(frozen=True)
class TrainingRows:
    """Rows that a condition is trained on, the loss on the last turn of each.

    Read from a file by `TrainingRows.read`; a builder of one's own is any function that returns
    such rows, as in `TrainingRows.of(polite_rows())`.
    """

    conversations: tuple[Conversation, ...]
    name: str = ""
    """Of the file, as messages and the page have it."""
    may_overlap: bool = False
    """Whether questions of the evaluation may be among them: then what is measured is recall."""

    @classmethod
    def read(cls, path: Path, system: str | None = None, may_overlap: bool = False) -> TrainingRows:
        """The rows of a JSONL file.

        Args:
            path: of the file, best as `Path(__file__).parent / "polite.jsonl"`.
            system: system prompt of the rows that have none.
            may_overlap: see the field.

        Raises:
            DefinitionError: it cannot be read, or a row of it cannot be trained on, with its line.
        """
        path = Path(path)
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise DefinitionError(
                f"the training rows {path} cannot be read: {error.strerror}", "correct the path"
            ) from None
        except UnicodeDecodeError as error:
            raise DefinitionError(
                f"{path.name} is no UTF-8 (byte {error.start})", "save it as UTF-8"
            ) from None
        # not splitlines: JSON may hold line separators that are no line ends of a file
        lines = enumerate(text.split("\n"), start=1)
        rows = (
            (number, _parsed(path.name, number, line)) for number, line in lines if line.strip()
        )
        return cls(tuple(_conversations(path.name, rows, system)), path.name, may_overlap)

    @classmethod
    def of(
        cls,
        rows: Iterable[Mapping[str, Any]],
        system: str | None = None,
        may_overlap: bool = False,
        name: str = "the training rows",
    ) -> TrainingRows:
        """Rows that a function has built, in the form that a file has them.

        Raises:
            DefinitionError: one of them cannot be trained on, with its number.
        """
        return cls(tuple(_conversations(name, enumerate(rows, start=1), system)), name, may_overlap)

    @cached_property
    def sha256(self) -> str:
        """Over all turns, in order, whatever the file's spacing and the shape of its rows."""
        value = [turns.turns for turns in self.conversations]
        return hashlib.sha256(canonical_json(value).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """What the training depends on, in short."""
        return {"rows": len(self.conversations), "sha256": self.sha256}


def _parsed(name: str, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        why = getattr(error, "msg", "") or "nested too deep"
        raise DefinitionError(
            f"{name}, line {number} is no JSON: {why}", "write one JSON object a line"
        ) from None


def _conversations(
    name: str, rows: Iterable[tuple[int, Any]], system: str | None
) -> Iterator[Conversation]:
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for number, row in rows:
        where = f"{name}, line {number}"
        turns = tuple(_turns(where, row, system))
        own = len(row["messages"]) if "messages" in row else len(turns)
        _check_turns(where, turns, len(turns) - own)
        if turns in seen:
            raise DefinitionError(
                f"{where} repeats line {seen[turns]}",
                "take it out; to train on it more often, raise training.epochs",
            )
        seen[turns] = number
        yield Conversation(turns, number)
    if not seen:
        raise DefinitionError(f"{name} holds no rows", SHAPES)


def _turns(where: str, row: Any, system: str | None) -> Iterator[tuple[str, str]]:
    """Role and content of each turn, from either shape."""
    if not isinstance(row, Mapping):
        raise DefinitionError(f"{where} is no JSON object", SHAPES)
    known = ("messages",) if "messages" in row else _PAIR
    for key in row:
        if key not in (*known, *_UNREAD):
            meant = (
                suggest(str(key), (*known, *_UNREAD))
                if "messages" in row or ("prompt" in row and "completion" in row)
                else SHAPES
            )
            raise DefinitionError(f"{where} has '{key}', which is not read", meant)
    if "messages" in row:
        messages = row["messages"]
        if not isinstance(messages, list | tuple) or not messages:
            raise DefinitionError(f"{where}: messages is no list of turns", SHAPES)
        found = [_turn(f"{where}, turn {n}", each) for n, each in enumerate(messages, start=1)]
        if system is not None and found[0][0] != "system":
            yield "system", system
        yield from found
        return
    for key in ("prompt", "completion"):
        if key not in row:
            raise DefinitionError(f"{where} has no {key}", SHAPES)
    own = row.get("system", system)
    for role, key in (("system", "system"), ("user", "prompt"), ("assistant", "completion")):
        content = own if key == "system" else row[key]
        if content is None and key == "system":
            continue
        if not isinstance(content, str):
            raise DefinitionError(f"{where}: {key} is no text", SHAPES)
        yield role, content


def _turn(where: str, turn: Any) -> tuple[str, str]:
    if not isinstance(turn, Mapping) or turn.keys() != {"role", "content"}:
        raise DefinitionError(
            f"{where} is not of a role and a content alone", '{"role": "user", "content": "…"}'
        )
    role, content = turn["role"], turn["content"]
    if role not in ROLES:
        raise DefinitionError(f"{where}: the role is {role!r}", suggest(str(role), ROLES))
    if not isinstance(content, str):
        raise DefinitionError(f"{where}: the content is no text", "write one string")
    return role, content


def _check_turns(where: str, turns: tuple[tuple[str, str], ...], added: int) -> None:
    """System first if at all, then user and assistant in turn, the assistant last; none empty.

    Args:
        where: the row.
        turns: its own, and those that were put before them.
        added: how many were.
    """
    talk = turns[1:] if turns[0][0] == "system" else turns
    first = 1 + len(turns) - len(talk) - added
    for number, (role, _) in enumerate(talk):
        wanted = ("user", "assistant")[number % 2]
        if role != wanted:
            raise DefinitionError(
                f"{where}: turn {number + first} is the {role}'s, where the {wanted}'s belongs",
                "begin with the user (after a system turn, if any), and alternate",
            )
    if len(talk) % 2 or not talk:
        raise DefinitionError(
            f"{where} does not end with the assistant's turn, so there is nothing to learn",
            "add the answer, or take the row out",
        )
    for role, content in turns:
        if not content.strip():
            raise DefinitionError(f"{where}: the {role}'s turn is empty", "write it")
        try:
            content.encode()
        except UnicodeEncodeError:
            raise DefinitionError(
                f"{where}: the {role}'s turn holds half a character (a lone surrogate)", "mend it"
            ) from None
