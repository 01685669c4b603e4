"""Which format a page has: the one it claims, else the one its headings have, else `plain`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from epm_lint.formats.format import Format, Sign
from epm_lint.formats.shipped import NAMES, OWN, PLAIN, SENTINELS, SIGNS, shipped
from epm_lint.markdown.blocks import Comment, Section, title_key
from epm_lint.markdown.document import Document
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

_SENTINEL = Pattern(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,6}-v\d{1,3}", 0)
_OF_EPM = ("epm:numbers", "epm:page")
"""What begins comments that only the renderer writes."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format, and what should be said of how it was found."""

    format: Format
    rendered: bool = False
    """Whether epm has rendered the page."""
    note: str = ""
    line: int = 1


def format_of(document: Document, own: Sequence[Format] = (), rendered: bool = False) -> Recognised:
    """The format of a page.

    Args:
        document: the page.
        own: formats of the repository, beside those that are shipped.
        rendered: whether it is known from elsewhere that epm rendered the page, which then has
            epm's own format, whatever it claims.
    """
    claimed = list(_claims(document, {one.sentinel for one in own if one.sentinel}))
    if rendered or any(_is_rendered(comment) for comment in document.comments):
        others = [comment for comment, name in claimed if name != OWN]
        if others:
            note = f"{quote(others[0].text.strip())} is not heeded: epm has rendered this page"
            return Recognised(shipped(OWN), True, note, others[0].line)
        return Recognised(shipped(OWN), rendered=True)
    for comment, name in claimed:
        if found := named(name, own, sentinel=not comment.text.strip().startswith("epm:")):
            return Recognised(found)
        note = f"{quote(comment.text.strip())} names no format that is known here: held to none"
        return Recognised(shipped(PLAIN), note=note, line=comment.line)
    for one in own:
        if any(_shows(document, sign) for sign in one.signs):
            return Recognised(one)
    for name, sign in SIGNS:
        if _shows(document, sign):
            return Recognised(shipped(name))
    return Recognised(shipped(PLAIN))


def named(name: str, own: Iterable[Format] = (), sentinel: bool = False) -> Format | None:
    """The format of that name, or of that sentinel."""
    for one in own:
        if name == (one.sentinel if sentinel else one.name):
            return one
    if sentinel:
        name = SENTINELS.get(name, "")
    return shipped(name) if name in NAMES else None


def _claims(document: Document, own: Collection[str]) -> Iterable[tuple[Comment, str]]:
    """The comments before the first section, or under the title, that name a format.

    Args:
        document: the page.
        own: what comments of the repository's formats say, whatever they look like.
    """
    if declared := document.declared("format"):
        yield document.comments[0], declared
    end = _end_of_opening(document)
    for comment in document.comments:
        text = comment.text.strip()
        if comment.line >= end or comment.quoted:
            continue
        if text in own or _SENTINEL.fullmatch(text):
            yield comment, text


def _end_of_opening(document: Document) -> int:
    """The line of the first heading that is not the title."""
    headings = [section.line for section in document.walk()]
    first = next(iter(document.sections), None)
    if first and first.level == 1:
        headings.remove(first.line)
    return min(headings, default=len(document.lines) + 1)


def _is_rendered(comment: Comment) -> bool:
    words = comment.text.split()
    if not words or comment.quoted:
        return False
    pinned = any(word.startswith("sha256=") for word in words)
    return words[0] in _OF_EPM or (words[0] == "epm:clean-result" and pinned)


def _shows(document: Document, sign: Sign) -> bool:
    return all(_has(document, path) for path in sign.headings) and not any(
        _has(document, path) for path in sign.without
    )


def _has(document: Document, path: str) -> bool:
    first, *rest = path.split("/")
    found = _called(document.walk(), first)
    for title in rest:
        inside = (below for above in found for below in above.walk() if below is not above)
        found = _called(inside, title)
    return bool(found)


def _called(sections: Iterable[Section], title: str) -> list[Section]:
    name = "*".join(map(title_key, title.split("*")))
    return [section for section in sections if fnmatchcase(section.key, name)]
