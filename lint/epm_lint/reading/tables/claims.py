"""How many rows of a table nearby do what a sentence says: six of eight rose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import NUMBER_WORDS, Part
from epm_lint.reading.operands import Operand
from epm_lint.reading.statements import Binding, CountedClaim, Statement
from epm_lint.reading.tables.extremes import averaged, extreme, ranged
from epm_lint.reading.tables.records import Record, TableReading
from epm_lint.reading.tables.series import (
    Series,
    changes,
    column,
    named_columns,
    numeric_columns,
    pick,
    stem,
)

_UP = frozenset(
    "rise rises rose risen improve improves improved gain gains gained grow grew increase".split()
)


_UP |= {"increases", "increased", "up", "better", "higher"}


_DOWN = frozenset(
    "fall falls fell fallen drop drops dropped decline declines declined lose loses lost".split()
)


_DOWN |= {"decrease", "decreases", "decreased", "down", "worse", "lower", "worsen"}


_OVER = frozenset(["over", "above", "exceed", "exceeds", "exceeding"])


_UNDER = frozenset(["under", "below"])


_FOR_ROWS = frozenset(
    """
        rows models model tasks task benchmarks benchmark sources source arms personas conditions
        seeds runs languages datasets domains areas categories layers doses probes them
    """.split()
)


_EARLIER = frozenset(["earlier", "previous", "previously", "prior", "last", "before", "published"])


def table_claims(ground: Ground, tables: Sequence[TableReading]) -> Iterator[Statement]:
    """The claims of one passage about the tables of its section."""
    if not tables or ground.passage.quoted:
        return
    if _EARLIER & set(ground.words):
        return
    for start, end in ground.sentences:
        if start < end and not ground.is_hypothetical(start, reach=0):
            yield from _counted(ground, tables, start, end)
            yield from extreme(ground, tables, start, end)
            yield from ranged(ground, tables, start, end)
            yield from averaged(ground, tables, start, end)
            yield from _universal(ground, tables, start, end)


def _counted(
    ground: Ground, tables: Sequence[TableReading], start: int, end: int
) -> Iterator[Statement]:
    words = ground.words
    for operand in ground.inside(start, end):
        if operand.role is not Part.COUNT:
            continue
        k, n = operand.number.fraction or (0, 0)
        if "/" in operand.number.raw or not 1 < n < 100 or k > n:
            continue
        after = words[operand.end : end]
        predicate = _predicate(ground, operand, after, end)
        if predicate is None:
            continue
        kind, bound, unit, across = predicate
        for table in reversed(pick(tables, n)):
            who = _rows_that(table, kind, bound, unit, across, words[start:end])
            if who is None:
                continue
            yield CountedClaim(
                **ground.common(operand.start, operand.end, binding=Binding.SUBJECT),
                k=k,
                n=n,
                number=operand.number,
                who=tuple(record.label for record in who),
                what=kind,
            )
            break
    yield from _two_groups(ground, tables, start, end)


def _two_groups(
    ground: Ground, tables: Sequence[TableReading], start: int, end: int
) -> Iterator[Statement]:
    """Three models rise and three fall."""
    words = ground.words[start:end]
    found = [(at, NUMBER_WORDS[w]) for at, w in enumerate(words) if NUMBER_WORDS.get(w)]
    if len(found) != 2:
        return
    first, second = (words[at + 1 : at + 4] for at, _ in found)
    up = bool(_UP & set(first)) and bool(_DOWN & set(second))
    down = bool(_DOWN & set(first)) and bool(_UP & set(second))
    if not (up or down) or "of" in words[found[0][0] : found[1][0]]:
        return
    total = found[0][1] + found[1][1]
    for table in reversed(pick(tables, total)):
        series = changes(table)
        if series is None:
            continue
        kind = "rise" if up else "fall"
        who = [r for r, value, _ in series.cells if (value > 0) is up and value != 0]
        yield CountedClaim(
            **ground.common(start + found[0][0], start + found[1][0] + 2, binding=Binding.SUBJECT),
            k=found[0][1],
            n=total,
            number=None,
            who=tuple(record.label for record in who),
            what=kind,
        )
        return


_Predicate = tuple[str, Fraction | None, str, bool]


def _predicate(
    ground: Ground, operand: Operand, after: Sequence[str], end: int
) -> _Predicate | None:
    """What so many do: rise, fall, lie over or under a value; by how much at least."""
    head = list(after[:14])
    stop = next((i for i, w in enumerate(head) if w in (";", "(", ":")), len(head))
    head = head[:stop]
    kind = ""
    for word in head:
        if word in _UP | _DOWN | _OVER | _UNDER:
            kind = (
                "rise"
                if word in _UP
                else "fall"
                if word in _DOWN
                else "over"
                if word in _OVER
                else "under"
            )
            break
        if word in ("not", "no", "#", "¤", "which", "but", "significant"):
            return None
    if not kind:
        return None
    bound: Fraction | None = None
    unit = ""
    for other in ground.inside(operand.end + 1, min(end, operand.end + 14)):
        if other.role in (Part.POINTS, Part.PERCENT, Part.BARE):
            bound, unit = other.number.value, other.number.unit
            break
    if kind in ("over", "under") and bound is None:
        return None
    across = bool({"some", "any"} & set(head))
    return kind, bound, unit, across


def _rows_that(
    table: TableReading,
    kind: str,
    bound: Fraction | None,
    unit: str,
    across: bool,
    words: Sequence[str],
) -> list[Record] | None:
    if kind in ("rise", "fall"):
        sign = 1 if kind == "rise" else -1
        if across:
            return _any_cell(table, sign, bound, unit)
        series = changes(table)
        if series is None:
            return None
        least = _in_unit_of(bound, unit, series)
        return [r for r, value, _ in series.cells if value * sign > 0 and value * sign >= least]
    named = named_columns(table, words)
    if len(named) != 1 or bound is None:
        return None
    series = column(table, named[0])
    if series is None:
        return None
    limit = _in_unit_of(bound, unit, series)
    return [
        r for r, value, _ in series.cells if (value > limit if kind == "over" else value < limit)
    ]


def _any_cell(
    table: TableReading, sign: int, bound: Fraction | None, unit: str
) -> list[Record] | None:
    columns = [series for place in numeric_columns(table) if (series := column(table, place))]
    signed = [s for s in columns if any(n and n.sign in ("+", "-", "−") for _, _, n in s.cells)]
    if not signed:
        return None
    found: dict[int, Record] = {}
    for series in signed:
        least = _in_unit_of(bound, unit, series)
        for record, value, _ in series.cells:
            if value * sign > 0 and value * sign >= least:
                found[record.row] = record
    return [found[row] for row in sorted(found)]


def _in_unit_of(bound: Fraction | None, unit: str, series: Series) -> Fraction:
    """A bound as the numbers of a column are: 13 pp beside a bare +39."""
    if bound is None:
        return Fraction(0)
    bare = all(n is None or not n.unit for _, _, n in series.cells)
    header = (
        series.table.headers[[h == series.what for h in series.table.headers].index(True)]
        if (series.what in series.table.headers)
        else ""
    )
    hundred = bare and not ("%" in header and unit == "") and unit in ("%", "pp")
    large = any(abs(value) > 1 for _, value, _ in series.cells)
    return bound * 100 if hundred and large else bound


def _universal(
    ground: Ground, tables: Sequence[TableReading], start: int, end: int
) -> Iterator[Statement]:
    """Every tuned task is over 50%; no tuned task is under 40%; all four models improve."""
    words = ground.words[start:end]
    lead = words[0] if words else ""
    if lead not in ("every", "no", "all", "each") or len(words) > 24:
        return
    predicate = _predicate_of(ground, start, end)
    if predicate is None:
        return
    kind, bound, unit = predicate
    many = [NUMBER_WORDS[w] for w in words[1:4] if w in NUMBER_WORDS]
    things = [w for w in words[1:6] if stem(w) in {stem(f) for f in _FOR_ROWS}]
    if not things:
        return
    for table in reversed(pick(tables, many[0] if many else 0)):
        who = _rows_that(table, kind, bound, unit, False, words)
        if who is None:
            continue
        n = len(table.rows)
        k = 0 if lead == "no" else n
        yield CountedClaim(
            **ground.common(start, min(end, start + 6), binding=Binding.SUBJECT),
            k=k,
            n=n,
            number=None,
            who=tuple(record.label for record in who),
            what=kind,
        )
        return


def _predicate_of(ground: Ground, start: int, end: int) -> tuple[str, Fraction | None, str] | None:
    words = ground.words[start:end]
    kind = ""
    for word in words:
        if word in ("not", "but", ";", "except"):
            return None
        if word in _UP | _DOWN | _OVER | _UNDER and not kind:
            kind = (
                "rise"
                if word in _UP
                else "fall"
                if word in _DOWN
                else "over"
                if word in _OVER
                else "under"
            )
    numbers = [
        o for o in ground.inside(start, end) if o.role in (Part.PERCENT, Part.BARE, Part.POINTS)
    ]
    if not kind or len(numbers) > 1 or (kind in ("over", "under")) is not (len(numbers) == 1):
        return None
    number = numbers[0].number if numbers else None
    return kind, number.value if number else None, number.unit if number else ""
