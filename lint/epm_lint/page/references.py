"""References to issues: `#12`, `owner/name#12`, `GH-12`, and the address of an issue."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.markdown.blocks import Prose
from epm_lint.model import Page
from epm_lint.page.wording import own_words
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_END = r"(?![\w%]|\.\d|-\d)"
_NUMBER = rf"([1-9]\d{{0,8}}){_END}"
_SHORT = rf"([1-9]\d{{0,4}}){_END}"
"""By itself: `#123456` is a colour."""
_REFERENCE = Pattern(
    rf"(?:https?://[\w.-]{{1,100}}/([\w.-]{{1,80}}/[\w.-]{{1,80}})/(?:issues|pull)/{_NUMBER}"
    rf"|(?<![\w./-])([\w.-]{{1,80}}/[\w.-]{{1,80}})#{_NUMBER}"
    rf"|(?<![\w&/#.])#{_SHORT}"
    rf"|(?<![\w-])GH-{_NUMBER})"
)
_ADDRESS = Pattern(
    rf"^(?:https?://[\w.-]{{1,100}}/([\w.-]{{1,80}}/[\w.-]{{1,80}})/|[./]{{0,9}})(?:issues|pull)/{_NUMBER}"
)
_RANKED = frozenset(
    [
        *("result", "figure", "fig.", "table", "equation", "eq.", "condition", "sample", "seed"),
        *("run", "question", "prompt", "persona", "layer", "step", "epoch", "attempt", "trial"),
        *("example", "row", "column", "item", "line", "footnote", "section", "part", "fold"),
        *("batch", "head", "feature", "neuron", "number", "no.", "hypothesis", "claim", "caveat"),
        *("point", "gpu", "device", "job", "worker", "rule", "option", "version", "variant"),
        *("rank", "ranked", "place", "top", "choice", "priority", "model", "adapter", "group"),
        *("cluster", "colour", "color", "hex"),
    ]
)
"""Words before a number that count things of their own, or say that it is a colour."""

_DETERMINERS = frozenset({"the", "our", "its", "their", "a"})


@dataclass(frozen=True, slots=True)
class Reference:
    """An issue as a text names it."""

    number: int
    repository: str | None
    """`owner/name` where the text says so; without it, that of the page."""
    text: str
    start: int
    """Where it stands in the text."""

    @property
    def end(self) -> int:
        """Where the text goes on after it."""
        return self.start + len(self.text)


def references_in(text: str) -> Iterator[Reference]:
    """The issues that a text names; a rank ("the #1 reason", "result #2") is none."""
    for match in _REFERENCE.finditer(text):
        home, number, other, other_number, plain, gh = match.groups()
        if plain and _is_rank(text, match.start(), match.end(), int(plain)):
            continue
        digits = number or other_number or plain or gh
        yield Reference(int(digits), home or other, match.group(), match.start())


def linked_issue(url: str) -> tuple[int, str | None] | None:
    """The number of the issue that an address leads to, and its repository if it is named."""
    match = _ADDRESS.match(url)
    return (int(match.group(2)), match.group(1)) if match else None


def references(prose: Prose) -> list[Reference]:
    """The issues that prose names or links to, in the order of their place in its own words."""
    words = prose.words
    if not (prose.links or "#" in words or "GH-" in words or "://" in words):
        return []
    found = list(references_in(own_words(prose, addresses=True)))
    end = 0
    for link in prose.links:
        start = max(prose.text.find(link.text, end), end)
        end = start + len(link.text)
        if target := linked_issue(link.url):
            found.append(Reference(*target, link.text, start))
    return sorted(found, key=lambda reference: reference.start)


def is_own(reference: Reference, page: Page) -> bool:
    """Whether this is the page's own issue; where it is not known which repository, by number."""
    if page.issue is None or reference.number != page.issue:
        return False
    here = page.repository and page.repository.name
    named = reference.repository
    return not (here and named) or here.casefold() == named.casefold()


def _is_rank(text: str, start: int, end: int, number: int) -> bool:
    if not text[max(0, start - 1) : start].isspace():
        return False
    word = text[max(0, start - 24) : start].split()[-1:]
    noun = "".join(word).casefold().lstrip("(“\"'")
    if noun in _RANKED or noun.removesuffix("s") in _RANKED:
        return True
    names_what_follows = text[end : end + 1] == " " and text[end + 1 : end + 2].isalpha()
    return number <= 10 and names_what_follows and noun in _DETERMINERS
