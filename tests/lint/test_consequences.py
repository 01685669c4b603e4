"""One slip is one finding: what follows from it is said beneath it."""

from __future__ import annotations

import json
import re
from itertools import cycle
from pathlib import Path

import pytest

from epm_lint.engine import lint
from epm_lint.model import Finding, Report, Status
from epm_lint.output import table

PUBLISHED = Path(__file__).parents[2] / "experiments" / "issue_246" / "published" / "smollm2"
PAGE = (PUBLISHED / "body.md").read_text(encoding="utf-8")
CELLS = tuple(
    re.finditer(r"^\| (\w+) \| [+-]\d\.\d+ \| \d+% \| (\d+)/(\d+) \|", PAGE, re.MULTILINE)
)


def linted(body: str) -> Report:
    """The verdict on a page of the published results."""
    return lint(
        body,
        title=(PUBLISHED / "title.txt").read_text(encoding="utf-8").strip(),
        results=json.loads((PUBLISHED / "results.json").read_text(encoding="utf-8")),
        numbers=(PUBLISHED / "numbers.txt").read_text(encoding="utf-8"),
        seconds=60,
    )


def findings(report: Report) -> list[Finding]:
    """Those of the rules of numbers."""
    return [
        finding
        for row in report.rows
        if row.rule.slug.startswith(("numbers-", "recomputed-"))
        and row.verdict.status in (Status.WARN, Status.FAIL)
        for finding in row.verdict.findings
    ]


@pytest.mark.parametrize(
    ("cell", "by"),
    [pytest.param(cell, by, id=cell[1]) for cell, by in zip(CELLS, cycle([1, 40]), strict=False)],
)
def test_a_count_of_the_results(cell: re.Match[str], by: int) -> None:
    """Its rate, its intervals, the sums, the fits of other tables: all rest on it."""
    body = f"{PAGE[: cell.start(2)]}{int(cell[2]) + by}{PAGE[cell.end(2) :]}"
    report = linted(body)
    (one,) = findings(report)
    assert one.message.startswith(f"says {int(cell[2]) + by}/{cell[3]}; results say {cell[2]}/")
    assert one.follows
    assert report.status is Status.FAIL
    shown = table.render(report)
    assert f"\n      follows, line {one.line}: " in shown
    assert shown.count("\n      follows, ") == min(len(one.follows), table.MOST_CONSEQUENCES)


def test_two_slips_are_two_findings() -> None:
    first, second = CELLS[:2]
    body = PAGE.replace(f"| {first[2]}/{first[3]} |", f"| {int(first[2]) + 9}/{first[3]} |", 1)
    body = body.replace(f"| {second[2]}/{second[3]} |", f"| {int(second[2]) + 9}/{second[3]} |", 1)
    assert len(findings(linted(body))) == 2


TABLE = """\
| arm | k | n | rate | 95% CI |
|---|---|---|---|---|
| alpha | 24 | 100 | 24% | [16.7%, 33.2%] |
| beta | 40 | 100 | 40% | [30.9%, 49.8%] |
| all | 64 | 200 | 32% | [25.9%, 38.8%] |

The rate of beta exceeds that of alpha by 16 points.
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("| 40 | 100 | 40%", "| 46 | 100 | 40%"), ("| 24 | 100 | 24%", "| 24 | 100 | 29%")],
)
def test_without_results(right: str, wrong: str) -> None:
    """What is contradicted in its own row is the cause; sums and sentences follow."""
    assert findings(lint(TABLE)) == []
    (one,) = findings(lint(TABLE.replace(right, wrong)))
    assert one.line in (3, 4)
