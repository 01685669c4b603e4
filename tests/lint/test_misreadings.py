"""What the linter before this one misread, each by name."""

import pytest

from lint.blocks import Code, Html, ItemList, Section
from lint.document import Document
from lint.engine import lint
from lint.model import Status


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
    assert report.counts[Status.PASS] == 0


def test_the_verdict_knows_no_clock() -> None:
    assert lint("## AI Summary\n") == lint("## AI Summary\n")
