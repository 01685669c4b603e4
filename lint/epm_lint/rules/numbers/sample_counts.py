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

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from epm_lint.binding.counts import count, mapping, rows_of_each, trials_of_each
from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import clip, quote
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading, read
from epm_lint.reading.statements import Arithmetic, Proportion, SampleSize
from epm_lint.reading.tables.records import TableReading
from epm_lint.reading.text.mentions import rate_mentions
from epm_lint.values import dataclass

_EACH = ("persona", "cell", "condition")
_ROWS = ("total", "condition", "persona", "adapter")
_COUNT_TITLES = frozenset({"k/n", "source k/n", "count", "counts"})
_FARTHEST = 120


def check(page: Page) -> Verdict:
    """No two counts on the page, or in its results, contradict each other."""
    reading = read(page.document, page.title)
    judged = _Judged({}, {})
    _designs(reading, judged)
    _repeated(reading, page.results, judged)
    _impossible(reading, judged)
    if page.results:
        _personas(reading, page.results, judged)
    return judged.verdict()


@dataclass(slots=True)
class _Judged:
    wrong: dict[Finding, None]
    doubtful: dict[Finding, None]
    count: int = 0

    def hold(
        self, agrees: bool, message: str, number: Number, fix: str, *, sure: bool = True
    ) -> None:
        """Count a comparison, and note it where it fails; one fault of a line is told once."""
        self.count += 1
        if not agrees:
            finding = Finding(message, number.line, fix=fix, uses=(number,))
            (self.wrong if sure else self.doubtful)[finding] = None

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


def _sizes(reading: Reading) -> Iterator[SampleSize]:
    """What the page says itself of its samples, and not of others'."""
    for said in reading.statements:
        if not isinstance(said, SampleSize) or said.quoted or said.of_others:
            continue
        if said.n.is_whole:
            yield said


def _designs(reading: Reading, judged: _Judged) -> None:
    """A product of two that is left to the reader, and the n behind it in the same passage."""
    products = [
        said
        for said in reading.statements
        if isinstance(said, Arithmetic) and said.total is None and len(said.terms) == 1
        if len(said.terms[0].factors) == 2 and all(f.is_whole for f in said.terms[0].factors)
    ]
    sizes = [said for said in _sizes(reading) if said.symbol == "n" and said.per in _EACH]
    for said in products:
        near = [
            size
            for size in sizes
            if size.passage is said.passage and 0 <= size.start - said.end < _FARTHEST
        ]
        if near:
            k, m = said.terms[0].factors
            product = k.mantissa * m.mantissa
            judged.hold(
                product == near[0].n.mantissa,
                f"{k.raw} × {m.raw} is {product:,}, but n={near[0].n.raw}",
                near[0].n,
                "correct the number that is wrong",
            )


def _repeated(reading: Reading, results: Mapping[str, Any] | None, judged: _Judged) -> None:
    """The n of each persona and the rows of each condition, wherever they are stated."""
    stated: dict[str, tuple[int, int]] = {}
    trials, rows = (trials_of_each(results), rows_of_each(results)) if results else (None, None)
    for said in _sizes(reading):
        if said.symbol == "n" and said.per in _EACH:
            what, expected = "n", trials
        elif said.noun == "rows" and said.per in _ROWS:
            what, expected = "rows", rows
        else:
            continue
        value, line = said.n.mantissa, said.n.line
        if expected is not None:
            message = f"{quote(said.text)}: the results have {expected:,}"
            judged.hold(value == expected, message, said.n, "take the number of the results")
            continue
        first, where = stated.setdefault(f"{what} {said.per}", (value, line))
        if where != line:
            message = f"{quote(said.text)}, but {first:,} on line {where}"
            judged.hold(
                value == first, message, said.n, "correct one, or say what differs", sure=False
            )


def _impossible(reading: Reading, judged: _Judged) -> None:
    """More successes than samples, where it is certain that k/n is a count."""
    known = {
        said.n.mantissa for said in _sizes(reading) if said.symbol == "n" and said.per in _EACH
    }
    known |= {
        number.fraction[1]
        for table in reading.tables
        for number in _counts(table)
        if number.fraction
    }
    for said in reading.statements if known else ():
        if isinstance(said, Proportion) and said.count and said.count.fraction and not said.quoted:
            k, n = said.count.fraction
            if (n in known and said.passage.spot is None) or (n in known and k > n):
                message = f"{clip(said.count.raw, 40)}: more than there are"
                judged.hold(k <= n, message, said.count, "correct the count")


def _counts(table: TableReading) -> Iterator[Number]:
    for place in _count_columns(table):
        for record in table.records:
            entry = record.at(place)
            if entry is not None and entry.count is not None:
                yield entry.count


def _count_columns(table: TableReading) -> list[int]:
    return [c for c, header in enumerate(table.headers) if header.casefold() in _COUNT_TITLES]


def _personas(reading: Reading, results: Mapping[str, Any], judged: _Judged) -> None:
    """What tables and headings say of a persona, against its counts in the results."""
    sources = {
        name: rate
        for name, condition in mapping(results, "conditions").items()
        if (rate := count(mapping(condition, "source")))
    }
    counted: Sequence[tuple[TableReading, int]] = [
        (table, at)
        for table in reading.tables
        for at in _count_columns(table)
        if any(record.label in sources for record in table.records)
    ]
    for table, at in counted:
        titles = " ".join(table.headers).casefold()
        if len(counted) > 1 and "source" not in titles:
            continue
        for record in table.records:
            entry = record.at(at)
            if entry is not None and entry.count is not None and record.label in sources:
                _against(sources[record.label], entry.count, record.label, judged)
    for mention in rate_mentions(reading, sources):
        if mention.number.fraction and mention.name in sources:
            _against(sources[mention.name], mention.number, mention.name, judged)


def _against(rate: tuple[int, int], number: Number, name: str, judged: _Judged) -> None:
    judged.hold(
        number.fraction == rate,
        f"{clip(number.raw, 40)} for {clip(name, 40)}: the results have {rate[0]}/{rate[1]}",
        number,
        "take the count of the results",
    )


RULE = Rule("sample-counts", "Sample counts", check, everywhere=True, doc=__doc__)
