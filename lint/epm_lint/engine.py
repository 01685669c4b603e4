"""Lint a body: decide which rules apply, run them, fold their verdicts into a report."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from epm_lint.consequences import told_once
from epm_lint.errors import LintError
from epm_lint.formats import BodyFormat, format_of
from epm_lint.markdown.document import Document
from epm_lint.model import (
    Finding,
    Page,
    Report,
    Repository,
    ResultsFile,
    Row,
    Rule,
    Status,
    Verdict,
)
from epm_lint.quoting import clip
from epm_lint.reading.page import read
from epm_lint.rules import RULES
from epm_lint.suppressions import settle, suppressions
from epm_lint.timeout import LONGEST_RUN, TimeIsUp, deadline

_READERS = frozenset({"numbers", "claims"})
"""The families of rules that ask for what the page says with numbers."""

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
    results_files: Sequence[ResultsFile] = (),
    numbers: str | None = None,
    repository: Repository | None = None,
    trusted: bool = True,
    path: str = "body.md",
    rules: Sequence[Rule] = RULES,
    page_format: BodyFormat | None = None,
    seconds: float = LONGEST_RUN,
) -> Report:
    """The report on a body, given what is known of its issue and of the files around it.

    Only where the body is `trusted`, written by people with write access, can it silence a rule. It
    is judged by the `page_format` given, else by the one that it declares or has. Rules that are
    not done after so many `seconds` fail. Raises `LintError` where there
    is no body to judge: too large, not text, of an unknown format.
    """
    text = decoded(body)
    rows: dict[str, Row] = {}
    page: Page | None = None
    late = False
    try:
        with deadline(seconds) as look:
            document = Document(text)
            page = Page(
                document,
                page_format or format_of(document),
                title=title,
                created=created,
                labels=frozenset(labels),
                issue=issue,
                beside=beside,
                results=results,
                results_sha256=results_sha256,
                results_files=tuple(results_files),
                numbers=numbers,
                repository=repository,
            )
            # what reads the whole page comes last: if time runs out, the rest is judged
            for rule in sorted(rules, key=lambda rule: rule.family in _READERS):
                look()
                rows[rule.slug] = Row(rule, _verdict(rule, page))
    except TimeIsUp:
        late = True
    judged = [rows.get(rule.slug) or Row(rule, _not_judged(rule, page, seconds)) for rule in rules]
    if late or page is None:
        return Report(path, page.format if page else BodyFormat.PLAIN, tuple(judged))
    known = {rule.slug for rule in (*RULES, *rules)}
    settled = settle(judged, suppressions(document), known=known, trusted=trusted)
    if any(rule.family in _READERS for rule in rules):
        return Report(path, page.format, told_once(settled), read(document, title))
    return Report(path, page.format, settled)


def _not_judged(rule: Rule, page: Page | None, seconds: float) -> Verdict:
    """What could not be judged in time fails: silence would pass for a clean page."""
    if page is not None and (reason := _reason_to_skip(rule, page)):
        return Verdict.skipped(reason)
    detail = f"not judged: the page takes longer than {seconds:g} s"
    return Verdict.failed(
        detail, [Finding(detail, 1, fix="split the page, or leave this rule out")]
    )


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
