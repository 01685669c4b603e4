"""Decode in tensors that stay where they are, so that every step launches the same kernels.

How long a row's past is, and which token comes next, are data. So a step can be captured once for
every number of rows, and replayed; it is the same step on a CPU, where nothing is captured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

from epm.models.attention import attending
from epm.models.graphs import Graphs
from epm.models.packing import padded
from epm.sampling.nucleus import draw_blindly

if TYPE_CHECKING:
    from epm.definition import Sampling
    from epm.sampling.cache import ReservedCache

NAME = "epm_in_place"

SHRINK = 0.8
"""Rows are dropped when what is left fits this part of them; each number of rows is captured."""


def ladder(rows: int) -> list[int]:
    """Numbers of rows of a group that are decoded together, falling from the most."""
    sizes = [padded(rows)]
    while (smaller := padded(int(SHRINK * sizes[-1]))) < sizes[-1]:
        sizes.append(smaller)
    return sizes


@dataclass
class Place:
    """Which rows there are, and where their next tokens go."""

    most: int
    """Rows that there is room for."""
    capacity: int
    """Tokens of a row that there is room for."""
    position: torch.Tensor
    """Of every row's next token, shape [most]."""
    rows: int = 0
    """That the next step is made for, the first ones."""


class InPlaceLayer(CacheLayerMixin):
    """One block's keys and values of all rows; a step writes one column of those that are left."""

    def __init__(self, place: Place) -> None:
        """Memory is taken with the first prompts."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._place = place

    def lazy_initialization(self, key_states: Any, value_states: Any) -> None:
        """Take the memory, in the shape and place of a prompt's keys and values."""
        place = self._place
        shape = (place.most, key_states.shape[1], place.capacity, key_states.shape[-1])
        # zeros: what lies beyond a row's past is multiplied by zero in plain torch
        self.keys, self.values = key_states.new_zeros(shape), value_states.new_zeros(shape)
        self.is_initialized = True

    def begin(self, keys: torch.Tensor, values: torch.Tensor, owner: torch.Tensor) -> None:
        """Copy the prompt that each row continues."""
        if not self.is_initialized:
            self.lazy_initialization(keys, values)
        width = keys.shape[2]
        for own, states in ((self.keys, keys), (self.values, values)):
            assert own is not None  # noqa: S101 - taken above
            own[: len(owner), :, :width] = states[owner]

    def update(
        self, key_states: Any, value_states: Any, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write a token of every row; return all that there is room for."""
        assert self.keys is not None  # noqa: S101 - prompts come first
        assert self.values is not None  # noqa: S101
        count = self._place.rows
        at = self._place.position[:count]
        rows = torch.arange(count, device=at.device)
        self.keys[rows, :, at] = key_states[:, :, 0]
        self.values[rows, :, at] = value_states[:, :, 0]
        return self.keys[:count], self.values[:count]

    def keep(self, kept: torch.Tensor, columns: int) -> None:
        """Move these rows to the front."""
        for own in (self.keys, self.values):
            assert own is not None  # noqa: S101 - prompts come first
            own[: len(kept), :, :columns] = own[:, :, :columns].index_select(0, kept)

    def get_seq_length(self) -> int:
        """Columns that attention is given; it reads fewer."""
        return self._place.capacity

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length of the keys, and where they begin."""
        return self._place.capacity, 0

    def get_max_length(self) -> int:
        """Tokens that there is room for."""
        return self._place.capacity

    # its name before transformers 5.20
    get_max_cache_shape = get_max_length


class InPlace:
    """Steps of one model and its adapters, for batches one after another.

    Attributes:
        groups: of rows, one for each adapter.
        sizes: numbers of rows of a group that a step may have, falling.
        place: the rows of all groups.
        graphs: of the steps, by their rows.
    """

    def __init__(
        self, model: Any, groups: int, rows: int, capacity: int, sampling: Sampling
    ) -> None:
        """Take memory for rows of each group, and for their tokens; keys' with the first prompts.

        Args:
            model: a causal language model, with one adapter for each group or none at all.
            groups: of rows.
            rows: the most of a group.
            capacity: tokens of a prompt and its completion.
            sampling: how to draw, and how many tokens.
        """
        self.groups = groups
        self.sizes = ladder(rows)
        self._sampling = sampling
        device, most = model.device, groups * self.sizes[0]
        position, self._last, self._streams, self._origin = (
            torch.zeros(most, dtype=torch.int64, device=device) for _ in range(4)
        )
        self.place = Place(most, capacity, position)
        self._step = torch.zeros(1, dtype=torch.int64, device=device)
        self._written = torch.zeros(most, sampling.max_new_tokens, dtype=torch.int64, device=device)
        self._layers = [InPlaceLayer(self.place) for _ in range(model.config.num_hidden_layers)]
        self._cache = Cache(layers=[*self._layers])
        self._decoder, self._head = model.get_decoder(), model.get_output_embeddings()
        # given a mask, transformers makes none; what attends below reads the position instead
        self._unread = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device)
        self.graphs = Graphs(device)

    def size(self, rows: int) -> int:
        """The fewest rows of a group that a step may have for so many."""
        return next(size for size in reversed(self.sizes) if size >= rows)

    def begin(
        self,
        prompts: ReservedCache,
        owner: torch.Tensor,
        last: torch.Tensor,
        position: torch.Tensor,
        streams: torch.Tensor,
        end: int,
    ) -> None:
        """Take in a batch whose prompts have been read; their cache is emptied.

        Args:
            prompts: what was read.
            owner: prompt that each row continues, shape [rows]; as many rows as `size` says.
            last: token that each row is asked to continue.
            position: of that token.
            streams: keys of the rows' random bits.
            end: the token that ends a turn.
        """
        self.place.rows = len(owner)
        for layer, read in zip(self._layers, prompts.reserved, strict=True):
            layer.begin(*read.emptied(), owner)
        self._last[: self.place.rows], self.place.position[: self.place.rows] = last, position
        self._streams[: self.place.rows] = streams
        self._origin[: self.place.rows] = torch.arange(self.place.rows, device=last.device)
        self._step.zero_()
        self._written.fill_(end)

    def advance(self, steps: int) -> None:
        """Write so many tokens of every row."""
        for _ in range(steps):
            self.graphs.run(self.place.rows, self._compute)

    def written(self, begin: int, until: int) -> torch.Tensor:
        """Tokens that were written in these steps, shape [rows that are left, steps]."""
        return self._written[self._origin[: self.place.rows], begin:until]

    @property
    def all_written(self) -> torch.Tensor:
        """Of the whole batch, in its order, shape [most, tokens]."""
        return self._written

    def keep(self, kept: torch.Tensor, columns: int) -> None:
        """Go on with these rows alone, in this order; their pasts are at most so long."""
        for layer in self._layers:
            layer.keep(kept, columns)
        for own in (self._last, self.place.position, self._streams, self._origin):
            own[: len(kept)] = own[kept]
        self.place.rows = len(kept)

    def _compute(self) -> None:
        """One step; nothing here waits for the device."""
        rows, sampling = self.place.rows, self._sampling
        hidden = self._decoder(
            input_ids=self._last[:rows, None],
            attention_mask=self._unread,
            position_ids=self.place.position[:rows, None],
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        logits = self._head(hidden[:, -1])
        streams = self._streams[:rows]
        if not sampling.temperature:
            drawn = logits.argmax(-1)
        elif logits.device.type == "cuda":
            from epm.sampling import kernels

            drawn = kernels.draw(logits, sampling.temperature, sampling.top_p, streams, self._step)
        else:
            drawn = draw_blindly(logits, sampling.temperature, sampling.top_p, streams, self._step)
        self._written[self._origin[:rows], self._step] = drawn
        self._last[:rows] = drawn
        self.place.position[:rows] += 1
        self._step += 1

    @contextmanager
    def attention(self, model: Any) -> Iterator[None]:
        """Have the model attend to each row's own past."""

        def attend(
            module: Any,
            query: torch.Tensor,
            key: torch.Tensor,
            value: torch.Tensor,
            attention_mask: torch.Tensor | None,
            **options: Any,
        ) -> tuple[torch.Tensor, None]:
            """Of one new token per row, whose keys are all that there is room for.

            Args:
                module: the attention block.
                query: shape [rows, heads, 1, head size].
                key: shape [rows, key heads, capacity, head size].
                value: as the keys.
                attention_mask: of no meaning.
                options: as transformers passes them; `scaling` multiplies the products.

            Returns:
                Shape [rows, 1, heads, head size], and no weights.
            """
            rows, heads, _, size = query.shape
            scale = options.get("scaling") or size**-0.5
            position = self.place.position[:rows]
            if query.device.type == "cuda":
                from epm.sampling import kernels

                return kernels.attend(query, key, value, position, scale), None
            columns = torch.arange(key.shape[2], device=query.device)
            attended = torch.nn.functional.scaled_dot_product_attention(
                query.view(rows, key.shape[1], -1, size),
                key,
                value,
                attn_mask=(columns <= position[:, None])[:, None, None],
                scale=scale,
            )
            return attended.reshape(rows, 1, heads, size), None

        with attending(model, NAME, attend):
            yield


def longest(prompts: Sequence[Sequence[int]], sampling: Sampling) -> int:
    """Tokens that a row may come to."""
    return padded(max(map(len, prompts)) + sampling.max_new_tokens)
