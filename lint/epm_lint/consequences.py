"""One slip, one finding: what follows from a number that is known to be wrong is said beneath it.

A number is known to be wrong where the results contradict it, or where the numbers of its own line
do. Another finding that rests on it is a consequence: it goes away when the number is corrected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from epm_lint.model import Consequence, Finding, Row, Status, Verdict
from epm_lint.reading.number import Number

_HELD_TO_RESULTS = "numbers-match-results"
_ACCEPTED = (Status.WARN, Status.FAIL)

Place = tuple[int, int]


def told_once(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with each consequence beneath its cause, and not among the findings of its rule."""
    found = sorted(_findings(rows), key=lambda each: each[:3])
    owners: dict[Place, tuple[int, int]] = {}
    under: dict[tuple[int, int], list[Consequence]] = {}
    moved: dict[int, dict[int, tuple[int, int]]] = {}
    for _, row, place, finding in found:
        cause = next((owners[p] for n in finding.uses if (p := _place(n)) in owners), None)
        if cause is None:
            here = [n for n in finding.uses if n.line == finding.line]
            owners.update(dict.fromkeys(map(_place, here), (row, place)))
        else:
            slug = rows[row].rule.slug
            under.setdefault(cause, []).append(Consequence(slug, finding.message, finding.line))
            moved.setdefault(row, {})[place] = cause
    if not moved:
        return tuple(rows)
    return tuple(_told(rows, at, moved.get(at, {}), under) for at in range(len(rows)))


def _findings(rows: Sequence[Row]) -> Iterator[tuple[int, int, int, Finding]]:
    """Every finding that rests on numbers, those that are held to results and errors first."""
    for at, row in enumerate(rows):
        if row.verdict.status in _ACCEPTED:
            bound = row.rule.slug == _HELD_TO_RESULTS
            rank = 0 if bound else 1 + (row.verdict.status is Status.WARN)
            for place, finding in enumerate(row.verdict.findings):
                if finding.uses:
                    yield rank, at, place, finding


def _place(number: Number) -> Place:
    return id(number.passage), number.start


def _told(
    rows: Sequence[Row],
    at: int,
    moved: dict[int, tuple[int, int]],
    under: dict[tuple[int, int], list[Consequence]],
) -> Row:
    row, verdict = rows[at], rows[at].verdict
    kept = tuple(
        replace(finding, follows=tuple(under[at, place])) if (at, place) in under else finding
        for place, finding in enumerate(verdict.findings)
        if place not in moved
    )
    if not moved:
        return Row(row.rule, replace(verdict, findings=kept))
    causes = {rows[cause].verdict.findings[place].line for cause, place in moved.values()}
    lines = ", ".join(f"line {line}" for line in sorted(causes))
    if kept:
        many = f"{len(moved)} of them follow" if len(moved) > 1 else "one of them follows"
        detail = f"{verdict.detail}; {many} from {lines}"
        return Row(row.rule, replace(verdict, detail=detail, findings=kept))
    detail = f"what does not agree follows from {lines}"
    return Row(
        row.rule, Verdict(Status.SKIP, detail).with_numbers(verdict.recomputed, verdict.left_alone)
    )
