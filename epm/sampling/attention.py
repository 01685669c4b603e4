"""Attention for decoding: many query heads share a key head, and every row keeps to itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from epm.models.attention import attending

if TYPE_CHECKING:
    import torch

NAME = "epm_decoding"

CHUNK = 32
"""Keys whose values are added up in one product, where rows are computed alike in any batch.

A product over more keys adds them up in an order that depends on how many there are.
"""

HEADS = 4
"""Query heads of a key head are filled up to a multiple: smaller products are rounded otherwise."""


@contextmanager
def decoding_attention(model: Any, widths: Sequence[int] | None) -> Iterator[None]:
    """Have a model read each key once for all query heads that share it.

    transformers before 5.20 repeats the keys and values for every query head whenever there is a
    mask: seven times the memory traffic for Qwen2.5, three times for SmolLM2.

    Args:
        model: a causal language model.
        widths: of the prompts that are read first, when each is to be computed alike in any batch:
            its tokens, and padding of its own; None takes the fastest kernels.
    """

    def attend(
        module: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """Scaled dot products: of prompts, causal; of one new token per row, with all its keys.

        Args:
            module: the attention block.
            query: shape [rows, heads, tokens, head size].
            key: shape [rows, key heads, length, head size].
            value: as the keys.
            attention_mask: for new tokens, shape [rows, 1, 1, length], true where a key counts.
            options: as transformers passes them; `scaling` multiplies the products.

        Returns:
            Shape [rows, tokens, heads, head size], and no weights.
        """
        if attention_mask is None:
            return _prompts(module, query, key, value, widths, options), None
        rows, heads, _, size = query.shape
        grouped = query.view(rows, key.shape[1], -1, size)
        scale = options.get("scaling") or size**-0.5
        one_token = _fast if widths is None else _alike
        attended = one_token(grouped, key, value, attention_mask, scale)
        return attended.reshape(rows, 1, heads, size), None

    with attending(model, NAME, attend):
        yield


def _prompts(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    widths: Sequence[int] | None,
    options: dict[str, Any],
) -> torch.Tensor:
    """Of prompts padded on the right; those of one width together, or all of them."""
    import torch
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if widths is None:
        whole: torch.Tensor = sdpa_attention_forward(module, query, key, value, None, **options)[0]
        return whole
    attended = torch.zeros_like(query.transpose(1, 2), memory_format=torch.contiguous_format)
    for width in sorted(set(widths)):
        rows = torch.tensor([row for row, own in enumerate(widths) if own == width])
        q, k, v = (states[rows, :, :width] for states in (query, key, value))
        attended[rows, :width] = sdpa_attention_forward(module, q, k, v, None, **options)[0]
    return attended


def _fast(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    from torch.nn.functional import scaled_dot_product_attention

    return scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scale)


def _alike(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """The same, every row alike whatever the others are; lengths are multiples of `CHUNK`."""
    import torch

    heads = query.shape[2]
    query = torch.nn.functional.pad(query, (0, 0, 0, -heads % HEADS))
    likeness = torch.matmul(query, key.transpose(2, 3)) * scale
    weights = likeness.masked_fill_(~mask, -torch.inf).softmax(-1)
    attended = torch.matmul(weights[..., :CHUNK], value[:, :, :CHUNK])
    for start in range(CHUNK, key.shape[2], CHUNK):
        part = slice(start, start + CHUNK)
        attended += torch.matmul(weights[..., part], value[:, :, part])
    return attended[:, :, :heads]
