"""Comments that take a rule's fault as accepted: `<!-- epm: ignore[hero-figure] reason -->`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lint.blocks import Comment
from lint.document import Document
from lint.model import Finding, Row, Rule, Status, Verdict
from lint.quoting import clip, quote

SLUG, TITLE = "suppressions", "Suppressions"
HOW = "write <!-- epm: ignore[rule] reason -->"

_ACCEPTABLE = frozenset({Status.WARN, Status.FAIL})


@dataclass(frozen=True, slots=True)
class Suppression:
    """One rule that a comment asks to ignore, and why."""

    slug: str
    reason: str
    line: int


def suppressions(document: Document) -> tuple[Suppression, ...]:
    """All suppressions in a body, those without a reason included."""
    return tuple(found for comment in document.comments for found in _read(comment))


def settle(rows: Sequence[Row], asked: Sequence[Suppression]) -> tuple[Row, ...]:
    """The rows with suppressed faults skipped, and a row on suppressions that are amiss."""
    reasons = {suppression.slug: suppression.reason for suppression in asked if suppression.reason}
    settled = [_settled(row, reasons.get(row.rule.slug)) for row in rows]
    verdicts = {row.rule.slug: row.verdict for row in rows}
    if faults := [fault for suppression in asked for fault in _faults(suppression, verdicts)]:
        verdict = Verdict.warned(f"{len(faults)} suppression(s) amiss", faults)
        settled.append(Row(Rule(SLUG, TITLE, lambda _: verdict), verdict))
    return tuple(settled)


def _settled(row: Row, reason: str | None) -> Row:
    if reason and row.verdict.status in _ACCEPTABLE:
        return Row(row.rule, Verdict.skipped(f"ignored: {clip(reason)}"))
    return row


def _faults(suppression: Suppression, verdicts: dict[str, Verdict]) -> Iterator[Finding]:
    name, line = quote(suppression.slug), suppression.line
    verdict = verdicts.get(suppression.slug)
    if verdict is None:
        yield Finding(f"there is no rule {name}", line, fix=_nearest(suppression.slug, verdicts))
    elif not suppression.reason:
        yield Finding(f"{name} is ignored without a reason", line, fix=HOW)
    elif verdict.status in {Status.PASS, Status.SKIP}:
        yield Finding(f"{name} has nothing to ignore here", line, fix="delete the comment")


def _nearest(slug: str, verdicts: dict[str, Verdict]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(slug[:80], verdicts, n=1)
    return f"did you mean {close[0]}?" if close else HOW


def _read(comment: Comment) -> Iterator[Suppression]:
    words = comment.text.strip()
    if not words.startswith("epm:"):
        return
    instruction = words.removeprefix("epm:").lstrip()
    if not instruction.startswith("ignore"):
        return
    slugs, bracket, reason = instruction.removeprefix("ignore").partition("]")
    if not slugs.startswith("[") or not bracket:
        slugs, reason = "", ""
    for slug in slugs.removeprefix("[").split(","):
        yield Suppression(slug.strip(), " ".join(reason.split()), comment.line)
