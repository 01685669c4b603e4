"""Keys and values of a batch that is decoded, in memory that is taken once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers.cache_utils import Cache, CacheLayerMixin

if TYPE_CHECKING:
    import torch


class ReservedLayer(CacheLayerMixin):
    """One block's keys and values, each of shape [rows, heads, capacity, head size].

    A step writes one column; transformers' DynamicLayer copies the whole past to add it.
    """

    def __init__(self, capacity: int) -> None:
        """`capacity` is in tokens."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._capacity = capacity
        self._length = 0

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
        """Write after what is there; return all that is there."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        begin, self._length = self._length, self._length + key_states.shape[-2]
        assert self.keys is not None  # noqa: S101 - taken above
        assert self.values is not None  # noqa: S101
        self.keys[:, :, begin : self._length] = key_states
        self.values[:, :, begin : self._length] = value_states
        return self.keys[:, :, : self._length], self.values[:, :, : self._length]

    def select(self, rows: torch.Tensor) -> None:
        """Keep these rows, in this order; a row may be taken many times."""
        assert self.keys is not None  # noqa: S101 - nothing is selected before the prompts are read
        assert self.values is not None  # noqa: S101
        self.keys = self.keys.index_select(0, rows)
        self.values = self.values.index_select(0, rows)

    def get_seq_length(self) -> int:
        """Tokens written."""
        return self._length

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length of the keys after `query_length` more tokens, and where they begin."""
        return self._length + query_length, 0

    def get_max_length(self) -> int:
        """Tokens that there is room for."""
        return self._capacity

    # its name before transformers 5.20
    get_max_cache_shape = get_max_length


class ReservedCache(Cache):
    """A `ReservedLayer` for every block."""

    def __init__(self, blocks: int, capacity: int) -> None:
        """`capacity` is in tokens, prompt included."""
        self._reserved = [ReservedLayer(capacity) for _ in range(blocks)]
        super().__init__(layers=[*self._reserved])

    def select(self, rows: torch.Tensor) -> None:
        """Keep these rows in every block, in this order."""
        for layer in self._reserved:
            layer.select(rows)
