"""Whatever came out of whatever experiment, its page lints clean but for what people write."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from any_import import imported
from any_study import KINDS, Finished, finished
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import HypothesisProvider

import epm_lint
from epm.linting.records import beside
from epm.report.render import Page, render
from epm_lint.model import Report, Status

WRITTEN_BY_PEOPLE = {"human-tldr", "human-summary"}
OF_A_LOCAL_DRAFT = {"hero-figure"}

RUNS = {kind: finished(kind) for kind in KINDS} | {"imported": imported()}

OF_PYTHON = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|[Uu]navailable[(=]|Undefined|object at 0x|: \.$"
)
"""What a value looks like that was not written for people."""

AS_IF = "Wilson's, as if all answers were independent"

_HEADING = re.compile(r"(#+) ")


@pytest.fixture(scope="module", autouse=True)
def _the_same_draws() -> Iterator[None]:
    """Hypothesis would try constants of our modules too: of those that are imported by then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HypothesisProvider, "_maybe_draw_constant", lambda *_, **__: None)
        yield


def judge(page: Page) -> Report:
    """Lint a page with all that `epm render` knows of it."""
    folder = page.body.parent
    return epm_lint.lint(
        page.body.read_bytes(),
        title=page.title,
        beside=frozenset(str(path.relative_to(folder)) for path in folder.rglob("*")),
        results=json.loads((folder / "results.json").read_text(encoding="utf-8")),
        record=beside(folder),
    )


def owed(run: Finished) -> set[str]:
    """What a page without any answer lacks: there was nothing to draw."""
    return set() if any(name.endswith(".png") for name in run.files) else {"hero-figure"}


def amiss(report: Report, owed: set[str]) -> list[str]:
    """What is wrong with a page, but for what people write and what a local draft warns of."""
    return [
        f"{row.verdict.status} {row.rule.slug}: {row.verdict.detail}"
        + "".join(f"\n    line {f.line}: {f.message}" for f in row.verdict.findings)
        for row in report.rows
        if row.verdict.status in {Status.WARN, Status.FAIL, Status.ERROR}
        and not (row.rule.slug in owed and row.verdict.status is Status.FAIL)
        and not (row.rule.slug in OF_A_LOCAL_DRAFT and row.verdict.status is Status.WARN)
    ]


def careless(body: str) -> list[str]:
    """Lines that show a value as Python has it, bullets that say nothing, sections without text.

    And intervals that take answers as independent and do not say so.
    """
    text = re.sub(r"```.*?```|~~~.*?~~~|<!--.*?-->", "", body, flags=re.DOTALL)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    odd = [
        line for line in lines if OF_PYTHON.search(line) or re.fullmatch(r"- \*\*[^*]*\*\*", line)
    ]
    for above, below in zip(lines, [*lines[1:], "# "], strict=True):
        one, other = _HEADING.match(above), _HEADING.match(below)
        if one and other and len(other[1]) <= len(one[1]):
            odd.append(f"nothing under {above}")
        if "| Wilson 95% CI |" in below and AS_IF not in above:
            odd.append(f"Wilson's intervals after {above}")
    return odd


@pytest.mark.parametrize("kind", RUNS)
@settings(
    max_examples=12,
    # what fails is printed as a whole page; to shrink it would take minutes
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_rendered_page_lints_clean_but_for_what_people_write(
    kind: str, data: st.DataObject
) -> None:
    run = data.draw(RUNS[kind])
    with tempfile.TemporaryDirectory() as folder:
        run.write(Path(folder))
        page = render(Path(folder), Path(folder))
        report = judge(page)
        faults = [*amiss(report, owed(run)), *careless(page.body.read_text(encoding="utf-8"))]
        assert not faults, "\n".join([*faults, "", page.body.read_text(encoding="utf-8")])
    assert {row.rule.slug for row in report.awaiting} == WRITTEN_BY_PEOPLE
    failed = {row.rule.slug for row in report.rows if row.verdict.status is Status.FAIL}
    assert failed == owed(run)
