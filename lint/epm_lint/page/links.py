"""Read an address on GitHub: which repository it leads into, at what revision, to what file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

from epm_lint.markdown.blocks import Figure
from epm_lint.markdown.document import Document
from epm_lint.model import Page
from epm_lint.page.sections import results
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_COMMIT = Pattern(r"[0-9a-f]{7,40}", re.IGNORECASE)
_FILE = Pattern(
    r"https?://(?:raw\.githubusercontent\.com/(?P<raw>[\w.-]{1,100}/[\w.-]{1,100})"
    r"|(?:www\.)?github\.com/(?P<web>[\w.-]{1,100}/[\w.-]{1,100})/(?P<kind>blob|raw|tree|blame))"
    r"/(?P<ref>refs/(?:heads|tags)/[^/?#]+|[^/?#]+)(?:/(?P<path>[^?#]*))?"
    r"(?:\?(?P<query>[^#]*))?",
    re.IGNORECASE,
)
_IN_TEXT = Pattern(
    r"https?://(?:raw\.githubusercontent|(?:www\.)?github)\.com/[^\s<>\"'`|]{1,2000}"
)


@dataclass(frozen=True, slots=True)
class FileAddress:
    """A file or folder of a repository; a branch whose name holds a slash is cut at the first."""

    repository: str
    """`owner/name`, as written."""
    ref: str
    path: str
    """Empty for the whole repository."""
    start: int
    """Where the ref starts in the address."""
    raw: bool
    """Whether the address gives the file itself, not a page about it."""

    @property
    def pinned(self) -> bool:
        """Whether the ref is a commit, not a branch or a tag that moves."""
        return is_commit(self.ref)

    def is_in(self, repository: str | None) -> bool:
        """Whether it leads into that repository; its host does not tell cases apart."""
        return repository is not None and self.repository.casefold() == repository.casefold()


def is_commit(ref: str) -> bool:
    """Whether a revision is a commit's hash, or at least seven digits of one."""
    return _COMMIT.fullmatch(ref) is not None


def file_address(url: str) -> FileAddress | None:
    """What an address says, if it leads to a file or folder on GitHub."""
    match = _FILE.match(url)
    if match is None:
        return None
    kind = (match["kind"] or "raw").lower()
    return FileAddress(
        match["raw"] or match["web"],
        unquote(match["ref"]),
        unquote(match["path"] or "").strip("/"),
        match.start("ref"),
        kind == "raw" or (kind == "blob" and "raw=true" in (match["query"] or "").split("&")),
    )


@dataclass(frozen=True, slots=True)
class LinkMention:
    """A file's address in a body."""

    url: str
    address: FileAddress
    line: int
    figure: bool


def mentions(document: Document) -> tuple[LinkMention, ...]:
    """Every link and figure that leads to a file on GitHub, bare addresses in the text included."""
    found = dict.fromkeys(_addresses(document))
    return tuple(
        LinkMention(url, address, line, figure)
        for url, line, figure in found
        if (address := file_address(url))
    )


def _addresses(document: Document) -> Iterator[tuple[str, int, bool]]:
    for prose in (*document.headings, *(p for b in document.walk_blocks() for p in b.prose)):
        for figure in prose.figures:
            yield figure.url, figure.line, True
        for link in prose.links:
            yield link.url, link.line, False
        if "://" in prose.words:
            linked = {link.text.strip() for link in prose.links}
            line, counted = prose.line, 0
            for match in _IN_TEXT.finditer(prose.words):
                line += prose.words.count("\n", counted, match.start())
                counted = match.start()
                url = match.group().rstrip(".,;:!?*_~)]}")
                if url not in linked:
                    yield url, line, False
    for tag in document.tags:
        if tag.name == "a" and "href" in tag.attributes:
            yield tag.attributes["href"], tag.line, False


def hero(page: Page) -> Figure | None:
    """The first figure of the results."""
    return next((figure for section in results(page) for figure in section.figures), None)


def home(page: Page, found: tuple[LinkMention, ...]) -> str | None:
    """The repository of the page: that of the checkout at hand, else where most figures lie.

    A page without figures on GitHub belongs where most of its links to files lead.
    """
    if page.repository and page.repository.name:
        return page.repository.name
    named = [m.address.repository for m in found if m.figure] or [
        m.address.repository for m in found
    ]
    folded = Counter(name.casefold() for name in named)
    return folded.most_common(1)[0][0] if folded else None
