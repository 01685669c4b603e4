"""Line, column and surroundings of each number, by its place in the source."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm_lint.markdown.document import Document
from epm_lint.reading.page import read
from epm_lint.reading.text.source_map import source_map

PAGES = Path(__file__).parents[2] / "pages"
PAGE = """# Rate 1 of `a7`

A **23%** rate[^x], [31 of them](http://x/9/9) \\* 0.5 &lt; 0.6
and `0.031` with _−0.74_.

- an item: p=0.04
  and 0.05 <b>0.06</b>

> quoted 0.07

![alt 0.08](b9.png)

Caption 0.09.

| Persona | Rate | Rate |
|---|---|---|
| librarian | 41% | 41% |
|  | **5** | `6` |
"""


def test_every_place_and_its_column() -> None:
    document = Document(PAGE)
    reading = read(document, "Rates of 12 (LOW confidence)")
    found = [(n.passage.place.value, n.raw, n.line, n.column) for n in reading.numbers]
    assert found == [
        ("title", "12", 1, None),
        ("heading", "1", 1, 8),
        ("heading", "a7", 1, 14),
        ("paragraph", "23%", 3, 5),
        ("paragraph", "31", 3, 22),
        ("paragraph", "0.5", 3, 51),
        ("paragraph", "0.6", 3, 60),
        ("paragraph", "0.031", 4, 6),
        ("paragraph", "−0.74", 4, 19),
        ("item", "0.04", 6, 14),
        ("item", "0.05", 7, 7),
        ("item", "0.06", 7, 15),
        ("paragraph", "0.07", 9, 10),
        ("alt", "0.08", 11, 7),
        ("caption", "0.09", 13, 9),
        ("cell", "41%", 17, 15),
        ("cell", "41%", 17, 21),
        ("cell", "5", 18, 8),
        ("cell", "6", 18, 15),
    ]


@pytest.mark.parametrize("name", ["rendered.md", "seed_shape.md"])
def test_columns_of_whole_pages_are_exact(name: str) -> None:
    document = Document((PAGES / name).read_text(encoding="utf-8"))
    numbers = list(read(document).numbers)
    assert len(numbers) > 40
    for number in numbers:
        assert number.column is not None
        assert document.lines[number.line - 1].startswith(number.raw, number.column - 1)


def test_a_cell_knows_its_row_and_column() -> None:
    spots = [n.passage.spot for n in read(Document(PAGE)).numbers if n.raw == "41%"]
    assert [(s.row_label, s.header, s.row, s.column) for s in spots] == [
        ("librarian", "Rate", 1, 1),
        ("librarian", "Rate", 1, 2),
    ]


def test_names_come_from_the_tables() -> None:
    table = "| Persona | Rate |\n|---|---|\n| librarian (new) | 41% |\n"
    reading = read(Document(f"The Librarian has 41%. Nobody else does.\n\n{table}"))
    assert reading.names == ("librarian",)
    prose = reading.grounds[0]
    start, end = prose.sentences[0]
    assert prose.named_in(start, end) == ("librarian",)
    assert prose.named_in(end, len(prose.words)) == ()


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("At L20 r=-0.62 holds.", 20),
        ("at layer 15, r=-0.62", 15),
        ("r=-0.62 at L10", 10),
        ("L10 was bad. Then r=-0.62", None),
    ],
)
def test_the_layer_that_a_statement_is_about(text: str, layer: int | None) -> None:
    (said,) = read(Document(text)).statements
    assert said.layer == layer


PIECES = st.sampled_from(
    ["0.5", "*", "**", "_", "`", "``", "[", "](", ")", "\\", "&lt;", "<b>", "\n", " ", "a", "!"]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_a_column_that_is_given_is_exact(text: str) -> None:
    document = Document(text)
    for number in read(document).numbers:
        if number.column is not None and "&" not in text:
            line = document.lines[number.line - 1]
            assert line[number.column - 1] == number.raw[0]


def test_text_that_is_not_in_its_source_has_no_alignment() -> None:
    assert source_map("0.5", "0.6") is None
    assert source_map("a b", "a") is None
