"""A number sends the reader away to learn what the sentence is about.

An issue is told where it is first mentioned: `#123` is a Markdown link, or carries words that say
what it is. Such words are an apposition ("#123 — the ten-persona line", "#123 (the fragility of
qwen_default)"), a possessive or an "of" ("#123's recipe", "the recipe of #123"), brackets after
them ("the ten-persona line (#123)"), or a clause that it is the subject of ("#123 fitted a line
through ten personas"). After its first mention it may be named in short. Ranks ("result #1"),
colours, headings, code, quotations and samples hold no reference.

Bad:

    <!-- epm:clean-result format=v2 -->

    ## AI Summary

    ### Background

    The recipe is as in #123.

Good:

    <!-- epm:clean-result format=v2 -->

    ## AI Summary

    ### Background

    The recipe is as in [#123](https://github.com/acme/lab/issues/123), with the questions of
    #124 — the ten-persona line. As #123 has it, the marker ends the answer.
"""

import re
from collections.abc import Iterator

from epm_lint.markdown.blocks import Prose, Table
from epm_lint.model import Edit, Finding, Page, Rule, Verdict
from epm_lint.page.references import Reference, linked_issue, references_in
from epm_lint.page.wording import column_of, lines_of, own_blocks, own_words
from epm_lint.patterns import Pattern

NOT_READ = frozenset({"sampleoutputs"})
MOST_CELLS = 4
"""How many cells on either side may tell what one is about."""

_WORD = r"[^\W\d_][\w'’-]{1,40}"
_TOLD_AFTER = Pattern(
    rf"\]?(?:\s{{0,3}}(?:[—–:=|]|\s-\s|\(|,\s(?:which|where|who)\b)\W{{0,60}}{_WORD}\W{{1,60}}{_WORD}"
    rf"|(?:['’]s|,\s(?:the|an?))\W{{1,60}}{_WORD})"
)
_TOLD_BEFORE = Pattern(
    rf"{_WORD}\W{{1,60}}{_WORD}[\s\"”]{{0,60}}\((?:see\s|cf\.\s|e\.g\.\s|issue\s|[#\d,;\s\uFFFC]){{0,9}}$"
    rf"|\bthe\s(?:{_WORD}\s){{0,3}}(?!outside|inside|instead|ahead)[^\W\d_]{{3,40}}[-\s]of[-\s](?:issue\s)?$",
    re.IGNORECASE,
)
_NO_SUBJECT = Pattern(
    r"\b(?:(?<!,\s)and|or|in|of|from|see|cf\.|by|to|per|under|with|like|than|on|for|at|as|via|after|before"
    r"|since|until|against|extends?|follows?|replicates?|supersedes?|unlike)\s+(?:issue\s+)?$",
    re.IGNORECASE,
)
_CLAUSE = Pattern(rf"\s{_WORD}(?:\s{{1,60}}[^\s.;:!?]{{1,40}}){{2}}")
_HTML_LINK = Pattern(r"<a\b[^<>]{1,500}>([^<>]{0,300})</a", re.IGNORECASE)


def check(page: Page) -> Verdict:
    """Every issue is a link or is told at its first mention."""
    met: set[int] = set()
    faults: list[Finding] = []
    for prose, words in _paragraphs(page):
        met.update(_linked(prose))
        line_at = lines_of(prose, words)
        for reference in references_in(words):
            if reference.start >= len(prose.words):
                break
            told = reference.repository or reference.number in met or _is_told(reference, words)
            met.add(reference.number)
            if not told:
                faults.append(_fault(page, line_at(reference.start), reference))
    if faults:
        return Verdict.failed(f"{len(faults)} of {len(met)} issue(s) bare at first mention", faults)
    return Verdict.passed(f"{len(met)} issue(s), each linked or told" if met else "no #N in it")


def _paragraphs(page: Page) -> Iterator[tuple[Prose, str]]:
    """Prose with what is said in and around it: a cell is told by the others of its row."""
    for block in own_blocks(page, NOT_READ):
        rows = [row.cells for row in block.rows] if isinstance(block, Table) else [block.prose]
        for row in rows:
            if any("#" in prose.source for prose in row):
                yield from _with_neighbours(row)


def _with_neighbours(row: tuple[Prose, ...]) -> Iterator[tuple[Prose, str]]:
    words = [own_words(prose, quotations=False) for prose in row]
    for place, prose in enumerate(row):
        others = " ".join(words[:place][:MOST_CELLS] + words[place + 1 :][:MOST_CELLS]).strip()
        yield prose, f"{words[place]} | {others}" if others else words[place]


def _linked(prose: Prose) -> Iterator[int]:
    for link in prose.links:
        if target := linked_issue(link.url):
            yield target[0]
        yield from (reference.number for reference in references_in(link.text))
    for text in _HTML_LINK.findall(prose.source):
        yield from (reference.number for reference in references_in(text))


def _is_told(reference: Reference, words: str) -> bool:
    before = words[max(0, reference.start - 160) : reference.start]
    after = words[reference.end : reference.end + 160]
    if _TOLD_AFTER.match(after) or _TOLD_BEFORE.search(before):
        return True
    return _CLAUSE.match(after) is not None and _NO_SUBJECT.search(before[-40:]) is None


def _fault(page: Page, line: int, reference: Reference) -> Finding:
    column = column_of(page, line, reference.text)
    home = page.repository and page.repository.name
    edits: tuple[Edit, ...] = ()
    if home and column:
        address = f"https://github.com/{home}/issues/{reference.number}"
        edits = (Edit.within(line, column, reference.text, f"[{reference.text}]({address})"),)
    return Finding(
        f"{reference.text} is neither a link nor told what it is",
        line,
        column=column,
        fix="link it, or say in a few words what it is",
        edits=edits,
    )


RULE = Rule(
    "bare-references",
    "Bare #N references",
    check,
    doc=__doc__,
)
