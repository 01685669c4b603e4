"""Compare a page's headings with those it should have, and mend them where that is mechanical."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from epm_lint.markdown.blocks import Code, Html, Section, title_key
from epm_lint.markdown.document import Document
from epm_lint.model import Edit, Finding
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

DEEPEST = 6
MOST_MOVED = 20
"""A page with more of its headings out of place has no level to correct."""

_ATX = Pattern(r" {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE = Pattern(r" {0,3}(?:=+|-+)[ \t]*")
_COMMENT = Pattern(r"\s*<!--\s*[^/\s<>][^<>]*-->\s*")
_BLANK_OPENINGS = ("<!--", "<pre", "<script", "<style", "<textarea")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading at the level that it has, or would have after a fix."""

    section: Section
    level: int


def absences(
    document: Document,
    parent: Section,
    parts: Sequence[str],
    level: int,
    judged: Container[str] = (),
) -> list[Finding]:
    """For each part that `parent` lacks at that level: where it is instead, if at all.

    What stands under a heading that is itself out of place moves with it, and is not named. An
    empty heading is a safe fix only for `judged` parts, which another rule asks to be filled.
    """
    in_place = {section.key for section in parent.sections if section.level == level}
    lacking = {key: title for title in parts if (key := title_key(title)) not in in_place}
    elsewhere: dict[str, Section] = {}
    for section in document.walk():
        if section.key in lacking and section is not parent:
            elsewhere.setdefault(section.key, section)
    moved = {
        below.line
        for top in elsewhere.values()
        for section in top.sections
        for below in section.walk()
    }
    named = [section for section in elsewhere.values() if section.line not in moved]
    levels = _new_levels(document, parent, named, {title_key(part) for part in parts}, level)
    findings = {
        section.key: Finding(
            f"'{'#' * level} {lacking[section.key]}' is not directly under "
            f"{quote(parent.title)} at that level",
            section.line,
            fix="correct the level" if section.line in levels else "move it there",
            edits=_edits(document, section, levels) if section.line in levels else (),
        )
        for section in named
    }
    missing = [title for key, title in lacking.items() if key not in elsewhere]
    outline = [Heading(s, levels.get(s.line, s.level)) for s in document.walk()]
    findings |= _missing(document, outline, parent, parts, missing, level, judged)
    return [findings[key] for key in map(title_key, parts) if key in findings]


def wrong_level(
    document: Document, section: Section, level: int, parts: Sequence[str]
) -> Finding | None:
    """The fault that a section with these parts is not at its level, if it is not."""
    if section.level == level:
        return None
    keys = {title_key(part) for part in parts}
    alone = {section.line: level}
    shift = level - section.level
    whole = {below.line: below.level + shift for below in section.walk()}
    best = max(
        (levels for levels in (alone, whole) if max(levels.values()) <= DEEPEST),
        key=lambda levels: len(_under(document, section, keys, level + 1, levels)),
        default={},
    )
    return Finding(
        f"{quote(section.title)} is a heading of level {section.level}, not {level}",
        section.line,
        fix=f"write it with {'#' * level}",
        edits=_edits(document, section, best),
    )


def skeleton(document: Document, before: Section | None, text: str) -> Edit | None:
    """An edit that puts Markdown before a heading, or at the end of the page."""
    line = before.line - 1 if before else len(document.lines)
    while line > 0 and _belongs_below(document.lines[line - 1], heading_follows=before is not None):
        line -= 1
    if before is None and _ends_open(document):
        return None
    if line == 0:
        return Edit.insert(1, f"{text}\n\n")
    follows = document.lines[line] if line < len(document.lines) else ""
    column = len(document.lines[line - 1]) + 1
    return Edit(line, column, line, column, f"\n\n{text}" + "\n" * bool(follows.strip()))


def _missing(
    document: Document,
    outline: Sequence[Heading],
    parent: Section,
    parts: Sequence[str],
    missing: Sequence[str],
    level: int,
    judged: Container[str],
) -> dict[str, Finding]:
    """The absent parts; one edit adds those that belong at one place, so that their order holds."""
    keys = [title_key(part) for part in parts]
    under = _children(outline, parent, level)
    after = _after(outline, parent)
    runs: dict[int | None, list[str]] = {}
    anchors: dict[int | None, Section | None] = {}
    for title in missing:
        later = keys[keys.index(title_key(title)) + 1 :]
        anchor = next((section for section in under if section.key in later), after)
        line = anchor.line if anchor else None
        anchors[line] = anchor
        runs.setdefault(line, []).append(title)
    findings: dict[str, Finding] = {}
    for line, titles in runs.items():
        text = "\n\n".join(f"{'#' * level} {title}" for title in titles)
        edit = skeleton(document, anchors[line], text)
        edits = (edit,) if edit else ()
        safe = all(title in judged for title in titles)
        for title in titles:
            message = f"no '{'#' * level} {title}'"
            findings[title_key(title)] = Finding(
                message, parent.line, fix="add it", edits=edits, safe=safe or not edits
            )
            edits = ()
    return findings


def _new_levels(
    document: Document, parent: Section, named: Sequence[Section], keys: Container[str], level: int
) -> dict[int, int]:
    """The level of each heading that has to change, for those whose level alone is wrong."""
    accepted: dict[int, int] = {}
    before = len(_under(document, parent, keys, level, accepted))
    for section in named[:MOST_MOVED]:
        proposed = accepted | _shifted(section, keys, level)
        under = _under(document, parent, keys, level, proposed)
        if (
            len(under) > before
            and any(child.line == section.line for child in under)
            and max(proposed.values()) <= DEEPEST
        ):
            accepted, before = proposed, len(under)
    return accepted


def _shifted(section: Section, keys: Container[str], level: int) -> dict[int, int]:
    """A part with what it holds; parts that had slipped into it become its neighbours."""
    levels: dict[int, int] = {}
    waiting = [(section, level - section.level)]
    while waiting:
        heading, shift = waiting.pop()
        levels[heading.line] = heading.level + shift
        for below in heading.sections:
            part = below.key in keys
            waiting.append((below, level - below.level if part else shift))
    return levels


def _under(
    document: Document,
    parent: Section,
    keys: Container[str],
    level: int,
    levels: Mapping[int, int],
) -> list[Section]:
    outline = [Heading(s, levels.get(s.line, s.level)) for s in document.walk()]
    return [section for section in _children(outline, parent, level) if section.key in keys]


def _children(outline: Sequence[Heading], parent: Section, level: int) -> list[Section]:
    """The headings of that level directly under `parent`."""
    children: list[Section] = []
    open_levels: list[int] = []
    top: int | None = None
    for heading in outline:
        if top is None:
            if heading.section.line == parent.line:
                top = heading.level
            continue
        if heading.level <= top:
            break
        while open_levels and open_levels[-1] >= heading.level:
            open_levels.pop()
        if not open_levels and heading.level == level:
            children.append(heading.section)
        open_levels.append(heading.level)
    return children


def _after(outline: Sequence[Heading], parent: Section) -> Section | None:
    """The heading at which `parent` ends."""
    top: int | None = None
    for heading in outline:
        if top is not None and heading.level <= top:
            return heading.section
        if heading.section.line == parent.line:
            top = heading.level
    return None


def _edits(document: Document, section: Section, levels: Mapping[int, int]) -> tuple[Edit, ...]:
    """The edits of a heading and those under it; none where one of them cannot be rewritten."""
    edits: list[Edit] = []
    for heading in section.walk():
        new = levels.get(heading.line, heading.level)
        if new == heading.level:
            continue
        edit = _at_level(document, heading, new)
        if edit is None:
            return ()
        edits.append(edit)
    return tuple(edits)


def _at_level(document: Document, section: Section, level: int) -> Edit | None:
    source = document.lines[section.line - 1]
    marks = "#" * level
    if match := _ATX.match(source):
        return Edit.within(section.line, match.start(1) + 1, match.group(1), marks)
    underline = document.lines[section.line] if section.line < len(document.lines) else ""
    if _UNDERLINE.fullmatch(underline) and "#" not in source:
        end = len(underline) + 1
        return Edit(section.line, 1, section.line + 1, end, f"{marks} {source.strip()}")
    return None


def _belongs_below(line: str, *, heading_follows: bool) -> bool:
    """Whether a line is empty, or speaks of the heading below it, as a suppression does."""
    bare = line.strip().casefold()
    opens = bare.startswith(("<details", "<summary")) and "</details" not in bare
    speaks = opens or _COMMENT.fullmatch(line) is not None
    return not bare or (heading_follows and speaks)


def _ends_open(document: Document) -> bool:
    """Whether text at the end of the page would fall into a block that was never closed."""
    last = document.preamble[-1:]
    for section in document.walk():
        last = section.blocks[-1:] or last
    for block in last:
        if isinstance(block, Code):
            return not block.closed
        if isinstance(block, Html):
            return block.content.source.lstrip().casefold().startswith(_BLANK_OPENINGS)
    return False
