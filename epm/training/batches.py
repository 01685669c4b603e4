"""From training rows to optimiser steps, and from a step of many adapters to micro-batches."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from epm.definition import Training
from epm.errors import EpmError
from epm.models.chat import TokenisedRow, TrainingRow, tokenise_row

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

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
    """The most that a micro-batch may hold, and the fixed overhead of one."""

    rows: int
    """Most rows of each adapter."""
    tokens: int
    """Most tokens, padding included, of all adapters; a single row each is always allowed."""
    overhead: int
    """Fixed overhead of a micro-batch, as the number of tokens computed in the same time."""


def split_step(steps: Sequence[Step], limits: MicroBatchLimits) -> list[slice]:
    """Split one step of several adapters into micro-batches at the least cost within the limits.

    Args:
        steps: of every adapter, equally many rows.
        limits: of a micro-batch.

    Returns:
        Which rows of every adapter go together; all rows, in order.
    """
    widths = [max(map(len, rows)) for rows in zip(*steps, strict=True)]
    # cheapest way to do the first n rows: its cost, and where its last micro-batch begins
    cheapest = [(0, 0)]
    for end, width in enumerate(widths, start=1):
        ways = []
        for start in range(max(0, end - limits.rows), end):
            tokens = len(steps) * (end - start) * width
            if tokens <= limits.tokens or start == end - 1:
                ways.append((cheapest[start][0] + tokens + limits.overhead, start))
        cheapest.append(min(ways))
    found, end = [], len(widths)
    while end:
        start = cheapest[end][1]
        found.append(slice(start, end))
        end = start
    return found[::-1]


@dataclass(frozen=True)
class MicroBatch:
    """Rows of several adapters, one adapter's after the other's, padded on the right.

    There is no attention mask: with causal attention no token sees the padding after it.
    """

    ids: torch.Tensor
    """Token ids, shape [adapters x rows, width]."""
    positions: torch.Tensor
    """Where completion tokens are predicted: indices into the flattened ids, ascending."""
    targets: torch.Tensor
    """The completion tokens, shape [completion tokens]."""
    weights: torch.Tensor
    """One over the completion tokens of the adapter's whole step, shape [completion tokens]."""

    def to(self, device: str) -> MicroBatch:
        """The same on a device; on its way while the processor goes on."""
        return MicroBatch(*(each.to(device, non_blocking=True) for each in vars(self).values()))

    def pinned(self) -> MicroBatch:
        """The same in memory that a GPU can fetch from by itself."""
        return MicroBatch(*(each.pin_memory() for each in vars(self).values()))


def micro_batches(steps: Sequence[Step], limits: MicroBatchLimits, pad: int) -> list[MicroBatch]:
    """The micro-batches of one step of several adapters, each with equally many rows."""
    import torch

    shares = [1 / sum(len(row.completion) for row in step) for step in steps]
    made = []
    for part in split_step(steps, limits):
        width = max(len(row) for step in steps for row in step[part])
        ids: list[list[int]] = []
        positions: list[int] = []
        targets: list[int] = []
        weights: list[float] = []
        for step, share in zip(steps, shares, strict=True):
            for row in step[part]:
                # a token is predicted where the one before it stands
                first = len(ids) * width + len(row.prompt) - 1
                positions += range(first, first + len(row.completion))
                targets += row.completion
                weights += [share] * len(row.completion)
                ids.append([*row.prompt, *row.completion, *[pad] * (width - len(row))])
        made.append(
            MicroBatch(
                torch.tensor(ids),
                torch.tensor(positions),
                torch.tensor(targets),
                torch.tensor(weights, dtype=torch.float32),
            )
        )
    return made
