"""Decode a batch whose rows are grouped by adapter, one token for all rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from epm.sampling.attention import grouped_queries
from epm.sampling.cache import ReservedCache
from epm.sampling.nucleus import draw

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from epm.definition import Sampling
    from epm.sampling import Prompt

STRETCH = 8
"""Tokens between two looks at which rows have ended; a look makes a GPU wait."""

WORTH_COPYING = 0.9
"""Rows are dropped when at most this part of them is left: dropping copies the others' keys."""


def decode(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    groups: Sequence[Sequence[tuple[Prompt, tuple[int, ...]]]],
    sampling: Sampling,
) -> list[list[list[int]]]:
    """Token ids written, up to and with the end of the turn: [group][completion][token].

    All groups are given the same number of rows, as an `AdapterStack` needs them; rows that nobody
    asked for are decoded along and forgotten.

    Args:
        model: a causal language model, with one adapter for each group or none at all.
        tokenizer: its end-of-sequence token ends a row.
        groups: prompts with their token ids; each is continued `prompt.completions` times, in
            order.
        sampling: how to draw, from torch's global random state.
    """
    prompts = _Prompts(groups, tokenizer.pad_token_id, model.device)
    capacity = _rounded(prompts.ids.shape[1] + sampling.max_new_tokens)
    with torch.inference_mode(), grouped_queries(model):
        cache = ReservedCache(model.config.num_hidden_layers, capacity)
        model.get_decoder()(
            input_ids=prompts.ids[:, :-1],
            attention_mask=prompts.mask[:, :-1],
            position_ids=(prompts.mask.cumsum(-1) - 1).clamp(min=0)[:, :-1],
            past_key_values=cache,
            use_cache=True,
        )
        cache.select(prompts.owner)
        written = _continue(model, prompts, cache, sampling, tokenizer.eos_token_id)
    return [
        [_until(ids, tokenizer.eos_token_id) for ids in rows[:wanted]]
        for rows, wanted in zip(written, prompts.wanted, strict=True)
    ]


class _Prompts:
    """Prompts of all groups, and the rows that continue them.

    Attributes:
        ids: left-padded, shape [groups x most prompts, width].
        mask: 1 where a token counts, same shape.
        owner: prompt that each row continues, shape [groups x rows].
        groups: how many.
        rows: of each group.
        wanted: rows that somebody asked for, by group; they come first in it.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[tuple[Prompt, tuple[int, ...]]]],
        pad: int,
        device: torch.device,
    ) -> None:
        filler = next(ids for group in groups for _, ids in group)
        most = max(map(len, groups))
        padded = [[ids for _, ids in group] + [filler] * (most - len(group)) for group in groups]
        flat = [ids for group in padded for ids in group]
        width = max(map(len, flat))
        owners = [
            [number for number, (prompt, _) in enumerate(group) for _ in range(prompt.completions)]
            for group in groups
        ]
        self.groups, self.wanted = len(groups), [len(rows) for rows in owners]
        self.rows = max(self.wanted)
        self.ids = torch.tensor([[pad] * (width - len(ids)) + list(ids) for ids in flat])
        self.mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in flat])
        self.owner = torch.tensor(
            [
                group * most + owner
                for group, rows in enumerate(owners)
                for owner in [*rows, *[0] * (self.rows - len(rows))]
            ]
        )
        self.ids, self.mask, self.owner = (
            tensor.to(device) for tensor in (self.ids, self.mask, self.owner)
        )

    @property
    def asked(self) -> torch.Tensor:
        """Whether somebody asked for a row, shape [groups x rows]."""
        asked = torch.zeros(self.groups, self.rows, dtype=torch.bool)
        for group, wanted in enumerate(self.wanted):
            asked[group, :wanted] = True
        return asked.flatten().to(self.ids.device)


def _continue(
    model: Any, prompts: _Prompts, cache: ReservedCache, sampling: Sampling, end: int
) -> list[list[list[int]]]:
    """Decode in short stretches and drop the rows that ended: most answers are not the longest."""
    width, limit = prompts.ids.shape[1], sampling.max_new_tokens
    last, running = prompts.ids[prompts.owner, -1], prompts.asked
    position = prompts.mask.sum(1)[prompts.owner] - 1
    # every row's own past, then what it writes
    seen = torch.ones(len(last), width + limit, dtype=torch.bool, device=last.device)
    seen[:, :width] = prompts.mask[prompts.owner].bool()
    written = torch.full((len(last), limit), end, device=last.device)
    rows = torch.arange(len(last), device=last.device)
    head = model.get_output_embeddings()
    for begin in range(0, limit, STRETCH):
        until = min(begin + STRETCH, limit)
        for step in range(begin, until):
            hidden = model.get_decoder()(
                input_ids=last[:, None],
                attention_mask=seen[:, None, None, : width + step],
                position_ids=(position + step)[:, None],
                past_key_values=cache,
                use_cache=True,
            ).last_hidden_state
            last = draw(head(hidden[:, -1]), sampling.temperature, sampling.top_p)
            written[rows, step] = last
        running = running & (written[rows, begin:until] != end).all(1)
        by_group = running.view(prompts.groups, -1)
        left = int(by_group.sum(1).max())
        if not left:
            break
        if left <= WORTH_COPYING * by_group.shape[1]:
            # those that run come first; a group with fewer keeps some that ended
            order = by_group.int().argsort(dim=1, descending=True, stable=True)[:, :left]
            offset = torch.arange(prompts.groups, device=last.device)[:, None] * by_group.shape[1]
            kept = (order + offset).flatten()
            last, running, position = last[kept], running[kept], position[kept]
            seen, rows = seen[kept], rows[kept]
            cache.select(kept)
    by_row: list[list[int]] = written.tolist()
    return [by_row[at : at + prompts.rows] for at in range(0, len(by_row), prompts.rows)]


def _until(ids: list[int], end: int) -> list[int]:
    """Up to the first end of a turn, which counts."""
    return ids[: ids.index(end) + 1] if end in ids else ids


def _rounded(tokens: int) -> int:
    """Up to a multiple of 8, as attention kernels like their rows aligned."""
    return -(-tokens // 8) * 8
