"""Which row of a table is said to be best, from where to where a column runs, what its mean is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import NUMBER_WORDS, Part
from epm_lint.reading.number import Number
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Binding, CellClaim, Statement
from epm_lint.reading.tables.records import Record, TableReading
from epm_lint.reading.tables.series import Series, changes, column, named_columns, numeric_columns

_MOST = frozenset("largest highest best most greatest top biggest leads maximum strongest".split())


_LEAST = frozenset(["smallest", "lowest", "worst", "least", "bottom", "minimum", "weakest"])


_GAINS = frozenset(
    ["gain", "change", "rise", "increase", "improvement", "jump", "drop", "difference", "gap"]
)


_RANGES = frozenset(
    "range ranges run runs lie lies between vary varies span spans moved go".split()
)


def extreme(
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
        for o in ground.inside(start, end)
        if o.role in (Part.PERCENT, Part.POINTS, Part.BARE, Part.NAMED, Part.COUNTED)
        and (o.number.unit in ("%", "pp") or o.number.places or o.number.sign in ("+", "-", "−"))
    ]
    if len(numbers) != 1:
        return
    for table in reversed(tables):
        series = changes(table) if gain else _series_named(table, words)
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


def _series_named(table: TableReading, words: Sequence[str]) -> Series | None:
    named = named_columns(table, words)
    if not named and len(numeric_columns(table)) == 1:
        named = numeric_columns(table)
    return column(table, named[0]) if len(named) == 1 else None


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


def ranged(
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
        if series is None or len(series.cells) < 3 or _counts_something_else(low, high, series):
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


def _counts_something_else(low: Number, high: Number, series: Series) -> bool:
    """Whether they have no unit, as doses have none, and the cells have one."""
    with_unit = any(number and number.unit for _, _, number in series.cells)
    return with_unit and not (low.unit or high.unit)


def _series_for_range(table: TableReading, words: Sequence[str], low: Number) -> Series | None:
    named = named_columns(table, words)
    if len(named) > 1:
        return None
    if not named:
        unit = [p for p in numeric_columns(table) if _has_unit(table, p, low.unit)]
        named = unit if len(unit) == 1 else []
    return column(table, named[0]) if named else None


def _has_unit(table: TableReading, place: int, unit: str) -> bool:
    series = column(table, place)
    return (
        series is not None and bool(unit) and all(n and n.unit == unit for _, _, n in series.cells)
    )


def _two_ends(ground: Ground, start: int, end: int) -> tuple[Number, Number] | None:
    inside = ground.inside(start, end)
    for operand in inside:
        if operand.role is Part.INTERVAL and operand.high and not operand.named:
            return operand.number, operand.high
    found = [o for o in inside if o.role in (Part.PERCENT, Part.BARE, Part.POINTS)]
    for first, second in itertools.pairwise(found):
        between = ground.words[first.end : second.start]
        if between == ["to"] and {"from", "is", "by", "between", ":"} & set(
            ground.words[first.token - 2 : first.token]
        ):
            return first.number.with_unit(second.number.unit), second.number
    return None


def averaged(
    ground: Ground, tables: Sequence[TableReading], start: int, end: int
) -> Iterator[Statement]:
    """The mean of the six is 82.2%; on average the tuned model gets 60.6%."""
    words = ground.words[start:end]
    if not ("mean" in words or "average" in words) or "weighted" in words or "seeds" in words:
        return
    numbers = [
        o
        for o in ground.inside(start, end)
        if o.role in (Part.PERCENT, Part.MEAN, Part.BARE) and o.number.places
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
