"""Sampling with transformers' models and caches.

The decoding loop is ours: `generate` draws from the whole sorted vocabulary and cannot drop the
rows that have ended, which on a CPU costs more than the model itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from epm.engines import Completion, OnBatch, Prompt
from epm.engines.nucleus import draw
from epm.models.chat import tokenise_prompt
from epm.spec import Sampling, derive_seed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

STRETCH = 8
"""Tokens between two looks at which rows have ended."""

Tokenised = tuple[Prompt, tuple[int, ...]]


class TransformersEngine:
    """Batches of prompts of like length; each prompt is read once for all of its completions."""

    def __init__(self, model: Any, tokenizer: PreTrainedTokenizerBase) -> None:
        """Wrap a loaded model, with or without an adapter."""
        self._model = model
        self._tokenizer = tokenizer

    @property
    def name(self) -> str:
        """Library and version."""
        return f"transformers {version('transformers')}"

    def sample(
        self, prompts: Sequence[Prompt], sampling: Sampling, seed: int, on_batch: OnBatch
    ) -> list[Completion]:
        """Complete every prompt; the result is ordered as the prompts are."""
        import torch

        tokenised = [
            (prompt, tokenise_prompt(self._tokenizer, prompt.system, prompt.question.text))
            for prompt in prompts
        ]
        done: dict[Prompt, list[Completion]] = {}
        for number, batch in enumerate(_batches(tokenised, sampling.batch_size)):
            torch.manual_seed(derive_seed(seed, "batch", str(number)))
            completions = self._complete(batch, sampling)
            for prompt, group in zip((p for p, _ in batch), completions, strict=True):
                done[prompt] = group
            flat = [completion for group in completions for completion in group]
            on_batch(len(flat), sum(completion.tokens for completion in flat))
        return [completion for prompt in prompts for completion in done[prompt]]

    def _complete(self, batch: list[Tokenised], sampling: Sampling) -> list[list[Completion]]:
        import torch
        from transformers import DynamicCache

        pad, end = self._tokenizer.pad_token_id, self._tokenizer.eos_token_id
        width = max(len(ids) for _, ids in batch)
        ids = torch.tensor([[pad] * (width - len(ids)) + list(ids) for _, ids in batch])
        mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for _, ids in batch])
        # row of the batch that each completion continues
        owner = torch.tensor([i for i, (p, _) in enumerate(batch) for _ in range(p.completions)])
        ids, mask, owner = (tensor.to(self._model.device) for tensor in (ids, mask, owner))
        with torch.inference_mode():
            cache = DynamicCache(config=self._model.config)
            self._model(
                input_ids=ids[:, :-1],
                attention_mask=mask[:, :-1],
                position_ids=(mask.cumsum(-1) - 1).clamp(min=0)[:, :-1],
                past_key_values=cache,
                logits_to_keep=1,
            )
            cache.batch_select_indices(owner)
            written = self._continue(ids[owner], mask[owner], cache, sampling)
        rows = iter(written)
        return [
            [
                self._completion(prompt, index, next(rows), end)
                for index in range(prompt.completions)
            ]
            for prompt, _ in batch
        ]

    def _continue(self, ids: Any, mask: Any, cache: Any, sampling: Sampling) -> list[list[int]]:
        """Decode in short stretches and drop the rows that ended: most answers are not the longest.

        Args:
            ids: left-padded prompts, shape [rows, width].
            mask: 1 where a token counts, shape [rows, width].
            cache: keys and values of all tokens but the last.
            sampling: how to draw.
        """
        import torch

        end = self._tokenizer.eos_token_id
        written: list[list[int]] = [[] for _ in range(len(ids))]
        running = list(range(len(ids)))
        last, left = ids[:, -1], sampling.max_new_tokens
        while running and left:
            stretch = min(STRETCH, left)
            left -= stretch
            columns = []
            for _ in range(stretch):
                logits = self._model(
                    input_ids=last[:, None],
                    attention_mask=mask,
                    position_ids=mask.sum(1, keepdim=True) - 1,
                    past_key_values=cache,
                ).logits[:, -1]
                last = draw(logits, sampling.temperature, sampling.top_p)
                columns.append(last)
                mask = torch.cat([mask, torch.ones_like(mask[:, :1])], 1)
            new = torch.stack(columns, 1)
            for row, tokens in zip(running, new.tolist(), strict=True):
                written[row] += tokens
            going_on = (new != end).all(1)
            running = [row for row, on in zip(running, going_on.tolist(), strict=True) if on]
            kept = going_on.nonzero().flatten()
            last, mask = last[kept], mask[kept]
            cache.batch_select_indices(kept)
        return written

    def _completion(self, prompt: Prompt, index: int, ids: list[int], end: int) -> Completion:
        stopped = end in ids
        ids = ids[: ids.index(end) + 1] if stopped else ids
        return Completion(
            persona=prompt.persona,
            question=prompt.question.id,
            index=index,
            text=str(self._tokenizer.decode(ids, skip_special_tokens=True)),
            tokens=len(ids),
            finish="stop" if stopped else "length",
        )


def _batches(tokenised: list[Tokenised], batch_size: int) -> Iterator[list[Tokenised]]:
    """Prompts sorted by length, to pad little, up to `batch_size` completions together."""
    batch: list[Tokenised] = []
    rows = 0
    for item in sorted(tokenised, key=lambda item: len(item[1])):
        if batch and rows + item[0].completions > batch_size:
            yield batch
            batch, rows = [], 0
        batch.append(item)
        rows += item[0].completions
    if batch:
        yield batch
