"""What the words of a sentence make of its number."""

from __future__ import annotations

import pytest
from one_sentence import SILENT, VERIFIED, said


@pytest.mark.parametrize(
    "sentence",
    [
        "On gsm8k the error rate of Llama-3.1-8B is {}.",
        "On gsm8k Llama-3.1-8B gets {} wrong.",
        "On gsm8k the accuracy of Llama-3.1-8B is not {}.",
        "On gsm8k the accuracy of Llama-3.1-8B isn't {}.",
    ],
)
@pytest.mark.parametrize("number", ["56.1%", "51.1%", "43.9%"])
def test_what_is_denied_or_left_out_of_a_rate_is_not_that_rate(sentence: str, number: str) -> None:
    assert said(sentence.format(number))[number] == SILENT


def test_a_denial_ends_at_its_number() -> None:
    found = said("On gsm8k the accuracy of Llama-3.1-8B is not 51.2% but 56.1%.")
    assert found == {"51.2%": SILENT, "56.1%": VERIFIED}
