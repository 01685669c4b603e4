"""Rows of several adapters packed into one sequence, and attention that keeps each row to itself.

A row's numbers must not depend on the rows that it is batched with. Products are independent of
how many rows they are made for when these are many and a multiple of 16; attention and sums over
tokens are not independent of the padding. So every row is padded to a width of its own, a multiple
of `GRANULE`, and what depends on widths is done for rows of one width at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from epm.models.attention import attending, window

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

Count = TypeVar("Count", int, "NDArray[np.int64]")

GRANULE = 16
"""Widths and numbers of rows are multiples of this: of the widest vector registers, in float32."""

NAME = "epm_packed"


def padded(count: Count) -> Count:
    """Up to the next multiple of `GRANULE`, for a number or an array of them."""
    return -(-count // GRANULE) * GRANULE


@dataclass(frozen=True)
class Span:
    """Rows of one width, one after another in the sequence."""

    rows: slice
    tokens: slice
    width: int
    """Tokens of each row, padding included."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and width."""
        return self.rows.stop - self.rows.start, self.width


def spans(widths: Sequence[int]) -> tuple[Span, ...]:
    """The spans of rows with these widths, in their order."""
    found: list[Span] = []
    token = 0
    for row, width in enumerate(widths):
        if found and found[-1].width == width:
            last = found.pop()
            rows, tokens = last.rows.start, last.tokens.start
        else:
            rows, tokens = row, token
        token += width
        found.append(Span(slice(rows, row + 1), slice(tokens, token), width))
    return tuple(found)


@dataclass(frozen=True)
class Packing:
    """How the rows of a training batch lie in its sequence."""

    spans: tuple[Span, ...]
    owners: torch.Tensor
    """The adapter of every row; an adapter's rows stand in the order in which they are added."""
    streams: torch.Tensor
    """Keys of random bits: of every row, shape [rows]; by module, shape [modules, rows]."""
    rowwise: bool
    """Whether gradients are added row by row, so that they don't depend on how rows are batched.

    Else there is one span, with as many rows for every adapter, one adapter's after the other's.
    """

    def with_streams(self, streams: torch.Tensor) -> Packing:
        """The same with streams by module."""
        return replace(self, streams=streams)


class PackedRows:
    """Tells a model's modules how the batch is packed that the model is given next."""

    packing: Packing


@contextmanager
def packed_attention(model: Any, current: PackedRows) -> Iterator[None]:
    """Have a model's attention keep every row of a packed sequence to itself."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    def attend(
        module: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """Causal attention, span by span.

        Args:
            module: the attention block.
            query: shape [1, heads, tokens, head size].
            key: shape [1, key heads, tokens, head size].
            value: as the keys.
            attention_mask: none, see below.
            options: as transformers passes them.

        Returns:
            Shape [1, tokens, heads, head size], and no weights.
        """
        import torch

        spans = current.packing.spans
        sizes = [span.tokens.stop - span.tokens.start for span in spans]
        # split and not sliced: the gradient of a slice is as large as the whole
        parts = (torch.split(states[0], sizes, dim=1) for states in (query, key, value))
        attended = []
        for span, *of_span in zip(spans, *parts, strict=True):
            q, k, v = (states.unflatten(1, span.shape).transpose(0, 1) for states in of_span)
            mask = window(options.get("sliding_window"), span.width, query.device)
            attended.append(sdpa_attention_forward(module, q, k, v, mask, **options)[0])
        attended = [rows.flatten(0, 1) for rows in attended]
        return torch.cat(attended)[None], None

    with attending(model, NAME, attend):
        yield
