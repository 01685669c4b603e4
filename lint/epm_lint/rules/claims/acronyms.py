"""A page is read by people who were not in the room when its short forms were coined.

Each acronym of the house's list is defined where it is first used: "long form (ABC)", "ABC (long
form)", an `<abbr title="long form">`; or anywhere in a line of a glossary, "ABC: long form". What
is common knowledge (LoRA, JSON, CI) is not on the list, and neither code nor headings, addresses,
identifiers, samples or the tables of the set-up count as uses.

Bad:

    ## AI Summary

    ### Results

    Both points fall inside the PI.

Good:

    ## AI Summary

    ### Results

    Both points fall inside the 95% prediction interval (PI). The PI is wide.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from epm_lint.markdown.blocks import Prose, Table
from epm_lint.model import Edit, Finding, Page, Rule, Verdict, option
from epm_lint.page.sections import setup
from epm_lint.page.wording import column_of, lines_of, own_blocks, own_words
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

NOT_READ = frozenset({"sampleoutputs"})
WIDEST = 100
"""How far from an acronym its long form may stand."""

_GLOSSARY_LINE = Pattern(r"\W{0,4}(\w{1,12})\W{0,4}?\s{0,3}(?:[:=—–]|\s-\s)\s{0,3}(.{1,120})")
_WORD = Pattern(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Options:
    """The short forms of the house."""

    acronyms: tuple[str, ...] = option(
        (
            "JS=Jensen-Shannon",
            "JSD=Jensen-Shannon divergence",
            "LOO=leave-one-out",
            "NS=not significant",
            "PI=prediction interval",
        ),
        "acronyms to define at their first use, each with its long form after '='",
    )


@dataclass(frozen=True, slots=True)
class _Use:
    """The first use of an acronym."""

    acronym: str
    words: str
    """What is said where it stands."""
    start: int
    prose: Prose

    @property
    def line(self) -> int:
        return lines_of(self.prose, self.words)(self.start)

    @property
    def is_plural(self) -> bool:
        return self.words[self.start + len(self.acronym) :].startswith("s")


def check(page: Page, options: Options) -> Verdict:
    """Every listed acronym that is used is defined."""
    long_forms = dict(_entry(entry) for entry in options.acronyms)
    used = _first_uses(page, tuple(long_forms))
    if not used:
        return Verdict.passed("none of the listed acronyms is used")
    undefined = [use for use in used if not _defines(use)]
    if undefined:
        listed = set(_glossary(page))
        undefined = [use for use in undefined if use.acronym not in listed]
    if undefined:
        names = ", ".join(use.acronym for use in undefined)
        faults = [_fault(page, use, long_forms[use.acronym]) for use in undefined]
        return Verdict.warned(f"not defined at first use: {names}", faults)
    return Verdict.passed(f"defined: {', '.join(use.acronym for use in used)}")


def _entry(entry: str) -> tuple[str, str]:
    acronym, _, long_form = entry.partition("=")
    return acronym.strip(), long_form.strip()


def _first_uses(page: Page, acronyms: tuple[str, ...]) -> list[_Use]:
    pattern = _pattern(acronyms)
    first: dict[str, _Use] = {}
    for prose in _read(page):
        if pattern.search(prose.text):
            words = own_words(prose)
            for match in pattern.finditer(words):
                use = _Use(match.group(1), words, match.start(), prose)
                first.setdefault(match.group(1), use)
    return list(first.values())


@lru_cache(maxsize=16)
def _pattern(acronyms: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(filter(None, acronyms), key=len, reverse=True)
    if not longest_first:
        return re.compile(r"(?!)")
    # `PI=3`, `PI_PATH`, `a.PI`, `PI-7` are names in a program
    found = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?<![\w/.#@$\\-])({found})s?(?![\w/=(\[]|\.\w|-\d)")


def _read(page: Page) -> Iterator[Prose]:
    card = setup(page)
    tables = {
        block.line
        for _, blocks in (card.parts if card else ())
        for block in blocks
        if isinstance(block, Table)
    }
    for block in own_blocks(page, NOT_READ):
        if block.line not in tables:
            yield from block.prose


def _defines(use: _Use) -> bool:
    end = use.start + len(use.acronym) + use.is_plural
    before, after = use.words[: use.start], use.words[end:]
    if before.endswith("(") and after.startswith((")", ",", ";")):
        return _spells(use.acronym, before[-WIDEST:])
    opening, bracket, rest = after[: 2 * WIDEST].partition("(")
    if bracket and not opening.strip():
        return _spells(use.acronym, rest.partition(")")[0][:WIDEST])
    titled = rf"<abbr\b[^<>]{{0,200}}\btitle\s*=[^<>]{{3,200}}>\W{{0,4}}{re.escape(use.acronym)}"
    return re.search(titled, use.prose.source, re.IGNORECASE) is not None


def _glossary(page: Page) -> Iterator[str]:
    """The acronyms that a line or a row of a table explains."""
    for block in own_blocks(page, NOT_READ):
        if isinstance(block, Table):
            for row in block.rows:
                name, *rest = (cell.text.strip() for cell in row.cells)
                if rest and _spells(name, rest[0][:WIDEST]):
                    yield name
        else:
            for prose in block.prose:
                for _, line in prose.lines():
                    match = _GLOSSARY_LINE.match(line)
                    if match and _spells(*match.groups()):
                        yield match.group(1)


def _spells(acronym: str, long_form: str) -> bool:
    """Whether words of the text begin with the acronym's letters, or hold them in order."""
    words = [word for word in _WORD.findall(long_form) if word != acronym]
    letters = acronym.casefold()
    for place, word in enumerate(words):
        if word[0].casefold() == letters[:1]:
            rest = iter("".join(words[place:]).casefold())
            if all(letter in rest for letter in letters):
                return True
    return False


def _fault(page: Page, use: _Use, long_form: str) -> Finding:
    defined = f"{long_form or 'long form'} ({use.acronym})"
    column = column_of(page, use.line, use.acronym)
    edits: tuple[Edit, ...] = ()
    if column and long_form and not use.is_plural:
        edits = (Edit.within(use.line, column, use.acronym, defined),)
    return Finding(
        f"{use.acronym} is not defined where it is first used",
        use.line,
        column=column,
        fix=f"write '{defined}'",
        edits=edits,
        safe=False,
    )


RULE = Rule("acronyms", "Acronyms defined", check, options=Options(), doc=__doc__)
