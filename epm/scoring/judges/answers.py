"""What judges have answered so far, on disk: written before it is used, never asked again."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from epm.definition import JudgeAnswer
from epm.files import open_own, text_sha256

ANSWERS = "judge_answers.jsonl"
"""In the run folder, one line an answer, in the order in which they came."""

JUDGEMENTS = "judgements.jsonl.gz"
"""What is made of that: every question's key and answer, in the order of the samples."""

Judged = Mapping[str, JudgeAnswer]
"""Answers by the key of their question; a failure is one that says why there is none."""

_GUARD = "guard"


class Answers:
    """Answers by the key of their question, and a file that each is added to when it comes.

    A line that was cut, or changed since it was written, is as if it had never been there.
    """

    def __init__(self, path: Path) -> None:
        """Read what is there; a last line that was cut is taken off, so that none follows it."""
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, JudgeAnswer] = {}
        if not os.path.lexists(path):
            return
        with open_own(path) as stream:
            content = stream.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
        for line in content[:whole].splitlines():
            if found := _read(line):
                self._known.setdefault(*found)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._known)

    def get(self, key: str) -> JudgeAnswer | None:
        """The answer to a question, if there is one."""
        return self._known.get(key)

    def know(self, answers: Mapping[str, JudgeAnswer]) -> None:
        """Take up answers that are kept elsewhere; this file is not written."""
        for key, answer in answers.items():
            if not answer.failure:
                self._known.setdefault(key, answer)

    def keep(self, key: str, answer: JudgeAnswer) -> None:
        """Add an answer; when this returns, it is on the disk."""
        line = _written(key, answer)
        with self._lock:
            with self._path.open("ab") as stream:
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
            self._known[key] = answer


def as_json(answer: JudgeAnswer) -> dict[str, Any]:
    """An answer without what is as usual."""
    usual = asdict(JudgeAnswer())
    return {n: part for n, part in asdict(answer).items() if n == "text" or part != usual[n]}


def from_json(value: Mapping[str, Any]) -> JudgeAnswer:
    """What `as_json` wrote.

    Raises:
        TypeError: it has parts that no answer has.
    """
    return JudgeAnswer(**value)


def by_key(rows: Iterable[Mapping[str, Any]]) -> dict[str, JudgeAnswer]:
    """Answers by the key of their question, of lines that `lines` made; failures among them."""
    return {row["key"]: from_json({n: p for n, p in row.items() if n != "key"}) for row in rows}


def lines(answers: Mapping[str, JudgeAnswer]) -> list[dict[str, Any]]:
    """Answers with their keys, in their order."""
    return [{"key": key, **as_json(answer)} for key, answer in answers.items()]


def _written(key: str, answer: JudgeAnswer) -> bytes:
    value = {"key": key, **as_json(answer)}
    guard = text_sha256(json.dumps(value, ensure_ascii=True))[:16]
    return (json.dumps({**value, _GUARD: guard}, ensure_ascii=True) + "\n").encode()


def _read(line: bytes) -> tuple[str, JudgeAnswer] | None:
    try:
        value = json.loads(line)
        guard = value.pop(_GUARD)
        if text_sha256(json.dumps(value, ensure_ascii=True))[:16] != guard:
            return None
        (found,) = by_key([value]).items()
        return found
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
