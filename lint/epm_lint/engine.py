"""Lint a body: decide which rules apply, run them, fold their verdicts into a report."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from epm_lint.binding.record import has_comment, is_of
from epm_lint.configuration import with_options
from epm_lint.consequences import told_once
from epm_lint.errors import LintError
from epm_lint.formats import NAMES, PLAIN, Format, Recognised, format_of
from epm_lint.formats.recognition import named
from epm_lint.markdown.document import Document
from epm_lint.model import (
    Finding,
    Page,
    RenderedRecord,
    Report,
    Repository,
    ResultsFile,
    Row,
    Rule,
    Status,
    Verdict,
)
from epm_lint.quoting import clip, quote
from epm_lint.reading.page import read
from epm_lint.rules import RULES
from epm_lint.suppressions import Suppression, settle, suppressions
from epm_lint.timeout import LONGEST_RUN, TimeIsUp, deadline

_READERS = frozenset({"numbers", "claims"})
"""The families of rules that ask for what the page says with numbers."""

_VOUCHES = "numbers-match-results"
"""The rule that a rendered page cannot silence: it would vouch for itself."""

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
    tables: str | None = None,
    record: RenderedRecord | None = None,
    rendered: bool = False,
    repository: Repository | None = None,
    trusted: bool = True,
    path: str = "body.md",
    rules: Sequence[Rule] = RULES,
    page_format: str | None = None,
    formats: Sequence[Format] = (),
    seconds: float = LONGEST_RUN,
) -> Report:
    """The report on a body, given what is known of its issue and of the files around it.

    Only where the body is `trusted`, written by people with write access, can it silence a rule. It
    is judged by the format named `page_format`, one of the shipped or of `formats`, else by the one
    that it claims or has. Rules that are not done after so many `seconds` fail. Raises `LintError`
    where there is no body to judge: too large, not text, or there is no such format.
    """
    text = decoded(body)
    rows: dict[str, Row] = {}
    page: Page | None = None
    late = False
    try:
        with deadline(seconds) as look:
            document = Document(text)
            is_ours = rendered or (record is not None and is_of(record, document))
            recognised = _recognised(document, page_format, formats, is_ours)
            page = Page(
                document,
                recognised.format,
                title=title,
                created=created,
                labels=frozenset(labels),
                issue=issue,
                beside=beside,
                results=results,
                results_sha256=results_sha256,
                results_files=tuple(results_files),
                numbers=numbers,
                tables=tables,
                rendered=recognised.rendered,
                record=record,
                repository=repository,
            )
            # what reads the whole page comes last: if time runs out, the rest is judged
            for rule in sorted(rules, key=lambda rule: rule.family in _READERS):
                look()
                rows[rule.slug] = Row(rule, _verdict(rule, page), _is_asked(rule, page))
    except TimeIsUp:
        late = True
    judged = [rows.get(rule.slug) or Row(rule, _not_judged(rule, page, seconds)) for rule in rules]
    if late or page is None:
        return Report(path, page.format.name if page else PLAIN, tuple(judged))
    known = {rule.slug for rule in (*RULES, *rules)}
    asked = suppressions(document)
    refused = [one for one in asked if page.rendered and _vouches(one, record)]
    settled = settle(judged, asked, known=known, trusted=trusted, refused=refused)
    settled = (*settled, *_told(recognised))
    if any(rule.family in _READERS for rule in rules):
        return Report(path, page.format.name, told_once(settled), read(document, title))
    return Report(path, page.format.name, settled)


def _recognised(
    document: Document, page_format: str | None, formats: Sequence[Format], rendered: bool
) -> Recognised:
    if page_format is None:
        return format_of(document, formats, rendered)
    if found := named(page_format, formats):
        return Recognised(found)
    known = ", ".join([*NAMES, *(one.name for one in formats)])
    raise LintError(f"there is no page format {quote(page_format)}; known: {known}")


def _vouches(one: Suppression, record: RenderedRecord | None) -> bool:
    """Whether a comment that was not rendered would take a rendered page's word for its numbers."""
    if one.slug != _VOUCHES:
        return False
    return record is None or not has_comment(record, one.comment.text)


def _told(recognised: Recognised) -> tuple[Row, ...]:
    """The line on a page that claims a format which it is not held to."""
    if not recognised.note:
        return ()
    verdict = Verdict.warned(recognised.note, [Finding(recognised.note, recognised.line)])
    return (Row(Rule("page-format", "Page format", lambda _: verdict), verdict),)


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
        asked = page.format.rules.get(rule.slug)
        if asked:
            rule = with_options(rule, asked, f"{page.format.file}: rules.{rule.slug}")
        return rule.check(page) if rule.options is None else rule.check(page, rule.options)
    except Exception as error:
        problem = clip(f"{type(error).__name__}: {error}")
        return Verdict(Status.ERROR, f"the rule itself broke: {problem}")


def _is_asked(rule: Rule, page: Page) -> bool:
    return rule.everywhere or page.format.asks_for(rule.slug)


def _reason_to_skip(rule: Rule, page: Page) -> str | None:
    if not _is_asked(rule, page):
        return f"the format {page.format.name} does not ask for it"
    if rule.since and page.created and page.created < rule.since:
        return f"created {page.created}, the rule holds since {rule.since}"
    return None
