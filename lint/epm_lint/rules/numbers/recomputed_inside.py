"""To lie inside an interval means something only where the interval could have missed.

Every "inside" and "outside" is held against its interval and its value, in prose and in tables,
where an interval may also be given as predicted ± half-width; the other answer is an error. Where a
page concludes from a rate's lying inside, the interval must be able to inform: one that leaves
[0, 1], or whose half-width is over a gate, covers nearly any rate. A page that says so itself is
left alone. A count of leave-one-out runs (12/12) is doubted where the points it tests are in every
fit: it counts as many runs as the fit with them has points, and the page gives the smaller N of the
fit without them. Held-out coverage is due: Stone (1974), J. R. Stat. Soc. B 36, 111-147.

Bad:

    Observed at 23%, the new persona lies inside the 95% prediction interval [30%, 40%].

Good:

    Observed at 33%, the new persona lies inside the 95% prediction interval [30%, 40%].
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.numbers.forms import Count, Inside, Statement
from epm_lint.numbers.passages import Passage
from epm_lint.numbers.reading import Reading, read
from epm_lint.numbers.tables import Said
from epm_lint.predictions import Point, ends_of, lies_inside, points, sizes
from epm_lint.quoting import quote
from epm_lint.recomputing import Tally, printed, shown, shown_interval
from epm_lint.statistics.ranges import Range
from epm_lint.values import dataclass

_ADMITTED = re.compile(
    r"too wide|un-?informative|not informative|says little|say little|wider than|leaves \[?0"
    r"|informative\?|little (?:about|information)|cannot (?:tell|discriminate|rule out)",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(r"\bLOO\b|leave-one-out|left out|single-\w{1,12} drop", re.IGNORECASE)
_IN_THE_FIT = re.compile(
    r"\bin the fits?\b|in[- ]sample|not held out|part of (?:the|every) fit|out of the fit"
    r"|held[- ]out|hold\w* (?:\w{1,12} )?out",
    re.IGNORECASE,
)
_TESTED = re.compile(
    r"\b(?P<many>both|two|2|three|3|four|4|\d{1,2}) (?:of the |the )?(?:new|added|further)\b"
    r"[\w -]{0,30}",
    re.IGNORECASE,
)
_WORDS = {"both": 2, "two": 2, "three": 3, "four": 4}
_COVERAGE = re.compile(r"cover|inside|within", re.IGNORECASE)


@dataclass(frozen=True)
class Options:
    """What can be set."""

    widest: int = option(25, "the half-width, in percentage points, over which a PI informs little")


def check(page: Page, options: Options) -> Verdict:
    """Inside is inside, and means something."""
    reading = read(page.document, page.title)
    tally = Tally("claim")
    plotted = points(reading)
    admitted = any(_ADMITTED.search(said.passage.text) for said in reading.said)
    for point in plotted:
        _in_table(point, tally)
    for passage, said in reading.statements:
        if isinstance(said, Inside) and not (passage.quoted or said.quoted or said.hypothetical):
            _in_prose(said, tally)
            if not (said.negated or admitted or passage.spot):
                _informs(passage, said, plotted, options.widest, tally)
    _left_out(reading, tally)
    if tally.wrong:
        return Verdict.failed(tally.detail, tally.findings)
    if tally.doubtful:
        return Verdict.warned(tally.detail, tally.findings)
    return Verdict.passed(tally.detail) if tally.count else Verdict.skipped(tally.detail)


def _in_prose(said: Inside, tally: Tally) -> None:
    value = said.value and said.interval and printed(said.value, said.interval.unit)
    ends = said.interval and ends_of(said.interval)
    if not (value and ends and said.value and said.interval):
        return
    tally.count += 1
    if lies_inside(value.range, ends) is said.negated:
        where = "inside" if said.negated else "outside"
        message = f"{shown(said.value)} lies {where} {shown_interval(said.interval)}"
        tally.wrong[Finding(message, said.value.line, fix=f"say {where}")] = None


def _in_table(point: Point, tally: Tally) -> None:
    ends = point.ends
    observed = point.observed and printed(point.observed)
    if point.inside is None or not (ends and observed and point.observed):
        return
    tally.count += 1
    if lies_inside(observed.range, ends) is not point.inside:
        if lies_inside(observed.range, ends) is None:
            return
        where = "outside" if point.inside else "inside"
        message = (
            f"{quote(point.name)}: {shown(point.observed)} lies {where} {_interval_of(point, ends)}"
        )
        tally.wrong[Finding(message, point.inside_line, fix=f"say {where}")] = None


def _informs(
    passage: Passage, said: Inside, plotted: Sequence[Point], widest: int, tally: Tally
) -> None:
    """Whether the interval of a claim, its own or that of the points it is about, says anything."""
    if said.interval_kind not in ("prediction", ""):
        return
    if said.interval:
        ends = ends_of(said.interval) if said.interval.unit == "%" else None
        wide = [(shown_interval(said.interval), ends)] if ends else []
    elif said.interval_kind == "prediction":
        rates = [point for point in plotted if point.is_rate]
        named = [point for point in rates if point.name in passage.text]
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
        line = _line(passage, said)
        fix = "say how wide the interval is, and draw no conclusion from being inside"
        tally.doubtful[Finding(message, line, fix=fix)] = None


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
    given = sizes(reading)
    tested = [found for said in reading.said for found in _TESTED.finditer(said.passage.text)]
    many = {_many(found["many"]) for found in tested}
    if len(many) != 1:
        return
    new = many.pop()
    for said, count in _full_counts(reading):
        k, n = count.count.fraction or (0, 0)
        if k != n or n not in given or n - new not in given:
            continue
        tally.count += 1
        message = (
            f"{shown(count.count)}: of N={n} points {new} are the new ones, so each run but its "
            f"own has the new point that it tests in its fit; without them the fit has N={n - new}"
        )
        fix = f"leave out of the fit what it predicts: {n - new} runs, or {n} held out one by one"
        tally.doubtful[Finding(message, _line(said.passage, count), fix=fix)] = None


def _many(word: str) -> int:
    return _WORDS.get(word.casefold()) or (int(word) if word.isdigit() else 0)


def _full_counts(reading: Reading) -> Iterator[tuple[Said, Count]]:
    for said in reading.said:
        text = said.passage.text
        about = f"{text} {said.passage.spot.row_label}" if said.passage.spot else text
        if said.passage.quoted or _IN_THE_FIT.search(about):
            continue
        if _LEFT_OUT.search(about) and _COVERAGE.search(about):
            for statement in said.statements:
                if isinstance(statement, Count) and not statement.quoted:
                    yield said, statement


def _line(passage: Passage, said: Statement) -> int:
    return passage.line + passage.text.count("\n", 0, said.start)


RULE = Rule("recomputed-inside", "Inside / outside claims", check, Options(), doc=__doc__)
