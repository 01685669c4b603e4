"""Tokens drawn from the nucleus, against transformers' own warper and the exact probabilities."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare
from transformers import TopPLogitsWarper

from epm.models.splitmix import outputs
from epm.sampling.nucleus import draw


def exact(logits: torch.Tensor, temperature: float, top_p: float) -> torch.Tensor:
    """Probabilities of all tokens, as transformers cuts them."""
    warped = TopPLogitsWarper(top_p)(torch.tensor([[0]]), logits[None].double() / temperature)[0]
    return warped.softmax(-1)


def streams(count: int, seed: int = 0) -> torch.Tensor:
    """One for each row."""
    return outputs(torch.tensor(seed), torch.arange(count))


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
    drawn = draw(logits.expand(20, -1), temperature, top_p, streams(20, seed), step=3)
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
    draws = 20_000
    drawn = draw(logits.expand(draws, -1), temperature, top_p, streams(draws), step=0)
    counts = drawn.bincount(minlength=vocabulary)
    expected = exact(logits, temperature, top_p) * draws
    common = expected > 10
    seen = [*counts[common].tolist(), int(counts[~common].sum())]
    wanted = [*expected[common].tolist(), float(expected[~common].sum())]
    if wanted[-1] < 1e-9:
        assert seen.pop() == wanted.pop() == 0
    assert chisquare(seen, wanted).pvalue > 1e-3


def test_tokens_as_likely_as_each_other_are_all_in() -> None:
    assert len(draw(torch.zeros(5000, 40), 1.0, 0.95, streams(5000), step=0).unique()) == 40


def test_without_temperature_the_likeliest_token_is_taken() -> None:
    logits = torch.stack([random_logits(seed, 100, 1.0) for seed in range(5)])
    likeliest = logits.argmax(-1).tolist()
    assert draw(logits, 0, 0.95, streams(5), step=0).tolist() == likeliest
    assert draw(logits, 1.0, 1e-6, streams(5), step=0).tolist() == likeliest


# ------------------------------------------------------------------ whose chance it is


@settings(max_examples=40)
@given(
    rows=st.lists(st.integers(min_value=0, max_value=39), min_size=2, max_size=60),
    top_p=st.sampled_from([0.05, 0.5, 0.95, 1.0]),
    step=st.integers(min_value=0, max_value=1000),
)
def test_a_rows_token_depends_on_its_own_stream_and_step_alone(
    rows: list[int], top_p: float, step: int
) -> None:
    """Whatever rows it is drawn beside, in whatever order; also where it is drawn many times."""
    logits = torch.stack([random_logits(seed, 300, 2.0) for seed in range(40)])
    whole = draw(logits, 1.0, top_p, streams(40), step)
    chosen = torch.tensor(rows)
    some = draw(logits[chosen], 1.0, top_p, streams(40)[chosen], step)
    assert some.tolist() == whole[chosen].tolist()


def test_the_random_state_of_the_process_is_left_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    draw(torch.zeros(10, 10), 1.0, 0.5, streams(10), step=0)
    assert torch.equal(torch.rand(3), expected)


def test_rows_and_steps_are_drawn_independently() -> None:
    drawn = torch.stack([draw(torch.zeros(1000, 10), 1.0, 0.95, streams(1000), s) for s in (0, 1)])
    assert all(len(each.unique()) == 10 for each in drawn)
    table = torch.zeros(10, 10)
    for first, second in drawn.T.tolist():
        table[first, second] += 1
    assert chi2_contingency(table.numpy()).pvalue > 1e-3
    neighbours = torch.zeros(10, 10)
    for first, second in zip(drawn[0, :-1].tolist(), drawn[0, 1:].tolist(), strict=True):
        neighbours[first, second] += 1
    assert chi2_contingency(neighbours.numpy()).pvalue > 1e-3
