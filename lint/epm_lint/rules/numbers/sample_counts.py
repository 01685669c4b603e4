"""Counts that speak of the same thing agree, with each other and with the results.

A reader who finds two different n trusts no other number. Held against each other: a design and its
n ("20 questions × 5 completions, n=100 per persona"), k and n of a count (`31/100`), "n=100 per
persona" and "600 rows per condition" wherever they come again; and with the results file at hand,
the counts, n and rows of each persona. Different things have different n, bystanders and fits among
them: what is not surely the same is left alone, and so are quotations. Rates and written-out
arithmetic are recomputed by rules of their own.

Bad:

    We took 20 questions × 5 completions at T=1.0 (n=120 per persona).

Good:

    We took 20 questions × 5 completions at T=1.0 (n=100 per persona).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from epm_lint.counting import Passage, count, mapping, passages_of, rows_of_each, trials_of_each
from epm_lint.markdown.blocks import Table, TableRow, title_key
from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import clip, quote
from epm_lint.values import dataclass

_NUMBER = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,9}"
_COUNT = re.compile(rf"(?<![\w./,−–-])({_NUMBER})/({_NUMBER})(?![\w/%]|[.,-]\d)")
_COUNT_TITLES = frozenset({"kn", "sourcekn", "count", "counts"})
_EACH = re.compile(rf"(?<![\w.])n\s?=\s?({_NUMBER}) per (persona|cell|condition)\b")
_ROWS = re.compile(
    rf"(?<![\w.,])({_NUMBER}) rows (total|in total|per (?:condition|persona|adapter))\b"
)
_DESIGN = re.compile(
    r"(?<![\w.,])(\d{1,6}) (?:[\w-]{1,30} ){0,2}[×x] (\d{1,6}) (?:completions|samples)\b"
    rf"[^;|×+]{{0,80}}?\bn\s?=\s?({_NUMBER}) per (?:persona|cell|condition)\b"
)


def check(page: Page) -> Verdict:
    """No two counts on the page, or in its results, contradict each other."""
    said = list(passages_of(page))
    tables = [block for block in page.document.walk_blocks() if isinstance(block, Table)]
    judged = _Judged({}, {})
    _repeated(said, page.results, judged)
    _impossible(said, tables, judged)
    if page.results:
        _personas(page, tables, page.results, judged)
    return judged.verdict()


@dataclass(slots=True)
class _Judged:
    wrong: dict[Finding, None]
    doubtful: dict[Finding, None]
    count: int = 0

    def hold(self, agrees: bool, message: str, line: int, fix: str, *, sure: bool = True) -> None:
        """Count a comparison, and note it where it fails; one fault of a line is told once."""
        self.count += 1
        if not agrees:
            (self.wrong if sure else self.doubtful)[Finding(message, line, fix=fix)] = None

    def verdict(self) -> Verdict:
        """What all comparisons come to."""
        findings = sorted([*self.wrong, *self.doubtful], key=lambda finding: finding.line)
        if self.wrong:
            return Verdict.failed(f"{len(self.wrong)} count(s) contradict others", findings)
        if self.doubtful:
            return Verdict.warned(f"{len(self.doubtful)} count(s) may contradict others", findings)
        if not self.count:
            return Verdict.skipped("no counts that can be held against each other")
        return Verdict.passed(f"{self.count} count(s) agree")


def _repeated(
    passages: Iterable[Passage], results: Mapping[str, Any] | None, judged: _Judged
) -> None:
    """The n of each persona and the rows of each condition, wherever they are stated."""
    stated: dict[str, tuple[int, int]] = {}
    trials, rows = (trials_of_each(results), rows_of_each(results)) if results else (None, None)
    for passage in passages:
        if " per " not in passage.text and " rows " not in passage.text:
            continue
        for match in _DESIGN.finditer(passage.text):
            product = int(match[1]) * int(match[2])
            if not passage.speaks_of_others(match.start(), match.end()):
                judged.hold(
                    product == _int(match[3]),
                    f"{match[1]} × {match[2]} is {product:,}, but n={match[3]}",
                    passage.line(match.start()),
                    "correct the number that is wrong",
                )
        for pattern, expected in ((_EACH, trials), (_ROWS, rows)):
            for match in pattern.finditer(passage.text):
                if passage.speaks_of_others(match.start(), match.end()):
                    continue
                value, line = _int(match[1]), passage.line(match.start())
                if expected is not None:
                    message = f"{quote(match.group())}: the results have {expected:,}"
                    judged.hold(value == expected, message, line, "take the number of the results")
                    continue
                what = "rows" if pattern is _ROWS else "n"
                first, where = stated.setdefault(f"{what} {match[2]}", (value, line))
                if where != line:
                    message = f"{quote(match.group())}, but {first:,} on line {where}"
                    fix = "correct one, or say what differs"
                    judged.hold(value == first, message, line, fix, sure=False)


def _impossible(passages: Iterable[Passage], tables: Iterable[Table], judged: _Judged) -> None:
    """More successes than samples, where it is certain that k/n is a count."""
    known = {match[1] for p in passages if " per " in p.text for match in _EACH.finditer(p.text)}
    known |= {
        match[2]
        for table in tables
        for at in _count_columns(table)
        for row in table.rows[1:]
        if (match := _COUNT.fullmatch(_cell(row, at)))
    }
    for passage in passages if known else ():
        for match in _COUNT.finditer(passage.text) if "/" in passage.text else ():
            if match[2] in known:
                judged.hold(
                    _int(match[1]) <= _int(match[2]),
                    f"{match.group()}: more than there are",
                    passage.line(match.start()),
                    "correct the count",
                )


def _personas(
    page: Page, tables: Iterable[Table], results: Mapping[str, Any], judged: _Judged
) -> None:
    """What tables and headings say of a persona, against its counts in the results."""
    sources = {
        name: rate
        for name, condition in mapping(results, "conditions").items()
        if (rate := count(mapping(condition, "source")))
    }
    counted = [(table, at) for table in tables for at in _count_columns(table)]
    counted = [
        (table, at)
        for table, at in counted
        if any(_name(row) in sources for row in table.rows[1:])
        and "bystander" not in _cell(table.rows[0], at).casefold()
    ]
    for table, at in counted:
        titles = " ".join(cell.text.casefold() for cell in table.rows[0].cells)
        if len(counted) > 1 and "source" not in titles:
            continue
        for row in table.rows[1:]:
            match = _COUNT.fullmatch(_cell(row, at))
            if match and _name(row) in sources:
                _against(sources[_name(row)], match, _name(row), row.line, judged)
    for heading in page.document.headings:
        matches = list(_COUNT.finditer(heading.words))
        named = [name for name in sources if name in re.findall(r"[\w-]+", heading.text)]
        if len(matches) == len(named) == 1 and "source rate" in heading.text:
            _against(sources[named[0]], matches[0], named[0], heading.line, judged)


def _against(
    rate: tuple[int, int], match: re.Match[str], name: str, line: int, judged: _Judged
) -> None:
    judged.hold(
        (_int(match[1]), _int(match[2])) == rate,
        f"{match.group()} for {clip(name, 40)}: the results have {rate[0]}/{rate[1]}",
        line,
        "take the count of the results",
    )


def _count_columns(table: Table) -> list[int]:
    header, *rows = table.rows
    return [
        at
        for at, cell in enumerate(header.cells)
        if title_key(cell.text) in _COUNT_TITLES
        and any(any(map(str.isdigit, _cell(row, at))) for row in rows)
    ]


def _cell(row: TableRow, at: int) -> str:
    return row.cells[at].text.strip() if at < len(row.cells) else ""


def _name(row: TableRow) -> str:
    return _cell(row, 0).partition(" (")[0]


def _int(number: str) -> int:
    return int(number.replace(",", ""))


RULE = Rule("sample-counts", "Sample counts", check, doc=__doc__)
