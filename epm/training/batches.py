"""From training rows to optimiser steps, and from a step of many adapters to micro-batches."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from epm.definition import Training
from epm.errors import EpmError
from epm.models.chat import TokenisedRow, TrainingRow, tokenise_row
from epm.models.packing import Packing, padded, spans

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

WIDTHS = 8
"""Rows that are as wide as the longest have a multiple of this, as a GPU's matrix units want it."""

NEVER = np.iinfo(np.int64).max

IntArray = NDArray[np.int64]

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

    def widths(self, lengths: IntArray) -> IntArray:
        """Tokens that rows of a micro-batch take, padding included."""
        if self.rowwise:
            return padded(lengths)
        return np.full_like(lengths, -(-lengths.max() // WIDTHS) * WIDTHS)

    def tokens_before(self, end: int, lengths: IntArray) -> IntArray:
        """Tokens of a micro-batch that ends before a row, by the row that it begins with.

        Args:
            end: from 1.
            lengths: of every adapter's rows, ascending, shape [adapters, rows].

        Returns:
            Padding included, shape [end].
        """
        if self.rowwise:
            by_row: IntArray = padded(lengths[:, :end]).sum(0)
        else:
            by_row = np.full(end, self.widths(lengths[:, end - 1]).sum())
        return by_row[::-1].cumsum()[::-1]


def split_step(steps: Sequence[Step], limits: MicroBatchLimits) -> list[slice]:
    """Split one step of several adapters into micro-batches at the least cost within the limits.

    Args:
        steps: of every adapter, equally many rows.
        limits: of a micro-batch.

    Returns:
        Which rows of every adapter go together; all rows, in order.
    """
    count = len(steps[0])
    lengths = np.array([[len(row) for row in step] for step in steps])
    # cheapest way to do the first n rows: its cost, and where its last micro-batch begins
    cheapest = np.zeros(count + 1, dtype=np.int64)
    begins = [0]
    for end in range(1, count + 1):
        tokens = limits.tokens_before(end, lengths)
        allowed = tokens <= limits.tokens
        allowed[: max(0, end - limits.rows)] = False
        allowed[-1] = True
        costs = np.where(allowed, cheapest[:end] + tokens + limits.overhead, NEVER)
        begins.append(int(costs.argmin()))
        cheapest[end] = costs[begins[-1]]
    found, end = [], count
    while end:
        found.append(slice(begins[end], end))
        end = begins[end]
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
    owners: IntArray
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
    count = len(steps[0])
    shares = np.array([1 / sum(len(row.completion) for row in step) for step in steps], np.float32)
    batches = []
    for part in split_step(steps, limits):
        rows = [row for step in steps for row in step[part]]
        adapters = np.repeat(np.arange(len(steps)), part.stop - part.start)
        ranks = np.tile(np.arange(count)[part], len(steps))
        widths = limits.widths(np.array([len(row) for row in rows]))
        # rows of one width together; of one adapter, in the order of its step
        order = np.lexsort((ranks, adapters, widths))
        rows = [rows[place] for place in order]
        lying = _Lying(rows, adapters[order], ranks[order], widths[order])
        batches.append(_packed(lying, shares, streams, limits.rowwise, pad))
    return batches


@dataclass(frozen=True)
class _Lying:
    """Rows as they lie in a micro-batch, one after another."""

    rows: Sequence[TokenisedRow]
    adapters: IntArray
    ranks: IntArray
    """Of each in its adapter's step."""
    widths: IntArray


def _packed(
    lying: _Lying,
    shares: NDArray[np.float32],
    streams: Sequence[int],
    rowwise: bool,
    pad: int,
) -> MicroBatch:
    import torch

    from epm.models.splitmix import outputs

    widths, adapters = lying.widths, lying.adapters
    lengths = np.array([len(row) for row in lying.rows])
    prompts = np.array([len(row.prompt) for row in lying.rows])
    tokens = np.concatenate([row.ids for row in lying.rows])
    # of every token its place in its row, and where it lies
    within = _counted(lengths)
    at = within + np.repeat(widths.cumsum() - widths, lengths)
    ids = np.full(widths.sum(), pad)
    ids[at] = tokens
    completing = within >= np.repeat(prompts, lengths)
    owners = np.repeat(adapters, lengths - prompts)
    shape = (1 if rowwise else len(lying.rows), -1)
    of_rows = torch.from_numpy(adapters)
    return MicroBatch(
        torch.from_numpy(ids).view(shape),
        torch.from_numpy(_counted(widths)).view(shape),
        Packing(
            spans(widths.tolist()),
            of_rows,
            outputs(torch.tensor(streams)[of_rows], torch.from_numpy(lying.ranks)),
            rowwise,
        ),
        # a token is predicted where the one before it stands
        torch.from_numpy(at[completing] - 1),
        torch.from_numpy(tokens[completing]),
        torch.from_numpy(shares[owners]),
        owners,
    )


def _counted(lengths: IntArray) -> IntArray:
    """From 0 within each of some sequences that lie one after another."""
    return np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
