"""The shipped formats: a right page of each, and one that is broken in each of its clauses.

The broken pages are made from the format's own data: a clause of a kind that nothing here breaks
fails the test.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from epm_lint.configuration import check_formats
from epm_lint.engine import lint
from epm_lint.formats import NAMES, AskedSection, Asks, Format, Label, Limit, shipped
from epm_lint.formats.format import NOTHING
from epm_lint.formats.shipped import SENTINELS, SIGNS
from epm_lint.formats.toml import read
from epm_lint.markdown.document import Document
from epm_lint.model import Page, Report, Status
from epm_lint.page.sections import located
from epm_lint.rules import RULES

PAGES = Path(__file__).parent.parent / "pages"
RIGHT = {
    "v1": "rendered.md",
    "v2": "v2.md",
    "legacy": "seed_shape.md",
    "flat-v4": "flat-v4.md",
    "report-v1": "report-v1.md",
}
READERS = {
    "background": {"background-context"},
    "methodology": {"methodology-bullets", "dataset-example"},
    "results": {"hero-figure", "results-shape"},
    "setup": {"reproducibility-card"},
    "samples": {"sample-outputs"},
}
"""By its role, the rules that read a section, and miss it too where it is gone."""
WRITTEN = "I read thirty samples of each persona before I looked at any of the rates. " * 3

MENDED = {
    "v1": (
        (
            "_To be written by a person: what would you tell a colleague in the corridor?_",
            "It falls, in this pilot.",
        ),
        ("_To be written by a person: what did you see when you read the samples?_", WRITTEN),
        ("figures/hero.png", "https://raw.githubusercontent.com/acme/lab/43a303c/hero.png"),
        ("- #232", "- #232 — the line through ten personas"),
    ),
    "v2": (
        (
            "one prompt set.\n",
            """one prompt set.

### Next steps

- Another prompt set.

<details>
<summary>Setup & hyper-parameters</summary>

| Base model | Qwen2.5-7B-Instruct |
|---|---|
| Model revision | a09a35458c702b33eeacc393d103063234e8bc28 |
| Training | none: no model was trained |
| Data sha256 | 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 |
| Hardware | 2 CPU cores |
| Libraries | torch 2.9.0, transformers 5.0.1 |
| Git commit | 43a303c, clean |
| Command | `epm run issue-12` |
| Seed | 42 |

</details>
""",
        ),
    ),
    "legacy": (("# Detailed report\n", f"# Detailed report\n\n## Human summary\n\n{WRITTEN}\n"),),
}
"""What the format asks for, and nobody had written on the page that the right one is taken from."""

LINK = re.compile(r"\]\([^)]*\)")
LONG = " and so on" * 400
WORDS = " a word or two more of it"


def right(name: str) -> str:
    """The page with what its format asks for, and the page it was taken from has not."""
    text = (PAGES / RIGHT[name]).read_text(encoding="utf-8")
    for old, new in MENDED.get(name, ()):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def judged(name: str, text: str) -> Report:
    return lint(text, page_format=name, title=None)


def found(report: Report) -> set[tuple[str, str]]:
    """What the rules have to say, advice included: their slugs, each with a message."""
    return {
        (row.rule.slug, message)
        for row in report.rows
        if row.verdict.findings or row.verdict.status.severity > Status.PASS.severity
        for message in [finding.message for finding in row.verdict.findings] or [row.verdict.detail]
    }


# ------------------------------------------------------------- how each clause is broken

Edit = Callable[[str], str]


class Broken:
    """The lines of a page's section or label, as they can be taken out or added to."""

    def __init__(self, name: str, section: AskedSection | None, label: Label | None = None) -> None:
        self.text, self.format = right(name), shipped(name)
        self.lines = self.text.split("\n")
        document = Document(self.text)
        page = Page(document, self.format)
        self.start, self.end = 0, len(self.lines)
        if section is not None:
            here = located(page, section)[0]
            after = [
                s.line for s in document.walk() if s.line > here.line and s.level <= here.level
            ]
            self.start, self.end = here.line - 1, min(after, default=len(self.lines) + 1) - 1
            if "---" in self.lines[self.start : self.end]:  # the footer
                self.end = self.lines.index("---", self.start)
        self.heading = self.start
        if label is not None:
            key = f"**{label.name}"
            self.start = next(
                i for i in range(self.start, self.end) if self.lines[i].startswith(key)
            )
            others = (
                i
                for i in range(self.start + 1, self.end)
                if self.lines[i].startswith(("**", "#", "---"))
            )
            self.end = next(others, self.end)

    def without(self) -> str:
        """The page without these lines."""
        return "\n".join([*self.lines[: self.start], *self.lines[self.end :]])

    def kept(self, wanted: Callable[[str], bool]) -> str:
        """The page with those of these lines alone that are wanted."""
        own = [line for line in self.lines[self.start + 1 : self.end] if wanted(line)]
        return self._with([self.lines[self.start], *own])

    def mapped(self, change: Edit) -> str:
        """The page with these lines changed."""
        own = [change(line) for line in self.lines[self.start + 1 : self.end]]
        return self._with([self.lines[self.start], *own])

    def opened(self, change: Edit) -> str:
        """The page with the first of these lines changed."""
        return self._with([change(self.lines[self.start]), *self.lines[self.start + 1 : self.end]])

    def twice(self) -> str:
        """The page with these lines once more."""
        return self._with([*self.lines[self.start : self.end]] * 2)

    def added(self, *more: str) -> str:
        """The page with further lines after these."""
        return self._with([*self.lines[self.start : self.end], "", *more, ""])

    def _with(self, own: list[str]) -> str:
        return "\n".join([*self.lines[: self.start], *own, *self.lines[self.end :]])


def _outside(limit: Limit, fewer: Callable[[], str], more: Callable[[], str]) -> Iterator[str]:
    """Pages below and above what a limit allows, or advises."""
    if limit.least is not None or limit.advised_least is not None:
        yield fewer()
    if limit.most is not None or limit.advised_most is not None:
        yield more()


def _is_bullet(line: str) -> bool:
    return line.startswith("- ")


def _words(broken: Broken, limit: Limit) -> Iterator[str]:
    prose = lambda line: line.startswith(("!", "*", "|", ">", "#")) or not line  # noqa: E731
    yield from _outside(limit, lambda: broken.kept(prose), lambda: broken.added(LONG.strip()))


def _bullets(broken: Broken, limit: Limit) -> Iterator[str]:
    many = [f"- bullet {n}" for n in range(20)]
    none = broken.kept(lambda line: not _is_bullet(line))
    yield from _outside(
        limit, lambda: none, lambda: broken.kept(_is_bullet) and broken.added(*many)
    )


def _figures(broken: Broken, limit: Limit) -> Iterator[str]:
    figure = next(line for line in broken.lines[broken.start :] if line.startswith("!["))
    none = broken.kept(lambda line: not line.startswith(("![", "> **Figure")))
    caption = "> **Figure.** Once more, and as it was before."
    yield from _outside(limit, lambda: none, lambda: broken.added(figure, "", caption))


ASKS: dict[str, Callable[[Broken, Any], Iterator[str]]] = {
    "words": _words,
    "sentences": lambda b, limit: _outside(limit, b.without, lambda: b.added("So. " * 9)),
    "bullets": _bullets,
    "bullet_words": lambda b, limit: _outside(
        limit, b.without, lambda: b.mapped(lambda x: x + WORDS * 9 if _is_bullet(x) else x)
    ),
    "figures": _figures,
    "pinned": lambda b, _: iter([b.mapped(lambda x: x.replace("lab/43a303c/fig", "lab/main/fig"))]),
    "caption_words": lambda b, limit: _outside(
        limit,
        lambda: b.mapped(lambda x: "> So." if x.startswith("> ") else x),
        lambda: b.mapped(lambda x: x + WORDS * 20 if x.startswith("> ") else x),
    ),
    "tables": lambda b, limit: _outside(
        limit,
        lambda: b.kept(lambda x: not x.startswith("|")),
        lambda: b.added(*["| a | b |\n|---|---|\n| 1 | 2 |\n"] * 99),
    ),
    "columns": lambda b, columns: iter([b.mapped(lambda x: x.replace(columns[0], "Other"))]),
    "filled": lambda b, _: iter([b.opened(lambda x: f"{x} TODO")]),
    "samples": lambda b, limit: _outside(
        limit,
        lambda: b.kept(lambda x: not x.startswith(">")),
        lambda: b.added(*["> So.\n"] * 99),
    ),
    "disclosed": lambda b, _: iter([b.opened(lambda x: x.replace("chosen at random", "shown"))]),
    "links": lambda b, _: iter(
        [b._with([LINK.sub("]", line) for line in b.lines[b.start : b.end]])]
    ),
    "phrases": lambda b, phrases: iter([b.added(f"This {one} it.") for one in phrases]),
}
"""How each thing that may be asked is broken; `severity` and `unless` ask nothing themselves."""

SETTINGS = {"severity", "unless"}
SLUGS = {
    **dict.fromkeys(("words", "sentences", "bullets", "bullet_words"), "section-length"),
    **dict.fromkeys(("figures", "pinned", "caption_words"), "section-figures"),
    **dict.fromkeys(("tables", "columns", "filled"), "section-tables"),
    **dict.fromkeys(("samples", "disclosed"), "section-samples"),
    "links": "section-links",
    "phrases": "section-wording",
}


def _asked(
    name: str, asks: Asks, section: AskedSection | None, label: Label | None
) -> Iterator[Any]:
    where = "/".join(section.path) if section else "the page"
    where += f" {label.name}" if label else ""
    for field in fields(asks):
        value = getattr(asks, field.name)
        if value == getattr(NOTHING, field.name) or field.name in SETTINGS:
            continue
        broken = Broken(name, section, label)
        for number, text in enumerate(ASKS[field.name](broken, value)):
            identity = f"{name}: {where}: {field.name} {number}"
            yield pytest.param(name, text, {SLUGS[field.name]}, id=identity)


def _labels(name: str, labels: tuple[Label, ...], section: AskedSection | None) -> Iterator[Any]:
    for label in labels:
        identity = f"{name}: {'/'.join(section.path) if section else 'the page'} {label.name}"
        if label.need == "forbidden":
            text = Broken(name, section).added(f"**{label.name}:** so.")
            yield pytest.param(name, text, {"section-labels"}, id=f"{identity}: forbidden")
            continue
        broken = Broken(name, section, label)
        if label.need == "required":
            yield pytest.param(name, broken.without(), {"section-labels"}, id=f"{identity}: gone")
        if label.count.most is not None:
            yield pytest.param(name, broken.twice(), {"section-labels"}, id=f"{identity}: twice")
        if label.author == "human":
            text = broken._with([f"**{label.name}** TBD", ""])
            yield pytest.param(name, text, {"human-text"}, id=f"{identity}: unwritten")
        yield from _asked(name, label.asks, section, label)


def _sections(name: str, made: Format) -> Iterator[Any]:
    for section in made.sections:
        rule = section.rule or "page-sections"
        where = f"{name}: {'/'.join(section.path)}"
        if section.need == "forbidden":
            text = f"{right(name)}\n{'#' * section.level} {section.title}\n"
            yield pytest.param(name, text, {rule}, id=f"{where}: forbidden")
            continue
        page = Page(Document(right(name)), made)
        if not located(page, section):
            assert section.need == "optional", f"the right page has no {where}"
            continue
        if section.need == "required" and not made.parts_of(section.path):
            text = Broken(name, section).without()
            also = {slug for slug in READERS.get(section.role, ()) if made.asks_for(slug)}
            if section.path[0] == "Detailed report" and made.asks_for("report-structure"):
                also.add("report-structure")
            yield pytest.param(name, text, {rule, *also}, id=f"{where}: gone")
        if section.author == "human":
            text = Broken(name, section)._with(
                [section.heading, "", "_To be written by a person._", ""]
            )
            yield pytest.param(name, text, {section.rule or "human-text"}, id=f"{where}: unwritten")
        yield from _labels(name, section.labels, section)
        yield from _asked(name, section.asks, section, None)


def _whole(name: str, made: Format) -> Iterator[Any]:
    text = right(name)
    if made.title and made.title.starts:
        yield pytest.param(
            name, text.replace("# Exp", "# Unexp", 1), {"page-title"}, id=f"{name}: start"
        )
    if made.title and made.title.ends:
        yield pytest.param(
            name, text.replace("(LOW", "(SOME", 1), {"page-title"}, id=f"{name}: end"
        )
    if made.order != "off":
        first, second = (s for s in made.sections[:2])
        one, two = Broken(name, first), Broken(name, second)
        swapped = [*one.lines[: one.start], *two.lines[two.start : two.end]]
        swapped += [*one.lines[one.start : one.end], *one.lines[two.end :]]
        yield pytest.param(name, "\n".join(swapped), {"page-sections"}, id=f"{name}: order")
    if made.references_only_in:
        other = next(s for s in made.sections if s.title not in made.references_only_in)
        broken = Broken(name, other)
        text = broken.mapped(lambda line: f"{line} See #99." if _is_bullet(line) else line)
        yield pytest.param(name, text, {"section-wording"}, id=f"{name}: references")
    yield from _labels(name, made.labels, None)


def clauses() -> list[Any]:
    return [
        case
        for name in RIGHT
        for case in (*_whole(name, shipped(name)), *_sections(name, shipped(name)))
    ]


@pytest.mark.parametrize(("name", "text", "expected"), clauses())
def test_a_broken_clause_is_found_and_nothing_else(
    name: str, text: str, expected: set[str]
) -> None:
    assert text != right(name)
    new = found(judged(name, text)) - found(judged(name, right(name)))
    assert {slug for slug, _ in new} == expected, new


@pytest.mark.parametrize("name", [name for name in RIGHT if name != "legacy"])
def test_the_right_page_has_no_finding(name: str) -> None:
    assert found(judged(name, right(name))) == set()
    assert lint(right(name)).format == name


def test_the_right_page_of_legacy_has_the_slips_of_the_page_it_is_modelled_on() -> None:
    assert {slug for slug, _ in found(judged("legacy", right("legacy")))} == {
        *("hero-figure", "dataset-example", "sample-outputs", "reproducibility-card"),
        *("recomputed-arithmetic", "recomputed-independence"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_before_the_file_is_read_is_what_the_file_says(name: str) -> None:
    made = shipped(name)
    assert made.name == name
    assert [s for s, of in SENTINELS.items() if of == name] == [made.sentinel] * bool(made.sentinel)
    assert tuple(sign for of, sign in SIGNS if of == name) == made.signs
    table = tomllib.loads((Path(made_file(name))).read_text(encoding="utf-8"))
    own = {**table, "name": f"our-{name}"}
    again = read(dumped(own), "ours.toml")
    check_formats([again], RULES)
    assert again.sections == made.sections
    assert again.labels == made.labels


def made_file(name: str) -> Path:
    import epm_lint.formats as room

    return Path(room.__file__).with_name(f"{name}.toml")


def dumped(table: dict[str, Any]) -> str:
    """A table as TOML: plain values first, then tables and lists of tables, inline."""
    return "\n".join(f"{_key(key)} = {_value(value)}" for key, value in table.items())


def _key(key: str) -> str:
    return f'"{key}"'


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
