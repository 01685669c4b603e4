"""Comments that take a rule's fault as accepted: `<!-- epm: ignore[hero-figure] reason -->`.

At the top of a body, before all that is visible, one holds for the whole body; elsewhere for the
block it stands in or before, and before a heading for the whole section.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from epm_lint.markdown.blocks import Comment
from epm_lint.markdown.document import Document
from epm_lint.model import Finding, Row, Rule, Status, Verdict
from epm_lint.quoting import clip, quote
from epm_lint.values import dataclass

SLUG, TITLE = "suppressions", "Suppressions"
HOW = "write <!-- epm: ignore[rule] reason -->"

_ACCEPTABLE = frozenset({Status.AWAITING, Status.WARN, Status.FAIL})


@dataclass(frozen=True, slots=True)
class Suppression:
    """One rule that a comment asks to ignore, why, and where."""

    slug: str
    reason: str
    comment: Comment
    scope: range | None
    """The lines it holds for; None for the whole body."""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding lies where this holds."""
        return self.scope is None or finding.line in self.scope


def suppressions(document: Document) -> tuple[Suppression, ...]:
    """All suppressions in a body, those without a reason included; what is quoted is none."""
    return tuple(
        Suppression(slug, reason, comment, document.scope_of(comment))
        for comment in document.comments
        if not comment.quoted
        for slug, reason in _read(comment)
    )


def settle(
    rows: Sequence[Row],
    asked: Sequence[Suppression],
    *,
    known: Collection[str],
    trusted: bool,
    refused: Collection[Suppression] = (),
) -> tuple[Row, ...]:
    """The rows without what is ignored, and a row on suppressions that are amiss.

    `known` are the slugs of all rules there are, of which `rows` may hold some; `refused` are
    suppressions by which a page would vouch for itself.
    """
    honoured = [one for one in asked if one.reason and one not in refused] if trusted else []
    settled = [_settled(row, [s for s in honoured if s.slug == row.rule.slug]) for row in rows]
    verdicts = {row.rule.slug: row.verdict for row in rows}
    faults = [
        fault
        for suppression in asked
        for fault in (
            [_refusal(suppression)]
            if suppression in refused
            else _faults(suppression, verdicts.get(suppression.slug), known, trusted)
        )
    ]
    if faults:
        verdict = Verdict.warned(f"{len(faults)} suppression(s) amiss", faults)
        settled.append(Row(Rule(SLUG, TITLE, lambda _: verdict), verdict))
    return tuple(settled)


def _settled(row: Row, honoured: Sequence[Suppression]) -> Row:
    verdict = row.verdict
    if not honoured or verdict.status not in _ACCEPTABLE:
        return row
    left = tuple(f for f in verdict.findings if not any(s.covers(f) for s in honoured))
    whole = next((s for s in honoured if s.scope is None), None)
    ignored = len(verdict.findings) - len(left)
    if whole or (ignored and not left):
        reason = (whole or honoured[0]).reason
        return Row(row.rule, Verdict.skipped(f"ignored: {clip(reason)}"))
    if not ignored:
        return row
    return Row(
        row.rule, replace(verdict, detail=f"{verdict.detail}; {ignored} ignored", findings=left)
    )


def _refusal(suppression: Suppression) -> Finding:
    message = f"{quote(suppression.slug)} is not ignored: a page cannot vouch for its own numbers"
    return Finding(message, suppression.comment.line, fix="render the page again")


def _faults(
    suppression: Suppression, verdict: Verdict | None, known: Collection[str], trusted: bool
) -> Iterator[Finding]:
    name, line = quote(suppression.slug), suppression.comment.line
    if suppression.slug not in known:
        yield Finding(f"there is no rule {name}", line, fix=_nearest(suppression.slug, known))
    elif not suppression.reason:
        yield Finding(f"{name} is ignored without a reason", line, fix=HOW)
    elif not trusted:
        by = "only people with write access can silence a rule"
        yield Finding(f"{name} is not ignored: {by}", line)
    elif verdict is not None and not _is_used(suppression, verdict):
        yield Finding(f"{name} has nothing to ignore here", line, fix="delete the comment")


def _is_used(suppression: Suppression, verdict: Verdict) -> bool:
    if verdict.status not in _ACCEPTABLE:
        return verdict.status is Status.ERROR
    return suppression.scope is None or any(map(suppression.covers, verdict.findings))


def _nearest(slug: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(slug[:80], known, n=1)
    return f"did you mean {close[0]}?" if close else HOW


def _read(comment: Comment) -> Iterator[tuple[str, str]]:
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
        yield slug.strip(), " ".join(reason.split())
