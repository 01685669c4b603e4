"""A name that is joined of several words is met as a whole, or is another's."""

from __future__ import annotations

import pytest
from one_sentence import CONTRADICTED, SILENT, VERIFIED, said

OTHERS = (
    ("gsm8k", "Llama-3.1-70B"),
    ("gsm8k", "Llama-3.1-8B-Instruct"),
    ("gsm8k", "Llama-3.1-8B-distilled"),
    ("gsm8k", "Tiny-Llama-3.1-8B"),
    ("gsm8k", "Llama-70B"),
    ("gsm8k", "Llama 3.1 70B"),
    ("gsm8k", "Llama-3.1-8B Instruct"),
    ("gsm8k-hard", "Llama-3.1-8B"),
    ("gsm8k_v2", "Llama-3.1-8B"),
)
SAME = (
    ("gsm8k", "Llama-3.1-8B"),
    ("gsm8k", "`Llama-3.1-8B`"),
    ("gsm8k", "llama-3.1-8b"),
    ("gsm8k", "meta-llama/Llama-3.1-8B"),
    ("gsm8k", "the Llama-3.1-8B-model"),
    ("gsm8k", "Llama 3.1 8B"),
    ("the gsm8k-based benchmark", "Llama-3.1-8B"),
)


@pytest.mark.parametrize("number", ["56.1%", "51.1%"])
@pytest.mark.parametrize(("task", "model"), OTHERS)
def test_a_name_that_the_file_does_not_hold_is_left_alone(
    task: str, model: str, number: str
) -> None:
    found = said(f"On {task} the accuracy of {model} is {number}.")
    assert found[number] == SILENT


@pytest.mark.parametrize(("task", "model"), SAME)
def test_a_name_of_the_file_is_met_however_it_stands(task: str, model: str) -> None:
    assert said(f"On {task} the accuracy of {model} is 56.1%.")["56.1%"] == VERIFIED
    assert said(f"On {task} the accuracy of {model} is 51.1%.")["51.1%"] == CONTRADICTED


def test_another_name_beside_it_takes_nothing_from_a_name_of_the_file() -> None:
    start = "On gsm8k the accuracy of Llama-3.1-8B is"
    right = said(f"{start} 56.1%, that of Llama-3.1-8B-Instruct 58.1%.")
    assert right == {"56.1%": VERIFIED, "58.1%": SILENT}
    wrong = said(f"{start} 51.1%, that of Llama-3.1-8B-Instruct 58.1%.")
    assert wrong == {"51.1%": CONTRADICTED, "58.1%": SILENT}


def test_a_row_of_another_name_is_left_alone() -> None:
    table = "| model | gsm8k accuracy |\n|---|---|\n| Llama-3.1-8B | 56.1% |\n| {} | 58.1% |"
    assert said(table.format("Llama-3.1-8B-Instruct"))["58.1%"] == SILENT
    assert said(table.format("Qwen2.5-7B-Instruct"))["58.1%"] == CONTRADICTED


def test_a_name_is_met_however_it_is_joined() -> None:
    file = {"gpt4oMini": {"accuracy": 0.692}, "claudeHaiku": {"accuracy": 0.27}}
    assert said("The accuracy is 69.2% for gpt-4o-mini.", file)["69.2%"] == VERIFIED
    assert said("The accuracy is 69.2% for gpt-4o-nano.", file)["69.2%"] == SILENT
