"""What people write is kept, whatever they do to the comments around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm.report.regions import (
    human_regions,
    is_unwritten,
    keep_human_regions,
    outside_is,
    reframed,
    without_human_text,
)

PLACEHOLDER = "_To be written by a person: two or three sentences._"
OPEN, CLOSE = "<!-- epm:human tldr -->", "<!-- /epm:human -->"
RENDERED = f"""\
<!-- epm:clean-result format=v1 -->

## Human TL;DR

{OPEN}
{PLACEHOLDER}
{CLOSE}

## AI TL;DR

Twelve of twelve.

# Detailed report

## Human summary

<!-- epm:human summary -->
_To be written by a person: at least thirty words._
{CLOSE}

## Setup
"""
MINE = "I believe this."
FRAME = f"{OPEN}\n{PLACEHOLDER}\n{CLOSE}"


@pytest.mark.parametrize(
    "typed",
    [
        f"{OPEN}\n{MINE}\n{CLOSE}",
        MINE,  # over the placeholder and both comments
        f"{OPEN}\n{MINE}",
        f"{MINE}\n{CLOSE}",
        f"{MINE}\n\n{FRAME}",  # above them
        f"{FRAME}\n\n{MINE}",  # below them
        f"{OPEN}\n{CLOSE}\n{MINE}",
        f"{FRAME}\n{OPEN}\n{MINE}\n{CLOSE}",  # doubled
        f"{OPEN}{MINE}{CLOSE}",  # on one line
        f"<!--epm:human tldr-->\n{MINE}\n{CLOSE}",
    ],
)
def test_what_was_typed_is_kept(typed: str) -> None:
    body = RENDERED.replace(FRAME, typed)
    kept = keep_human_regions(RENDERED, body)
    assert human_regions(kept)["tldr"] == f"{MINE}\n"
    assert kept.replace(MINE, PLACEHOLDER) == RENDERED
    assert reframed(body, RENDERED) == kept
    assert keep_human_regions(RENDERED, kept) == kept
    recorded = without_human_text(RENDERED)
    assert outside_is(recorded, body)
    assert outside_is(recorded, body.replace("\n\n## Setup", " \n\n\n## Setup"))
    assert not outside_is(recorded, body.replace("Twelve of", "Eleven of"))
    assert not outside_is(recorded, f"{body}\nA line more.\n")


def test_two_texts_for_one_section_are_both_kept() -> None:
    body = RENDERED.replace(FRAME, f"Above.\n\n{OPEN}\nWithin.\n{CLOSE}\n\n### More\n\nBelow.")
    kept = human_regions(keep_human_regions(RENDERED, body))["tldr"]
    assert kept == "Above.\n\nWithin.\n\n### More\n\nBelow.\n"


def test_a_section_that_was_carried_elsewhere() -> None:
    body = RENDERED.replace(FRAME, "").replace("## Setup", f"{OPEN}\n{MINE}\n{CLOSE}\n\n## Setup")
    assert human_regions(keep_human_regions(RENDERED, body))["tldr"].strip() == MINE


def test_a_heading_that_was_changed_leaves_what_has_its_comments() -> None:
    body = RENDERED.replace(PLACEHOLDER, MINE).replace("## Human TL;DR", "## What I think")
    assert human_regions(keep_human_regions(RENDERED, body))["tldr"] == f"{MINE}\n"


def test_nothing_is_made_up() -> None:
    assert keep_human_regions(RENDERED, "") == RENDERED
    assert keep_human_regions(RENDERED, RENDERED) == RENDERED
    assert reframed(RENDERED, RENDERED) == RENDERED
    emptied = RENDERED.replace(f"{PLACEHOLDER}\n", "")
    assert keep_human_regions(RENDERED, emptied) == emptied
    assert is_unwritten(f"\n{PLACEHOLDER}\n")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="<#\r"), min_size=1).filter(
    lambda text: text.strip() and "_To be" not in text
)


@given(WORDS, st.booleans(), st.booleans())
def test_no_word_is_lost(text: str, opened: bool, closed: bool) -> None:
    typed = f"{f'{OPEN}{chr(10)}' if opened else ''}{text}\n{CLOSE if closed else ''}"
    kept = keep_human_regions(RENDERED, RENDERED.replace(FRAME, typed))
    assert text.strip("\n") in human_regions(kept)["tldr"]
    assert keep_human_regions(RENDERED, kept) == kept


TWO_REGIONS = """# Page
<!-- epm:human one -->
{one}<!-- /epm:human -->
between {number}
<!-- epm:human two -->
{two}<!-- /epm:human -->
"""


@given(st.text(alphabet="ab\\1\\g<0>{}\n", max_size=30), st.text(alphabet="ab $^\n", max_size=30))
def test_regions_are_kept_word_for_word(one: str, two: str) -> None:
    earlier = TWO_REGIONS.format(one=one, two=two, number=1)
    fresh = TWO_REGIONS.format(one="prompt\n", two="prompt\n", number=2)
    kept = keep_human_regions(fresh, earlier)
    assert human_regions(kept) == {"one": one, "two": two}
    assert "between 2" in kept


def test_a_region_that_the_earlier_page_lacks_keeps_its_prompt() -> None:
    fresh = TWO_REGIONS.format(one="prompt\n", two="prompt\n", number=2)
    assert keep_human_regions(fresh, "nothing here") == fresh
