"""Fixes: what is applied, what is left alone, and that a second time changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm_lint.engine import lint
from epm_lint.fixes import applied, settled, without_stubs
from epm_lint.model import Edit, Finding, Page, Report, Row, Rule, Verdict

PAGES = Path(__file__).parent / "pages"


def found(*findings: Finding) -> Report:
    verdict = Verdict.failed("wrong", findings)
    return Report("b", "v1", (Row(Rule("r", "R", lambda _: verdict), verdict),))


def finding(*edits: Edit, safe: bool = True) -> Finding:
    return Finding(f"edit {edits}", 1, edits=edits, safe=safe)


@pytest.mark.parametrize(
    ("source", "edit", "expected"),
    [
        ("one\ntwo\n", Edit.within(2, 1, "two", "2"), "one\n2\n"),
        ("one\r\ntwo\r\n", Edit.insert(2, "new\n"), "one\r\nnew\r\ntwo\r\n"),
        ("one\rtwo", Edit.insert(1, "new\n"), "new\rone\rtwo"),
        ("\ufeffone\n", Edit.within(1, 1, "one", "1"), "\ufeff1\n"),
        ("\ufeffone\n", Edit.insert(1, "new\n"), "\ufeffnew\none\n"),
        ("one\n", Edit.insert(2, "new\n"), "one\nnew\n"),
        ("one\n", Edit.insert(3, "new\n"), "one\nnew\n"),
        ("one", Edit.insert(2, "new\n"), "one\nnew"),
        ("one\r\ntwo", Edit.insert(3, "new\n"), "one\r\ntwo\r\nnew"),
        ("", Edit.insert(1, "new\n"), "new\n"),
        ("a\U0001f600b\n", Edit.within(1, 3, "b", "c"), "a\U0001f600c\n"),
        ("a\u2028b\x0cc\n", Edit.within(1, 5, "c", "d"), "a\u2028b\x0cd\n"),
        ("one\ntwo\nthree\n", Edit(1, 2, 3, 3, "\n"), "o\nree\n"),
        ("one\ntwo", Edit(2, 1, 2, 4, ""), "one"),
        # outside the source: not applied
        ("one\n", Edit.within(1, 5, "x", "y"), "one\n"),
        ("one\n", Edit.insert(4, "new\n"), "one\n"),
        ("one\n", Edit(0, 1, 1, 1, "x"), "one\n"),
        ("one\n", Edit(1, 3, 1, 1, "x"), "one\n"),
    ],
)
def test_one_edit(source: str, edit: Edit, expected: str) -> None:
    text, mended = applied(source, found(finding(edit)))
    assert text == expected
    assert len(mended) == (source != expected)


@pytest.mark.parametrize(
    ("source", "edit", "kept"),
    [
        ("a\n## Old\n", Edit.within(2, 1, "## Old", "## New"), True),
        ("a\n## Old\n", Edit.insert(2, "## New\n"), False),
        ("a\r\n## Old\r\n", Edit(2, 1, 3, 1, "## Old\n## New\n"), False),
        # what ends a line is what Markdown takes for it
        ("a\u2028b\x0cc\x85d\n## Old\n", Edit.within(2, 1, "## Old", "## New"), True),
        ("\ufeff## Old\n", Edit.within(1, 1, "## Old", "## New"), True),
    ],
)
def test_a_heading_may_be_renamed_but_not_invented(source: str, edit: Edit, kept: bool) -> None:
    (row,) = without_stubs(source, found(finding(edit))).rows
    assert row.verdict.findings[0].edits == ((edit,) if kept else ())


def test_unsafe_edits_wait_to_be_asked_for() -> None:
    report = found(finding(Edit.insert(1, "new\n"), safe=False))
    assert applied("a\n", report) == ("a\n", ())
    assert applied("a\n", report, unsafe=True)[0] == "new\na\n"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (Edit.within(1, 1, "abc", "z"), "xyd\n"),  # overlaps
        (Edit.within(1, 2, "bc", "y"), "xyd\n"),  # the same
        (Edit.insert(1, "new\n"), "new\nxd\n"),
        (Edit.within(1, 4, "d", "z"), "xyz\n"),  # next to it
    ],
)
def test_findings_do_not_write_over_each_other(second: Edit, expected: str) -> None:
    first = Edit.within(1, 2, "bc", "y")
    ahead = Edit.within(1, 1, "a", "x")
    text, mended = applied("abcd\n", found(finding(ahead), finding(first), finding(second)))
    if expected.startswith("new"):  # both would start at one place
        assert text == "xyd\n"
    else:
        assert text == expected
    assert len(mended) == 2 + (second.column == 4)


def test_a_finding_is_mended_whole_or_not_at_all() -> None:
    first = finding(Edit.within(1, 1, "a", "x"))
    both = finding(Edit.within(1, 1, "a", "y"), Edit.within(1, 2, "b", "z"))
    assert applied("ab\n", found(first, both)) == ("xb\n", (first,))
    outside = finding(Edit.within(1, 1, "a", "y"), Edit.within(9, 1, "b", "z"))
    assert applied("ab\n", found(outside)) == ("ab\n", ())


def replacing(old: str, new: str, slug: str = "r") -> Rule:
    """A rule that wants one text replaced by another, one line at a time."""

    def check(page: Page) -> Verdict:
        for number, line in enumerate(page.document.lines, start=1):
            if (at := line.find(old)) >= 0:
                edit = Edit.within(number, at + 1, old, new)
                return Verdict.failed("found", [Finding(old, number, edits=(edit,))])
        return Verdict.passed("none")

    return Rule(slug, slug, check, everywhere=True)


def fix(source: str, *rules: Rule) -> tuple[str, int]:
    text, mended = settled(source, lambda body: lint(body, rules=rules))
    again, none = settled(text, lambda body: lint(body, rules=rules))
    assert (again, none) == (text, ())
    return text, len(mended)


def test_fixes_are_applied_until_none_is_left() -> None:
    assert fix("aaa\naa\n", replacing("a", "b")) == ("bbb\nbb\n", 5)
    assert fix("a\n", replacing("a", "b"), replacing("b", "c", "s")) == ("c\n", 2)


def test_rules_that_quarrel_are_left_to_people() -> None:
    quarrel = replacing("a", "b"), replacing("b", "a", "s")
    assert fix("a x\n", *quarrel, replacing("x", "y", "t")) == ("a y\n", 1)


def test_a_rule_that_never_rests_is_left_out() -> None:
    assert fix("a\n", replacing("a", "aa"), replacing("x", "y", "s")) == ("a\n", 0)


LINES = st.sampled_from(["", "a", "ab", "x\u2028y", "# h", "```", "é\U0001f600", "- i", "\ufeff"])
SOURCES = st.builds(
    lambda bom, lines, ends, last: (
        bom + "".join(map("".join, zip(lines, ends, strict=False))) + last
    ),
    st.sampled_from(["", "\ufeff"]),
    st.lists(LINES, max_size=6),
    st.lists(st.sampled_from(["\n", "\r\n"]), min_size=6, max_size=6),
    LINES,
)
PLACES = st.integers(0, 8)
EDITS = st.builds(
    Edit, PLACES, PLACES, PLACES, PLACES, st.sampled_from(["", "z", "z\n", "\n", "p\nq"])
)


@given(SOURCES, st.lists(st.lists(EDITS, min_size=1, max_size=2), max_size=4))
def test_any_edits_leave_the_frame_of_the_text(source: str, edits: list[list[Edit]]) -> None:
    text, mended = applied(source, found(*[finding(*each) for each in edits]))
    assert text.startswith("\ufeff") or not source.startswith("\ufeff")
    if source and mended:
        assert source.endswith(("\n", "\ufeff")) or not text.endswith("\n")
    if "\r\n" in source and not re.search(r"(?<!\r)\n", source):
        assert not re.search(r"(?<!\r)\n", text)
    if not mended:
        assert text == source


PIECES = st.sampled_from(
    [
        *("## Human TL;DR\n", "## AI TL;DR\n", "## AI Summary\n", "### Background\n"),
        *("### Methodology\n", "### Results\n", "#### Results\n", "### Next steps\n"),
        *("# Detailed report\n", "## Human summary\n", "### Sample outputs\n", "* a\n", "+ b\n"),
        *("- **Model:** x\n", "**Main takeaways:**\n", "\n", "```\n", "text\r\n", "> ", "\ufeff"),
        *("![f](https://github.com/a/b/blob/main/f.png?raw=true)\n", "<details>\n", "\u202e"),
        *("## TL;DR\n", "**Confidence: LOW**\n", "[a](https://github.com/a/b/blob/main/x.py)"),
        *("Confidence: HIGH — x\n", "| a |\n|---|\n", "| b\n", "Results\n---\n", "[^1]", "<!--"),
    ]
)


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=25).map("".join), st.booleans())
def test_fixing_twice_changes_nothing_more(body: str, unsafe: bool) -> None:
    text, _ = settled(body, lint, unsafe)
    again, mended = settled(text, lint, unsafe)
    assert (again, mended) == (text, ())


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixing_a_whole_page_twice(page: Path, unsafe: bool) -> None:
    body = page.read_bytes().decode()
    text, _ = settled(body, lint, unsafe)
    assert settled(text, lint, unsafe) == (text, ())
    before, after = lint(body), lint(text)
    assert after.status.severity <= before.status.severity
