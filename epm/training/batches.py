"""From training rows to optimiser steps, and from a step of many adapters to micro-batches."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from epm.definition import Training
from epm.errors import EpmError
from epm.models.chat import TokenisedRow, TrainingRow, tokenise_row
from epm.models.packing import Packing, padded, spans

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

WIDTHS = 8
"""Rows that are as wide as the longest have a multiple of this, as a GPU's matrix units want it."""

Step = list[TokenisedRow]
"""The rows of one optimiser step of one adapter, the shortest first."""


@dataclass(frozen=True)
class TrainingSet:
    """The tokenised training set of one adapter, in the order of its training."""

    rows: int
    truncated: int
    """Rows whose completion was truncated."""
    steps: tuple[Step, ...]

    @property
    def tokens(self) -> int:
        """Tokens of all steps, prompts included."""
        return sum(len(row) for step in self.steps for row in step)

    @property
    def completion_tokens(self) -> int:
        """Tokens of all steps that the loss is taken on."""
        return sum(len(row.completion) for step in self.steps for row in step)


def training_sets(
    recipe: Training,
    tokenizer: PreTrainedTokenizerBase,
    adapters: Iterable[tuple[Sequence[TrainingRow], int]],
) -> list[TrainingSet]:
    """Tokenise every adapter's rows and put them in the order that its seed gives.

    Args:
        recipe: of the training.
        tokenizer: the model's.
        adapters: rows, and the seed of their order.

    Raises:
        EpmError: a prompt leaves no room for a completion.
    """

    @cache  # conditions share most of their negatives, and seeds all of their rows
    def tokenised(row: TrainingRow) -> tuple[TokenisedRow, bool]:
        return _truncated(tokenise_row(tokenizer, row), recipe.max_tokens)

    sets = []
    for own, seed in adapters:
        rows = [tokenised(row) for row in own]
        steps = optimiser_steps([row for row, _ in rows], recipe, seed)
        sets.append(TrainingSet(len(rows), sum(cut for _, cut in rows), tuple(steps)))
    return sets


def _truncated(row: TokenisedRow, limit: int) -> tuple[TokenisedRow, bool]:
    """The row within the limit, and whether its completion had to be truncated for that."""
    room = limit - len(row.prompt)
    if room < 1:
        raise EpmError(
            f"a training prompt has {len(row.prompt)} tokens; the limit is {limit}",
            "raise training.max_tokens",
        )
    return TokenisedRow(row.prompt, row.completion[:room]), len(row.completion) > room


def optimiser_steps(rows: Sequence[TokenisedRow], recipe: Training, seed: int) -> Iterator[Step]:
    """Shuffle every epoch; sort each step by length, so that its micro-batches pad little.

    Sorting within the step leaves the step's gradient, and so the training, as it was.
    """
    rng = random.Random(seed)  # noqa: S311 - not cryptography
    for _ in range(recipe.epochs):
        order = list(rows)
        rng.shuffle(order)
        for start in range(0, len(order), recipe.effective_batch):
            yield sorted(order[start : start + recipe.effective_batch], key=len)


@dataclass(frozen=True)
class MicroBatchLimits:
    """The most that a micro-batch may hold, the fixed overhead of one, and how rows are padded."""

    rows: int
    """Most rows of each adapter."""
    tokens: int
    """Most tokens, padding included, of all adapters; a single row each is always allowed."""
    overhead: int
    """Fixed overhead of a micro-batch, as the number of tokens computed in the same time."""
    rowwise: bool
    """Whether each row is padded to a width of its own; else all are as wide as the longest."""

    def widths(self, lengths: Sequence[int]) -> list[int]:
        """Tokens that rows of a micro-batch take, padding included."""
        if self.rowwise:
            return [padded(length) for length in lengths]
        return [-(-max(lengths) // WIDTHS) * WIDTHS] * len(lengths)


def split_step(steps: Sequence[Step], limits: MicroBatchLimits) -> list[slice]:
    """Split one step of several adapters into micro-batches at the least cost within the limits.

    Args:
        steps: of every adapter, equally many rows.
        limits: of a micro-batch.

    Returns:
        Which rows of every adapter go together; all rows, in order.
    """
    count = len(steps[0])
    by_row = [[len(row) for row in rows] for rows in zip(*steps, strict=True)]
    # cheapest way to do the first n rows: its cost, and where its last micro-batch begins
    cheapest = [(0, 0)]
    for end in range(1, count + 1):
        ways = []
        for start in range(max(0, end - limits.rows), end):
            tokens = sum(limits.widths([one for row in by_row[start:end] for one in row]))
            if tokens <= limits.tokens or start == end - 1:
                ways.append((cheapest[start][0] + tokens + limits.overhead, start))
        cheapest.append(min(ways))
    found, end = [], count
    while end:
        start = cheapest[end][1]
        found.append(slice(start, end))
        end = start
    return found[::-1]


@dataclass(frozen=True)
class MicroBatch:
    """Rows of several adapters, padded on the right.

    There is no attention mask: with causal attention no token sees the padding after it.
    """

    ids: torch.Tensor
    """Token ids: shape [1, tokens] where gradients are taken row by row, else [rows, width]."""
    positions: torch.Tensor
    """Of the tokens in their rows, shaped like the ids."""
    packing: Packing
    predicting: torch.Tensor
    """Where completion tokens are predicted: indices into the flattened ids, ascending."""
    targets: torch.Tensor
    """The completion tokens, shape [completion tokens]."""
    weights: torch.Tensor
    """One over the completion tokens of the adapter's whole step, shape [completion tokens]."""
    owners: tuple[int, ...]
    """The adapter of every completion token; those that fill a batch up belong to nobody."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what is computed: rows, width and completion tokens."""
        return *self.ids.shape, len(self.targets)

    @property
    def size(self) -> int:
        """Bytes of its numbers."""
        return sum(tensor.nbytes for tensor in self._tensors)

    def filled(self, completion_tokens: int) -> MicroBatch:
        """The same with so many completion tokens, those that are added without weight."""
        import torch

        missing = completion_tokens - len(self.targets)

        def grown(tensor: torch.Tensor) -> torch.Tensor:
            return torch.cat([tensor, tensor.new_zeros(missing)])

        return replace(
            self,
            predicting=grown(self.predicting),
            targets=grown(self.targets),
            weights=grown(self.weights),
        )

    def to(self, device: str) -> MicroBatch:
        """The same on a device; on its way while the processor goes on."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def copied(self) -> MicroBatch:
        """The same in memory of its own."""
        return self._each(lambda tensor: tensor.clone())

    def take(self, other: MicroBatch) -> None:
        """Copy another's numbers into these tensors, which are of the same shapes."""
        for own, theirs in zip(self._tensors, other._tensors, strict=True):
            own.copy_(theirs, non_blocking=True)

    @property
    def _tensors(self) -> tuple[torch.Tensor, ...]:
        packing = self.packing.owners, self.packing.streams
        return self.ids, self.positions, self.predicting, self.targets, self.weights, *packing

    def _each(self, move: Callable[[torch.Tensor], torch.Tensor]) -> MicroBatch:
        tensors = ("ids", "positions", "predicting", "targets", "weights")
        moved: dict[str, Any] = {name: move(getattr(self, name)) for name in tensors}
        packing = replace(
            self.packing, owners=move(self.packing.owners), streams=move(self.packing.streams)
        )
        return replace(self, packing=packing, **moved)


def of_few_shapes(steps: Sequence[Sequence[MicroBatch]]) -> list[list[MicroBatch]]:
    """Micro-batches of one width filled up to as many completion tokens, so that shapes repeat."""
    most: dict[tuple[int, ...], int] = {}
    for step in steps:
        for batch in step:
            key = tuple(batch.ids.shape)
            most[key] = max(most.get(key, 0), padded(len(batch.targets)))
    return [[batch.filled(most[tuple(batch.ids.shape)]) for batch in step] for step in steps]


@dataclass(frozen=True)
class _Row:
    """A row of a micro-batch, ordered as rows lie in it."""

    width: int
    adapter: int
    rank: int
    """Its place in the adapter's step."""
    tokens: TokenisedRow = field(compare=False)


def micro_batches(
    steps: Sequence[Step], streams: Sequence[int], limits: MicroBatchLimits, pad: int
) -> list[MicroBatch]:
    """The micro-batches of one step of several adapters.

    Args:
        steps: of every adapter, equally many rows.
        streams: keys of every adapter's random bits in this step.
        limits: of a micro-batch.
        pad: the token to pad with.
    """
    shares = [1 / sum(len(row.completion) for row in step) for step in steps]
    batches = []
    for part in split_step(steps, limits):
        members = [
            (adapter, rank, row)
            for adapter, step in enumerate(steps)
            for rank, row in list(enumerate(step))[part]
        ]
        widths = limits.widths([len(row) for _, _, row in members])
        rows = [_Row(width, *member) for width, member in zip(widths, members, strict=True)]
        batches.append(_packed(sorted(rows, key=_place), shares, streams, limits.rowwise, pad))
    return batches


def _place(row: _Row) -> tuple[int, int, int]:
    """Rows of one width together; of one adapter, in the order of its step, shortest first."""
    return row.width, row.adapter, row.rank


def _packed(
    rows: Sequence[_Row], shares: Sequence[float], streams: Sequence[int], rowwise: bool, pad: int
) -> MicroBatch:
    import numpy as np
    import torch

    from epm.models.splitmix import outputs

    ids: list[int] = []
    positions: list[int] = []
    predicting: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    owners: list[int] = []
    for row in rows:
        prompt, completion = row.tokens.prompt, row.tokens.completion
        # a token is predicted where the one before it stands
        first = len(ids) + len(prompt) - 1
        predicting += range(first, first + len(completion))
        targets += completion
        weights += [shares[row.adapter]] * len(completion)
        owners += [row.adapter] * len(completion)
        ids += [*prompt, *completion, *[pad] * (row.width - len(row.tokens))]
        positions += range(row.width)

    def whole(numbers: list[int]) -> torch.Tensor:
        # six times as fast as torch.tensor
        return torch.from_numpy(np.array(numbers, dtype=np.int64))

    shape = (1 if rowwise else len(rows), -1)
    adapters = torch.tensor([row.adapter for row in rows])
    return MicroBatch(
        whole(ids).view(shape),
        whole(positions).view(shape),
        Packing(
            spans([row.width for row in rows]),
            adapters,
            outputs(torch.tensor(streams)[adapters], torch.tensor([row.rank for row in rows])),
            rowwise,
        ),
        whole(predicting),
        whole(targets),
        torch.from_numpy(np.array(weights, dtype=np.float32)),
        tuple(owners),
    )
