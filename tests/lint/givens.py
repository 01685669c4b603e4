"""What a case may state before its body: all that `lint` can be told of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from epm_lint.binding import record
from epm_lint.engine import lint
from epm_lint.formats import NAMES, PLAIN, format_of, shipped
from epm_lint.markdown.document import Document
from epm_lint.model import Report, Rule, Verdict

_GIVEN = re.compile(r"([A-Z][a-z]+): *(.*)")
_FILE = re.compile(r"(?P<name>[^@\s]+)@(?P<commit>[0-9a-f]{4,40})(?::(?P<path>\S+))?")


@dataclass(frozen=True)
class StatedRepository:
    """A history as a case states it, oldest first: `owner/name@commit` or `…@commit:path`."""

    name: str | None
    files: tuple[tuple[str, str | None], ...]

    is_shallow = False

    @classmethod
    def of(cls, text: str) -> StatedRepository:
        entries = [_FILE.fullmatch(word) for word in text.split()]
        found = [entry for entry in entries if entry]
        assert len(found) == len(entries), f"not OWNER/NAME@COMMIT:PATH: {text}"
        assert len({entry["name"] for entry in found}) == 1, f"one repository only: {text}"
        files = tuple((entry["commit"].ljust(40, "0"), entry["path"]) for entry in found)
        return cls(found[0]["name"], files)

    def has_commit(self, commit: str) -> bool:
        return any(known.startswith(commit.lower()) for known, _ in self.files)

    def read(self, commit: str, path: str) -> bytes | None:
        there = any(known.startswith(commit.lower()) and name == path for known, name in self.files)
        return b"" if there else None

    def last_commit(self, path: str) -> str | None:
        return next((known for known, name in reversed(self.files) if name == path), None)


GIVENS: dict[str, Callable[[str], dict[str, Any]]] = {
    "Title": lambda text: {"title": text},
    "Labels": lambda text: {"labels": text.split()},
    "Beside": lambda text: {"beside": frozenset(text.split())},
    "Created": lambda text: {"created": date.fromisoformat(text)},
    "Issue": lambda text: {"issue": int(text)},
    "Format": lambda text: {"page_format": text},
    "Results": lambda text: {"results": json.loads(text)},
    "Rendered": lambda text: {"record": text},
    "Repository": lambda text: {"repository": StatedRepository.of(text)},
}


def stated(case: str, rule: Rule) -> tuple[str, dict[str, Any], Rule]:
    """The body of a case, what it states of the page, and the rule with the case's options."""
    given: dict[str, Any] = {}
    lines = case.split("\n")
    taken = 0
    while match := _GIVEN.fullmatch(lines[taken]):
        name, text = match.groups()
        if name == "Option":
            option, _, value = text.partition("=")
            rule = with_option(rule, option.strip(), value.strip())
        elif name in GIVENS:
            given |= GIVENS[name](text)
        else:
            break
        taken += 1
        if taken == len(lines):
            return "", given, rule
    if taken and not lines[taken]:
        taken += 1
    return "\n".join(lines[taken:]), given, rule


def with_option(rule: Rule, name: str, text: str) -> Rule:
    """The rule with one option set; a list is separated by commas."""
    default = getattr(rule.options, name)
    value: object = text
    if isinstance(default, bool):
        value = {"true": True, "false": False}[text]
    elif isinstance(default, int):
        value = int(text)
    elif isinstance(default, tuple):
        value = tuple(part.strip() for part in text.split(",") if part.strip())
    return replace(rule, options=replace(rule.options, **{name: value}))


def linted(rule: Rule, case: str) -> Report:
    """The report of this rule alone on a case."""
    body, given, rule = stated(case, rule)
    if "record" in given:  # it was rendered as it stands
        given["record"] = record.read(record.written(given.get("title", ""), body), None)
    if not rule.everywhere and format_of(Document(body)).format.name == PLAIN:
        asking = (name for name in NAMES if shipped(name).asks_for(rule.slug))
        given.setdefault("page_format", next(asking))
    return lint(body, rules=[rule], **given)


def verdict(rule: Rule, case: str) -> Verdict:
    """What the rule says of a case."""
    return next(row.verdict for row in linted(rule, case).rows if row.rule.slug == rule.slug)
