"""Where the parts of a page are that its format names: by heading, and by the role they play."""

from __future__ import annotations

import re
from collections.abc import Iterator

from epm_lint.formats.format import HUMAN, AskedSection
from epm_lint.markdown.blocks import Section, title_key
from epm_lint.markdown.details import FoldedPart, folds
from epm_lint.model import Finding, Page
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_CONFIDENCE = Pattern(r"\W{0,8}confidence(?: level)?\s{0,4}:\W{0,4}([^\W\d]\w*)", re.IGNORECASE)


def located(page: Page, asked: AskedSection) -> tuple[Section, ...]:
    """The headings that are a section of the format, where they belong; the first where one is."""
    if len(asked.path) == 1:
        found = [section for section in page.document.walk() if asked.has_key(section.key)]
        inside = [section for section in found if section.level == asked.level] or found
    else:
        parent = _parent(page, asked)
        inside = [
            section
            for section in (parent.walk() if parent else ())
            if section is not parent and asked.has_key(section.key)
        ]
        if asked.is_glob:
            children = parent.sections if parent else ()
            inside = [section for section in children if section in inside]
    return tuple(inside) if asked.is_glob else tuple(inside[:1])


def sections_of(page: Page, asked: AskedSection) -> tuple[Section, ...]:
    """The same; where there is none, those that have slipped out of their parent's section."""
    anything = not title_key(asked.title)  # a glob without a word
    return located(page, asked) or (() if anything else _slipped(page, asked))


def part(page: Page, role: str) -> Section | None:
    """The section that plays a role, also where it has slipped to another place."""
    asked = page.format.with_role(role)
    return next(iter(sections_of(page, asked)), None) if asked else None


def heading(page: Page, role: str) -> str:
    """The heading that the format has for a role, as it is written."""
    asked = page.format.with_role(role)
    return asked.heading if asked else f"section that is the {role}"


def above(page: Page, role: str) -> Section | None:
    """What the section with a role belongs under, if that is there."""
    asked = page.format.with_role(role)
    return _parent(page, asked) if asked else None


def asked_under(page: Page, slug: str) -> AskedSection | None:
    """The section of the format that is reported under a rule, and that people write."""
    human = page.format.human_sections()
    return next((asked for asked in human if asked.rule == slug), None)


def results(page: Page) -> tuple[Section, ...]:
    """The sections that hold results: one, or where the format has them one by one, any number."""
    asked = page.format.with_role("results")
    return sections_of(page, asked) if asked else ()


def absent(heading: str, inside: Section | None) -> list[Finding]:
    """The finding that a heading is missing from a section, or from the whole body."""
    return [Finding(f"no '{heading}'", inside.line if inside else 1, fix="add it")]


def missing(page: Page, role: str) -> list[Finding]:
    """The finding that the section with a role is missing."""
    return absent(heading(page, role), above(page, role))


def human_lines(page: Page) -> frozenset[int]:
    """The lines that are a person's by the page's format, whatever its comments say.

    A section of theirs ends where the format has another one begin.
    """
    lines: set[int] = set()
    known = [asked for asked in page.format.sections if asked.author != HUMAN]
    for asked in page.format.human_sections():
        for section in located(page, asked)[:1]:
            end = _next_line(page, section) - 1
            for below in section.walk():
                if below is not section and any(one.has_key(below.key) for one in known):
                    end = min(end, below.line - 1)
            lines.update(range(section.line + 1, end + 1))
    return frozenset(lines)


def _next_line(page: Page, section: Section) -> int:
    """The line at which the next heading begins that is not below this one."""
    after = [s.line for s in page.document.walk() if s.line > section.line]
    inside = {below.line for below in section.walk()}
    return next((line for line in after if line not in inside), len(page.document.lines) + 1)


def confidence_lines(sections: tuple[Section, ...]) -> Iterator[tuple[int, str]]:
    """The line and the level of every "Confidence: …" line."""
    for section in sections:
        for line, text in section.lines():
            if match := _CONFIDENCE.match(text):
                yield line, match.group(1)


@dataclass(frozen=True, slots=True)
class Setup:
    """The set-up: under a heading, or folded away under a summary where the format says so."""

    line: int
    parts: tuple[FoldedPart, ...]


def is_about(asked: AskedSection, title: str) -> bool:
    """Whether a title announces a section that may be folded."""
    key = title_key(title)
    return any(word in key for word in asked.folded)


def setup(page: Page) -> Setup | None:
    """Where the page says what a re-run needs."""
    asked = page.format.with_role("setup")
    if asked is None:
        return None
    for section in sections_of(page, asked):
        parts = tuple((below.title, below.blocks) for below in section.walk())
        return Setup(section.line, parts)
    if asked.folded:
        for fold in sorted(folds(page.document), key=lambda fold: fold.line):
            if is_about(asked, fold.title) or is_about(asked, fold.heading):
                return Setup(fold.line, fold.parts)
    return None


def _parent(page: Page, asked: AskedSection) -> Section | None:
    for one in page.format.sections:
        if one.path == asked.path[:-1]:
            return next(iter(located(page, one)), None)
    return None


def _slipped(page: Page, asked: AskedSection) -> tuple[Section, ...]:
    """Headings of that name elsewhere: not in a section that has parts of its own."""
    taken: set[int] = set()
    for one in page.format.sections:
        if page.format.parts_of(one.path) and one.path != asked.path[:-1]:
            for section in located(page, one):
                taken |= {below.line for below in section.walk()}
    found: list[Section] = []
    end = 0
    for section in page.document.walk():
        if section.line in taken or section.line <= end or not asked.has_key(section.key):
            continue
        found.append(section)
        end = section.end_line
    return tuple(found) if asked.is_glob else tuple(found[:1])
