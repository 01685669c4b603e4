"""What a page format says: its sections, who writes them, what each asks, and how it is known.

A format is data: one TOML file, read by `epm_lint.formats.toml` and judged by `epm_lint.clauses`.
`docs/formats.md` tells how to write one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from epm_lint.markdown.blocks import title_key
from epm_lint.values import dataclass

HUMAN = "human"
"""The author of what no program may write."""

ROLES = (
    *("summary", "tldr", "background", "methodology", "results", "report", "setup", "samples"),
    *("sources", "artifacts"),
)
"""What a section is to the rules that look for one: its heading is the format's own."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many there may be: outside of it is a fault, outside of what is advised is a remark."""

    least: int | None = None
    most: int | None = None
    advised_least: int | None = None
    advised_most: int | None = None


@dataclass(frozen=True, slots=True)
class Asks:
    """What a section, or the stretch under a label, has to hold."""

    severity: str = "fail"
    """`fail` or `warn`: what a fault of these is."""
    words: Limit | None = None
    sentences: Limit | None = None
    """Of each paragraph."""
    bullets: Limit | None = None
    bullet_words: Limit | None = None
    """Of each bullet."""
    figures: Limit | None = None
    pinned: bool = False
    """Whether each figure's address names a commit."""
    caption_words: Limit | None = None
    """Of each figure's caption."""
    tables: Limit | None = None
    columns: tuple[str, ...] = ()
    """Headers that one of the tables has."""
    filled: bool = False
    """Whether a text or cell that only holds a place is a fault."""
    samples: Limit | None = None
    disclosed: bool = False
    """Whether it says how its samples were chosen."""
    links: str = ""
    """`any` or `pinned`: whether it has to link somewhere, or to a file at a commit."""
    phrases: tuple[str, ...] = ()
    """Words that it must not use."""
    unless: str = ""
    """A text that stands in place of all that is asked."""

    @property
    def clauses(self) -> frozenset[str]:
        """The rules that judge what is asked."""
        found = {
            "section-length": (self.words, self.sentences, self.bullets, self.bullet_words),
            "section-figures": (self.figures, self.pinned or None, self.caption_words),
            "section-tables": (self.tables, self.columns or None, self.filled or None),
            "section-samples": (self.samples, self.disclosed or None),
            "section-links": (self.links or None,),
            "section-wording": (self.phrases or None,),
        }
        return frozenset(
            slug for slug, asked in found.items() if any(each is not None for each in asked)
        )


NOTHING = Asks()


@dataclass(frozen=True, slots=True)
class Label:
    """A bold or leading "Name:" and what follows it, up to the next label."""

    name: str
    aka: tuple[str, ...] = ()
    need: str = "required"
    author: str = "agent"
    count: Limit = Limit(1, 1)
    asks: Asks = NOTHING

    def is_called(self, key: str) -> bool:
        """Whether a title's key is one of its names."""
        return any(key == title_key(name) for name in (self.name, *self.aka))


@dataclass(frozen=True)
class AskedSection:
    """A heading of the page, and what has to stand under it."""

    path: tuple[str, ...]
    """Titles from the top; the last may be a glob, such as `Result *`."""
    level: int
    aka: tuple[str, ...] = ()
    """Other titles that will do."""
    need: str = "required"
    """`required`, `optional` or `forbidden`."""
    author: str = "agent"
    role: str = ""
    rule: str = ""
    """The rule under which its presence and its parts are reported; `page-sections` by default."""
    count: Limit = Limit(1, None)
    """How many headings a glob may find."""
    place: str = "ordered"
    """`ordered`, or `free` where its place among its neighbours does not matter."""
    order: str = "fail"
    """What another order of its parts is: `fail`, `warn` or `off`."""
    others: str = "off"
    """What parts that the format does not know are: `fail`, `warn` or `off`."""
    folded: tuple[str, ...] = ()
    """Words of the summary of a `<details>` in which it may stand instead."""
    labels: tuple[Label, ...] = ()
    asks: Asks = NOTHING

    @property
    def title(self) -> str:
        """Its own title, or the glob."""
        return self.path[-1]

    @property
    def heading(self) -> str:
        """The heading as it is written; of a glob, with the open part shown as an ellipsis."""
        return f"{'#' * self.level} {self.title.replace('*', '…')}"

    @cached_property
    def is_glob(self) -> bool:
        """Whether any number of headings may match."""
        return "*" in self.title

    def is_called(self, title: str) -> bool:
        """Whether a title is this section's."""
        return self.has_key(title_key(title))

    def has_key(self, key: str) -> bool:
        """Whether a heading with that key is this section's."""
        if key in self._keys:
            return True
        return self.is_glob and any(fnmatchcase(key, name) for name in self._keys)

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        return tuple("*".join(map(title_key, t.split("*"))) for t in (self.title, *self.aka))


@dataclass(frozen=True, slots=True)
class Title:
    """What the title has to be."""

    source: str = "issue"
    """`issue`, or `h1` where it is the page's first heading."""
    starts: tuple[str, ...] = ()
    """One of these has to begin it."""
    ends: str = ""
    """What ends it; `{confidence}` stands for a level."""
    confidence: tuple[str, ...] = ("HIGH", "MODERATE", "LOW")


@dataclass(frozen=True, slots=True)
class Sign:
    """By what a page of the format is known: all headings are there, and none of `without`."""

    headings: tuple[str, ...]
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A page format."""

    name: str
    about: str
    sentinel: str = ""
    """A comment before the first section, or right under the title, that claims the format."""
    signs: tuple[Sign, ...] = ()
    title: Title | None = None
    order: str = "off"
    others: str = "off"
    references_only_in: tuple[str, ...] = ()
    """Sections that alone may name issues; anywhere, if none is named."""
    markers: bool = False
    """Whether what people write stands between `epm:human` comments."""
    sections: tuple[AskedSection, ...] = ()
    labels: tuple[Label, ...] = ()
    """Labels that the page has wherever it may be, as in a footer."""
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, compare=False)
    """The rules of code that it asks for, with the options it sets."""
    file: str = ""
    """Where it was read."""

    def asks_for(self, slug: str) -> bool:
        """Whether a page of this format is held to a rule."""
        return slug in self.rules or slug in self.clauses

    @cached_property
    def clauses(self) -> frozenset[str]:
        """The rules that judge what is data in this format."""
        found: set[str] = set()
        everything = [
            (section.asks, "" if section.rule else section.author) for section in self.sections
        ]
        labels = [*self.labels, *(label for s in self.sections for label in s.labels)]
        everything += [(label.asks, label.author) for label in labels]
        for asks, author in everything:
            found |= asks.clauses | ({"human-text"} if author == HUMAN else set())
        if labels:
            found.add("section-labels")
        if self.references_only_in:
            found.add("section-wording")
        if self.markers:
            found.add("human-markers")
        if self.title:
            found.add("page-title")
        if any(not section.rule for section in self.sections):
            found.add("page-sections")
        return frozenset(found)

    def with_role(self, role: str) -> AskedSection | None:
        """The section that plays a role, if one does."""
        return next((section for section in self.sections if section.role == role), None)

    def parts_of(self, path: tuple[str, ...]) -> tuple[AskedSection, ...]:
        """The sections directly below a path, in order."""
        return tuple(section for section in self.sections if section.path[:-1] == path)

    def human_sections(self) -> Iterator[AskedSection]:
        """The sections that people write."""
        return (section for section in self.sections if section.author == HUMAN)
