"""From training rows to optimiser steps, and from a step of many adapters to micro-batches."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from epm.definition import Training
from epm.errors import EpmError
from epm.models.chat import TokenisedRow, TrainingRow, tokenise_rows
from epm.models.packing import Count, Packing, Shares, Spans, counted, in_shares, padded, spans

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

SHARE = 64
"""Tokens of every adapter in a micro-batch in shares are a multiple of this, so that a GPU's matrix
units are full and shapes repeat."""

NEVER = 2**62
"""The cost of what is not allowed."""

IntArray = NDArray[np.int64]

NO_ROW = TokenisedRow((), ())
"""Padding alone."""

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
    given = list(adapters)
    # conditions share most of their negatives, and seeds all of their rows
    every = list(dict.fromkeys(row for own, _ in given for row in own))
    whole = zip(every, tokenise_rows(tokenizer, every), strict=True)
    tokenised = {row: _truncated(ids, recipe.max_tokens) for row, ids in whole}
    sets = []
    for own, seed in given:
        rows = [tokenised[row] for row in own]
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
    """Whether rows lie in spans, each padded to a width of its own; else in shares."""

    def widths(self, lengths: IntArray) -> IntArray:
        """Tokens that rows of a micro-batch take, padding included; shape [adapters, rows].

        In shares there are further rows, of padding alone.
        """
        if self.rowwise:
            return padded(lengths)
        return _filled_up(lengths, _share(lengths.sum(1).max()))

    def tokens_before(self, end: int, lengths: IntArray) -> IntArray:
        """Tokens of a micro-batch that ends before a row, by the row that it begins with.

        Args:
            end: from 1.
            lengths: of every adapter's rows, shape [adapters, rows].

        Returns:
            Padding included, shape [end].
        """
        latest = lengths[:, :end][:, ::-1]
        tokens: IntArray
        if self.rowwise:
            tokens = padded(latest).sum(0).cumsum()
        else:
            tokens = len(lengths) * _share(latest.cumsum(1).max(0))
        return tokens[::-1]


def _share(count: Count) -> Count:
    return -(-count // SHARE) * SHARE


def _filled_up(widths: IntArray, share: int, rows: int = 0) -> IntArray:
    """With rows of padding at the end of every share, none longer than the longest given.

    Args:
        widths: shape [adapters, rows].
        share: tokens of every adapter.
        rows: of every adapter, at least.
    """
    left = share - widths.sum(1)
    added = max(rows - widths.shape[1], -(-int(left.max()) // int(widths.max())))
    if not added:
        return widths
    pieces = (left[:, None] + np.arange(added)) // added
    return np.hstack([widths, pieces])


def split_step(steps: Sequence[Step], limits: MicroBatchLimits) -> list[slice]:
    """Split one step of several adapters into micro-batches at the least cost within the limits.

    Args:
        steps: of every adapter, equally many rows.
        limits: of a micro-batch.

    Returns:
        Which rows of every adapter go together; all rows, in order.
    """
    lengths = np.array([[len(row) for row in step] for step in steps])

    def costs(end: int) -> IntArray:
        tokens = limits.tokens_before(end, lengths)
        allowed = tokens <= limits.tokens
        allowed[: max(0, end - limits.rows)] = False
        allowed[-1] = True
        return np.where(allowed, tokens + limits.overhead, NEVER)

    return _cheapest_cuts(lengths.shape[1], costs)


def _cheapest_cuts(count: int, costs: Callable[[int], IntArray]) -> list[slice]:
    """Cut a sequence into parts at the least cost.

    Args:
        count: its length.
        costs: of a part that ends before a place, by the place that it begins at.
    """
    # cheapest way to cut what is before a place: its cost, and where its last part begins
    cheapest, begins = np.zeros(count + 1, dtype=np.int64), [0]
    for end in range(1, count + 1):
        in_all = cheapest[:end] + costs(end)
        begins.append(int(in_all.argmin()))
        cheapest[end] = in_all[begins[-1]]
    found, end = [], count
    while end:
        found.append(slice(begins[end], end))
        end = begins[end]
    return found[::-1]


@dataclass(frozen=True)
class MicroBatch:
    """Rows of several adapters, padded on the right."""

    ids: torch.Tensor
    """Token ids, shape [1, tokens]."""
    packing: Packing
    predicting: torch.Tensor
    """Where completion tokens are predicted: indices into the flattened ids, ascending."""
    targets: torch.Tensor
    """The completion tokens, shape [completion tokens]."""
    weights: torch.Tensor
    """One over the completion tokens of the adapter's whole step, shape [completion tokens]."""
    owners: IntArray
    """The adapter of every completion token; those that fill a batch up belong to nobody."""
    divisible: bool
    """Whether there are several rows of an adapter, beside those of padding alone."""

    @property
    def shape(self) -> tuple[int, ...]:
        """What computing depends on, beside the numbers themselves."""
        return self.ids.numel(), len(self.targets), *self.packing.shape

    @property
    def size(self) -> int:
        """Bytes of its numbers."""
        return sum(tensor.nbytes for tensor in self._tensors)

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
    def _tensors(self) -> list[torch.Tensor]:
        return [*_tensors(self).values(), *_tensors(self.packing).values()]

    def _each(self, move: Callable[[torch.Tensor], torch.Tensor]) -> MicroBatch:
        def moved(numbers: MicroBatch | Packing) -> dict[str, Any]:
            return {name: move(tensor) for name, tensor in _tensors(numbers).items()}

        packing = replace(self.packing, **moved(self.packing))
        return replace(self, packing=packing, **moved(self))


def _tensors(numbers: MicroBatch | Packing) -> dict[str, torch.Tensor]:
    import torch

    return {name: value for name, value in vars(numbers).items() if isinstance(value, torch.Tensor)}


def of_few_shapes(
    steps: Sequence[Sequence[MicroBatch]], adapters: int, another: int
) -> list[list[MicroBatch]]:
    """Micro-batches in shares, filled up so that few shapes remain, where that costs less.

    Args:
        steps: the micro-batches of every step.
        adapters: whose shares they consist of.
        another: what computing one more shape costs, as tokens computed in the same time.
    """
    batches = sorted((b for step in steps for b in step), key=lambda batch: batch.ids.numel())
    tokens = np.array([batch.ids.numel() for batch in batches])

    def costs(end: int) -> IntArray:
        in_all: IntArray = another + tokens[end - 1] * np.arange(end, 0, -1)
        return in_all

    filled: dict[int, MicroBatch] = {}
    for alike in _cheapest_cuts(len(batches), costs):
        some = batches[alike]
        most = [max(sizes) for sizes in zip(*(batch.shape for batch in some), strict=True)]
        share, completion_tokens, rows = most[0] // adapters, *most[1:3]
        given = [_widths(batch, adapters) for batch in some]
        rows = max(_filled_up(own, share, rows // adapters).shape[1] for own in given)
        widths = [_filled_up(own, share, rows) for own in given]
        longest = max(int(own.max()) for own in widths)
        for batch, own in zip(some, widths, strict=True):
            filled[id(batch)] = _filled(batch, own, longest, completion_tokens)
    return [[filled[id(batch)] for batch in step] for step in steps]


def _widths(batch: MicroBatch, adapters: int) -> IntArray:
    """Tokens of every row of a batch in shares, shape [adapters, rows]."""
    assert isinstance(batch.packing, Shares)  # noqa: S101 - spans are never filled up
    widths: IntArray = batch.packing.starts.diff().numpy().reshape(adapters, -1).astype(np.int64)
    return widths


def _filled(
    batch: MicroBatch, widths: IntArray, longest: int, completion_tokens: int
) -> MicroBatch:
    """The same of a larger shape: what is added has no weight, and no row of the batch sees it."""
    import torch

    adapters, rows = widths.shape
    before, after = batch.ids.numel() // adapters, int(widths[0].sum())

    def grown(tensor: torch.Tensor, to: int) -> torch.Tensor:
        """With zeros at the end of its last dimension."""
        return torch.nn.functional.pad(tensor, (0, to - tensor.shape[-1]))

    streams = grown(batch.packing.streams.view(adapters, -1), rows)
    return MicroBatch(
        grown(batch.ids.view(adapters, -1), after).view(1, -1),
        replace(in_shares(widths, streams.flatten()), longest=longest),
        grown(batch.predicting + batch.predicting // before * (after - before), completion_tokens),
        grown(batch.targets, completion_tokens),
        grown(batch.weights, completion_tokens),
        batch.owners,
        batch.divisible,
    )


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
    import torch

    from epm.models.splitmix import outputs

    of_step = torch.tensor(streams)
    lengths = np.array([[len(row) for row in step] for step in steps])
    completions = [sum(len(row.completion) for row in step) for step in steps]
    shares = np.array([1 / count for count in completions], np.float32)
    batches = []
    for part in split_step(steps, limits):
        widths = limits.widths(lengths[:, part])
        adapters = np.repeat(np.arange(len(steps)), widths.shape[1])
        ranks = np.tile(part.start + np.arange(widths.shape[1]), len(steps))
        flat = widths.flatten()
        # in shares as they are; in spans rows of one width together
        order = np.arange(widths.size)
        if limits.rowwise:
            order = np.lexsort((ranks, adapters, flat))
        adapters, ranks, flat = adapters[order], ranks[order], flat[order]
        owners = torch.from_numpy(adapters)
        keys = outputs(of_step[owners], torch.from_numpy(ranks))
        packing: Packing = (
            Spans(owners, keys, torch.from_numpy(counted(flat)), spans(flat.tolist()))
            if limits.rowwise
            else in_shares(widths, keys)
        )
        places = zip(adapters.tolist(), ranks.tolist(), strict=True)
        rows = [steps[adapter][rank] if rank < part.stop else NO_ROW for adapter, rank in places]
        divisible = part.stop - part.start > 1
        batches.append(_packed(rows, flat, packing, shares, pad, divisible=divisible))
    return batches


def _packed(
    rows: Sequence[TokenisedRow],
    widths: IntArray,
    packing: Packing,
    shares: NDArray[np.float32],
    pad: int,
    *,
    divisible: bool,
) -> MicroBatch:
    """Rows of some widths, one after another; every adapter's share in a token's loss is given."""
    import torch

    lengths = np.array([len(row) for row in rows])
    prompts = np.array([len(row.prompt) for row in rows])
    tokens = np.concatenate([row.ids for row in rows])
    # of every token its place in its row, and where it lies
    within = counted(lengths)
    at = within + np.repeat(widths.cumsum() - widths, lengths)
    ids = np.full(widths.sum(), pad)
    ids[at] = tokens
    completing = within >= np.repeat(prompts, lengths)
    owners = np.repeat(packing.owners.numpy(), lengths - prompts)
    return MicroBatch(
        torch.from_numpy(ids)[None],
        packing,
        # a token is predicted where the one before it stands
        torch.from_numpy(at[completing] - 1),
        torch.from_numpy(tokens[completing]),
        torch.from_numpy(shares[owners]),
        owners,
        divisible,
    )
