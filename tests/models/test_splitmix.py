"""Random bits by counter: the published generator's, uniform, independent of what else is drawn."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, kstest

from epm.models.splitmix import kept, outputs, uniform

KEYS = st.integers(min_value=-(2**63), max_value=2**63 - 1)


def reference(key: int, number: int) -> int:
    """Vigna's splitmix64.c, in Python's integers; the state advances before each output."""
    whole = 2**64 - 1
    z = (key + (number + 1) * 0x9E3779B97F4A7C15) & whole
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & whole
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & whole
    return z ^ (z >> 31)


def test_the_published_test_vector() -> None:
    """Of the seed 1234567, as other implementations print it."""
    drawn = outputs(torch.tensor(1234567), torch.arange(5)).tolist()
    assert [bits % 2**64 for bits in drawn] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(key=KEYS, number=st.integers(min_value=0, max_value=2**40))
def test_outputs_are_those_of_the_reference(key: int, number: int) -> None:
    drawn = outputs(torch.tensor([key]), torch.tensor([number]))
    assert drawn.dtype == torch.int64
    assert int(drawn) % 2**64 == reference(key, number)


@given(key=KEYS, number=st.integers(min_value=0, max_value=2**40))
def test_uniform_numbers_are_the_highest_24_bits(key: int, number: int) -> None:
    drawn = float(uniform(torch.tensor(key), torch.tensor(number)))
    assert drawn == (reference(key, number) >> 40) / 2**24


def test_uniform_numbers_are_uniform() -> None:
    assert kstest(uniform(torch.tensor(7), torch.arange(100_000)).numpy(), "uniform").pvalue > 1e-3
    keys = outputs(torch.tensor(7), torch.arange(100_000))  # streams of a stream
    assert kstest(uniform(keys, torch.tensor(3)).numpy(), "uniform").pvalue > 1e-3


# ------------------------------------------------------------------ dropout


@pytest.mark.parametrize("features", [1, 4, 7, 64])
def test_a_mask_does_not_depend_on_the_width_or_on_other_rows(features: int) -> None:
    keys = torch.tensor([5, -6, 7])
    whole = kept(keys[:, None], torch.arange(40), features, 0.5)
    assert whole.shape == (3, 40, features)
    assert torch.equal(kept(keys[:, None], torch.arange(16), features, 0.5), whole[:, :16])
    assert torch.equal(kept(keys[1:2, None], torch.arange(40), features, 0.5), whole[1:2])
    rows, positions = torch.tensor([2, 0, 2, 1]), torch.tensor([7, 0, 8, 39])
    assert torch.equal(kept(keys[rows], positions, features, 0.5), whole[rows, positions])


@pytest.mark.parametrize("probability", [0.0, 0.05, 0.5, 0.9])
def test_a_mask_drops_its_share_in_every_lane(probability: float) -> None:
    mask = kept(torch.arange(4)[:, None], torch.arange(500), 64, probability)
    assert float(mask.float().mean()) == pytest.approx(1 - probability, abs=0.006)
    by_lane = (~mask).view(-1, 4).sum(0).numpy()
    assert not probability or chisquare(by_lane).pvalue > 1e-3


def test_rows_tokens_and_features_are_dropped_independently() -> None:
    """Correlations of neighbours, each over 256,000 pairs: a standard error of 0.002."""
    mask = kept(torch.arange(8)[:, None], torch.arange(500), 64, 0.5).double() - 0.5
    for dimension in range(3):
        neighbours = mask.narrow(dimension, 1, mask.shape[dimension] - 1)
        own = mask.narrow(dimension, 0, mask.shape[dimension] - 1)
        assert abs(float((own * neighbours).mean()) * 4) < 0.01
