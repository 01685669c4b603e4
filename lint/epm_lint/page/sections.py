"""Where the named parts of a page are, whatever the format of its body."""

from __future__ import annotations

import re
from collections.abc import Iterator

from epm_lint.formats import BodyFormat, is_one_result
from epm_lint.markdown.blocks import Section, title_key
from epm_lint.markdown.details import FoldedPart, folds
from epm_lint.model import Finding, Page
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_CONFIDENCE = Pattern(r"\W{0,8}confidence(?: level)?\s{0,4}:\W{0,4}([^\W\d]\w*)", re.IGNORECASE)
_SETUP = ("setup", "hyperparameter", "reproducib")


def summary(page: Page) -> Section | None:
    """The structured summary: Background, Methodology, Results, Next steps."""
    return page.document.find("TL;DR" if page.format is BodyFormat.LEGACY else "AI Summary")


def report(page: Page) -> Section | None:
    """The detailed report."""
    return page.document.find("Detailed report")


def summary_part(page: Page, title: str) -> Section | None:
    """A part of the summary; where it has slipped out of it, the one outside the report."""
    inside = summary(page)
    return (inside and inside.find(title)) or _outside(page, title, report(page))


def report_part(page: Page, title: str) -> Section | None:
    """A part of the detailed report; where it has slipped out of it, the one elsewhere."""
    inside = report(page)
    return (inside and inside.find(title)) or _outside(page, title, summary(page))


def absent(heading: str, inside: Section | None) -> list[Finding]:
    """The finding that a heading is missing from a section, or from the whole body."""
    return [Finding(f"no '{heading}'", inside.line if inside else 1, fix="add it")]


def results(page: Page) -> tuple[Section, ...]:
    """The sections that hold results: one, or in v2 any number."""
    parent = summary(page)
    if page.format is BodyFormat.V2 and parent:
        found = tuple(section for section in parent.sections if is_one_result(section.key))
        return found or _results_elsewhere(page)
    section = summary_part(page, "Results")
    return (section,) if section else ()


def _results_elsewhere(page: Page) -> tuple[Section, ...]:
    """The results of a v2 body that have slipped out of its summary or below another heading."""
    found: list[Section] = []
    end_line = 0
    for section in page.document.walk():
        if is_one_result(section.key) and section.line > end_line:
            found.append(section)
            end_line = section.end_line
    return tuple(found)


def confidence_lines(sections: tuple[Section, ...]) -> Iterator[tuple[int, str]]:
    """The line and the level of every "Confidence: …" line."""
    for section in sections:
        for line, text in section.lines():
            if match := _CONFIDENCE.match(text):
                yield line, match.group(1)


@dataclass(frozen=True, slots=True)
class Setup:
    """The set-up: under a heading, or in v2 folded away under a summary."""

    line: int
    parts: tuple[FoldedPart, ...]


def is_about_setup(title: str) -> bool:
    """Whether a title in a v2 body, where it is free, announces the set-up."""
    key = title_key(title)
    return any(word in key for word in _SETUP)


def setup(page: Page) -> Setup | None:
    """Where the page says what a re-run needs."""
    title = "Setup & hyper-parameters"
    in_v2 = page.format is BodyFormat.V2
    section = page.document.find(title) if in_v2 else report_part(page, title)
    if section:
        parts = tuple((below.title, below.blocks) for below in section.walk())
        return Setup(section.line, parts)
    if in_v2:
        for fold in sorted(folds(page.document), key=lambda fold: fold.line):
            if is_about_setup(fold.title) or is_about_setup(fold.heading):
                return Setup(fold.line, fold.parts)
    return None


def _outside(page: Page, title: str, excluded: Section | None) -> Section | None:
    key = title_key(title)
    skipped = {section.line for section in excluded.walk()} if excluded else set()
    return next(
        (s for s in page.document.walk() if s.key == key and s.line not in skipped),
        None,
    )
