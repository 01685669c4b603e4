"""Tokens drawn from the nucleus, against transformers' own warper and the exact probabilities."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from transformers import TopPLogitsWarper

from epm.sampling.nucleus import draw


def exact(logits: torch.Tensor, temperature: float, top_p: float) -> torch.Tensor:
    """Probabilities of all tokens, as transformers cuts them."""
    warped = TopPLogitsWarper(top_p)(torch.tensor([[0]]), logits[None].double() / temperature)[0]
    return warped.softmax(-1)


def random_logits(seed: int, vocabulary: int, spread: float) -> torch.Tensor:
    return torch.randn(vocabulary, generator=torch.Generator().manual_seed(seed)) * spread


@settings(max_examples=60)
@given(
    seed=st.integers(min_value=0, max_value=10_000),
    vocabulary=st.integers(min_value=1, max_value=1500),
    spread=st.floats(min_value=0.1, max_value=8),
    temperature=st.floats(min_value=0.2, max_value=3),
    top_p=st.floats(min_value=0.01, max_value=0.99),
)
def test_every_token_is_from_the_nucleus(
    seed: int, vocabulary: int, spread: float, temperature: float, top_p: float
) -> None:
    logits = random_logits(seed, vocabulary, spread)
    torch.manual_seed(seed)
    drawn = draw(logits.expand(20, -1), temperature, top_p)
    assert drawn.shape == (20,)
    slightly_more = exact(logits, temperature, top_p + 1e-4)  # rounding at the nucleus's edge
    assert bool((slightly_more[drawn] > 0).all())


@pytest.mark.parametrize(
    ("vocabulary", "spread", "temperature", "top_p"),
    [
        (20, 1.0, 1.0, 0.95),
        (20, 1.0, 0.5, 0.8),
        (20, 1.0, 1.0, 1.0),
        (1200, 8.0, 1.0, 0.95),
        (1200, 1.0, 1.0, 0.05),  # a narrow nucleus: most draws fall outside
    ],
)
def test_tokens_come_as_often_as_they_should(
    vocabulary: int, spread: float, temperature: float, top_p: float
) -> None:
    logits = random_logits(1, vocabulary, spread)
    torch.manual_seed(0)
    draws = 20_000
    counts = draw(logits.expand(draws, -1), temperature, top_p).bincount(minlength=vocabulary)
    expected = exact(logits, temperature, top_p) * draws
    common = expected > 10
    seen = [*counts[common].tolist(), int(counts[~common].sum())]
    wanted = [*expected[common].tolist(), float(expected[~common].sum())]
    if wanted[-1] < 1e-9:
        assert seen.pop() == wanted.pop() == 0
    assert chisquare(seen, wanted).pvalue > 1e-3


def test_tokens_as_likely_as_each_other_are_all_in() -> None:
    torch.manual_seed(0)
    assert len(draw(torch.zeros(5000, 40), 1.0, 0.95).unique()) == 40


def test_without_temperature_the_likeliest_token_is_taken() -> None:
    logits = torch.stack([random_logits(seed, 100, 1.0) for seed in range(5)])
    assert draw(logits, 0, 0.95).tolist() == logits.argmax(-1).tolist()
    assert draw(logits, 1.0, 1e-6).tolist() == logits.argmax(-1).tolist()


def test_rows_are_drawn_independently_and_repeatably() -> None:
    logits = torch.zeros(1000, 10)
    torch.manual_seed(5)
    first = draw(logits, 1.0, 0.95)
    torch.manual_seed(5)
    assert draw(logits, 1.0, 0.95).tolist() == first.tolist()
    assert len(first.unique()) == 10
