"""What each form of the report looks like, and that no text of a body can break out of one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options as Cmark
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_sarif.model import (
    StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifReport,
)

from epm_lint.engine import lint
from epm_lint.model import Consequence, Edit, Finding, Report, Row, Rule, Status, Verdict
from epm_lint.output import concise, github, junit, markdown, sarif, statistics, table
from epm_lint.output import json as json_output
from epm_lint.rules import RULES

FORMS = ("concise", "json", "github", "sarif", "junit", "markdown")
GOLDEN = Path(__file__).parent / "outputs"

HOSTILE = (
    "@someone #12 GH-7 https://github.com/a/b/issues/1 &#64;other <img src=x onerror=alert(1)> "
    "<!-- --> ``` | `code` ~~x~~ [a](b) ![c](d) **bold** _it_ %0A::error::x\n::set-output\r\x00\x1b"
)
HOSTILE_FINDING = Finding(HOSTILE, 3, fix=HOSTILE, follows=(Consequence("rule-1", HOSTILE, 4),) * 9)


def report(*verdicts: Verdict, path: str = "body.md") -> Report:
    rows = [
        Row(Rule(f"rule-{n}", f"Rule {n}", lambda _: Verdict.passed(""), doc="Why.\n\nWhat."), v)
        for n, v in enumerate(verdicts, start=1)
    ]
    return Report(path, "v1", tuple(rows))


REPORT = report(
    Verdict.passed("5 bullet(s)"),
    Verdict.warned("on a branch", [Finding("hero figure", 7, column=3)]),
    Verdict.failed(
        "3 words, 50% missing",
        [
            Finding(
                "too short",
                12,
                14,
                fix="write more",
                follows=(Consequence("rule-1", "no bullet", 14),),
            ),
            Finding(
                "not pinned: a, b",
                2,
                fix="name the commit",
                edits=(Edit.within(2, 5, "main", "43a303c"),),
                safe=False,
            ),
        ],
    ),
    Verdict.skipped("no title given"),
    Verdict(Status.ERROR, "the rule itself broke: KeyError: 'x'"),
    Verdict.failed("no such section"),
    Verdict.awaiting(
        "2 of 3 to be written", [Finding("'TLDR' awaits human text", 9, fix="write it")]
    ),
    path="drafts/my page.md",
)


def render(form: str) -> Callable[[Sequence[Report]], str]:
    rendered: Callable[[Sequence[Report]], str] = import_module(f"epm_lint.output.{form}").render
    return rendered


@pytest.mark.parametrize("form", FORMS)
def test_golden(form: str) -> None:
    """The expected texts lie in `outputs/`, one for each form."""
    clean = report(Verdict.passed("fine"), path="clean.md")
    assert render(form)([REPORT, clean]) == (GOLDEN / f"{form}.txt").read_text(encoding="utf-8")


def test_the_json_contract() -> None:
    value = json.loads(json_output.render([REPORT]))
    assert list(value) == ["version", "files"]
    assert value["version"] == 1
    (file,) = value["files"]
    assert list(file) == ["path", "format", "status", "counts", "checks"]
    assert file["counts"] == {
        "ERROR": 1,
        "FAIL": 2,
        "WARN": 1,
        "AWAITING": 1,
        "PASS": 1,
        "SKIP": 1,
    }
    for check in file["checks"]:
        assert list(check) == ["rule", "title", "status", "detail", "findings"]
    plain, edited = file["checks"][2]["findings"]
    assert plain == {
        "line": 12,
        "message": "too short",
        "end_line": 14,
        "fix": "write more",
        "follows": [{"rule": "rule-1", "message": "no bullet", "line": 14}],
    }
    assert edited["safe"] is False
    assert edited["edits"] == [
        {"line": 2, "column": 5, "end_line": 2, "end_column": 9, "text": "43a303c"}
    ]


def test_sarif_is_valid_by_the_official_schema() -> None:
    """pydantic-sarif is generated from the schema of the standard and refuses unknown fields."""
    SarifReport.model_validate_json(sarif.render([REPORT]))
    SarifReport.model_validate_json(sarif.render([]))
    with pytest.raises(ValueError, match="version"):
        SarifReport.model_validate_json(sarif.render([REPORT]).replace("2.1.0", "2.2.0"))


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü%.md", "a%20b/%C3%BC%25.md"),
        ("/tmp/a b.md", "file:///tmp/a%20b.md"),  # noqa: S108 - a name, nothing is written
        ("odd\udcff.md", "odd%FF.md"),
    ],
)
def test_sarif_names_files_by_uri(path: str, uri: str) -> None:
    value = json.loads(sarif.render([report(Verdict.failed("x"), path=path)]))
    (location,) = value["runs"][0]["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_an_annotation_is_one_command_whatever_the_text() -> None:
    hostile = report(Verdict.failed(HOSTILE, [HOSTILE_FINDING]), path="a,b:c%\n::error::x.md")
    (line,) = github.render([hostile]).splitlines()
    properties, _, message = line.removeprefix("::error ").partition("::")
    assert properties.startswith(r"file=a%2Cb%3Ac%25\n%3A%3Aerror%3A%3Ax.md,line=3,")
    assert properties.count("=") == 3
    assert "%250A" in message
    assert "\r" not in line
    assert "\x1b" not in line


def as_github(text: str) -> str:
    """HTML as GitHub makes it, before it looks for mentions and references in it."""
    html: str = cmarkgfm.github_flavored_markdown_to_html(text, Cmark.CMARK_OPT_UNSAFE)
    return html


def assert_inert(comment: str) -> None:
    html = as_github(comment)
    # only our own markup
    assert set(re.findall(r"<(\w+)", html)) <= {
        *("h3", "p", "code", "ul", "li", "strong", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    text = re.sub(r"<code>.*?</code>", "", html)
    assert not re.search(r"@\w|#\d|\bGH-\d|https?://|www\.", text)


def test_a_comment_does_nothing_whatever_the_text() -> None:
    hostile = report(
        Verdict.failed(HOSTILE, [HOSTILE_FINDING]),
        Verdict.passed(HOSTILE),
        path=HOSTILE,
    )
    comment = markdown.render([hostile])
    assert_inert(comment)
    assert as_github(comment).count("<td>") == 3
    assert comment.count("<details>") == comment.count("</details>") == 1


def test_a_comment_reads_as_the_text_did() -> None:
    html = as_github(markdown.inert("a_b *c* `d` <e> & #1 @f"))
    assert "a_b *c* `d` &lt;e&gt; &amp; #\u200b1 @\u200bf" in html


def test_a_comment_keeps_to_its_budget() -> None:
    many = [Verdict.failed("x" * 500, [Finding("y" * 500, n) for n in range(30)])] * 60
    long = report(*many, *[Verdict.passed("z" * 500)] * 300)
    comment = markdown.render([long, long])
    assert len(comment) < markdown.BUDGET
    assert comment.count("<details>") == comment.count("</details>") == 2
    assert re.search(r"\n- … and \d+ more\n", comment)
    assert re.search(r"\n\| … and \d+ more \| \| \|\n", comment)


def test_concise_says_nothing_of_a_clean_body() -> None:
    assert concise.render([report(Verdict.passed("fine"), Verdict.skipped("no"))]) == ""


def test_statistics() -> None:
    other = report(Verdict.failed("x"), Verdict.passed("y"))
    shown = statistics.render([REPORT, other])
    assert [line.split() for line in shown.splitlines()[:4]] == [
        ["Rule", "ERROR", "FAIL", "WARN", "AWAITING", "PASS", "SKIP"],
        ["rule-5", "1", "0", "0", "0", "0", "0"],
        ["rule-1", "0", "1", "0", "0", "1", "0"],
        ["rule-3", "0", "1", "0", "0", "0", "0"],
    ]
    assert shown.endswith("\n\n2 file(s)\n")
    value = json.loads(statistics.render_json([REPORT, other]))
    assert value["files"] == 2
    assert value["rules"][1]["counts"] == {
        "ERROR": 0,
        "FAIL": 1,
        "WARN": 0,
        "AWAITING": 0,
        "PASS": 1,
        "SKIP": 0,
    }


def test_every_title_fits_the_table() -> None:
    heading = table.render(lint("")).splitlines()[0]
    width = heading.index("Status")
    assert all(len(rule.title) < width for rule in RULES)
    long = Report("b", "v1", (Row(Rule("r", "T" * 60, lambda _: PASSED), PASSED),))
    assert f"{'T' * 60} ✓ PASS  fine" in table.render(long)


PASSED = Verdict.passed("fine")
TEXTS = st.text(max_size=60) | st.sampled_from([HOSTILE, "]]>", "\ufffe", "\U0001f600", "&#64;x"])
TEXTS |= st.sampled_from(["a ##[add-mask]e", "##[stop-commands]x", "::error::x", " ::group::y"])
FINDINGS = st.builds(
    Finding,
    TEXTS,
    st.integers(1, 10**6),
    st.none() | st.integers(1, 10**6),
    st.none() | st.integers(1, 1000),
    st.none() | TEXTS,
)
VERDICTS = st.builds(
    Verdict, st.sampled_from([*Status]), TEXTS, st.lists(FINDINGS, max_size=3).map(tuple)
)
REPORTS = st.lists(
    st.builds(
        lambda path, verdicts: report(*verdicts, path=path or "x"),
        TEXTS,
        st.lists(VERDICTS, max_size=4),
    ),
    max_size=3,
)


@settings(max_examples=150)
@given(REPORTS)
def test_any_text_can_be_reported(reports: list[Report]) -> None:
    machine = json.loads(json_output.render(reports))
    assert [file["path"] for file in machine["files"]] == [one.path for one in reports]
    SarifReport.model_validate_json(sarif.render(reports))
    suites = ElementTree.fromstring(junit.render(reports))  # noqa: S314 - ours
    assert len(suites) == len(reports)
    assert len(list(suites.iter("testcase"))) == sum(len(one.rows) for one in reports)
    for line in github.render(reports).splitlines():
        assert re.match(r"::(error|warning|notice) file=[^:]*::", line)
    found = concise.render(reports)
    assert found.count("\n") == len(found.splitlines())
    for one in reports:
        assert_inert(markdown.render([one]))
        assert table.render(one).endswith("\n")
    for form in FORMS:
        obeyed(render(form)(reports), of_ours=form == "github")
    obeyed("".join(map(table.render, reports)))


def obeyed(log: str, of_ours: bool = False) -> None:
    """A runner obeys `##[…]` anywhere in a line, and `::` where one begins."""
    assert "##[" not in log
    for line in log.splitlines():
        assert of_ours or not line.lstrip().startswith("::")
