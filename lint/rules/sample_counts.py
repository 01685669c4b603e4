"""Counts that speak of the same thing agree, with each other and with the results.

A reader who finds 20 × 5 = 120 trusts no other number. Held against each other: what is written as
an equation of whole numbers, k and n of a count (`31/100`), a count and the rate beside it, "n=100
per persona" and "600 rows per condition" wherever they come again; and with the results file at
hand, the counts, n and rows of each persona. Different things have different n, bystanders and
fits among them: what is not surely the same is left alone, and so are quotations.

Bad:

    Each persona answers 20 questions × 5 completions = 120 times.

Good:

    Each persona answers 20 questions × 5 completions = 100 times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lint.arithmetic import equations
from lint.blocks import Table, TableRow, title_key
from lint.counting import Passage, count, mapping, passages_of, rows_of_each, trials_of_each
from lint.model import Finding, Page, Rule, Verdict
from lint.quoting import clip, quote

_NUMBER = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,9}"
_COUNT = re.compile(rf"(?<![\w./,−–-])({_NUMBER})/({_NUMBER})(?![\w/%]|[.,-]\d)")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s?%")
_RATE_OF = re.compile(
    rf"(?<![\d.,−–-])(\d{{1,3}}(?:\.\d{{1,6}})?)\s?%\s\(({_NUMBER})/({_NUMBER})\)"
)
_COUNT_AS = re.compile(
    rf"(?<![\w./,−–-])({_NUMBER})/({_NUMBER})\s?(?:\(|=\s?)(\d{{1,3}}(?:\.\d{{1,6}})?)\s?%(?!\s\w)"
)
_COUNT_TITLES = frozenset({"kn", "sourcekn", "count", "counts"})
_LEVELS = frozenset({"90", "95", "99", "99.9"})
_EACH = re.compile(rf"(?<![\w.])n\s?=\s?({_NUMBER}) per (persona|cell|condition)\b")
_ROWS = re.compile(
    rf"(?<![\w.,])({_NUMBER}) rows (total|in total|per (?:condition|persona|adapter))\b"
)
_DESIGN = re.compile(
    r"(?<![\w.,])(\d{1,6}) (?:[\w-]{1,30} ){0,2}[×x] (\d{1,6}) (?:completions|samples)\b"
    rf"[^;|×+]{{0,80}}?\bn\s?=\s?({_NUMBER}) per (?:persona|cell|condition)\b"
)
_PRODUCT = re.compile(rf"(?<![\w.,^/−–-])({_NUMBER})\s?\((\d{{1,6}}(?:\s?×\s?\d{{1,6}}){{1,4}})\)")


def check(page: Page) -> Verdict:
    """No two counts on the page, or in its results, contradict each other."""
    said = list(passages_of(page))
    tables = [block for block in page.document.walk_blocks() if isinstance(block, Table)]
    judged = _Judged({}, {})
    _equations(said, judged)
    _rates(said, judged)
    _repeated(said, page.results, judged)
    for table in tables:
        _columns(table, judged)
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


def _equations(passages: Iterable[Passage], judged: _Judged) -> None:
    for passage in passages:
        if "=" not in passage.text and "(" not in passage.text:
            continue
        for found in equations(passage.text):
            judged.hold(
                found.left == found.right,
                f"{quote(found.text)}: {found.left:,} is not {found.right:,}",
                passage.line(found.start),
                "correct the number that is wrong",
            )
        for match in _PRODUCT.finditer(passage.text) if "×" in passage.text else ():
            value = 1
            for factor in re.findall(r"\d+", match[2]):
                value *= int(factor)
            judged.hold(
                value == _int(match[1]),
                f"{quote(match.group())}: the product is {value:,}",
                passage.line(match.start()),
                "correct the number that is wrong, or say what else is in it",
                sure=False,
            )


def _rates(passages: Iterable[Passage], judged: _Judged) -> None:
    for passage in passages:
        if "%" not in passage.text or "/" not in passage.text:
            continue
        found = [(m, m[1], m[2], m[3]) for m in _RATE_OF.finditer(passage.text)]
        found += [(m, m[3], m[1], m[2]) for m in _COUNT_AS.finditer(passage.text)]
        for match, rate, k, n in found:
            if rate not in _LEVELS and _int(n):
                judged.hold(
                    _is_rate(rate, _int(k), _int(n)),
                    f"{k}/{n} is {100 * _int(k) / _int(n):.1f}%, not {rate}%",
                    passage.line(match.start()),
                    "correct the rate or the count",
                )


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


def _columns(table: Table, judged: _Judged) -> None:
    """A column of counts against the column of rates beside it."""
    header, *rows = table.rows
    for at in _count_columns(table):
        beside = [
            index
            for index in (at - 1, at + 1)
            if 0 <= index < len(header.cells) and _is_rate_column(table, index)
        ]
        if len(beside) != 1:
            continue
        for row in rows:
            count = _COUNT.fullmatch(_cell(row, at))
            rate = _PERCENT.fullmatch(_cell(row, beside[0]))
            if count and rate and _int(count[2]):
                k, n = _int(count[1]), _int(count[2])
                judged.hold(
                    _is_rate(rate[1], k, n),
                    f"{count.group()} is {100 * k / n:.1f}%, not {rate.group()}",
                    row.line,
                    "correct the rate or the count",
                )


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


def _is_rate_column(table: Table, at: int) -> bool:
    header, *rows = table.rows
    title = _cell(header, at).casefold()
    return any(word in title for word in ("rate", "share", "proportion")) and any(
        _PERCENT.fullmatch(_cell(row, at)) for row in rows
    )


def _cell(row: TableRow, at: int) -> str:
    return row.cells[at].text.strip() if at < len(row.cells) else ""


def _name(row: TableRow) -> str:
    return _cell(row, 0).partition(" (")[0]


def _is_rate(percent: str, k: int, n: int) -> bool:
    """Whether k of n is that rate, rounded up or down."""
    digits = len(percent.partition(".")[2])
    return abs(100 * k / n - float(percent)) < 10.0**-digits


def _int(number: str) -> int:
    return int(number.replace(",", ""))


RULE = Rule("sample-counts", "Sample counts", check, doc=__doc__)
