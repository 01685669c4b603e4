"""Whole pages: what their numbers are, and what is said with them."""

from collections import Counter
from pathlib import Path

from epm_lint.markdown.document import Document
from epm_lint.reading.page import Reading, read

PAGES = Path(__file__).parents[1] / "pages"


def page(name: str) -> Reading:
    return read(Document((PAGES / name).read_text(encoding="utf-8")))


def said_on(name: str, line: int) -> list[str]:
    return [s.describe() for s in page(name).statements if s.passage.line == line]


def test_the_numbers_of_the_seed_shape() -> None:
    counted = Counter(number.kind.value for number in page("seed_shape.md").numbers)
    assert counted == {
        "plain": 38,
        "setting": 33,
        "layer": 12,
        "identifier": 6,
        "issue": 5,
        "measure": 3,
        "level": 2,
        "ordinal": 1,
        "hash": 1,
        "file": 1,
    }


def test_only_results_and_counts_are_plain_in_the_rendered_body() -> None:
    numbers = page("rendered.md").numbers
    assert [number.raw for number in numbers if number.kind.can_be_result] == [
        *("12/100", "74/100", "−0.61", "600", "20", "5", "41/100", "41/100", "+0.389"),
        *("41/100", "31.9%", "50.8%"),
    ]


def test_what_the_seed_shape_says() -> None:
    assert said_on("seed_shape.md", 28) == [
        "Correlation layer=20 coefficient=-0.62 method=pearson p=0.031 n=12",
        "Correlation layer=20 coefficient=-0.74 method=spearman p=0.006",
        "SampleSize n=12 symbol=N",
        "Significance p=0.006",
    ]
    assert said_on("seed_shape.md", 31) == [
        "Diagnostic measure=cook value=0.41 subjects=librarian",
        "Diagnostic measure=cook value=0.33 threshold=yes",
        "Influence claim=high_leverage subjects=librarian",
    ]
    assert said_on("seed_shape.md", 62) == ["Arithmetic terms=4×4×1 total=64 explained=yes"]
    assert said_on("seed_shape.md", 76) == [
        "Arithmetic terms=20×5 total=100 nouns=questions,completions"
    ]
    assert said_on("seed_shape.md", 33) == [
        "SampleSize n=100 per=cell symbol=n",
        "Confidence level=MODERATE own=yes",
    ]
