"""What our comment remembers of the report it shows: enough to say what an edit has changed.

It is read out of a comment that is ours by marker and author, and only while nobody has edited it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from epm.github.interface import body_hash
from epm_lint.model import Report, Status

_LINE = re.compile(r"<!-- epm:lint-memory (\{[ -~]{2,12000}\}) -->")
_SLUG = re.compile(r"[a-z0-9-]{1,64}")
_MOST = 300
"""Findings that are remembered one by one."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What one rule had found."""

    status: Status
    count: int
    findings: tuple[str, ...] | None
    """Their hashes; None where there were too many to remember each."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one report."""

    core: str
    """Hash of what the comment says, but for what changed since the one before."""
    stamp: str = ""
    """When the issue was last touched, as of that report."""
    status: Status | None = None
    """Of the whole report; None where there has not been one."""
    grounds: str = ""
    """What it was judged by; verdicts on other grounds are not compared."""
    found: Mapping[str, Remembered] = field(default_factory=dict)
    """Rules that failed or warned."""
    skipped: tuple[str, ...] = ()
    """Rules that had nothing to say."""
    retired: bool = False
    """Whether the comment says that the issue is not checked any more, and so was folded."""


def of(report: Report) -> tuple[dict[str, Remembered], tuple[str, ...]]:
    """What failed or warned, and what was skipped.

    Where a finding stands is left out, as lines move.
    """
    found: dict[str, Remembered] = {}
    for row in report.rows:
        if row.verdict.status.severity <= Status.PASS.severity:
            continue
        told = [finding.message for finding in row.verdict.findings] or [row.verdict.detail]
        hashes = tuple(_short(one) for one in told)
        found[row.rule.slug] = Remembered(row.verdict.status, len(hashes), hashes)
    room = _MOST
    for slug in sorted(found, key=lambda slug: found[slug].count):
        one = found[slug]
        room -= one.count
        if room < 0:
            found[slug] = Remembered(one.status, one.count, None)
    skipped = (row.rule.slug for row in report.rows if row.verdict.status is Status.SKIP)
    return found, tuple(skipped)


def written(memory: Memory, content: str) -> str:
    """The content below the line that remembers it."""
    fields: dict[str, object] = {
        "core": memory.core,
        "seal": body_hash(content),
        "stamp": memory.stamp,
        "status": memory.status,
        "grounds": memory.grounds,
        "found": {
            slug: [one.status, one.count, one.findings] for slug, one in memory.found.items()
        },
        "skipped": memory.skipped,
    }
    if memory.retired:
        fields["retired"] = True
    line = json.dumps(fields, separators=(",", ":")).replace("--", "-\\u002d")
    return f"<!-- epm:lint-memory {line} -->\n{content}"


def read(comment: str, closing: str) -> tuple[Memory, str] | None:
    """What a comment of ours remembers, and what it says; None where it was edited."""
    lines = comment.replace("\r\n", "\n").rstrip().split("\n", 2)
    if len(lines) < 3 or not (match := _LINE.fullmatch(lines[1].strip())):
        return None
    try:
        fields = json.loads(match[1])
    except (ValueError, RecursionError):
        return None
    content = lines[2].removesuffix(closing)
    if not isinstance(fields, dict) or fields.get("seal") != body_hash(content):
        return None
    try:
        return _memory(fields), content
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _memory(fields: Mapping[str, object]) -> Memory:
    core, stamp, grounds = (fields[name] for name in ("core", "stamp", "grounds"))
    found, skipped, status = (fields[name] for name in ("found", "skipped", "status"))
    if not isinstance(found, dict) or not isinstance(skipped, list):
        raise TypeError
    texts = [core, stamp, grounds, *skipped, *found]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError
    if not all(_SLUG.fullmatch(slug) for slug in (*skipped, *found)):
        raise ValueError
    return Memory(
        str(core),
        str(stamp),
        None if status is None else Status(str(status)),
        str(grounds),
        {slug: _remembered(one) for slug, one in found.items()},
        tuple(skipped),
        fields.get("retired") is True,
    )


def _remembered(entry: object) -> Remembered:
    if not isinstance(entry, list):
        raise TypeError
    status, count, hashes = entry
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError
    if hashes is not None and not all(isinstance(one, str) for one in hashes):
        raise TypeError
    return Remembered(Status(str(status)), count, None if hashes is None else tuple(hashes))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
