"""The sections that people write, kept word for word when the page is rendered again.

A region stands between two comments. People overwrite those together with the placeholder, so what
stands under a region's heading is theirs as well, with the comments or without.
"""

from __future__ import annotations

import re

REGION = re.compile(
    r"<!-- epm:human (?P<name>[a-z-]+) -->\n(?P<text>.*?)<!-- /epm:human -->", re.DOTALL
)
_FRAME = re.compile(r"[ \t]*<!--\s*(?:epm:human [a-z-]+|/epm:human)\s*-->[ \t]*\n?")
_HEADING = re.compile(r"^#{1,6} [^\n]*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\s*_To be written by a person: [^\n]*_\s*")


def human_regions(body: str) -> dict[str, str]:
    """The text of each marked region, by name."""
    return {match["name"]: match["text"] for match in REGION.finditer(body)}


def human_lines(body: str) -> frozenset[int]:
    """The lines of the marked regions, their comments included."""
    lines: set[int] = set()
    for match in REGION.finditer(body):
        first, last = (body.count("\n", 0, place) + 1 for place in match.span())
        lines.update(range(first, last + 1))
    return frozenset(lines)


def keep_human_regions(rendered: str, earlier: str) -> str:
    """The rendered body with what people wrote in the earlier body in place of its own regions."""
    kept = _written(rendered, earlier)

    def restored(match: re.Match[str]) -> str:
        return _framed(match["name"], kept.get(match["name"], match["text"]))

    return REGION.sub(restored, rendered)


def without_human_text(body: str) -> str:
    """A body in which the regions are empty."""
    return REGION.sub(lambda match: _framed(match["name"], ""), body)


def outside_is(rendered: str, body: str) -> bool:
    """Whether a body says outside its regions what it was rendered with; blanks do not count.

    Args:
        rendered: the page as epm wrote it, its regions empty.
        body: the page as it is, the comments around its regions overwritten or not.
    """
    return _said(without_human_text(reframed(body, rendered))) == _said(rendered)


def _said(body: str) -> list[list[str]]:
    """The words of each line that has any."""
    return [words for line in body.splitlines() if (words := line.split())]


def reframed(body: str, rendered: str) -> str:
    """A body with the comments around its regions where the rendered one has them.

    Args:
        body: a page in which people may have overwritten the comments.
        rendered: the same page as epm writes it: its headings tell where the regions are.
    """
    kept = _written(rendered, body)
    for match in REGION.finditer(rendered):
        name = match["name"]
        section = _section(rendered, match, body)
        own = _section(rendered, match, rendered)
        if section and own and name in kept:
            (start, end), (first, last) = section, own
            above, below = rendered[first : match.start()], rendered[match.end() : last]
            body = f"{body[:start]}{above}{_framed(name, kept[name])}{below}{body[end:]}"
    return body


def is_unwritten(text: str) -> bool:
    """Whether nobody has touched a region yet."""
    return _PLACEHOLDER.fullmatch(text) is not None


def _framed(name: str, text: str) -> str:
    return f"<!-- epm:human {name} -->\n{text}<!-- /epm:human -->"


def _written(rendered: str, earlier: str) -> dict[str, str]:
    """What the earlier body has for each region of the rendered one."""
    found = {}
    for region in REGION.finditer(rendered):
        name = region["name"]
        section = _section(rendered, region, earlier)
        inside = earlier[slice(*section)] if section else ""
        outside = earlier[: section[0]] + earlier[section[1] :] if section else earlier
        moved = [m["text"] for m in REGION.finditer(outside) if m["name"] == name]
        here = [REGION.fullmatch(inside.strip())] if section else []
        if here and here[0] and here[0]["name"] == name and not _FRAME.search(here[0]["text"]):
            texts = [here[0]["text"], *moved]  # as it should be: kept to the letter
        elif section:
            texts = [_without_placeholders(inside), *moved]
        else:
            texts = moved
        written = [text for text in texts if text.strip() and not is_unwritten(text)]
        if len(written) == 1:
            found[name] = written[0]
        elif written:
            found[name] = "\n\n".join(text.strip("\n") for text in written) + "\n"
        elif any(not is_unwritten(text) for text in texts):
            found[name] = texts[0]  # emptied on purpose
    return found


def _without_placeholders(text: str) -> str:
    """What people wrote in a section whose comments they have broken."""
    lines = _FRAME.sub("", text).split("\n")
    kept = "\n".join(line for line in lines if not is_unwritten(line)).strip("\n")
    return f"{kept}\n" if kept.strip() else ""


def _section(rendered: str, region: re.Match[str], body: str) -> tuple[int, int] | None:
    """Where in the body the section is that a region of the rendered page fills alone."""
    headings = list(_HEADING.finditer(rendered))
    above = [heading for heading in headings if heading.end() <= region.start()]
    after = [heading for heading in headings if heading.start() >= region.end()]
    last = after[0].start() if after else len(rendered)
    if not above or rendered[above[-1].end() : region.start()].strip():
        return None
    if rendered[region.end() : last].strip():
        return None
    below = {_key(heading[0]) for heading in after}
    of_body = list(_HEADING.finditer(body))
    wanted = _key(above[-1][0])
    start = next((each.end() for each in of_body if _key(each[0]) == wanted), None)
    if start is None:
        return None
    ends = (each.start() for each in of_body if each.start() >= start and _key(each[0]) in below)
    return start, next(ends, len(body))


def _key(heading: str) -> str:
    return " ".join(heading.split()).casefold()
