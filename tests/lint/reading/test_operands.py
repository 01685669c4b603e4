"""Numbers in brackets are the ends of an interval only where they can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epm_lint.markdown.document import Document
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.text.passages import passages

PERCENT = st.integers(0, 1000).map(lambda tenths: tenths / 10)


def roles(text: str) -> list[Part]:
    (passage,) = passages(Document(text))
    return [operand.role for operand in Ground(passage).operands]


@given(PERCENT, PERCENT, PERCENT)
def test_an_unnamed_pair_is_an_interval_where_it_holds_its_estimate(
    rate: float, low: float, high: float
) -> None:
    held = min(low, high) - 0.1 <= rate <= max(low, high) + 0.1
    found = roles(f"Accuracy is {rate}% ({low}%, {high}%).")
    assert (Part.INTERVAL in found) is held


@given(PERCENT, PERCENT, PERCENT, st.sampled_from(["({}, {})", "[{}, {}]", "({}; {})"]))
def test_a_change_and_a_relative_one_are_no_interval(
    rate: float, points: float, relative: float, form: str
) -> None:
    changes = form.format(f"+{points} pp", f"+{relative}%")
    assert Part.INTERVAL not in roles(f"Accuracy rose to {rate}% {changes}.")


@given(PERCENT, PERCENT, PERCENT)
def test_what_is_called_an_interval_is_one(rate: float, low: float, high: float) -> None:
    assert Part.INTERVAL in roles(f"Accuracy is {rate}% (95% CI {low + 0.03:.2f}%, {high}%).")


@pytest.mark.parametrize(
    "hedge", ["About", "Nearly", "Just over", "More than", "Roughly", "At least", "Barely", "Up to"]
)
@given(st.integers(1, 9), st.integers(10, 99))
def test_a_hedged_fraction_is_no_count(hedge: str, k: int, n: int) -> None:
    assert Part.COUNT not in roles(f"{hedge} {k}/{n} of answers had the marker.")
    assert Part.COUNT in roles(f"The marker stands in {k}/{n} of answers.")


@given(st.integers(10, 99), st.integers(2, 10), st.sampled_from(["/", " / "]))
def test_what_a_score_is_out_of_is_no_figure(tenths: int, top: int, over: str) -> None:
    assert len(roles(f"Quality is {tenths / 10}{over}{top} today.")) == 1
