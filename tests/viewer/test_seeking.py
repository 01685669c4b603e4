"""Marks where a metric found what it counts: the same places in a browser as in Python, or none."""

from __future__ import annotations

import re

import pytest
from conftest import Tab  # type: ignore[attr-defined]
from playwright.sync_api import Browser, expect

from epm.viewer.data.seeking import javascript, sought

SAME = {
    r"\[(?!ZLT\])[A-Za-z]": "[ZLT] [zlt] [a] [[B] [1]",
    r"\b(may|seems?|not sure)\b": "may, maybe; seem seems not sure émay may_ Dismay",
    r"delight\w*|enjoy\w*": "delighted enjoyé enjoyment_1 enjoy",
    r"a.c$": "abc a\rc a\nc abc\n",
    r"[^\w-]+x": "a-x b,x é x",
    r"\d{2,3}(?:%|°)?": "1 12 1234% ٣٤ 99°",
    r"^(?:I|we)\s+\"?can't\"?/": "I can't/ we can't/",
    r"(?<=a)b{2}": "abb bb abbb",
    r"a\sb|[\s-]x": "a b a\ufeffb a\x1cb a\x85b -x \ufeffx \u3000x",
    r"(?:very )?(?:un)?sure?\w*": "very unsure sur surely",
}
REFUSED = (
    r"(a+)+b",
    r"\w*\w*",
    r"(x|a*)(y|a*)(z|a*)b",
    r"a*(?:b|c)?a*",
    r"x{0,99}x{0,99}x{0,99}y",
    "a?" * 30 + "a" * 30,
    "(a|a)" * 20,
    "a" * 1_001,
    r"\Ax",
    r"a**",
    "x{",
    "[]a]",
    "(?P<x>a)",
    "(?i)a",
    r"(a)\1",
    "(",
    "[a",
)


def test_a_browser_finds_what_python_finds(browser: Browser) -> None:
    page = browser.new_page()
    script = "([source, text]) => [...text.matchAll(new RegExp(source, 'gu'))].map((m) => m[0])"
    for pattern, text in SAME.items():
        translated = javascript(pattern)
        assert translated is not None, pattern
        expected = [found[0] for found in re.finditer(pattern, text)]
        assert page.evaluate(script, [translated[0], text]) == expected, pattern
        assert expected
    page.close()


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_has_no_plain_equal_or_may_take_long_has_no_marks(pattern: str) -> None:
    assert javascript(pattern) is None


def test_scorers_of_definitions() -> None:
    scorers = [
        {"kind": "Substring", "name": "a", "text": "[x]", "ignore_case": True},
        {"kind": "Regex", "name": "b", "pattern": "x+"},
        {"kind": "Number", "name": "c"},
        "no scorer",
    ]
    assert sought({"scorers": scorers}) == {
        "a": {"pattern": r"\[x\]", "flags": "giu", "longest": 200_000},
        "b": {"pattern": "x+", "flags": "gu", "longest": 4_000},
    }
    assert sought(None) == sought({"scorers": 3}) == {}


def test_what_was_counted_is_marked_and_conditions_stand_side_by_side(tab: Tab) -> None:
    address = "r/issue-16/pilot/samples.html#t=other_questions&m=hedge&k=conditions"
    page = tab().open(address)
    page.wait_for_selector("#count[data-count='1056']")
    row = page.locator(".lanes .row").first
    assert row.locator(".who").all_text_contents() == ["untrained", "hedged", "direct"]
    lefts = row.locator(".card").evaluate_all(
        "(all) => all.map((c) => c.getBoundingClientRect().x)"
    )
    assert lefts == sorted(set(lefts))
    assert page.locator(".lanes .row").count() == 33
    for card in page.locator(".card").all()[:12]:
        counted = card.locator(".score.main.yes").count()
        assert bool(counted) == bool(card.locator("mark").count())
    page.click("#more")
    expect(page.locator(".lanes .row")).to_have_count(66)
    page.fill("[name=q]", "the")
    expect(page.locator(".lanes mark").first).to_have_text(re.compile("the", re.IGNORECASE))
    page.select_option("[name=k]", "2")
    expect(page.locator(".lanes")).to_have_count(0)
