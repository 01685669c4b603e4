"""The engine: which rules apply, what they may do to each other, what it refuses."""

import subprocess
import sys
from datetime import date
from typing import NoReturn

import pytest

from epm_lint.engine import LARGEST_BODY, lint
from epm_lint.errors import LintError
from epm_lint.model import Finding, Page, Report, Rule, Status, Verdict


def always(slug: str, status: Status) -> Rule:
    found = Verdict(status, "because", (Finding("here", 1),))
    return Rule(slug, slug.title(), lambda _: found, everywhere=True)


def statuses(report: Report) -> dict[str, Status]:
    return {row.rule.slug: row.verdict.status for row in report.rows}


def detail(report: Report, slug: str) -> str:
    return next(row.verdict.detail for row in report.rows if row.rule.slug == slug)


FAILS, WARNS, PASSES = (
    always("fails", Status.FAIL),
    always("warns", Status.WARN),
    always("passes", Status.PASS),
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<!-- epm:clean-result format=legacy -->\n## AI Summary\n", "legacy"),
        ("\n<!-- epm:clean-result format=legacy -->\n## AI Summary\n", "v1"),
        ("# Page\n<!-- epm:clean-result format=legacy -->\n## AI Summary\n", "v1"),
        ("```\n<!-- epm:clean-result format=legacy -->\n```\n## AI Summary\n", "v1"),
        ("## TL;DR\n### Background\n### Results\n", "legacy"),
        ("## TL;DR\n### Background\n", "plain"),
        ("# T\n<!-- clean-result-v4 -->\n## AI Summary\n", "flat-v4"),
        ("<!-- report-v1 -->\n", "report-v1"),
        ("## AI Summary\n<!-- report-v1 -->\n", "v1"),
        ("```\n<!-- report-v1 -->\n```\n", "plain"),
        ("<!-- epm:clean-result format=report-v1 -->\n<!-- epm:page v1 a-b -->\n", "v1"),
        ("<!-- clean-result-v4 -->\n\n<!-- epm:numbers v1 x -->\n", "v1"),
        ("## Human TL;DR\n## AI TL;DR\n## AI Summary\n### Results\n", "v1"),
        ("## AI Summary\n### Result 1: it grows\n### Result 2: it does not\n", "v2"),
        ("## AI Summary\n### Results\n### Result 1\n", "v1"),
        ("", "plain"),
    ],
)
def test_format(body: str, expected: str) -> None:
    assert lint(body).format == expected


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("<!-- epm:clean-result format=v9 -->\n\n## AI Summary", 1),
        ("# Title\n\n<!-- clean-result-v9 -->\n\n## TL;DR\n\n### Results\n\n### Methodology", 3),
    ],
)
def test_an_unknown_format_is_plain_and_one_line_says_so(body: str, line: int) -> None:
    report = lint(body)
    assert report.format == "plain"
    (row,) = (row for row in report.rows if row.rule.slug == "page-format")
    (finding,) = row.verdict.findings
    assert (row.verdict.status, finding.line) == (Status.WARN, line)
    assert "names no format that is known here" in finding.message


def test_a_page_that_epm_published_keeps_its_format() -> None:
    report = lint("<!-- report-v1 -->\n\n## TLDR\n", rendered=True)
    assert report.format == "v1"
    assert report.rows[-1].verdict.detail == (
        "'report-v1' is not heeded: epm has rendered this page"
    )


def test_a_format_that_there_is_not() -> None:
    with pytest.raises(LintError, match="no page format 'v9'; known: v1, v2, legacy, flat-v4"):
        lint("", page_format="v9")


def test_a_rule_that_does_not_apply_says_why() -> None:
    rule = Rule("ai-tldr", "R", FAILS.check)
    report = lint("## TL;DR\n", rules=[rule], page_format="legacy")
    assert statuses(report) == {"ai-tldr": Status.SKIP}
    assert detail(report, "ai-tldr") == "the format legacy does not ask for it"
    assert report.status is Status.SKIP


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (date(2026, 5, 14), Status.SKIP),
        (date(2026, 5, 15), Status.FAIL),
        (None, Status.FAIL),
    ],
)
def test_since(created: date | None, expected: Status) -> None:
    rule = Rule("r", "R", FAILS.check, everywhere=True, since=date(2026, 5, 15))
    assert statuses(lint("", created=created, rules=[rule])) == {"r": expected}


@pytest.mark.parametrize(
    "body",
    [
        "> <!-- epm: ignore[fails] because -->\n\ntext",
        "- > <!-- epm: ignore[fails] because -->",
        "```\n<!-- epm: ignore[fails] because -->\n```",
        "    <!-- epm: ignore[fails] because -->",
        "text `<!-- epm: ignore[fails] because -->` text",
        "\\<!-- epm: ignore[fails] because -->",
        "<!-- epmx: ignore[fails] because -->",
        "<!-- epm: ignore -->",
    ],
)
def test_what_is_quoted_silences_nothing(body: str) -> None:
    assert statuses(lint(body, rules=[FAILS]))["fails"] is Status.FAIL


def test_a_rule_that_breaks_breaks_no_other() -> None:
    def check(page: Page) -> NoReturn:
        raise KeyError(f"\x1b[31m{page.format.name}")

    report = lint("", rules=[Rule("broken", "Broken", check, everywhere=True), PASSES])
    assert statuses(report) == {"broken": Status.ERROR, "passes": Status.PASS}
    assert detail(report, "broken").startswith("the rule itself broke: KeyError: ")
    assert "\x1b" not in detail(report, "broken")
    assert report.status.exit_code == 2


@pytest.mark.parametrize(
    ("rules", "status", "exit_code"),
    [
        ([], Status.SKIP, 0),
        ([PASSES], Status.PASS, 0),
        ([PASSES, WARNS], Status.WARN, 0),
        ([WARNS, FAILS, PASSES], Status.FAIL, 1),
    ],
)
def test_status(rules: list[Rule], status: Status, exit_code: int) -> None:
    report = lint("", rules=rules)
    assert report.status is status
    assert report.status.exit_code == exit_code


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- epm: ignore[fails] we know -->",
        "text <!--epm:ignore[fails]   we\nknow--> text",
        "- a list\n  <!-- epm: ignore[ fails , warns ] we know -->",
        "| a |\n|---|\n| <!-- epm: ignore[fails] we know --> |",
    ],
)
def test_suppression(comment: str) -> None:
    report = lint(comment, rules=[FAILS, PASSES])
    assert statuses(report)["fails"] is Status.SKIP
    assert detail(report, "fails") == "ignored: we know"


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("<!-- epm: ignore[fails] -->", "'fails' is ignored without a reason"),
        ("<!-- epm: ignore[passes] no need -->", "'passes' has nothing to ignore here"),
        ("<!-- epm: ignore[fail] we know -->", "there is no rule 'fail'"),
        ("<!-- epm: ignore fails -->", "there is no rule ''"),
        ("<!-- epm: ignore[fails we know -->", "there is no rule ''"),
    ],
)
def test_suppression_amiss(comment: str, fault: str) -> None:
    report = lint(f"# A\n\n{comment}\n", rules=[FAILS, PASSES])
    assert statuses(report) == {
        "fails": Status.FAIL,
        "passes": Status.PASS,
        "suppressions": Status.WARN,
    }
    (finding,) = report.rows[-1].verdict.findings
    assert (finding.message, finding.line) == (fault, 3)


def test_the_nearest_rule_is_named() -> None:
    report = lint("<!-- epm: ignore[hero-figures] we know -->")
    (finding,) = report.rows[-1].verdict.findings
    assert finding.fix == "did you mean hero-figure?"


def test_a_suppression_in_a_fence_is_an_example() -> None:
    report = lint("```\n<!-- epm: ignore[fails] we know -->\n```\n", rules=[FAILS])
    assert statuses(report) == {"fails": Status.FAIL}


def test_a_broken_rule_is_not_suppressed() -> None:
    report = lint("<!-- epm: ignore[e] we know -->", rules=[always("e", Status.ERROR)])
    assert statuses(report) == {"e": Status.ERROR}


def test_body_cap() -> None:
    with pytest.raises(LintError, match="at most 2,000,000 are read"):
        lint("é" * (LARGEST_BODY // 2 + 1))
    assert lint(b"e" * LARGEST_BODY).status is Status.PASS


def test_not_text() -> None:
    with pytest.raises(LintError, match=r"line 2 of the body is not UTF-8 \(byte 4\)"):
        lint(b"abc\n\xff\xfe")


def test_a_surrogate_is_replaced() -> None:
    assert lint("# \udc80\n").status is Status.PASS


def test_import_is_light() -> None:
    heavy = "numpy scipy pandas pydantic jinja2 rich epm json asyncio difflib"
    code = f"import sys, epm_lint.engine; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
