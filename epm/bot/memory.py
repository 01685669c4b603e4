"""What our comment remembers of the report it shows: enough to say what an edit has changed.

It is read out of a comment that is ours by marker and author, and only while nobody has edited it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from epm.github.interface import body_hash
from epm_lint.model import Report, Status

_LINE = re.compile(r"<!-- epm:lint-memory (\{[ -~]{2,8000}\}) -->")
_SLUG = re.compile(r"[a-z0-9-]{1,64}")
_MOST = 300
"""Findings that are remembered one by one."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one report."""

    core: str
    """Hash of what the comment says, but for what changed since the one before."""
    stamp: str = ""
    """When the issue was last touched, as of that report."""
    found: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Rules with the hashes of their findings."""
    retired: bool = False
    """Whether the comment says that the issue is not checked any more, and so was folded."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What an edit mended and broke."""

    fixed: Counter[str]
    """How many findings, by rule."""
    new: Counter[str]


def findings(report: Report) -> dict[str, tuple[str, ...]]:
    """Hashes of all that failed or warned; where it stands is left out, as lines move."""
    found: dict[str, tuple[str, ...]] = {}
    for row in report.rows:
        if row.verdict.status.severity <= Status.PASS.severity:
            continue
        told = [finding.message for finding in row.verdict.findings] or [row.verdict.detail]
        found[row.rule.slug] = tuple(_short(one) for one in told)
    return found if sum(map(len, found.values())) <= _MOST else {}


def changes(before: Memory, after: Mapping[str, tuple[str, ...]]) -> Changes:
    """From one report to the next."""
    fixed, new = Counter[str](), Counter[str]()
    for slug in (*before.found, *(slug for slug in after if slug not in before.found)):
        old, now = Counter(before.found.get(slug, ())), Counter(after.get(slug, ()))
        fixed[slug], new[slug] = (old - now).total(), (now - old).total()
    return Changes(+fixed, +new)


def written(memory: Memory, content: str) -> str:
    """The content below the line that remembers it."""
    fields = {"core": memory.core, "seal": body_hash(content), "stamp": memory.stamp}
    retired = {"retired": True} if memory.retired else {}
    line = json.dumps({**fields, **retired, "found": memory.found}, separators=(",", ":"))
    return f"<!-- epm:lint-memory {line} -->\n{content}"


def read(comment: str, closing: str) -> Memory | None:
    """What a comment of ours remembers; None where it was edited, or is of another make."""
    lines = comment.replace("\r\n", "\n").rstrip().split("\n", 2)
    if len(lines) < 3 or not (match := _LINE.fullmatch(lines[1].strip())):
        return None
    try:
        fields = json.loads(match[1])
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    content = lines[2].removesuffix(closing)
    core, stamp, found = (fields.get(name) for name in ("core", "stamp", "found"))
    if fields.get("seal") != body_hash(content) or not isinstance(found, dict):
        return None
    if (
        not isinstance(core, str)
        or not isinstance(stamp, str)
        or not all(map(_sound, found.items()))
    ):
        return None
    retired = fields.get("retired") is True
    return Memory(core, stamp, {slug: tuple(hashes) for slug, hashes in found.items()}, retired)


def _sound(entry: tuple[str, object]) -> bool:
    slug, hashes = entry
    listed = isinstance(hashes, list) and all(isinstance(one, str) for one in hashes)
    return listed and _SLUG.fullmatch(slug) is not None


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
