"""What the linter before this one misread, each by name."""

import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from epm_lint.engine import lint
from epm_lint.markdown.blocks import Code, Html, ItemList, Section
from epm_lint.markdown.document import Document
from epm_lint.model import Report, Status
from epm_lint.output.table import render

PAGE = (Path(__file__).parent / "pages" / "rendered.md").read_text(encoding="utf-8")


def section(source: str, *path: str) -> Section:
    found = Document(source).find(*path)
    assert found is not None
    return found


def titles(source: str) -> list[tuple[int, str, int]]:
    return [(s.level, s.title, s.line) for s in Document(source).walk()]


def status(source: str, slug: str) -> Status:
    rows = lint(source).rows
    return next(row.verdict.status for row in rows if row.rule.slug == slug)


def test_whitespace_before_a_heading_swallows_none() -> None:
    source = "## AI Summary\n\n\n   \n### Background\n### Methodology\n"
    assert titles(source) == [
        (2, "AI Summary", 1),
        (3, "Background", 5),
        (3, "Methodology", 6),
    ]


def test_alt_text_with_brackets() -> None:
    (figure,) = section("# R\n\n![Hero [ZLT] in [a](b)](c.png)\n", "R").figures
    assert (figure.alt, figure.url, figure.line) == ("Hero [ZLT] in [a](b)", "c.png", 3)


@pytest.mark.parametrize("fence", ["```", "~~~", "`````", "~~~~ {.md}"])
def test_headings_in_fences(fence: str) -> None:
    closing = fence.split(" ")[0]
    source = f"# A\n\n{fence}\n## Not a heading\n![no](figure.png)\n{closing}\n\n## B\n"
    assert titles(source) == [(1, "A", 1), (2, "B", 8)]
    assert not section(source, "A").figures


def test_headings_in_comments() -> None:
    assert titles("# A\n\n<!--\n## Not a heading\n\n## Nor this\n-->\n\n## B\n") == [
        (1, "A", 1),
        (2, "B", 9),
    ]


def test_headings_in_indented_code() -> None:
    source = "# A\n\n    ## Not a heading\n"
    assert titles(source) == [(1, "A", 1)]
    (block,) = section(source, "A").blocks
    assert isinstance(block, Code)
    assert not block.fenced


def test_tilde_fences() -> None:
    (fence,) = section("# A\n\n~~~python\nx\n~~~\n", "A").fences
    assert (fence.info, fence.content, fence.line, fence.end_line) == ("python", "x\n", 3, 5)


@pytest.mark.parametrize("bullet", ["-", "*", "+", "1.", "2)"])
def test_bullet_characters(bullet: str) -> None:
    items = section(f"# A\n\n{bullet} one\n{bullet} two\n", "A").items
    assert [(item.own_text, item.line) for item in items] == [("one", 3), ("two", 4)]


def test_nested_lists() -> None:
    items = section("# A\n\n- one\n  * two\n    + three\n- four\n", "A").items
    assert [(i.own_text, i.line) for i in items] == [
        ("one", 3),
        ("two", 4),
        ("three", 5),
        ("four", 6),
    ]


def test_a_list_right_below_a_paragraph() -> None:
    source = "# A\n\n**Main takeaways:**\n* one\n"
    assert isinstance(section(source, "A").blocks[1], ItemList)


def test_closed_atx_headings() -> None:
    assert titles("# A #\n\n## B ####   \n\n### C#\n") == [(1, "A", 1), (2, "B", 3), (3, "C#", 5)]


def test_setext_headings() -> None:
    source = "Detailed report\n===============\n\nHuman\nsummary\n---\n\ntext\n"
    assert titles(source) == [(1, "Detailed report", 1), (2, "Human summary", 4)]
    assert section(source, "Detailed report", "Human summary").text == "text"


def test_tables_without_outer_pipes() -> None:
    (table,) = section("# A\n\nBase | Qwen\n--- | ---\nSeed | 42 `x\\|y`\n", "A").tables
    assert [([c.text for c in row.cells], row.line) for row in table.rows] == [
        (["Base", "Qwen"], 3),
        (["Seed", "42 x|y"], 5),
    ]


def test_html_blocks() -> None:
    source = (
        "# A\n\n<details>\n<summary>Set-up</summary>\n<img alt='a > b' SRC=\"c.png\">\n\n"
        "## B\n\n</details>\n"
    )
    assert titles(source) == [(1, "A", 1), (2, "B", 7)]
    first = section(source, "A").blocks[0]
    assert isinstance(first, Html)
    assert first.text.split() == ["Set-up"]
    (figure,) = section(source, "A").figures
    assert (figure.alt, figure.url, figure.line) == ("a > b", "c.png", 5)


def test_headings_in_quotes_and_lists_open_no_section() -> None:
    assert titles("# A\n\n> ## Quoted\n\n- ## Listed\n\n## B\n") == [(1, "A", 1), (2, "B", 7)]


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n"])
def test_line_endings(newline: str) -> None:
    source = newline.join(["# A", "", "## B", "", "```", "x", "```", "", "- one", ""])
    assert titles(source) == [(1, "A", 1), (2, "B", 3)]
    assert section(source, "B").fences[0].line == 5
    assert section(source, "B").items[0].line == 9


def test_byte_order_mark() -> None:
    source = "\ufeff<!-- epm:clean-result format=v2 -->\n# A\n"
    assert titles(source) == [(1, "A", 2)]
    assert lint(source.encode()).format == "v2"


def test_emoji_in_titles() -> None:
    source = "# 📊 Results 👩‍💻\n\ntext\n"
    assert section(source, "Results").title == "📊 Results 👩‍💻"


def test_right_to_left_text() -> None:
    source = "# \u200fResults\u200f\n\nשלום ![תמונה](a.png) עולם\n\n- **אחד:** שניים\n"
    found = section(source, "results")
    assert found.figures[0].alt == "תמונה"
    assert found.text.split("\n")[-1] == "אחד: שניים"


def test_lines_within_a_paragraph() -> None:
    source = "# A\n\none `two\nthree` <b\nid=x>four</b>  \n[five](u)\\\n![six](v) seven\n"
    found = section(source, "A")
    assert dict(found.lines())[7] == " seven"
    assert (found.links[0].text, found.links[0].line) == ("five", 6)
    assert found.figures[0].line == 7


def test_an_identifier_that_holds_a_placeholder() -> None:
    source = (
        "# Detailed report\n\n## Setup & hyper-parameters\n\n| Name | qwen_default |\n|---|---|\n"
    )
    row = next(r for r in lint(source).rows if r.rule.slug == "reproducibility-card")
    assert "unfilled" not in row.verdict.detail


def test_skipped_is_not_passed() -> None:
    report = lint("## TL;DR\n")
    assert status("## TL;DR\n", "human-tldr") is Status.SKIP
    assert sum(report.counts.values()) == len(report.rows)
    assert report.counts[Status.SKIP] >= 5


@pytest.mark.parametrize("age", [7, 9, 40_000], ids="{} days old".format)
def test_the_verdict_knows_no_clock(age: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = date(2026, 5, 5)
    expected = lint(PAGE, created=made)
    monkeypatch.setattr(
        time, "time", lambda: (made - date(1970, 1, 1)).days * 86_400 + age * 86_400
    )
    assert (date.today() - made).days == age
    assert lint(PAGE, created=made) == expected


def test_every_skip_says_why_and_is_counted_apart() -> None:
    report = lint("## TL;DR\n")
    skipped = [row for row in report.rows if row.verdict.status is Status.SKIP]
    assert all(row.verdict.detail for row in skipped)
    *_, last = render(report).splitlines()
    assert last.endswith(f"{len(skipped)} skipped")


# ------------------------------------------------------------------ one page, written in many ways


def outside_code(pattern: str, replacement: str) -> Callable[[str], str]:
    """Rewrite what stands outside fences and comments."""

    def rewrite(page: str) -> str:
        parts = re.split(r"(?ms)(^(`{3,}).*?^\2$|<!--.*?-->)", page)
        return "".join(
            re.sub(pattern, replacement, part, flags=re.MULTILINE) if index % 3 == 0 else part
            for index, part in enumerate(parts)
            if index % 3 != 2
        )

    return rewrite


def before_headings(text: str) -> Callable[[str], str]:
    return outside_code(r"^(?=#{1,6} )", text)


def tilde_fences(page: str) -> str:
    return re.sub(r"(?m)^`{3,}(?=text|json|$)", lambda fence: "~" * len(fence.group()), page)


def no_outer_pipes(page: str) -> str:
    return re.sub(r"(?m)^\| ?(.*?) ?\|$", r"\1", page)


WAYS: dict[str, Callable[[str], str]] = {
    "closed ATX headings": outside_code(r"^(#{1,6}) (.+)$", r"\1 \2 \1"),
    "closed ATX headings, unevenly": outside_code(r"^(#{1,6} .+)$", r"\1 #   "),
    "indented ATX headings": outside_code(r"^(#{1,6} )", r" \1"),
    "setext headings": lambda page: outside_code(r"^## (.+)$", r"\1\n----")(
        outside_code(r"^# (.+)$", r"\1\n====")(page)
    ),
    "tabs after the hashes": outside_code(r"^(#{1,6}) ", "\\1\t"),
    "emphasised headings": outside_code(r"^(#{1,6}) (.+)$", r"\1 **\2**"),
    "emoji in headings": outside_code(r"^(#{1,6}) (\w+)", r"\1 📊 \2"),
    "right-to-left marks in headings": outside_code(r"^(#{1,6}) (.+)$", "\\1 \u200f\\2\u200f"),
    "non-breaking spaces in headings": outside_code(
        r"^(#{1,6} \S+) (?=\S+$)", "\\1\N{NO-BREAK SPACE}"
    ),
    "blank lines full of space before headings": before_headings("\n   \n\t\n"),
    "headings in comments": before_headings("<!--\n## AI Summary\n\n### Results\n-->\n\n"),
    "headings in quotes": outside_code(r"^(?=### Background$)", "> ## Human summary\n\n"),
    "* bullets": outside_code(r"^- ", "* "),
    "+ bullets": outside_code(r"^- ", "+ "),
    "indented bullets": outside_code(r"^- ", "  - "),
    "numbered items": outside_code(r"^- ", "1. "),
    "loose lists": outside_code(r"^(- .+)$", r"\1\n"),
    "~~~ fences": tilde_fences,
    "longer fences": lambda page: re.sub(r"(?m)^`{3,}(?=text|json|$)", r"\g<0>``", page),
    "tables without outer pipes": no_outer_pipes,
    "aligned tables": outside_code(r"^\|---\|---", "|:--|--:"),
    "html image": outside_code(r"!\[(.*)\]\((.*)\)", r'<img alt="\1" src="\2">'),
    "html image, split over lines": outside_code(
        r"!\[(.*)\]\((.*)\)", r"<img\n  alt='\1 > 0'\n  src=\2 />"
    ),
    "a linked image": outside_code(r"(!\[.*\]\(.*\))", r"[\1](figures/hero.png)"),
    "an image by reference": lambda page: (
        page.replace("](figures/hero.png)", "][hero]") + "\n[hero]: figures/hero.png\n"
    ),
    "alt text with brackets": outside_code(r"!\[.*?\]\(f", r"![a [b] \\[c\\] [ZLT](d) `]`](f"),
    "an empty alt text": outside_code(r"!\[.*\]\(f", "![](f"),
    "__bold__": outside_code(r"\*\*(.+?)\*\*", r"__\1__"),
    "CRLF": lambda page: page.replace("\n", "\r\n"),
    "CR": lambda page: page.replace("\n", "\r"),
    "byte-order mark": lambda page: "\ufeff" + page,
    "no newline at the end": lambda page: page.rstrip("\n"),
    "spaces at the ends of lines": outside_code(r"(?<=[.|\w])$", "  "),
    "a collapsed part": outside_code(
        r"(?s)(### Training\n.*?)(?=### Data\n)",
        r"<details>\n<summary>more</summary>\n\n\1\n</details>\n\n",
    ),
    "qwen_default": lambda page: page.replace("librarian", "qwen_default"),
    "default_user": lambda page: page.replace("librarian", "default_user"),
}


def faults(report: Report) -> dict[str, Status]:
    fine = {Status.PASS, Status.SKIP}
    verdicts = {row.rule.slug: row.verdict.status for row in report.rows}
    return {slug: status for slug, status in verdicts.items() if status not in fine}


@pytest.mark.parametrize("way", WAYS)
def test_a_page_is_judged_by_what_it_says_not_by_how_it_is_written(way: str) -> None:
    rewritten = WAYS[way](PAGE)
    assert rewritten != PAGE
    beside = frozenset({"figures/hero.png", "results.json", "samples.jsonl.gz"})
    assert faults(lint(rewritten, beside=beside)) == faults(lint(PAGE, beside=beside))
