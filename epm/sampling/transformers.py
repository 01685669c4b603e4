"""Sampling with transformers' models.

The decoding loop is ours: `generate` sends every row of a batch through one adapter, sorts the
whole vocabulary at each step, and cannot drop the rows that have ended.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from epm.definition import Sampling
from epm.models.steering import steering
from epm.results import EngineRecord
from epm.sampling import (
    SEED_POLICY,
    Completion,
    CompletionsByName,
    OnBatch,
    Prompt,
    SamplingRequest,
)

if TYPE_CHECKING:
    from epm.models.base import BaseModel
    from epm.sampling.decoding import TokenisedPrompt

Tokenised = tuple[Prompt, "TokenisedPrompt"]

SHARE = 0.7
"""Of the free memory that a batch may take; reading the prompts and dropping rows need the rest."""

LOGITS = 24
"""Bytes for each token of the vocabulary that drawing from one row takes: six float32 copies."""


class TransformersEngine:
    """Batches of prompts of like length; each prompt is read once for all of its completions.

    With adapters apart, a batch has as many rows for every adapter, and one pass through the base
    serves them all. With adapters merged, one adapter is sampled after the other: on a CPU, where
    the small products of an adapter cost more than they save.
    """

    def __init__(
        self, base: BaseModel, merge: bool | None = None, in_place: bool | None = None
    ) -> None:
        """Wrap a model; `merge` and `in_place` are by default what pays on its device.

        Args:
            base: the model.
            merge: adapters merged into the weights, or apart.
            in_place: whether decoding steps are captured and replayed, see `sampling.in_place`.
        """
        self._base = base
        self._merge = base.device == "cpu" if merge is None else merge
        self._in_place = in_place

    @property
    def record(self) -> EngineRecord:
        """Library, version, and how it was used."""
        return EngineRecord(
            name=f"transformers {version('transformers')}",
            dtype=self._base.dtype_name,
            adapters="merged" if self._merge else "apart",
            batch_limit=self._base.definition.sampling.batch_size,
            seed_policy=SEED_POLICY,
            batch_invariant=self._base.batch_invariant,
        )

    def sample(
        self, requests: Sequence[SamplingRequest], sampling: Sampling, on_batch: OnBatch
    ) -> Iterator[CompletionsByName]:
        """Complete every prompt of every adapter; yield what is complete as soon as it is."""
        from epm.models.fused import fused
        from epm.models.graphs import kernels_installed

        in_place = self._in_place
        if in_place is None:
            in_place = self._base.device == "cuda" and kernels_installed()
        # a bare model seldom ends its turns as early as trained adapters do: among them, its rows
        # would keep theirs in the batch
        groups: dict[tuple[tuple[str, ...], bool], list[SamplingRequest]] = {}
        for request in requests:
            key = tuple(map(str, request.merged)), request.adapter is not None
            groups.setdefault(key, []).append(request)
        apart = [groups[key] for key in sorted(groups)]
        for group in [[request] for request in requests] if self._merge else apart:
            steered = [request.steering for request in group]
            # a captured step knows no hooks
            here = in_place and not any(steered)
            with self._adapted(group) as model, fused(model) if here else nullcontext():
                with steering(model, steered):
                    answered = self._answer(model, group, sampling, on_batch, in_place=here)
                yield answered

    def close(self) -> None:
        """Nothing is held beyond the model, which is not ours."""

    @contextmanager
    def _adapted(self, requests: Sequence[SamplingRequest]) -> Iterator[Any]:
        """The model with the requests' adapters: one of them merged, or all of them apart."""
        adapters = [request.adapter for request in requests]
        with self._base.with_merged(*requests[0].merged) as model:
            if not any(adapters):
                yield model
            elif self._merge and adapters[0]:
                with self._base.with_merged(adapters[0]) as model:
                    yield model
            else:
                with self._base.with_adapters(adapters) as model:
                    yield model

    def _answer(
        self,
        model: Any,
        requests: Sequence[SamplingRequest],
        sampling: Sampling,
        on_batch: OnBatch,
        *,
        in_place: bool,
    ) -> CompletionsByName:
        from epm.sampling.decoding import decode
        from epm.sampling.in_place import InPlace, longest

        done: dict[tuple[str, Prompt], list[Completion]] = {}
        tokenised = [self._tokenised(request) for request in requests]
        rows = self._rows(tokenised, sampling)
        queues = [_batches(prompts, rows) for prompts in tokenised]
        batches = list(zip_longest(*queues, fillvalue=[]))
        steps = None
        if in_place and batches:
            most = max(_wanted(of_one) for batch in batches for of_one in batch)
            ids = [own.ids for queue in tokenised for _, own in queue]
            steps = InPlace(model, len(requests), most, longest(ids, sampling), sampling)
        for batch in batches:
            written = decode(
                model,
                self._base.tokenizer,
                [[tokenised for _, tokenised in prompts] for prompts in batch],
                sampling,
                rowwise=self._base.rowwise,
                steps=steps,
            )
            for request, prompts, completed in zip(requests, batch, written, strict=True):
                texts = self._base.tokenizer.batch_decode(completed, skip_special_tokens=True)
                remaining = zip(completed, texts, strict=True)
                for prompt, _ in prompts:
                    done[request.name, prompt] = [
                        self._completion(prompt, index, *next(remaining))
                        for index in range(prompt.completions)
                    ]
            on_batch(sum(map(len, written)), sum(len(ids) for rows in written for ids in rows))
        return {
            request.name: [c for prompt in request.prompts for c in done[request.name, prompt]]
            for request in requests
        }

    def _rows(self, tokenised: Sequence[Sequence[Tokenised]], sampling: Sampling) -> int:
        """Rows of each adapter in one batch: what the profile says, if the GPU has room for it."""
        import torch

        if self._base.device == "cpu":
            return sampling.batch_size
        config = self._base.model.config
        longest = max(len(tokenised.ids) for queue in tokenised for _, tokenised in queue)
        tokens = longest + sampling.max_new_tokens
        size = getattr(config, "head_dim", None) or (
            config.hidden_size // config.num_attention_heads
        )
        past = 2 * config.num_hidden_layers * config.num_key_value_heads * size * tokens
        row = past * self._base.model.dtype.itemsize + LOGITS * config.vocab_size
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info()
        return max(1, min(sampling.batch_size, int(SHARE * free / row / len(tokenised))))

    def _tokenised(self, request: SamplingRequest) -> list[Tokenised]:
        from epm.sampling.decoding import TokenisedPrompt

        return [
            (
                prompt,
                TokenisedPrompt(
                    prompt.tokenised(self._base.tokenizer),
                    tuple(request.stream(prompt, index) for index in range(prompt.completions)),
                ),
            )
            for prompt in request.prompts
        ]

    def _completion(self, prompt: Prompt, index: int, ids: list[int], text: str) -> Completion:
        return Completion(
            task=prompt.task,
            item=prompt.item.id,
            index=index,
            text=text,
            tokens=len(ids),
            finish="stop" if ids[-1] == self._base.tokenizer.eos_token_id else "length",
        )


def _wanted(prompts: Sequence[Tokenised]) -> int:
    """Completions of prompts."""
    return sum(prompt.completions for prompt, _ in prompts)


def _batches(tokenised: list[Tokenised], limit: int) -> Iterator[list[Tokenised]]:
    """Prompts sorted by length, to pad little, up to `limit` completions together.

    As few batches as can be, and those alike in size: a small one would take nearly as long.
    """
    wanted = [prompt.completions for prompt, _ in tokenised]
    even = math.ceil(sum(wanted) / math.ceil(sum(wanted) / limit))
    # a prompt's completions stay together
    size = min(limit, even + max(wanted) - 1)
    batch: list[Tokenised] = []
    rows = 0
    for item in sorted(tokenised, key=lambda item: len(item[1].ids)):
        if batch and rows + item[0].completions > size:
            yield batch
            batch, rows = [], 0
        batch.append(item)
        rows += item[0].completions
    if batch:
        yield batch
