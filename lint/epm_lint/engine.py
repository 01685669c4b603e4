"""Lint a body: decide which rules apply, run them, fold their verdicts into a report."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from epm_lint.errors import LintError
from epm_lint.formats import BodyFormat, format_of
from epm_lint.markdown.document import Document
from epm_lint.model import Page, Report, Repository, Row, Rule, Status, Verdict
from epm_lint.quoting import clip
from epm_lint.rules import RULES
from epm_lint.suppressions import settle, suppressions
from epm_lint.timeout import LONGEST_RUN, deadline

LARGEST_BODY = 2_000_000
"""In bytes; GitHub takes no body of more than 65,536 characters."""


def lint(
    body: str | bytes,
    *,
    title: str | None = None,
    created: date | None = None,
    labels: Iterable[str] = (),
    issue: int | None = None,
    beside: Container[str] = frozenset(),
    results: Mapping[str, Any] | None = None,
    results_sha256: str | None = None,
    repository: Repository | None = None,
    trusted: bool = True,
    path: str = "body.md",
    rules: Sequence[Rule] = RULES,
    seconds: float = LONGEST_RUN,
) -> Report:
    """The report on a body, given what is known of its issue and of the files around it.

    Only where the body is `trusted`, written by people with write access, can it silence a rule.
    Raises `LintError` where there is no body to judge: too large, not text, of an unknown format;
    and where to judge it takes too many `seconds`.
    """
    text = decoded(body)
    with deadline(seconds) as look:
        document = Document(text)
        page = Page(
            document,
            format_of(document),
            title=title,
            created=created,
            labels=frozenset(labels),
            issue=issue,
            beside=beside,
            results=results,
            results_sha256=results_sha256,
            repository=repository,
        )
        rows = []
        for rule in rules:
            look()
            rows.append(Row(rule, _verdict(rule, page)))
        known = {rule.slug for rule in (*RULES, *rules)}
        settled = settle(rows, suppressions(document), known=known, trusted=trusted)
    return Report(path, page.format, settled)


def decoded(body: str | bytes) -> str:
    """The text of a body; `LintError` where it is too large or no text."""
    encoded = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
    if len(encoded) > LARGEST_BODY:
        raise LintError(f"the body has {len(encoded):,} bytes, at most {LARGEST_BODY:,} are read")
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError as error:
        line = encoded.count(b"\n", 0, error.start) + 1
        raise LintError(f"line {line} of the body is not UTF-8 (byte {error.start})") from None


def _verdict(rule: Rule, page: Page) -> Verdict:
    if reason := _reason_to_skip(rule, page):
        return Verdict.skipped(reason)
    try:
        return rule.check(page) if rule.options is None else rule.check(page, rule.options)
    except Exception as error:
        problem = clip(f"{type(error).__name__}: {error}")
        return Verdict(Status.ERROR, f"the rule itself broke: {problem}")


def _reason_to_skip(rule: Rule, page: Page) -> str | None:
    if page.format not in rule.formats:
        formats = ", ".join(name for name in BodyFormat if name in rule.formats)
        return f"for {formats} bodies; this one is {page.format}"
    if rule.since and page.created and page.created < rule.since:
        return f"created {page.created}, the rule holds since {rule.since}"
    return None
