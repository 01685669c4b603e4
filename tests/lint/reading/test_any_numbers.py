"""Any text is read as numbers and statements, in time that grows no faster than the text."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm_lint.engine import lint
from epm_lint.markdown.document import Document
from epm_lint.reading.page import read
from epm_lint.timeout import LONGEST_RUN

PIECES = st.sampled_from(
    [
        *(
            "0.5",
            "-",
            "−",
            "–",
            "%",
            " ",
            "×",
            "10⁻³",
            "e-4",
            "/",
            "100",
            "of ",
            "L20",
            "#",
            "[",
            "]",
        ),
        *(
            "(",
            ")",
            ", ",
            "r=",
            "ρ",
            "p<",
            "N=",
            "|",
            "\n",
            "\n|---|---|\n",
            "**",
            "`",
            "_",
            "“",
            "”",
        ),
        *(
            "significant ",
            "not ",
            "inside ",
            "interval ",
            "from ",
            "to ",
            "strengthens ",
            "Holm ",
            "?",
        ),
        *(
            "all ",
            ". ",
            "; ",
            "95% CI ",
            "\ue000",
            "\ue001",
            "partial ",
            "t(",
            "F(1, ",
            "Cook's D",
            "٣",
            "²",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=6), max_size=40).map("".join))
def test_any_text_is_read(text: str) -> None:
    document = Document(text)
    reading = read(document, text)
    last_line = len(document.lines)
    for number in reading.numbers:
        assert number.passage.text[number.start : number.end] == number.raw
        assert 1 <= number.line <= last_line
    for said in reading.statements:
        assert said.passage.text[said.start : said.end] == said.text
        assert said.describe()
        assert 1 <= said.line <= last_line
    assert len(reading.tables) <= text.count("|")
    assert reading.bound <= reading.read


HOSTILE = (
    *("1", "1.", "1,000", ".", "-", "1-", "1/", "1 of ", "a1/", "a-", "(1", "[1, ", "1 × ", "1 + "),
    *("1 = ", "1 a a a a ", "r=0.5, ", "ρ(", "p=", "p=.5 (", "all ", "not significant ", "is the "),
    *("inside the ", "from 1 to ", "strengthens ", "`", "``a", "“a", "![", "](", "<a ", "<!--"),
    *(
        "&amp;",
        "L1/",
        "layers 1, ",
        "Cook's D ",
        "observed 1 ",
        "|",
        "1e",
        "10^",
        "2026-05-",
        "@1.",
    ),
    *("http://", "*1*", "x\n", "N=1 per ", "23% (95% CI ", "a a", "no ", "outlier ", "1; "),
    *("ρ=-0.5 (p=0.1) ", "31/100 (31%), ", "t(28)=2.1, p=.04; ", "M = 4.8, SD = 1.2, n = 36 "),
    *("from 1% to 2% ", "$t(28)=2$ ", "\\frac{1}{2} ", "31 of 100 ", "b=0.5, SE=0.2 ", "1 vs 2 "),
    *("no layer is significant ", "of which 12 ", "Holm-corrected p=.01 ", "10,15,", "5–10 "),
)
HOSTILE_TABLE = "| Persona | n |\n|---|---|\n"


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_length(piece: str) -> None:
    short, long = (piece * (length // len(piece)) for length in (4_000, 16_000))
    assert _grows_alike(short, long)


def test_time_grows_with_the_rows() -> None:
    short, long = (
        HOSTILE_TABLE + "".join(f"| name{row} | {row}% |\n" for row in range(rows))
        for rows in (250, 1000)
    )
    assert _grows_alike(short, long)


def _grows_alike(short: str, long: str) -> bool:
    """Whether four times the length costs some four times as much; the best of three tries."""
    return any(_seconds(long) < 7 * _seconds(short) + 0.15 for _ in range(3))


def _seconds(source: str) -> float:
    document = Document(source)
    read.cache_clear()
    start = process_time()
    reading = read(document)
    for _ in (*reading.statements, *reading.numbers, *reading.tables):
        pass
    return process_time() - start


@pytest.mark.parametrize("piece", ["ρ=-0.5 (p=0.1) ", "31/100 (31%) ", "all significant at L1; "])
def test_a_long_paragraph_is_linted_in_time(piece: str) -> None:
    """In the time that a page is given, on a processor of its own."""
    start = process_time()
    report = lint(piece * 4_000, seconds=120)
    assert process_time() - start < LONGEST_RUN
    assert not any(row.verdict.detail.startswith("not judged") for row in report.rows)
