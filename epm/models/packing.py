"""Rows of several adapters packed into one sequence, in one of two layouts.

**In spans**, on a CPU, where a row's numbers must not depend on the rows that it is batched with.
Products are independent of how many rows they are made for when these are many and a multiple of
16; attention and sums over tokens are not independent of the padding. So every row is padded to a
width of its own, a multiple of `GRANULE`; rows of one width lie together, whosever they are, and
what depends on widths is done for one width at a time.

**In shares**, on a GPU, which wants large products, few launches and no padding. Every adapter has
a share of the sequence, as long as any other's; in it lie the adapter's rows, one after another,
then rows of padding alone, none longer than the longest row. Products are made for all shares at
once, and attention takes where rows begin as data, so that batches of one shape are computed by the
same launches.

In spans, padding is on the right of its row: with causal attention no token sees what comes after
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from epm.models.attention import attending, window

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

Count = TypeVar("Count", int, "IntArray")

GRANULE = 16
"""Widths and numbers of rows are multiples of this: of the widest vector registers, in float32."""

NAME = "epm_in_spans"


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

    owners: torch.Tensor
    """The adapter of every row; an adapter's rows stand in the order in which they are added."""
    streams: torch.Tensor
    """Keys of random bits: of every row, shape [rows]; by module, shape [modules, rows]."""
    positions: torch.Tensor
    """Of every token in its row, shape [tokens]."""

    @property
    def shape(self) -> tuple[int, ...]:
        """What computing depends on beside the number of tokens."""
        return (len(self.owners),)


@dataclass(frozen=True)
class Spans(Packing):
    """Rows of one width together, each with gradients of its own, which are added row by row."""

    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Shares(Packing):
    """As many tokens for every adapter, one adapter's after the other's."""

    rows: torch.Tensor
    """Of every token, shape [tokens]."""
    starts: torch.Tensor
    """Where rows begin, and where the last one ends; int32, shape [rows + 1]."""
    longest: int
    """No row has more tokens, padding included."""

    @property
    def shape(self) -> tuple[int, ...]:
        """What computing depends on beside the number of tokens."""
        return len(self.owners), self.longest


def in_shares(widths: Sequence[Sequence[int]] | IntArray, streams: torch.Tensor) -> Shares:
    """The layout of rows in shares.

    Args:
        widths: tokens of every row, padding included: shape [adapters, rows], all sums alike.
        streams: keys of every row's random bits.
    """
    import numpy as np
    import torch

    by_adapter = np.array(widths)
    flat = by_adapter.flatten()
    return Shares(
        owners=torch.arange(len(by_adapter)).repeat_interleave(by_adapter.shape[1]),
        streams=streams,
        positions=torch.from_numpy(counted(flat)),
        rows=torch.from_numpy(np.repeat(np.arange(len(flat)), flat)),
        starts=torch.from_numpy(np.append(0, flat.cumsum()).astype(np.int32)),
        longest=int(flat.max()),
    )


def counted(lengths: IntArray) -> IntArray:
    """From 0 within each of some sequences that lie one after another."""
    import numpy as np

    return np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)


Layout = TypeVar("Layout", bound=Packing)


class PackedRows(Generic[Layout]):
    """Tells a model's modules how the batch is packed that the model is given next."""

    packing: Layout


@contextmanager
def attention_in_spans(model: Any, current: PackedRows[Spans]) -> Iterator[None]:
    """Have a model's attention keep every row of a sequence in spans to itself."""
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
