"""What of a long page goes into files beside its results, and what stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from epm.report.companions import FEWEST, SHORT, cut

LINK = "https://example.org/tables.md"
ROWS = [f"| condition_{n} | {n}% |" for n in range(40)]
TABLE = "\n".join(["| Condition | Rate |", "|---|---|", *ROWS])
ITEMS = "\n".join(f"- `condition_{n}`: left out" for n in range(40))


def test_a_short_table_stays() -> None:
    body = f"## Rates\n\n{TABLE}\n\nMore.\n"
    assert cut(body, len(TABLE) + 1, LINK) == (body, "")


def test_a_long_table_keeps_its_first_rows_and_says_where_the_rest_is() -> None:
    body = f"## Rates\n\nText.\n\n{TABLE}\n\nMore.\n"
    short, tables = cut(body, 200, LINK)
    before, after = short.split("\n\nThe first of them; all are in ")
    assert before == body[: len(before)]
    assert before.count("| condition_") >= FEWEST
    assert after == f"[`tables.md`]({LINK}#table-1).\n\nMore.\n"
    assert tables == f"## Table 1\n\nRates\n\n{TABLE}\n"


def test_a_long_list_too() -> None:
    body = f"<details><summary>Left out</summary>\n\n{ITEMS}\n\n</details>\n\n{TABLE}\n"
    short, tables = cut(body, 200, LINK)
    assert short.count("- `condition_") < 10
    assert "#table-2)" in short
    assert tables == f"## Table 1\n\nLeft out\n\n{ITEMS}\n\n## Table 2\n\nLeft out\n\n{TABLE}\n"


def test_a_table_too_wide_to_show_is_left_out_whole() -> None:
    wide = "\n".join(["|" + " a |" * 300, "|" + "---|" * 300, *["|" + " 1 |" * 300] * 20])
    short, tables = cut(f"{wide}\n", 2_000, LINK)
    assert short == f"Too long for this page: see [`tables.md`]({LINK}#table-1).\n"
    assert wide in tables


def test_few_rows_are_not_cut_however_long() -> None:
    settings = "\n".join(["| P | V |", "|---|---|", *["| Negatives | " + "x" * 500 + " |"] * SHORT])
    assert cut(settings, 100, LINK) == (settings, "")


def test_what_stands_in_a_code_block_is_no_table() -> None:
    for fence in ("```", "~~~~"):
        body = f"{fence}text\n{TABLE}\n{ITEMS}\n{fence}\n"
        assert cut(body, 100, LINK) == (body, "")
    assert cut(f"````\n```\n{TABLE}\n````\n\n{TABLE}\n", 100, LINK).tables.count("## Table") == 1


LINES = st.lists(
    st.sampled_from(
        ["", "text", "# Heading", "```", "~~~", "| a | b |", "|---|---|", "| 1 | 2 |", "- item"]
    )
    | st.sampled_from([TABLE, ITEMS]),
    max_size=30,
).map("\n".join)


@given(LINES, st.integers(0, 3_000))
def test_every_line_is_on_the_page_or_beside_it(body: str, longest: int) -> None:
    short, tables = cut(body, longest, LINK)
    rest = f"{short}\n{tables}".splitlines()
    assert set(body.splitlines()) <= {*rest, ""}
    assert len(short) <= len(body)
    assert cut(short, longest, LINK).body.count("Too long") <= short.count("Too long")
