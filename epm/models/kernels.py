"""Triton kernels: dropout from counted random bits, losses of many logits, and norms.

The same in plain torch, and what it means: `epm/models/splitmix.py` and `epm/models/loss.py`.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from epm.models.splitmix import LANES

WORDS = 512
"""Outputs of SplitMix64 that one program makes."""

VOCABULARY = 4096
"""Logits that are read at a time."""


@triton.jit
def bits(key, number):
    """SplitMix64's output, as in `epm/models/splitmix.py`."""
    z = key + (number + 1) * -7046029254386353131
    z = z ^ ((z >> 30) & 0x3FFFFFFFF)
    z = z * -4658895280553007687
    z = z ^ ((z >> 27) & 0x1FFFFFFFFF)
    z = z * -7723592293110705685
    return z ^ ((z >> 31) & 0x1FFFFFFFF)


# a module's keys begin at any eight bytes; what is gathered gains nothing by being aligned
@triton.jit(do_not_specialize_on_alignment=["keys", "rows", "positions"])
def _thin(
    states,
    result,
    keys,
    rows,
    positions,
    of_token,
    count,
    dropped,
    scale,
    added: tl.constexpr,
    lanes: tl.constexpr,
    block: tl.constexpr,
):
    word = tl.program_id(0) * block + tl.arange(0, block)
    there = word < count
    token = word // of_token
    row = tl.load(rows + token, mask=there, other=0)
    position = tl.load(positions + token, mask=there, other=0)
    key = tl.load(keys + row, mask=there, other=0)
    output = bits(key, position * of_token + (word - token * of_token))
    lane = tl.arange(0, lanes)
    number = (output[:, None] >> (lane * 16).to(tl.int64)[None, :]) & 0xFFFF
    # a lane is a signed number of 16 bits; its sign turned, it compares as an unsigned one
    kept = (number ^ 0x8000) >= dropped
    places = word.to(tl.int64)[:, None] * lanes + lane[None, :]
    given = tl.load(states + places, mask=there[:, None], other=0.0).to(tl.float32)
    thinned = tl.where(kept, given * scale, 0.0)
    if added:
        thinned += tl.load(result + places, mask=there[:, None], other=0.0).to(tl.float32)
    tl.store(result + places, thinned.to(result.dtype.element_ty), mask=there[:, None])


def thin(
    states: torch.Tensor,
    keys: torch.Tensor,
    rows: torch.Tensor,
    positions: torch.Tensor,
    probability: float,
    into: torch.Tensor | None = None,
) -> torch.Tensor:
    """Drop out what `splitmix.kept` drops, scale up the rest, and add it to what is given.

    Args:
        states: shape [tokens, features], contiguous; features are a multiple of four.
        keys: of the rows' random bits, shape [rows].
        rows: of every token, shape [tokens].
        positions: of every token in its row, shape [tokens].
        probability: of being dropped, in steps of 2^-16.
        into: what to add to, in place, laid out as the states; None makes a new tensor.

    Returns:
        Shaped like the states.
    """
    result = torch.empty_like(states) if into is None else into
    count = states.numel() // LANES
    _thin[(triton.cdiv(count, WORDS),)](
        states,
        result,
        keys,
        rows,
        positions,
        states.shape[1] // LANES,
        count,
        round(probability * 2**16),
        1 / (1 - probability),
        added=into is not None,
        lanes=LANES,
        block=WORDS,
    )
    return result


@triton.jit
def _weigh(
    logits,
    targets,
    weights,
    losses,
    row_stride,
    vocabulary,
    differentiated: tl.constexpr,
    block: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)
    logits += row * row_stride
    target = tl.load(targets + row)
    weight = tl.load(weights + row)
    lane = tl.arange(0, block)
    most = tl.full((block,), float("-inf"), tl.float32)
    total = tl.zeros((block,), tl.float32)
    for start in range(0, vocabulary, block):
        token = start + lane
        some = tl.load(logits + token, mask=token < vocabulary, other=float("-inf")).to(tl.float32)
        higher = tl.maximum(most, some)
        # a lane that has seen nothing yet adds nothing
        total = total * tl.where(most == higher, 1.0, tl.exp(most - higher))
        total += tl.where(token < vocabulary, tl.exp(some - higher), 0.0)
        most = higher
    highest = tl.max(most, 0)
    whole = tl.sum(tl.where(total > 0, total * tl.exp(most - highest), 0.0), 0)
    own = tl.load(logits + target).to(tl.float32)
    tl.store(losses + row, weight * (highest + tl.log(whole) - own))
    if differentiated:
        for start in range(0, vocabulary, block):
            token = start + lane
            some = tl.load(logits + token, mask=token < vocabulary, other=float("-inf"))
            slope = tl.exp(some.to(tl.float32) - highest) / whole
            slope = weight * tl.where(token == target, slope - 1.0, slope)
            tl.store(logits + token, slope.to(logits.dtype.element_ty), mask=token < vocabulary)


def weigh(
    logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor, *, differentiated: bool
) -> torch.Tensor:
    """Weighted cross-entropies in nats, shape [tokens], float32.

    Args:
        logits: shape [tokens, vocabulary], each row contiguous; overwritten with the gradient of
            the losses' sum if `differentiated`.
        targets: token ids, shape [tokens].
        weights: of every token's loss, shape [tokens], float32.
        differentiated: whether the gradient is wanted.
    """
    losses = torch.empty(len(logits), dtype=torch.float32, device=logits.device)
    _weigh[(len(logits),)](
        logits,
        targets,
        weights,
        losses,
        logits.stride(0),
        logits.shape[1],
        differentiated=differentiated,
        block=VOCABULARY,
        num_warps=8,
    )
    return losses


@triton.jit
def _norm(states, weight, normed, scales, features, epsilon, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    feature = tl.arange(0, block)
    there = feature < features
    own = tl.load(states + row * features + feature, mask=there, other=0.0)
    x = own.to(tl.float32)
    scale = tl.rsqrt(tl.sum(x * x, 0) / features + epsilon)
    tl.store(scales + row, scale)
    # rounded before it is weighed, as transformers does
    y = (x * scale).to(own.dtype) * tl.load(weight + feature, mask=there, other=0.0)
    tl.store(normed + row * features + feature, y, mask=there)


@triton.jit
def _norm_backward(gradient, states, weight, scales, result, features, block: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    feature = tl.arange(0, block)
    there = feature < features
    places = row * features + feature
    x = tl.load(states + places, mask=there, other=0.0).to(tl.float32)
    g = tl.load(gradient + places, mask=there, other=0.0).to(tl.float32)
    g *= tl.load(weight + feature, mask=there, other=0.0).to(tl.float32)
    scale = tl.load(scales + row)
    x *= scale
    towards = scale * (g - x * (tl.sum(g * x, 0) / features))
    tl.store(result + places, towards.to(result.dtype.element_ty), mask=there)


def norm(
    states: torch.Tensor, weight: torch.Tensor, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The states over the root of their mean square, weighed; and one over those roots.

    Args:
        states: shape [..., features], contiguous.
        weight: shape [features].
        epsilon: added to the mean square.
    """
    features = states.shape[-1]
    normed = torch.empty_like(states)
    scales = torch.empty(states.shape[:-1], dtype=torch.float32, device=states.device)
    _norm[(scales.numel(),)](
        states, weight, normed, scales, features, epsilon, block=triton.next_power_of_2(features)
    )
    return normed, scales


def norm_backward(
    gradient: torch.Tensor, states: torch.Tensor, weight: torch.Tensor, scales: torch.Tensor
) -> torch.Tensor:
    """The gradient towards the states; shapes as of `norm`, all contiguous."""
    features = states.shape[-1]
    result = torch.empty_like(states)
    _norm_backward[(scales.numel(),)](
        gradient, states, weight, scales, result, features, block=triton.next_power_of_2(features)
    )
    return result
