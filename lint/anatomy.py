"""Where the named parts of a page are, whatever the format of its body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lint.blocks import Section, title_key
from lint.formats import BodyFormat, is_one_result
from lint.model import Finding, Page

_CONFIDENCE = re.compile(r"\W{0,8}confidence(?: level)?\s{0,4}:\W{0,4}(\w+)", re.IGNORECASE)


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


def results(page: Page) -> tuple[Section, ...]:
    """The sections that hold results: one, or in v2 any number."""
    parent = summary(page)
    if page.format is BodyFormat.V2 and parent:
        return tuple(section for section in parent.sections if is_one_result(section.key))
    section = summary_part(page, "Results")
    return (section,) if section else ()


def confidence_lines(sections: tuple[Section, ...]) -> Iterator[tuple[int, str]]:
    """The line and the level of every "Confidence: …" line."""
    for section in sections:
        for line, text in section.lines():
            if match := _CONFIDENCE.match(text):
                yield line, match.group(1)


def absences(page: Page, parent: Section, titles: Sequence[str], level: int) -> list[Finding]:
    """For each title that `parent` lacks at that level: where it is instead, if at all.

    What stands under a heading that is itself out of place moves with it, and is not named.
    """
    in_place = {section.key for section in parent.sections if section.level == level}
    lacking = {key: title for title in titles if (key := title_key(title)) not in in_place}
    elsewhere: dict[str, Section] = {}
    for section in page.document.walk():
        if section.key in lacking:
            elsewhere.setdefault(section.key, section)
    moved = {
        below.line
        for top in elsewhere.values()
        for section in top.sections
        for below in section.walk()
    }
    return [
        _absence(parent, f"{'#' * level} {title}", elsewhere.get(key))
        for key, title in lacking.items()
        if key not in elsewhere or elsewhere[key].line not in moved
    ]


def _absence(parent: Section, heading: str, elsewhere: Section | None) -> Finding:
    if elsewhere is None:
        return Finding(f"no '{heading}'", parent.line, fix="add it")
    return Finding(
        f"'{heading}' is not directly under '{parent.title}' at that level",
        elsewhere.line,
        fix="move it there, or correct the level",
    )


def _outside(page: Page, title: str, excluded: Section | None) -> Section | None:
    key = title_key(title)
    skipped = {section.line for section in excluded.walk()} if excluded else set()
    return next(
        (s for s in page.document.walk() if s.key == key and s.line not in skipped),
        None,
    )
