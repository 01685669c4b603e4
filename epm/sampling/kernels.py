"""Triton kernels of a decoding step that take what changes from step to step as data.

Past lengths and random bits are tensors, so that the launches of every step are the same and can be
captured as one graph. `epm/sampling/in_place.py` has the same in plain torch.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl

from epm.models.kernels import bits
from epm.sampling.nucleus import ROUNDS

KEYS = 64
"""Most keys that are read at a time."""

TILE = 2**14
"""Most bytes of keys that are read at a time: tiles wait in fast memory, which is small."""

VOCABULARY = 4096
"""Logits that are read at a time."""

TRIES = 64
"""Most draws for a token. Each after `ROUNDS` leaves out what an earlier one found to be outside,
about half of it by weight."""


@triton.jit
def _attend(
    query,
    keys,
    values,
    position,
    attended,
    scale,
    query_row,
    query_head,
    keys_row,
    keys_head,
    heads: tl.constexpr,
    size: tl.constexpr,
    head_block: tl.constexpr,
    size_block: tl.constexpr,
    key_block: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)
    shared = tl.program_id(1)
    length = (tl.load(position + row) + 1).to(tl.int32)
    head = tl.arange(0, head_block)
    feature = tl.arange(0, size_block)
    own = (head < heads)[:, None] & (feature < size)[None, :]
    places = (shared * heads + head)[:, None] * query_head + feature[None, :]
    q = tl.load(query + row * query_row + places, mask=own, other=0.0)
    begin = row * keys_row + shared * keys_head
    most = tl.full((head_block,), float("-inf"), tl.float32)
    total = tl.zeros((head_block,), tl.float32)
    gathered = tl.zeros((head_block, size_block), tl.float32)
    for start in range(0, length, key_block):
        token = start + tl.arange(0, key_block)
        there = (token < length)[:, None] & (feature < size)[None, :]
        offsets = begin + token[:, None] * size + feature[None, :]
        k = tl.load(keys + offsets, mask=there, other=0.0)
        v = tl.load(values + offsets, mask=there, other=0.0)
        likeness = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
        likeness = tl.where((token < length)[None, :], likeness, float("-inf"))
        higher = tl.maximum(most, tl.max(likeness, 1))
        weights = tl.exp(likeness - higher[:, None])
        shrunk = tl.exp(most - higher)
        total = total * shrunk + tl.sum(weights, 1)
        gathered = gathered * shrunk[:, None]
        gathered += tl.dot(weights.to(v.dtype), v, input_precision="ieee")
        most = higher
    places = (row * tl.num_programs(1) + shared) * heads * size
    places += head[:, None] * size + feature[None, :]
    result = (gathered / total[:, None]).to(attended.dtype.element_ty)
    tl.store(attended + places, result, mask=own)


def attend(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    position: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """One new token of every row, with its own past and itself; what lies beyond is not read.

    Args:
        query: shape [rows, heads, 1, head size].
        keys: shape [rows, key heads, capacity, head size], each row contiguous.
        values: laid out as the keys.
        position: of the new token, shape [rows].
        scale: multiplies the products.

    Returns:
        Shape [rows, 1, heads, head size].
    """
    rows, heads, _, size = query.shape
    shared = keys.shape[1]
    size_block = max(16, triton.next_power_of_2(size))
    attended = torch.empty(rows, 1, heads, size, dtype=query.dtype, device=query.device)
    _attend[rows, shared](
        query,
        keys,
        values,
        position,
        attended,
        scale,
        query.stride(0),
        query.stride(1),
        keys.stride(0),
        keys.stride(1),
        heads=heads // shared,
        size=size,
        head_block=max(16, triton.next_power_of_2(heads // shared)),
        size_block=size_block,
        key_block=max(16, min(KEYS, TILE // (size_block * keys.element_size()))),
        num_warps=2,
        num_stages=2,
    )
    return attended


@triton.jit
def _draw(
    logits,
    streams,
    step,
    drawn,
    row_stride,
    vocabulary,
    inverse_temperature,
    top_p,
    rounds: tl.constexpr,
    tries: tl.constexpr,
    block: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)
    logits += row * row_stride
    lane = tl.arange(0, block)
    most = tl.full((block,), float("-inf"), tl.float32)
    for start in range(0, vocabulary, block):
        token = start + lane
        some = tl.load(logits + token, mask=token < vocabulary, other=float("-inf"))
        most = tl.maximum(most, some.to(tl.float32))
    highest = tl.max(most, 0)
    whole = 0.0
    for start in range(0, vocabulary, block):
        token = start + lane
        some = tl.load(logits + token, mask=token < vocabulary, other=float("-inf")).to(tl.float32)
        whole += tl.sum(tl.exp((some - highest) * inverse_temperature), 0)
    key = tl.load(streams + row)
    number = tl.load(step) * (rounds + 1)
    # tokens that are no likelier than this one lie outside
    refused = float("-inf")
    worst = float("-inf")
    total = whole
    chosen = 0
    tried = 0
    looking = 1
    while looking == 1:
        if tried < rounds:
            output = bits(key, number + tried)
        else:
            refused = worst
            total = 0.0
            for start in range(0, vocabulary, block):
                token = start + lane
                some = tl.load(logits + token, mask=token < vocabulary, other=float("-inf"))
                some = some.to(tl.float32)
                weight = tl.exp((some - highest) * inverse_temperature)
                total += tl.sum(tl.where(some > refused, weight, 0.0), 0)
            output = bits(bits(key, number + rounds), tl.full((), 0, tl.int64) + tried)
        uniform = ((output >> 40) & 0xFFFFFF).to(tl.float32) * 5.9604644775390625e-08
        height = uniform * total
        below = 0.0
        found = -1
        likeliest = highest
        for start in range(0, vocabulary, block):
            token = start + lane
            some = tl.load(logits + token, mask=token < vocabulary, other=float("-inf"))
            some = some.to(tl.float32)
            weight = tl.exp((some - highest) * inverse_temperature)
            weight = tl.where((token < vocabulary) & (some > refused), weight, 0.0)
            added = tl.sum(weight, 0)
            if (found < 0) & (height < below + added):
                reached = below + tl.cumsum(weight, 0)
                beyond = tl.where((reached > height) & (weight > 0), token, vocabulary)
                first = tl.min(beyond, 0)
                # rounding may leave a block's end short of its sum
                last = tl.max(tl.where(weight > 0, token, 0), 0)
                found = tl.minimum(first, last)
            below += added
        if found < 0:
            # or the row's: the likeliest token is never outside
            for start in range(0, vocabulary, block):
                token = start + lane
                some = tl.load(logits + token, mask=token < vocabulary, other=float("-inf"))
                same = tl.where(some.to(tl.float32) == highest, token, vocabulary)
                first = tl.min(same, 0)
                if (found < 0) & (first < vocabulary):
                    found = first
        likeliest = tl.load(logits + found).to(tl.float32)
        likelier = 0.0
        for start in range(0, vocabulary, block):
            token = start + lane
            some = tl.load(logits + token, mask=token < vocabulary, other=float("-inf"))
            some = some.to(tl.float32)
            weight = tl.exp((some - highest) * inverse_temperature)
            likelier += tl.sum(tl.where(some > likeliest, weight, 0.0), 0)
        chosen = found
        tried += 1
        if (likelier < top_p * whole) | (tried >= tries):
            looking = 0
        else:
            worst = tl.maximum(worst, likeliest)
    tl.store(drawn + row, chosen)


def draw(
    logits: torch.Tensor,
    temperature: float,
    top_p: float,
    streams: torch.Tensor,
    step: torch.Tensor,
) -> torch.Tensor:
    """`epm.sampling.nucleus.draw`, with the step as data and no look at what came out.

    The same random bits give the same token but for rounding, unless `ROUNDS` draws fell outside:
    then it draws on from what none of them found to be outside, where `nucleus.draw` sorts. The law
    is the same.

    Args:
        logits: shape [rows, vocabulary], each row contiguous.
        temperature: divides the logits; not 0.
        top_p: probability, in (0, 1].
        streams: keys of the rows' random bits, shape [rows].
        step: number of the token in its row, one number.

    Returns:
        Token ids, shape [rows].
    """
    rows, vocabulary = logits.shape
    drawn = torch.empty(rows, dtype=torch.int64, device=logits.device)
    _draw[(rows,)](
        logits,
        streams,
        step,
        drawn,
        logits.stride(0),
        vocabulary,
        1 / temperature,
        # with all of it nothing is outside, however sums are rounded
        top_p if top_p < 1 else math.inf,
        rounds=ROUNDS,
        tries=TRIES,
        block=VOCABULARY,
        num_warps=8,
    )
    return drawn
