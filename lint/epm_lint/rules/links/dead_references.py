"""Every reference within the page leads somewhere.

A link to `#section` needs a heading of that name, by GitHub's way of making names, or an HTML
anchor; a footnote `[^1]` needs its text, and a footnote's text is not shown at all where nothing
refers to it; `[text][label]` needs the label's address. What only looks like a reference, such as
`[ZLT]`, an interval, an index or a task's box, is none.

Bad:

    The rates are [below](#headline-figures).

    ## Headline numbers

Good:

    The rates are [below](#headline-numbers).

    ## Headline numbers
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from epm_lint.markdown.blocks import Html, Prose
from epm_lint.markdown.document import Document
from epm_lint.markdown.raw_html import visible_text
from epm_lint.model import Edit, Finding, Page, Rule, Verdict
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote

_DROPPED = Pattern(r"[^\w\- ]")
_HTML_HEADING = Pattern(r"<h[1-6](?: [^<>]{0,500})?>([^\n]{0,500}?)</h[1-6]>", re.IGNORECASE)
_NOTE = Pattern(r"\[\^([^\[\]\s]{1,80})\](:?)")
_LABELLED = Pattern(r"(?<![\w\]\\!])\[([^\[\]\n]{2,200})\]\[([^\[\]\n]{0,80})\](?![\[(:\w])")
_WORD = Pattern(r"[a-z]{2}")
_GITHUBS = Pattern(r"top|readme|L\d+.*|(?:issue|discussion|pullrequest|commit|event|ref-|diff-).*")


def check(page: Page) -> Verdict:
    """Anchors, footnotes and labelled links have what they refer to."""
    document = page.document
    proses = [*document.headings, *(p for block in document.walk_blocks() for p in block.prose)]
    links = [link for prose in proses for link in prose.links if link.url.startswith("#")]
    hrefs = [
        (tag.attributes["href"], tag.line)
        for tag in document.tags
        if tag.attributes.get("href", "").startswith("#")
    ]
    targets = [*((link.url, link.line) for link in links), *hrefs]
    missing = list(_anchors(document, targets)) if targets else []
    texts = [p for p in proses if "[" in p.words]
    notes, undefined, unused = _footnotes(texts)
    labelled = list(_labels(document, texts))
    if faults := [*missing, *undefined, *labelled]:
        faults.sort(key=lambda finding: finding.line)
        return Verdict.failed(f"{len(faults)} reference(s) lead nowhere", [*faults, *unused])
    if unused:
        return Verdict.warned(f"{len(unused)} footnote(s) that nothing refers to", unused)
    if not targets and not notes and not document.references:
        return Verdict.skipped("no references within the page")
    count = len(targets) + notes + len(document.references)
    return Verdict.passed(f"{count} reference(s), all of them lead somewhere")


def _anchors(document: Document, targets: list[tuple[str, int]]) -> Iterator[Finding]:
    known = _names(document)
    for url, line in targets:
        written = url[1:]
        name = unquote(written).removeprefix("user-content-").casefold()
        bare = _DROPPED.sub("", name)
        if not name or name in known or bare in known or _GITHUBS.fullmatch(unquote(written)):
            continue
        from difflib import get_close_matches

        close = get_close_matches(name[:80], known, n=1)
        edits = []
        if close:
            source = document.lines[line - 1]
            at = source.find(f"(#{written})")
            if at >= 0 and f"(#{close[0]})" != f"(#{written})":
                edits = [Edit.within(line, at + 3, written, close[0])]
        yield Finding(
            f"there is no heading for {quote(url)}",
            line,
            fix=f"did you mean #{close[0]}?" if close else "name a heading of this page",
            edits=tuple(edits),
            safe=False,
        )


def _names(document: Document) -> dict[str, None]:
    """The names that GitHub gives to headings, numbered where one comes again, and HTML anchors."""
    texts = [prose.text for prose in document.headings]
    for block in document.walk_blocks():
        if isinstance(block, Html):
            texts += map(visible_text, _HTML_HEADING.findall(block.content.source))
    names: dict[str, None] = {}
    times: dict[str, int] = {}
    for text in texts:
        name = _DROPPED.sub("", text.strip().replace("\n", " ").casefold()).replace(" ", "-")
        again = times.get(name, 0)
        times[name] = again + 1
        names[f"{name}-{again}" if again else name] = None
    for tag in document.tags:
        for attribute in ("id", "name"):
            if value := tag.attributes.get(attribute):
                names[value.casefold()] = None
    return names


def _footnotes(texts: list[Prose]) -> tuple[int, list[Finding], list[Finding]]:
    """How many footnotes there are; those without a text, and those that nothing refers to."""
    defined: dict[str, int] = {}
    used: dict[str, tuple[str, int]] = {}
    for prose in texts:
        if "[^" not in prose.words:
            continue
        escaped = "\\[^" in prose.source
        for number, line in enumerate(prose.words.split("\n"), start=prose.line):
            for note in _NOTE.finditer(line):
                label = note[1].casefold()
                if note[2] and not line[: note.start()].strip():
                    defined.setdefault(label, number)
                elif not escaped or f"\\[^{note[1]}" not in prose.source:
                    used.setdefault(label, (note[1], number))
    undefined = [
        Finding(
            f"there is no text for the footnote {quote(f'[^{label}]')}",
            line,
            fix=f"write it: [^{label[:40]}]: …",
        )
        for key, (label, line) in used.items()
        if key not in defined and _is_note(label, bool(defined))
    ]
    unused = [
        Finding(
            f"nothing refers to the footnote {quote(f'[^{label}]')}: GitHub does not show it",
            line,
            fix="refer to it, or delete it",
        )
        for label, line in defined.items()
        if label not in used
    ]
    return len(defined), undefined, unused


def _is_note(label: str, in_use: bool) -> bool:
    """Whether `[^label]` can be nothing but a footnote: `[^a-z]` is a class of characters."""
    return label.isdigit() or (
        in_use
        and label.replace("-", "").replace("_", "").isalnum()
        and not re.fullmatch(r"\w-\w", label)
    )


def _labels(document: Document, texts: list[Prose]) -> Iterator[Finding]:
    """Pairs of brackets that were left as text for want of an address.

    On a page that gives no addresses apart, only a number can be taken for a label.
    """
    for prose in texts:
        line, counted = prose.line, 0
        for match in _LABELLED.finditer(prose.words):
            line += prose.words.count("\n", counted, match.start())
            counted = match.start()
            text, label = match.groups()
            if "][" not in prose.source or not _WORD.search(text):
                continue
            if label.isdigit() or (document.references and (not label or _WORD.search(label))):
                written = f"[{text}][{label}]"
                yield Finding(
                    f"there is no address for {quote(written)}",
                    line,
                    fix=f"write it: [{(label or text)[:40]}]: https://…",
                )


RULE = Rule("dead-references", "Dead references", check, everywhere=True, doc=__doc__)
