"""Hold the headings of a page to its format: which are there, at what level, in what order."""

from __future__ import annotations

from itertools import pairwise

from epm_lint.formats.format import AskedSection
from epm_lint.markdown.blocks import Section, title_key
from epm_lint.markdown.details import folded_lines
from epm_lint.model import Finding, Page, Verdict
from epm_lint.page.outline import absences, skeleton, wrong_level
from epm_lint.page.sections import absent, is_about, located, sections_of
from epm_lint.quoting import enumerate_quoted, quote


def parts_in_place(page: Page, asked: AskedSection) -> Verdict:
    """A section has the parts that the format gives it, at their level and in their order."""
    section = next(iter(located(page, asked)), None)
    if section is None:
        if asked.need != "required":
            return Verdict.skipped(f"no {quote(asked.heading)}, which may be left out")
        return Verdict.failed(f"{asked.heading} section missing", absent(asked.heading, None))
    parts = [one for one in page.format.parts_of(asked.path) if one.need != "forbidden"]
    expected = _expected(page, section, parts)
    level = wrong_level(page.document, section, asked.level, expected)
    if asked.order == "fail":
        return _exactly(page, asked, section, parts, expected, level)
    return _at_least(page, asked, section, parts, expected, level)


def _exactly(
    page: Page,
    asked: AskedSection,
    section: Section,
    parts: list[AskedSection],
    expected: list[str],
    level: Finding | None,
) -> Verdict:
    below = parts[0].level if parts else asked.level + 1
    titles = [part.title for part in section.sections if part.level == below]
    named = {title_key(title) for title in expected}
    known = named | {title_key(t) for t in titles if any(one.is_called(t) for one in parts)}
    wanted = [_key(parts, title) for title in expected]
    found = [_key(parts, title) for title in titles if title_key(title) in known]
    if _ordered(parts, found) != _ordered(parts, wanted) or sorted(found) != sorted(wanted):
        detail = f"expected {enumerate_quoted(expected)}, got {enumerate_quoted(titles)}"
        if level:
            return Verdict.failed(detail, [level])
        faults = absences(page.document, section, expected, below, _judged(parts))
        return Verdict.failed(detail, faults or [_disorder(section, below, known)])
    if level:
        return Verdict.warned(level.message, [level])
    if asked.others != "off" and (extra := _extra(page, asked, section, known)):
        detail = f"{len(extra)} part(s) that the format does not know"
        return (Verdict.failed if asked.others == "fail" else Verdict.warned)(detail, extra)
    return Verdict.passed(f"{len(expected)} parts in order")


def _at_least(
    page: Page,
    asked: AskedSection,
    section: Section,
    parts: list[AskedSection],
    expected: list[str],
    level: Finding | None,
) -> Verdict:
    below = parts[0].level if parts else asked.level + 1
    there = [part for part in section.sections if any(one.has_key(part.key) for one in parts)]
    found = [_key(parts, part.title) for part in there]
    wanted = [_key(parts, title) for title in expected]
    if lacking := [t for t in expected if _key(parts, t) not in found]:
        detail = f"missing: {', '.join(lacking)}"
        if level:
            return Verdict.failed(detail, [level])
        return Verdict.failed(
            detail, absences(page.document, section, expected, below, _judged(parts))
        )
    if level:
        return Verdict.warned(level.message, [level])
    if any(part.level != below for part in there):
        faults = absences(page.document, section, expected, below, _judged(parts))
        return Verdict.warned("sections at another level", faults)
    if asked.order != "off" and _ordered(parts, found) != _ordered(parts, wanted):
        order = Finding("another order, or one is there twice", section.line, fix="move them")
        return Verdict.warned(f"expected in the order {', '.join(expected)}", [order])
    return Verdict.passed(f"all {len(expected)} sections")


def _expected(page: Page, section: Section, parts: list[AskedSection]) -> list[str]:
    """The titles that the section should have: of a glob, those that are there."""
    expected: list[str] = []
    for one in parts:
        if one.is_glob:
            found = located(page, one) or sections_of(page, one)
            titles = [part.title for part in found] or [one.title.replace("*", "…")]
            expected += titles if one.need == "required" or found else []
            continue
        called = [s.title for s in section.sections if one.has_key(s.key)]
        if called or one.need == "required":
            expected.append(called[0] if called else one.title)
    return expected


def _key(parts: list[AskedSection], title: str) -> str:
    """What tells a part again, by whichever of its names it goes; each of a glob by itself."""
    for one in parts:
        if one.is_called(title) and not one.is_glob:
            return title_key(one.title)
    return title_key(title)


def _ordered(parts: list[AskedSection], keys: list[str]) -> list[str]:
    free = {title_key(one.title) for one in parts if one.place == "free"}
    return [key for key in keys if key not in free]


def _judged(parts: list[AskedSection]) -> tuple[str, ...]:
    """Parts that another rule asks to be filled, so that an empty one is not overlooked."""
    role = {"sources", "artifacts"}
    return tuple(
        one.title.replace("*", "…")
        for one in parts
        if one.author == "human" or one.asks.clauses or (one.role and one.role not in role)
    )


def _disorder(section: Section, level: int, known: set[str]) -> Finding:
    seen: set[str] = set()
    for part in section.sections:
        if part.level == level and part.key in known:
            if part.key in seen:
                return Finding(f"{quote(part.title)} is there twice", part.line, fix="keep one")
            seen.add(part.key)
    return Finding("the parts are out of order", section.line, fix="move them")


def _extra(page: Page, asked: AskedSection, section: Section, known: set[str]) -> list[Finding]:
    extra = [part for part in section.sections if part.key not in known]
    folded = folded_lines(page.document) if extra else set()
    may_fold = [one for one in page.format.sections if one.folded]
    has_report = page.format.with_role("report") is not None
    fix = "move it to the report" if has_report else f"give it a heading of level {asked.level}"
    return [
        Finding(f"{quote(part.title)} is none of them", part.line, fix=fix)
        for part in extra
        if part.line not in folded and not any(is_about(one, part.title) for one in may_fold)
    ]


def top_in_place(page: Page, asked: list[AskedSection]) -> tuple[list[Finding], list[Finding]]:
    """What is wrong with sections that stand at the top: faults, and headings out of order."""
    faults: list[Finding] = []
    there: list[tuple[AskedSection, Section]] = []
    for number, one in enumerate(asked):
        found = located(page, one)
        everywhere = [s for s in page.document.walk() if one.has_key(s.key)]
        at_level = [section for section in everywhere if section.level == one.level]
        if one.need == "forbidden":
            faults += [
                Finding(f"{quote(s.title)} is not a part of this format", s.line, fix="take it out")
                for s in at_level
            ]
            continue
        if not found:
            if one.need == "required":
                faults.append(_missing(page, one, asked[number + 1 :]))
            continue
        section = found[0]
        parts = [part.title for part in page.format.parts_of(one.path)]
        if level := wrong_level(page.document, section, one.level, parts):
            faults.append(level)
        if not one.is_glob and len(at_level) > 1:
            twice = f"{quote(at_level[1].title)} is there twice"
            faults.append(Finding(twice, at_level[1].line, fix="keep one"))
        if one.place != "free":
            there.append((one, section))
    lines = [section.line for _, section in there]
    if lines == sorted(lines):
        return faults, []
    wanted = ", ".join(one.title for one, _ in there)
    late = next(s for (_, s), (_, n) in pairwise(there) if s.line > n.line)
    return faults, [Finding(f"expected in the order {wanted}", late.line, fix="move them")]


def _missing(page: Page, one: AskedSection, later: list[AskedSection]) -> Finding:
    after = [section for each in later for section in located(page, each)[:1]]
    before = min(after, key=lambda section: section.line, default=None)
    edit = skeleton(page.document, before, one.heading) if not one.is_glob else None
    line = before.line if before else max(1, len(page.document.lines))
    edits = (edit,) if edit else ()
    filled = bool(one.asks.clauses) or one.author == "human"
    return Finding(f"no '{one.heading}'", line, fix="add it", edits=edits, safe=filled or not edits)
