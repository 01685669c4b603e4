"""How numbers are written, each in one form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from epm.results import Count, Interval, Unavailable
from epm.writing.filters import (
    FILTERS,
    available,
    cell,
    code,
    decimals,
    effect,
    interval,
    percent,
    pvalue,
    setting,
    significant,
    span,
)


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("percent", 0.23, "23%"),
        ("percent", 1.0, "100%"),
        ("points", 0.4114, "41 pp"),
        ("signed", -0.5135, "-0.513"),
        ("signed", 0.9999995, "+1.000"),
        ("number", -0.0001, "0.00"),
        ("pvalue", 0.031178, "p=0.031"),
        ("pvalue", 0.00140, "p=0.0014"),
        ("pvalue", 0.00001, "p<0.0001"),
        ("significant", 0.0050312, "0.00503"),
        ("significant", 12345.0, "12345"),
        ("setting", 1e-5, "1e-5"),
        ("setting", 2e-3, "0.002"),
        ("setting", 0.0, "0"),
        ("thousands", 134515008, "134,515,008"),
        ("duration", 4.25, "4.2 s"),
        ("duration", 400.0, "6.7 min"),
        ("counts", Count(total=(23, 100)), "23/100"),
    ],
)
def test_how_a_number_is_written(name: str, value: Any, written: str) -> None:
    assert FILTERS[name](value) == written


@pytest.mark.parametrize(
    ("name", "value", "scale", "written"),
    [
        ("effect", 0.025, "proportion", "+2.5"),
        ("effect", -0.178, "proportion", "-17.8"),
        ("effect", 0.0050312, "plain", "+0.00503"),
        ("amount", 0.057, "proportion", "5.7"),
        ("amount", 1.07, "plain", "1.07"),
        ("level", 0.25, "proportion", "25%"),
        ("level", 12.5, "plain", "12.5"),
        ("span", Interval(lower=-0.012, upper=0.063), "proportion", "[-1.2, +6.3]"),
        ("span", Interval(lower=-1.5, upper=2), "plain", "[-1.50, +2.00]"),
    ],
)
def test_how_an_effect_is_written(name: str, value: Any, scale: str, written: str) -> None:
    assert FILTERS[name](value, scale) == written


def test_what_does_not_exist_is_never_written_as_a_number() -> None:
    nothing = Unavailable(unavailable="all rates are equal")
    assert not available(nothing)
    scaled = {"effect", "amount", "span", "level"}
    written = {
        FILTERS[name](nothing, *(["plain"] if name in scaled else []))
        for name in FILTERS
        if name not in ("cell", "code")
    }
    assert written == {"n/a"}


def test_an_interval_keeps_its_sign() -> None:
    assert interval(Interval(lower=-0.1015, upper=0.7213), 0) == "[-10%, 72%]"


@given(st.floats(0, 1))
def test_a_percentage_is_never_further_off_than_its_last_digit(rate: float) -> None:
    assert abs(float(percent(rate, 1).removesuffix("%")) - 100 * rate) <= 0.05 + 1e-9


@given(st.floats(1e-4, 1))
def test_a_p_value_reads_back(p: float) -> None:
    assert abs(float(pvalue(p).removeprefix("p=")) - p) <= 5e-4 + 1e-12


@given(st.floats(-1e6, 1e6).filter(lambda value: abs(value) > 1e-6))
def test_an_effect_reads_back_with_its_sign(value: float) -> None:
    written = effect(value, "plain")
    assert written[0] == ("-" if value < 0 else "+")
    assert float(written) == pytest.approx(value, rel=6e-3)
    assert float(significant(value)) == pytest.approx(value, rel=6e-3)
    assert float(effect(value, "proportion")) == pytest.approx(100 * value, abs=0.06)


@given(st.floats(-1, 1), st.floats(0, 1))
def test_a_span_is_in_order(lower: float, width: float) -> None:
    found = span(Interval(lower=lower, upper=lower + width), "proportion")
    first, second = (float(end) for end in found.strip("[]").split(", "))
    assert first <= second


SHOWN = st.text("ab1 `*_~$<>/!&;#()[]|\\-+.=@", min_size=1, max_size=24)
"""What Markdown gives a meaning, and a little that it does not."""


def row(written: str) -> list[Any]:
    """What a parser makes of the two cells of a row."""
    table = f"| a | b |\n|---|---|\n| {written} | end |\n"
    tokens = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(table)
    inline = [token for token in tokens if token.type == "inline"]
    assert len(inline) == 4
    assert inline[3].content == "end"
    return list(inline[2].children or [])


@given(st.text())
def test_a_cell_stays_one_cell(text: str) -> None:
    for written in (cell(text), code(text)):
        assert "\n" not in written
        assert written.replace("\\|", "").count("|") == 0


@given(SHOWN)
@example("Does <answer>{completion}</answer> hold *any* `code`?")
@example("a\\|b \\\\ c\\")
@example("[+0.1, 0.2] [x](y) [x][y] n < 10 AT&amp;T __init__ US$5 to US$9")
def test_a_cell_shows_the_text_as_it_is(text: str) -> None:
    found = row(cell(text))
    assert {token.type for token in found} <= {"text", "text_special"}
    assert "".join(token.content for token in found) == " ".join(text.split())


@given(SHOWN)
@example("`")
@example("a `` b`")
@example("model|v2\\")
def test_code_in_a_cell_shows_the_text_as_it_is(text: str) -> None:
    shown = " ".join(text.split())
    found = row(code(text))
    assert [token.type for token in found] == ["code_inline"] * bool(shown)
    assert "".join(token.content for token in found) == shown


def test_what_is_no_markup_stays_readable() -> None:
    for text in ("n < 10", "r = 0.5 [0.3, 0.6]", "cosine_L21", "Qwen2.5-7B (base), 95% & up"):
        assert cell(text) == text


def test_a_setting_of_a_recipe() -> None:
    assert [setting(value) for value in (0.05, 0.95, 1.0, 1e-4)] == ["0.05", "0.95", "1", "0.0001"]


@given(st.lists(st.floats(1e-6, 0.5), min_size=1, max_size=3))
def test_effects_per_unit_have_two_digits_that_say_something(sizes: list[float]) -> None:
    largest = max(sizes)
    digits = decimals([-sizes[0], *sizes[1:], Unavailable(unavailable="no error")], "proportion")
    assert digits is not None
    assert 1 <= digits <= 4
    assert digits == 4 or round(100 * largest, digits) >= 10 * 10**-digits
    assert digits == 1 or 100 * largest < 100 * 10**-digits
    assert decimals(sizes, "plain") is None
    assert decimals([0.0], "proportion") is None
