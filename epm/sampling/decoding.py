"""Decode a batch whose rows are grouped by adapter, one token for all rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from epm.models.packing import padded
from epm.sampling.attention import CHUNK, decoding_attention
from epm.sampling.cache import ReservedCache
from epm.sampling.nucleus import draw

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from epm.definition import Sampling
    from epm.sampling.in_place import InPlace

STRETCH = 8
"""Tokens between two looks at which rows have ended; a look makes a GPU wait."""

WORTH_COPYING = 0.9
"""Rows are dropped when at most this part of them is left: dropping copies the others' keys."""


@dataclass(frozen=True)
class TokenisedPrompt:
    """A prompt, and the completions of it that are wanted."""

    ids: tuple[int, ...]
    streams: tuple[int, ...]
    """Of every completion: the key of its random bits."""


def decode(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    groups: Sequence[Sequence[TokenisedPrompt]],
    sampling: Sampling,
    *,
    rowwise: bool,
    steps: InPlace | None = None,
) -> list[list[list[int]]]:
    """Token ids written, up to and with the end of the turn: [group][completion][token].

    All groups are given the same number of rows, as an `AdapterStack` needs them; rows that nobody
    asked for are decoded along and forgotten.

    Args:
        model: a causal language model, with one adapter for each group or none at all.
        tokenizer: its end-of-sequence token ends a row.
        groups: prompts; the completions of each come in their order.
        sampling: how to draw.
        rowwise: whether a row is to be computed alike in any batch.
        steps: where the batch is decoded in place; None decodes it in memory of its own, which
            grows and shrinks with it.
    """
    batch = _Batch(groups, tokenizer.pad_token_id, model.device, steps.size if steps else padded)
    end = tokenizer.eos_token_id
    with torch.inference_mode():
        if steps:
            written = _in_place(model, batch, steps, sampling, end)
        else:
            written = _growing(model, batch, sampling, end, rowwise=rowwise)
    return [
        [_until(ids, end) for ids in rows[:wanted]]
        for rows, wanted in zip(written, batch.wanted, strict=True)
    ]


def _growing(
    model: Any, batch: _Batch, sampling: Sampling, end: int, *, rowwise: bool
) -> list[list[list[int]]]:
    capacity = _rounded(int(batch.lengths.max()) + sampling.max_new_tokens, CHUNK)
    capacity = max(capacity, batch.ids.shape[1])
    # a prompt's last token is the first that a row is asked to continue
    widths = [padded(length - 1) for length in batch.lengths.tolist()] if rowwise else None
    with decoding_attention(model, widths):
        cache = ReservedCache(model.config.num_hidden_layers, capacity)
        _read(model, batch, cache, max(1, batch.ids.shape[1] if widths is None else max(widths)))
        cache.select(batch.owner)
        return _continue(model, batch, cache, sampling, end, CHUNK if rowwise else 1)


def _read(model: Any, batch: _Batch, cache: ReservedCache, width: int) -> None:
    """Read so many tokens of all prompts."""
    model.get_decoder()(
        input_ids=batch.ids[:, :width],
        position_ids=torch.arange(width, device=model.device).expand(len(batch.ids), -1),
        past_key_values=cache,
        use_cache=True,
    )


def _in_place(
    model: Any, batch: _Batch, steps: InPlace, sampling: Sampling, end: int
) -> list[list[list[int]]]:
    """As `_continue`, but rows are dropped only where as few have been prepared for."""
    width, limit, longest = batch.ids.shape[1], sampling.max_new_tokens, int(batch.lengths.max())
    with decoding_attention(model, None):
        cache = ReservedCache(model.config.num_hidden_layers, width)
        _read(model, batch, cache, width)
    position = batch.lengths[batch.owner] - 1
    last, running = batch.ids[batch.owner, position], batch.asked
    steps.begin(cache, batch.owner, last, position, batch.streams, end)
    with steps.attention(model):
        for begin in range(0, limit, STRETCH):
            until = min(begin + STRETCH, limit)
            steps.advance(until - begin)
            running = running & (steps.written(begin, until) != end).all(1)
            by_group = running.view(batch.groups, -1)
            left = int(by_group.sum(1).max())
            if not left or until == limit:
                break
            left = steps.size(left)
            if left < by_group.shape[1]:
                kept = _running_first(by_group, left)
                running = running[kept]
                steps.keep(kept, longest + until)
    by_row: list[list[int]] = steps.all_written[: batch.groups * batch.rows].tolist()
    return [by_row[at : at + batch.rows] for at in range(0, len(by_row), batch.rows)]


def _running_first(by_group: torch.Tensor, left: int) -> torch.Tensor:
    """So many rows of each group, those that run first; a group with fewer keeps some that ended.

    Args:
        by_group: whether a row is still running, shape [groups, rows].
        left: rows to take.

    Returns:
        Indices into all rows, shape [groups x left].
    """
    order = by_group.int().argsort(dim=1, descending=True, stable=True)[:, :left]
    offset = torch.arange(len(by_group), device=order.device)[:, None] * by_group.shape[1]
    return (order + offset).flatten()


class _Batch:
    """Prompts of all groups, and the rows that continue them.

    Attributes:
        ids: padded on the right, shape [groups x most prompts, width].
        lengths: of the prompts in tokens, shape [groups x most prompts].
        owner: prompt that each row continues, shape [groups x rows].
        streams: keys of the rows' random bits, shape [groups x rows].
        groups: how many.
        rows: of each group.
        wanted: rows that somebody asked for, by group; they come first in it.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[TokenisedPrompt]],
        pad: int,
        device: torch.device,
        size: Callable[[int], int],
    ) -> None:
        """`size` says how many rows a group gets for so many that are wanted."""
        filler = TokenisedPrompt(next(prompt.ids for group in groups for prompt in group), ())
        most = max(map(len, groups))
        flat = [
            prompt.ids for group in groups for prompt in [*group, *[filler] * (most - len(group))]
        ]
        width = padded(max(map(len, flat)))
        self.groups = len(groups)
        self.wanted = [sum(len(prompt.streams) for prompt in group) for group in groups]
        self.rows = size(max(self.wanted))
        owner, streams = [], []
        for number, group in enumerate(groups):
            own = [at for at, prompt in enumerate(group) for _ in prompt.streams]
            own += [0] * (self.rows - len(own))
            owner += [number * most + at for at in own]
            drawn = [stream for prompt in group for stream in prompt.streams]
            streams += drawn + [0] * (self.rows - len(drawn))
        self.ids = torch.tensor([[*ids, *[pad] * (width - len(ids))] for ids in flat])
        self.lengths = torch.tensor([len(ids) for ids in flat])
        self.owner, self.streams = torch.tensor(owner), torch.tensor(streams)
        self.ids, self.lengths, self.owner, self.streams = (
            tensor.to(device) for tensor in (self.ids, self.lengths, self.owner, self.streams)
        )

    @property
    def asked(self) -> torch.Tensor:
        """Whether somebody asked for a row, shape [groups x rows]."""
        asked = torch.zeros(self.groups, self.rows, dtype=torch.bool)
        for group, wanted in enumerate(self.wanted):
            asked[group, :wanted] = True
        return asked.flatten().to(self.ids.device)


def _continue(
    model: Any, batch: _Batch, cache: ReservedCache, sampling: Sampling, end: int, chunk: int
) -> list[list[list[int]]]:
    """Decode in short stretches and drop the rows that ended: most answers are not the longest."""
    limit, longest = sampling.max_new_tokens, int(batch.lengths.max())
    lengths = batch.lengths[batch.owner]
    position = lengths - 1
    last, running, streams = batch.ids[batch.owner, position], batch.asked, batch.streams
    written = torch.full((len(last), limit), end, device=last.device)
    rows = torch.arange(len(last), device=last.device)
    columns = torch.arange(_rounded(longest + limit, chunk), device=last.device)
    head = model.get_output_embeddings()
    for begin in range(0, limit, STRETCH):
        until = min(begin + STRETCH, limit)
        for step in range(begin, until):
            visible = _rounded(longest + step, chunk)
            cache.point(position, visible)
            hidden = model.get_decoder()(
                input_ids=last[:, None],
                attention_mask=(columns[:visible] <= position[:, None])[:, None, None],
                position_ids=position[:, None],
                past_key_values=cache,
                use_cache=True,
            ).last_hidden_state
            logits = head(hidden[:, -1])
            last = draw(logits, sampling.temperature, sampling.top_p, streams, step)
            written[rows, step] = last
            position = position + 1
        running = running & (written[rows, begin:until] != end).all(1)
        by_group = running.view(batch.groups, -1)
        left = padded(int(by_group.sum(1).max()))
        if not left:
            break
        if left <= WORTH_COPYING * by_group.shape[1]:
            kept = _running_first(by_group, left)
            last, running, position = last[kept], running[kept], position[kept]
            streams, rows = streams[kept], rows[kept]
            cache.select(kept)
    by_row: list[list[int]] = written.tolist()
    return [by_row[at : at + batch.rows] for at in range(0, len(by_row), batch.rows)]


def _until(ids: list[int], end: int) -> list[int]:
    """Up to the first end of a turn, which counts."""
    return ids[: ids.index(end) + 1] if end in ids else ids


def _rounded(tokens: int, multiple: int) -> int:
    """Up to a multiple."""
    return -(-tokens // multiple) * multiple
