"""What the words of a sentence make of its number."""

from __future__ import annotations

import pytest
from one_sentence import CONTRADICTED, SILENT, STEERED, VERIFIED, said


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


@pytest.mark.parametrize(
    "sentence",
    [
        "Llama-3.1-8B's validation accuracy on gsm8k is {}.",
        "Llama-3.1-8B's majority-vote accuracy on gsm8k is {}.",
        "Llama-3.1-8B's best-of-3 accuracy on gsm8k is {}.",
        "Llama-3.1-8B's top-5 accuracy on gsm8k is {}.",
        "Llama-3.1-8B's calibrated accuracy on gsm8k is {}.",
        "Llama-3.1-8B (8-bit) has an accuracy of {} on gsm8k.",
        "Llama-3.1-8B with LoRA reaches {} accuracy on gsm8k.",
        "Llama-3.1-8B's accuracy on gsm8k at temperature 0.7 is {}.",
        "The quantised Llama-3.1-8B has an accuracy of {} on gsm8k.",
        "Llama-3.1-8B's accuracy on gsm8k with greedy decoding is {}.",
        "Llama-3.1-8B's accuracy on gsm8k is {} with greedy decoding.",
        "Quantised, Llama-3.1-8B's accuracy on gsm8k is {}.",
        "In 8-bit, Llama-3.1-8B's accuracy on gsm8k is {}.",
        "After rescoring, Llama-3.1-8B's accuracy on gsm8k is {}.",
        "Llama-3.1-8B's accuracy on gsm8k, measured greedily, is {}.",
        "According to the model card, Llama-3.1-8B's accuracy on gsm8k is {}.",
        "The width of the interval of the accuracy of Llama-3.1-8B on gsm8k is {}.",
        "Meta reports Llama-3.1-8B's accuracy on gsm8k as {}.",
        "The variance of the accuracy of Llama-3.1-8B on gsm8k is {}.",
        "The lower bound of Llama-3.1-8B's accuracy on gsm8k is {}.",
    ],
)
@pytest.mark.parametrize("number", ["51.1%", "59.1%", "56.7%"])
def test_what_an_unknown_word_describes_is_not_contradicted(sentence: str, number: str) -> None:
    assert said(sentence.format(number))[number] == SILENT


@pytest.mark.parametrize(
    "sentence",
    [
        "Llama-3.1-8B's accuracy on gsm8k is {}.",
        "Llama-3.1-8B's mean accuracy on gsm8k is {}.",
        "Here Llama-3.1-8B reaches an accuracy of {} on gsm8k.",
        "Overall, Llama-3.1-8B's accuracy on gsm8k was {}.",
        "In our experiments, Llama-3.1-8B's accuracy on gsm8k is {}.",
        "On the gsm8k questions Llama-3.1-8B has an accuracy of {}.",
        "We see that Llama-3.1-8B scores {} accuracy on gsm8k.",
        "We evaluated two models; Llama-3.1-8B has an accuracy of {} on gsm8k.",
        "According to Table 2, Llama-3.1-8B's accuracy on gsm8k is {}.",
        "The greedy search took long, and Llama-3.1-8B's accuracy on gsm8k is {}.",
    ],
)
@pytest.mark.parametrize("number", ["51.1%", "59.1%", "65.1%"])
def test_plain_words_describe_nothing_further(sentence: str, number: str) -> None:
    assert said(sentence.format(number))[number] == CONTRADICTED
    assert said(sentence.format("56.1%"))["56.1%"] == VERIFIED


@pytest.mark.parametrize(
    ("sentence", "number", "standing"),
    [
        (
            "The accuracy of the steered condition drops 3% relative to the baseline's 61.2%.",
            "61.2%",
            VERIFIED,
        ),
        (
            "The steered mean tokens are 6.4 times the baseline's: 1,203.9 against 187.4 tokens.",
            "1,203.9",
            SILENT,
        ),
        ("The accuracy of the baseline is 62.1%.", "62.1%", CONTRADICTED),
        ("The mean tokens of the baseline are 178.4.", "178.4", CONTRADICTED),
    ],
)
def test_another_value_of_the_sentence_is_no_slip(
    sentence: str, number: str, standing: str
) -> None:
    assert said(sentence, STEERED)[number] == standing


def test_what_a_rate_leaves_is_no_slip_of_it() -> None:
    assert said("On gsm8k the accuracy of Llama-3.1-8B: 43.9% are wrong.")["43.9%"] == SILENT
    assert said("On gsm8k the accuracy of Llama-3.1-8B leaves 43.9%.")["43.9%"] == SILENT
    counts = {"plus": {"k": 210, "n": 250}, "minus": {"k": 140, "n": 250}}
    assert CONTRADICTED not in said("Under plus 40/250 are left.", counts).values()
    table = "| model | gsm8k accuracy |\n|---|---|\n| Llama-3.1-8B | 43.9% |"
    assert said(table)["43.9%"] == CONTRADICTED


@pytest.mark.parametrize(
    "form",
    [
        "is around 55%",
        "is ≈55%",
        "is ~58%",
        "exceeds 55%",
        "exceeded 55%",
        "surpasses 51%",
        "does not exceed 59%",
        "is just short of 57%",
        "falls short of 65%",
    ],
)
def test_a_bound_or_a_round_number_near_its_value_is_no_slip(form: str) -> None:
    found = said(f"On gsm8k the accuracy of Llama-3.1-8B {form}.")
    assert CONTRADICTED not in found.values()


@pytest.mark.parametrize("form", ["is about 51%", "is about 65%", "is ≈ 61%"])
def test_a_round_number_that_is_far_off_is_one(form: str) -> None:
    found = said(f"On gsm8k the accuracy of Llama-3.1-8B {form}.")
    assert CONTRADICTED in found.values()
