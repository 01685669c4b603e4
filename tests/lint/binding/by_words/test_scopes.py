"""What a number is of its quantity, by the words and signs around it."""

from __future__ import annotations

import pytest
from one_sentence import CONTRADICTED, JUDGE, SILENT, VERIFIED, said

OF_THE_ACCURACY = "On gsm8k the {} of the accuracy of Llama-3.1-8B is {}."


@pytest.mark.parametrize("name", ["stderr", "standard error", "SE"])
def test_the_error_of_a_quantity_is_not_that_quantity(name: str) -> None:
    assert said(OF_THE_ACCURACY.format(name, "1.37%"))["1.37%"] == VERIFIED
    assert said(OF_THE_ACCURACY.format(name, "1.73%"))["1.73%"] == CONTRADICTED


@pytest.mark.parametrize("name", ["standard deviation", "SD", "lower bound", "upper limit"])
@pytest.mark.parametrize("number", ["56.1%", "53.4%", "51.1%"])
def test_what_the_file_does_not_hold_of_a_quantity_is_left_alone(name: str, number: str) -> None:
    assert said(OF_THE_ACCURACY.format(name, number))[number] == SILENT


@pytest.mark.parametrize(
    ("sentence", "number", "standing"),
    [
        ("The judge's mean is 72.4 ± 18.2.", "18.2", VERIFIED),
        ("The judge's mean is 72.4 ± 18.2 (SD).", "18.2", VERIFIED),
        ("The judge's mean is 72.4 ± 12.8 (SD).", "12.8", CONTRADICTED),
        ("The judge's mean is 72.4 ± 18.2 (SE).", "18.2", SILENT),
        ("The judge's mean is 72.4 ± 0.91 (SE).", "0.91", SILENT),
        ("The judge's mean is 72.4 ± 0.91 (standard error).", "0.91", SILENT),
        ("The judge's mean is 72.4 ± 0.91.", "0.91", SILENT),
        ("The judge's mean is 72.4 ± 18.2 (n = 400).", "18.2", VERIFIED),
        ("The judge's standard error is 0.91.", "0.91", SILENT),
        ("The judge's SD is 18.2.", "18.2", VERIFIED),
        ("The judge's standard deviation is 18.2.", "18.2", VERIFIED),
        ("The judge's standard deviation is 12.8.", "12.8", CONTRADICTED),
        ("The judge's mean is 74.2.", "74.2", CONTRADICTED),
        ("| | mean ± SE |\n|---|---|\n| judge | 72.4 ± 0.91 |", "0.91", SILENT),
        ("| | mean ± SD |\n|---|---|\n| judge | 72.4 ± 12.8 |", "12.8", CONTRADICTED),
    ],
)
def test_a_spread_is_what_words_say(sentence: str, number: str, standing: str) -> None:
    assert said(sentence, JUDGE)[number] == standing
