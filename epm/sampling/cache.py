"""Keys and values of a batch that is decoded, in memory that is taken once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers.cache_utils import Cache, CacheLayerMixin

if TYPE_CHECKING:
    import torch


class ReservedLayer(CacheLayerMixin):
    """One block's keys and values, each of shape [rows, heads, capacity, head size].

    A step writes one column of every row, after the row's own past; transformers' DynamicLayer
    copies the whole past to add it, and has rows of one length.
    """

    def __init__(self, capacity: int) -> None:
        """`capacity` is in tokens."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._capacity = capacity
        self.at: torch.Tensor | None = None
        """Where each row's next token goes; None while the prompts are read, from the start on."""
        self.visible = 0
        """Columns that are returned, once the prompts are read."""

    def lazy_initialization(self, key_states: Any, value_states: Any) -> None:
        """Take the memory, in the shape and place of the first keys and values."""
        self.keys, self.values = (
            states.new_zeros(*states.shape[:2], self._capacity, states.shape[-1])
            for states in (key_states, value_states)
        )
        self.is_initialized = True

    def update(
        self, key_states: Any, value_states: Any, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write prompts, or a token of every row; return what attention is to read."""
        import torch

        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        assert self.keys is not None  # noqa: S101 - taken above
        assert self.values is not None  # noqa: S101
        if self.at is None:
            width = key_states.shape[-2]
            self.keys[:, :, :width] = key_states
            self.values[:, :, :width] = value_states
            return key_states, value_states
        rows = torch.arange(len(self.at), device=self.at.device)
        self.keys[rows, :, self.at] = key_states[:, :, 0]
        self.values[rows, :, self.at] = value_states[:, :, 0]
        return self.keys[:, :, : self.visible], self.values[:, :, : self.visible]

    def select(self, rows: torch.Tensor) -> None:
        """Keep these rows, in this order; a row may be taken many times."""
        assert self.keys is not None  # noqa: S101 - nothing is selected before the prompts are read
        assert self.values is not None  # noqa: S101
        self.keys = self.keys.index_select(0, rows)
        self.values = self.values.index_select(0, rows)

    def emptied(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The keys and values, which are then the caller's alone."""
        assert self.keys is not None  # noqa: S101 - nothing is taken before the prompts are read
        assert self.values is not None  # noqa: S101
        taken = self.keys, self.values
        self.keys = self.values = None
        return taken

    def get_seq_length(self) -> int:
        """Columns that may have been written."""
        return self.visible

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length of the keys after `query_length` more tokens, and where they begin."""
        return (query_length if self.at is None else self.visible), 0

    def get_max_length(self) -> int:
        """Tokens that there is room for."""
        return self._capacity

    # its name before transformers 5.20
    get_max_cache_shape = get_max_length


class ReservedCache(Cache):
    """A `ReservedLayer` for every block."""

    def __init__(self, blocks: int, capacity: int) -> None:
        """`capacity` is in tokens, prompt included."""
        self.reserved = [ReservedLayer(capacity) for _ in range(blocks)]
        super().__init__(layers=[*self.reserved])

    def select(self, rows: torch.Tensor) -> None:
        """Keep these rows in every block, in this order."""
        for layer in self.reserved:
            layer.select(rows)

    def point(self, at: torch.Tensor, visible: int) -> None:
        """Say where each row's next token goes, and how many columns attention then reads."""
        for layer in self.reserved:
            layer.at, layer.visible = at, visible
