"""Attention in rows that lie one after another, by kernels that take their beginnings as data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch

from epm.models.attention import attending, in_one_order, window
from epm.models.packing import PackedRows, Shares

NAME = "epm_in_shares"

CAUSAL = 1
"""What the kernels for float32 call a mask that begins at the top left."""


@contextmanager
def attention_in_shares(model: Any, current: PackedRows[Shares]) -> Iterator[None]:
    """Have a model's attention keep every row of a sequence in shares to itself.

    A mask of four dimensions that the model is given is not read: with one, transformers makes
    none of its own, which it does by looking at positions.
    """

    def attend(
        module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **options: Any
    ) -> tuple[torch.Tensor, None]:
        """As transformers calls it: shape [1, heads, tokens, head size]."""
        q, k, v = (states.squeeze(0).transpose(0, 1) for states in (query, key, value))
        size = options.get("sliding_window")
        return within_rows(q, k, v, current.packing, options["scaling"], size)[None], None

    with attending(model, NAME, attend):
        yield


def within_rows(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    packing: Shares,
    scale: float,
    size: int | None,
) -> torch.Tensor:
    """Causal attention in every row by itself; gradients are added up in one order.

    Args:
        query: shape [tokens, heads, head size].
        key: shape [tokens, key heads, head size]; several heads share one.
        value: as the keys.
        packing: where rows begin.
        scale: of the products of queries and keys.
        size: of a sliding window, the token itself included; None sees the whole row before it.

    Returns:
        Shaped like the queries.
    """
    if query.device.type != "cuda" or query.shape[2] % 8 or query.shape[2] > 256:
        return _row_by_row(query, key, value, packing, scale, size)
    kernels: Any = _Flash
    if query.dtype == torch.float32:
        kernels, shared = _Efficient, query.shape[1] // key.shape[1]
        key, value = (states.repeat_interleave(shared, 1) for states in (key, value))
    attended: torch.Tensor = kernels.apply(query, key, value, packing, scale, size)
    return attended


def _row_by_row(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    packing: Shares,
    scale: float,
    size: int | None,
) -> torch.Tensor:
    """The same in plain torch, which has to look at where rows begin."""
    attended = []
    for start, end in pairwise(packing.starts.tolist()):
        q, k, v = (states[start:end].transpose(0, 1)[None] for states in (query, key, value))
        mask = window(size, end - start, query.device)
        attended.append(
            torch.nn.functional.scaled_dot_product_attention(
                q, k, v, mask, is_causal=mask is None, scale=scale, enable_gqa=True
            )[0].transpose(0, 1)
        )
    return torch.cat(attended)


class _Flash(torch.autograd.Function):
    """FlashAttention, for types of 16 bits."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        packing: Shares,
        scale: float,
        size: int | None,
    ) -> torch.Tensor:
        """As of `within_rows`."""
        before = None if size is None else size - 1
        attended, sums, state, unused, _ = torch.ops.aten._flash_attention_forward(
            query,
            key,
            value,
            packing.starts,
            packing.starts,
            packing.longest,
            packing.longest,
            0.0,
            True,
            False,
            scale=scale,
            window_size_left=before,
        )
        ctx.save_for_backward(query, key, value, attended, sums, state, unused)
        ctx.rest = packing, scale, before
        return attended  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Towards queries, keys and values."""
        query, key, value, attended, sums, state, unused = ctx.saved_tensors
        packing, scale, before = ctx.rest
        with in_one_order():
            towards = torch.ops.aten._flash_attention_backward(
                gradient.contiguous(),
                query,
                key,
                value,
                attended,
                sums,
                packing.starts,
                packing.starts,
                packing.longest,
                packing.longest,
                0.0,
                True,
                state,
                unused,
                scale=scale,
                window_size_left=before,
            )
        return *towards, None, None, None


class _Efficient(torch.autograd.Function):
    """xFormers' memory-efficient attention, for float32; as many heads of keys as of queries."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        packing: Shares,
        scale: float,
        size: int | None,
    ) -> torch.Tensor:
        """As of `within_rows`."""
        attended, sums, seed, offset, _, _ = torch.ops.aten._efficient_attention_forward(
            query[None],
            key[None],
            value[None],
            None,
            packing.starts,
            packing.starts,
            packing.longest,
            packing.longest,
            0.0,
            CAUSAL,
            True,
            scale=scale,
            window_size=size,
        )
        ctx.save_for_backward(query, key, value, attended, sums, seed, offset)
        ctx.rest = packing, scale, size
        return attended[0]  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Towards queries, keys and values."""
        query, key, value, attended, sums, seed, offset = ctx.saved_tensors
        packing, scale, size = ctx.rest
        with in_one_order():
            *towards, _ = torch.ops.aten._efficient_attention_backward(
                gradient.contiguous()[None],
                query[None],
                key[None],
                value[None],
                None,
                attended,
                packing.starts,
                packing.starts,
                packing.longest,
                packing.longest,
                sums,
                0.0,
                seed,
                offset,
                CAUSAL,
                False,
                scale=scale,
                window_size=size,
            )
        return *(states[0] for states in towards), None, None, None
