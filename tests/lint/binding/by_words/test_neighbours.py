"""A difference is verified in the direction and the unit in which the page gives it."""

from __future__ import annotations

import pytest
from one_sentence import SILENT, VERIFIED, said

PAIR = "On gsm8k the accuracy of Llama-3.1-8B is 56.1%, that of Qwen2.5-7B-Instruct 71.2%"
AGAINST = "On gsm8k Llama-3.1-8B has an accuracy of 56.1%, against 71.2% for Qwen2.5-7B-Instruct"
THAN = "On gsm8k the accuracy of Qwen2.5-7B-Instruct is 71.2%, {} than the 56.1% of Llama-3.1-8B"


@pytest.mark.parametrize(
    ("sentence", "number", "standing"),
    [
        (f"{PAIR}, 15.1 points more.", "15.1", VERIFIED),
        (f"{PAIR}, 15.1 points less.", "15.1", SILENT),
        (f"{PAIR}, a difference of 15.1 points.", "15.1", VERIFIED),
        (f"{PAIR}, a gap of 15.4 points.", "15.4", SILENT),
        (f"{AGAINST}, a drop of 15.1 points.", "15.1", VERIFIED),
        (f"{AGAINST}, a gain of 15.1 points.", "15.1", SILENT),
        (
            f"{AGAINST.replace('against', 'compared to')}, a 15.1-point drop.",
            "15.1-point",
            VERIFIED,
        ),
        (f"{AGAINST.replace('against', 'compared to')}, a 15.1-point gain.", "15.1-point", SILENT),
        (THAN.format("15.1 points higher") + ".", "15.1", VERIFIED),
        (THAN.format("15.1 points lower") + ".", "15.1", SILENT),
        (f"{PAIR}, 26.9% more.", "26.9%", VERIFIED),
        (f"{PAIR}, 15.1% more.", "15.1%", SILENT),
        (f"{PAIR}, 21.2% more.", "21.2%", SILENT),
    ],
)
def test_a_difference_has_its_direction_and_its_unit(
    sentence: str, number: str, standing: str
) -> None:
    found = said(sentence)
    assert found[number] == standing
    assert found["56.1%"] == found["71.2%"] == VERIFIED
