"""To lie inside an interval means something only where the interval could have missed.

Every "inside" and "outside" is held against its interval and its value, in prose and in tables,
where an interval may also be given as predicted ± half-width; the other answer is an error. Where a
page concludes from a rate's lying inside, the interval must be able to inform: one that leaves
[0, 1], or whose half-width is over a gate, covers nearly any rate. A page that says so itself is
left alone. A count of leave-one-out runs (12/12) is doubted where the points it tests are in every
fit: it counts as many runs as the fit with them has points, and the page gives the smaller N of the
fit without them. Held-out coverage is due: Stone (1974), J. R. Stat. Soc. B 36, 111-147. An
interval that is said to hold zero (or one), or not to, is held to its ends.

Bad:

    Observed at 23%, the new persona lies inside the 95% prediction interval [30%, 40%].

Good:

    Observed at 33%, the new persona lies inside the 95% prediction interval [30%, 40%].
"""

from __future__ import annotations

from collections.abc import Sequence

from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.quoting import quote
from epm_lint.reading.page import Reading, read
from epm_lint.reading.predicted import Point, ends_of, lies_inside, points, sizes
from epm_lint.reading.ranges import Range
from epm_lint.reading.remarks import admits_wide, left_out_counts, new_points
from epm_lint.reading.statements import Excludes, Inside
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics.answers import Outcome
from epm_lint.values import dataclass


@dataclass(frozen=True)
class Options:
    """What can be set."""

    widest: int = option(25, "the half-width, in percentage points, over which a PI informs little")


def check(page: Page, options: Options) -> Verdict:
    """Inside is inside, and means something."""
    reading = read(page.document, page.title)
    tally = Tally("claim")
    plotted = points(reading)
    for point in plotted:
        _in_table(point, tally)
    for said in reading.statements:
        if said.quoted or said.hypothetical:
            continue
        if isinstance(said, Inside):
            _in_prose(said, tally)
            if not (said.negated or said.passage.spot or admits_wide(reading)):
                _informs(said, plotted, options.widest, tally)
        elif isinstance(said, Excludes):
            _excludes(said, tally)
    _left_out(reading, tally)
    return tally.verdict()


def _in_prose(said: Inside, tally: Tally) -> None:
    if said.value is None or said.interval is None:
        return
    tally.count += 1
    value = said.value.with_unit(said.interval.unit)
    uses = (said.value, said.interval.low, said.interval.high)
    tally.used += uses
    if lies_inside(value.range, ends_of(said.interval)) is said.negated:
        where = "inside" if said.negated else "outside"
        message = f"{shown(said.value)} lies {where} {shown_interval(said.interval)}"
        tally.add(Finding(message, said.value.line, fix=f"say {where}", uses=uses), sure=True)


def _excludes(said: Excludes, tally: Tally) -> None:
    """Whether an interval holds zero, as is said of it."""
    low, high = said.interval.ends
    if low.value > high.value:
        return
    holds = low.value <= said.value <= high.value
    on_edge = said.value in (low.value, high.value)
    outcome = (
        Outcome.DECISION_ERROR if holds is not said.holds and not on_edge else Outcome.CONSISTENT
    )
    word = "holds" if holds else "does not hold"
    message = f"{quote(said.text)}: {shown_interval(said.interval)} {word} {said.value}"
    tally.hold(
        low, outcome, message, "say what the interval says", binding=said.binding, uses=(high,)
    )


def _in_table(point: Point, tally: Tally) -> None:
    ends = point.ends
    observed = point.observed
    if point.inside is None or ends is None or observed is None:
        return
    tally.count += 1
    tally.used.append(observed)
    if lies_inside(observed.range, ends) is not point.inside:
        if lies_inside(observed.range, ends) is None:
            return
        where = "outside" if point.inside else "inside"
        message = f"{quote(point.name)}: {shown(observed)} lies {where} {_interval_of(point, ends)}"
        uses = (observed, *(n for n in (point.predicted, point.half) if n))
        if point.interval:
            uses = (observed, point.interval.low, point.interval.high)
        tally.add(Finding(message, point.inside_line, fix=f"say {where}", uses=uses), sure=True)


def _informs(said: Inside, plotted: Sequence[Point], widest: int, tally: Tally) -> None:
    """Whether the interval of a claim, its own or that of the points it is about, says anything."""
    if said.interval_kind not in ("prediction", ""):
        return
    if said.interval:
        ends = ends_of(said.interval) if said.interval.unit == "%" else None
        wide = [(shown_interval(said.interval), ends)] if ends else []
    elif said.interval_kind == "prediction":
        rates = [point for point in plotted if point.is_rate]
        named = [point for point in rates if point.name in said.subjects]
        wide = [
            (f"{quote(point.name)}'s {_interval_of(point, ends)}", ends)
            for point in named or rates
            if (ends := point.ends)
        ]
    else:
        wide = []
    tally.count += bool(wide)
    faults = [fault for name, ends in wide if (fault := _fault(name, ends, widest))]
    if faults:
        message = f"{quote(said.text)} says little: {'; '.join(faults[:4])}"
        fix = "say how wide the interval is, and draw no conclusion from being inside"
        uses = (said.interval.low, said.interval.high) if said.interval else ()
        tally.add(Finding(message, said.line, fix=fix, uses=uses), sure=False)


def _fault(name: str, ends: tuple[Range, Range], widest: int) -> str:
    low, high = ends
    half = (high.middle - low.middle) / 2
    leaves = low.high < 0 or high.low > 1
    wide = half * 100 > widest
    width = f"at ±{float(half * 100):.0f} pp is wider than the ±{widest} pp gate"
    if leaves and wide:
        return f"{name} leaves [0%, 100%] and {width}"
    return f"{name} leaves [0%, 100%]" if leaves else f"{name} {width}" if wide else ""


def _interval_of(point: Point, ends: tuple[Range, Range]) -> str:
    return shown_interval(point.interval) if point.interval else _show(ends)


def _show(ends: tuple[Range, Range]) -> str:
    low, high = (f"{100 * float(end.middle):.0f}%".replace("-", "−") for end in ends)
    return f"[{low}, {high}]"


def _left_out(reading: Reading, tally: Tally) -> None:
    """Leave-one-out counts whose runs all hold the points they test."""
    counts = [count for count in left_out_counts(reading) if count.fraction]
    if not counts or not (new := new_points(reading)):
        return
    given = sizes(reading)
    for count in counts:
        k, n = count.fraction or (0, 0)
        if k != n or n not in given or n - new not in given:
            continue
        tally.count += 1
        message = (
            f"{shown(count)}: of N={n} points {new} are the new ones, so each run but its "
            f"own has the new point that it tests in its fit; without them the fit has N={n - new}"
        )
        fix = f"leave out of the fit what it predicts: {n - new} runs, or {n} held out one by one"
        tally.add(Finding(message, count.line, fix=fix, uses=(count,)), sure=False)


RULE = Rule(
    "recomputed-inside",
    "Inside / outside claims",
    check,
    Options(),
    everywhere=True,
    doc=__doc__,
)
