"""Random bits by counter: output `n` of a stream depends on the stream's key and on `n` alone.

SplitMix64 (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number generators"), whose
state is a counter. In int64 arithmetic that wraps, so every device and batch draws the same bits.
An output may serve as the key of another stream.
"""

from __future__ import annotations

import torch

LANES = 4
"""Numbers of 16 bits in one output."""


def _signed(bits: int) -> int:
    """64 bits as the int64 that torch takes them for."""
    return bits - (1 << 64) if bits >> 63 else bits


_GAMMA = _signed(0x9E3779B97F4A7C15)
_FIRST = _signed(0xBF58476D1CE4E5B9)
_SECOND = _signed(0x94D049BB133111EB)


def outputs(keys: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Outputs of streams.

    Args:
        keys: of the streams, int64.
        numbers: which outputs, from 0, int64; of a shape that broadcasts with `keys`.

    Returns:
        64 random bits each, int64.
    """
    z = keys + (numbers + 1) * _GAMMA
    z ^= _shifted(z, 30)
    z *= _FIRST
    z ^= _shifted(z, 27)
    z *= _SECOND
    z ^= _shifted(z, 31)
    return z


def _shifted(z: torch.Tensor, bits: int) -> torch.Tensor:
    """To the right, with zeros from the left: torch shifts the sign in."""
    shifted = z >> bits
    shifted &= (1 << (64 - bits)) - 1
    return shifted


def uniform(keys: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Uniform on [0, 1), float32, in steps of 2^-24; arguments as of `outputs`."""
    return _shifted(outputs(keys, numbers), 40).float() * 2.0**-24


def kept(
    keys: torch.Tensor, positions: torch.Tensor, features: int, probability: float
) -> torch.Tensor:
    """A dropout mask, true where a feature is kept.

    A token's part of the mask depends on its row's key and its position alone.

    Args:
        keys: of the rows that tokens belong to.
        positions: of tokens in their rows, from 0; of a shape that broadcasts with `keys`.
        features: of a token.
        probability: of being dropped, in steps of 2^-16.

    Returns:
        Shape [*tokens, features].
    """
    words = -(-features // LANES)
    numbers = positions[..., None] * words + torch.arange(words, device=keys.device)
    lanes = outputs(keys[..., None], numbers).view(torch.int16)
    dropped = round(probability * 2**16)
    return lanes[..., :features] >= dropped - 2**15
