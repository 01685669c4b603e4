"""What sentences say of a table nearby: how many rows rise, which is best, from where to where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from epm_lint.reading.columns import Role
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import FUNCTION_WORDS, NUMBER_WORDS
from epm_lint.reading.lexicon import Role as Part
from epm_lint.reading.number import Number
from epm_lint.reading.operands import Operand
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Binding, CellClaim, CountedClaim, Statement
from epm_lint.reading.tables import Entry, Record, TableReading
import itertools

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
_MOST = frozenset("largest highest best most greatest top biggest leads maximum strongest".split())
_LEAST = frozenset(["smallest", "lowest", "worst", "least", "bottom", "minimum", "weakest"])
_GAINS = frozenset(
    ["gain", "change", "rise", "increase", "improvement", "jump", "drop", "difference", "gap"]
)
_RANGES = frozenset(
    "range ranges run runs lie lies between vary varies span spans moved go".split()
)
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
    bounds = [0, *ground.tokens.sentences, len(ground.words)]
    for start, end in itertools.pairwise(bounds):
        if start < end and not ground.is_hypothetical(start, reach=0):
            yield from _counted(ground, tables, start, end)
            yield from _extreme(ground, tables, start, end)
            yield from _ranged(ground, tables, start, end)
            yield from _averaged(ground, tables, start, end)
            yield from _universal(ground, tables, start, end)


# ---------------------------------------------------------------------- which column is meant


class _Series:
    """A column, or the difference of two, row by row."""

    def __init__(
        self, table: TableReading, what: str, cells: list[tuple[Record, Fraction, Number | None]]
    ):
        self.table, self.what, self.cells = table, what, cells


def _column(table: TableReading, place: int) -> _Series | None:
    cells: list[tuple[Record, Fraction, Number | None]] = []
    for record in table.rows:
        entry = record.at(place)
        number = _value(entry)
        if number is None:
            return None
        cells.append((record, number.value, number))
    return _Series(table, table.headers[place], cells) if len(cells) > 1 else None


def _value(entry: Entry | None) -> Number | None:
    if entry is None:
        return None
    number = entry.alone or entry.leading
    if number is None or number.fraction or number.bound:
        return None
    return number


def _numeric(table: TableReading) -> list[int]:
    return [
        place
        for place in range(len(table.held))
        if place
        and table.held[place].role not in (Role.P, Role.ADJUSTED_P, Role.INTERVAL, Role.NAME)
        and _column(table, place) is not None
    ]


def _named_columns(table: TableReading, words: Sequence[str]) -> list[int]:
    """The columns whose headers' own words all stand in a sentence."""
    said = {_stem(word) for word in words}
    found: list[tuple[int, set[str]]] = []
    for place in _numeric(table):
        names = {
            _stem(w) for w in table.held[place].words if w.isalpha() and w not in FUNCTION_WORDS
        }
        names -= {"pp", "n", "mean", "rate"} if len(names) > 1 else set()
        if names and names <= said:
            found.append((place, names))
    return [p for p, names in found if not any(names < other for _, other in found)]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _changes(table: TableReading) -> _Series | None:
    """The differences of a table's rows: its Δ column, else its two columns of numbers."""
    deltas = [c for c, column in enumerate(table.held) if column.role is Role.DIFFERENCE]
    if len(deltas) == 1:
        return _column(table, deltas[0])
    numeric = _numeric(table)
    if deltas or len(numeric) != 2:
        return None
    first, second = (_column(table, place) for place in numeric)
    if first is None or second is None:
        return None
    units = {cell[2].unit for cell in (*first.cells, *second.cells) if cell[2]}
    if len(units) > 1:
        return None
    cells = [(a[0], b[1] - a[1], None) for a, b in zip(first.cells, second.cells, strict=True)]
    return _Series(table, f"{first.what} to {second.what}", cells)


def _pick(tables: Sequence[TableReading], rows: int) -> list[TableReading]:
    """The tables with so many rows, the nearest last."""
    return [table for table in tables if not rows or len(table.rows) == rows]


# ---------------------------------------------------------------------- six of eight rose


def _counted(
    ground: Ground, tables: Sequence[TableReading], start: int, end: int
) -> Iterator[Statement]:
    words = ground.words
    for operand in ground.operands:
        if operand.role is not Part.COUNT or not start <= operand.token < end:
            continue
        k, n = operand.number.fraction or (0, 0)
        if "/" in operand.number.raw or not 1 < n < 100 or k > n:
            continue
        after = words[operand.end : end]
        predicate = _predicate(ground, operand, after, end)
        if predicate is None:
            continue
        kind, bound, unit, across = predicate
        for table in reversed(_pick(tables, n)):
            who = _rows_that(table, kind, bound, unit, across, words[start:end])
            if who is None:
                continue
            yield CountedClaim(
                **ground.common(operand.start, operand.end, binding=Binding.SUBJECT),
                k=k,
                n=n,
                number=operand.number,
                did=len(who),
                rows=n,
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
    for table in reversed(_pick(tables, total)):
        series = _changes(table)
        if series is None:
            continue
        kind = "rise" if up else "fall"
        who = [r for r, value, _ in series.cells if (value > 0) is up and value != 0]
        yield CountedClaim(
            **ground.common(start + found[0][0], start + found[1][0] + 2, binding=Binding.SUBJECT),
            k=found[0][1],
            n=total,
            number=None,
            did=len(who),
            rows=total,
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
    for other in ground.operands:
        if operand.end < other.token < min(end, operand.end + 14) and other.role in (
            Part.POINTS,
            Part.PERCENT,
            Part.BARE,
        ):
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
        series = _changes(table)
        if series is None:
            return None
        least = _in_unit_of(bound, unit, series)
        return [r for r, value, _ in series.cells if value * sign > 0 and value * sign >= least]
    named = _named_columns(table, words)
    if len(named) != 1 or bound is None:
        return None
    series = _column(table, named[0])
    if series is None:
        return None
    limit = _in_unit_of(bound, unit, series)
    return [
        r for r, value, _ in series.cells if (value > limit if kind == "over" else value < limit)
    ]


def _any_cell(
    table: TableReading, sign: int, bound: Fraction | None, unit: str
) -> list[Record] | None:
    columns = [series for place in _numeric(table) if (series := _column(table, place))]
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


def _in_unit_of(bound: Fraction | None, unit: str, series: _Series) -> Fraction:
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


# ---------------------------------------------------------------------- the best, the range, the mean


def _extreme(
    ground: Ground, tables: Sequence[TableReading], start: int, end: int
) -> Iterator[Statement]:
    """Trivia is best with 80.5%; the largest gain is in logic, +8.5 points."""
    words = ground.words[start:end]
    most, least = _MOST & set(words), _LEAST & set(words)
    if bool(most) is bool(least) or _OVERRULED & set(words):
        return
    at = next(i for i, w in enumerate(words) if w in most | least)
    gain = bool(_GAINS & set(words[at : at + 3]))
    numbers = [
        o
        for o in ground.operands
        if start <= o.token < end
        and o.role in (Part.PERCENT, Part.POINTS, Part.BARE, Part.NAMED, Part.COUNTED)
        and (o.number.unit in ("%", "pp") or o.number.places or o.number.sign in ("+", "-", "−"))
    ]
    if len(numbers) != 1:
        return
    for table in reversed(tables):
        series = _changes(table) if gain else _series_named(table, words)
        if series is None or len(series.cells) < 3:
            continue
        named = [cell for cell in series.cells if _is_named(cell[0], words)]
        if len(named) != 1:
            continue
        values = [value for _, value, _ in series.cells]
        absolute = gain and "change" in words
        key = [abs(v) for v in values] if absolute else values
        right = max(key) if most else min(key)
        if gain and {"drop", "fall", "loss"} & set(words[at : at + 3]):
            right = min(values)
        best = [cell for cell, k in zip(series.cells, key, strict=True) if k == right]
        number = numbers[0].number
        right_name = " or ".join(cell[0].label for cell in best[:3])
        wrong_row = named[0] not in best
        wrong_value = not _agrees(number, best[0][1], best[0][2], gain)
        yield CellClaim(
            **ground.common(numbers[0].start, numbers[0].end, binding=Binding.SUBJECT),
            number=number,
            cell=None if wrong_row or wrong_value else number,
            right=right_name,
            what="largest" if most else "least",
        )
        return


_OVERRULED = frozenset(["not", "except", "apart", "second", "than", "among", "if", "all", "every"])


def _series_named(table: TableReading, words: Sequence[str]) -> _Series | None:
    named = _named_columns(table, words)
    if not named and len(_numeric(table)) == 1:
        named = _numeric(table)
    return _column(table, named[0]) if len(named) == 1 else None


def _is_named(record: Record, words: Sequence[str]) -> bool:
    label = record.label.casefold().split()
    text = " ".join(words)
    return bool(label) and (f" {' '.join(label)} " in f" {text} ")


def _agrees(number: Number, value: Fraction, cell: Number | None, gain: bool) -> bool:
    """Whether a figure of the text is that of a cell, in points or in percent."""
    sizes = (value, abs(value)) if gain else (value,)
    return any(
        number.range.meets(_reach(size, cell, scale))
        for size in sizes
        for scale in (Fraction(1), Fraction(1, 100), Fraction(100))
    )


def _reach(value: Fraction, cell: Number | None, scale: Fraction = Fraction(1)) -> Range:
    half = cell.step / 2 if cell is not None else Fraction(1, 1000)
    return Range((value - half) * scale, (value + half) * scale)


def _ranged(
    ground: Ground, tables: Sequence[TableReading], start: int, end: int
) -> Iterator[Statement]:
    """Rates run from 44.0% to 80.5%; the range over doses is 81.6% to 83.0%."""
    words = ground.words[start:end]
    if _RANGES.isdisjoint(words) or {"interval", "ci", "from", "confidence"} <= set(words):
        return
    pair = _two_ends(ground, start, end)
    if pair is None:
        return
    low, high = pair
    for table in reversed(tables):
        series = _series_for_range(table, words, low)
        if series is None or len(series.cells) < 3:
            continue
        values = sorted(series.cells, key=lambda cell: cell[1])
        ends = values[0], values[-1]
        near = [
            _agrees(low, ends[0][1], ends[0][2], False),
            _agrees(high, ends[1][1], ends[1][2], False),
        ]
        if not any(near):
            continue
        for number, end_cell, fits in zip((low, high), ends, near, strict=True):
            cell = end_cell[2]
            yield CellClaim(
                **ground.common(0, 1, binding=Binding.SUBJECT)
                | {"start": number.start, "end": number.end},
                number=number,
                cell=number if fits else None,
                right=cell.raw if cell else "",
                what="lowest" if number is low else "highest",
            )
        return


def _series_for_range(table: TableReading, words: Sequence[str], low: Number) -> _Series | None:
    named = _named_columns(table, words)
    if len(named) > 1:
        return None
    if not named:
        unit = [p for p in _numeric(table) if _has_unit(table, p, low.unit)]
        named = unit if len(unit) == 1 else []
    return _column(table, named[0]) if named else None


def _has_unit(table: TableReading, place: int, unit: str) -> bool:
    series = _column(table, place)
    return (
        series is not None and bool(unit) and all(n and n.unit == unit for _, _, n in series.cells)
    )


def _two_ends(ground: Ground, start: int, end: int) -> tuple[Number, Number] | None:
    for operand in ground.operands:
        inside = operand.role is Part.INTERVAL and start <= operand.token < end
        if inside and operand.high and not operand.named:
            return operand.number, operand.high
    found = [
        o
        for o in ground.operands
        if start <= o.token < end and o.role in (Part.PERCENT, Part.BARE, Part.POINTS)
    ]
    for first, second in itertools.pairwise(found):
        between = ground.words[first.end : second.start]
        if between == ["to"] and {"from", "is", "by", "between", ":"} & set(
            ground.words[first.token - 2 : first.token]
        ):
            return first.number.with_unit(second.number.unit), second.number
    return None


def _averaged(
    ground: Ground, tables: Sequence[TableReading], start: int, end: int
) -> Iterator[Statement]:
    """The mean of the six is 82.2%; on average the tuned model gets 60.6%."""
    words = ground.words[start:end]
    if not ("mean" in words or "average" in words) or "weighted" in words or "seeds" in words:
        return
    numbers = [
        o
        for o in ground.operands
        if start <= o.token < end
        and o.role in (Part.PERCENT, Part.MEAN, Part.BARE)
        and o.number.places
    ]
    if len(numbers) != 1:
        return
    number = numbers[0].number
    for table in reversed(tables):
        series = _series_for_range(table, words, number)
        of_many = [NUMBER_WORDS[w] for w in words if w in NUMBER_WORDS and NUMBER_WORDS[w] > 1]
        if (
            series is None
            or len(series.cells) < 3
            or (of_many and len(series.cells) not in of_many)
        ):
            continue
        tied = ("of" in words and bool(of_many)) or words[:2] == ["on", "average"]
        if not tied:
            continue
        mean = sum((value for _, value, _ in series.cells), Fraction(0)) / len(series.cells)
        first = series.cells[0][2]
        fits = any(
            number.range.meets(_reach(mean, first, scale))
            for scale in (Fraction(1), Fraction(1, 100), Fraction(100))
        )
        yield CellClaim(
            **ground.common(numbers[0].start, numbers[0].end, binding=Binding.SUBJECT),
            number=number,
            cell=number if fits else None,
            right=number.like(mean if number.unit or not first or not first.unit else mean / 100)
            if abs(number.value) <= 1 or not number.unit
            else "",
            what="mean",
        )
        return


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
    things = [w for w in words[1:6] if _stem(w) in {_stem(f) for f in _FOR_ROWS}]
    if not things:
        return
    for table in reversed(_pick(tables, many[0] if many else 0)):
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
            did=len(who),
            rows=n,
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
        o
        for o in ground.operands
        if start <= o.token < end and o.role in (Part.PERCENT, Part.BARE, Part.POINTS)
    ]
    if not kind or len(numbers) > 1 or (kind in ("over", "under")) is not (len(numbers) == 1):
        return None
    number = numbers[0].number if numbers else None
    return kind, number.value if number else None, number.unit if number else ""
