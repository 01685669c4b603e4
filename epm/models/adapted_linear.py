"""A linear module in training, with the adapters of all that are trained together."""

from __future__ import annotations

from typing import Any

import torch

from epm.models.packing import PackedRows


class AdaptedLinear(torch.nn.Linear):
    """What `AdapterStack.trained` makes of a linear module for a while: adds `scale · B A x`.

    Attributes:
        a: shape [adapters, rank, in features].
        b: shape [adapters, out features, rank].
        scale: of their product.
        dropout: probability, in training.
        number: of the module among those that are adapted.
        rows: tells how the batch is packed, and the keys of its rows' random bits.
    """

    a: torch.Tensor
    b: torch.Tensor
    scale: float
    dropout: float
    number: int
    rows: PackedRows[Any]

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The module's output, in the model's type.

        The gradients of A and B are added to `a.grad` and `b.grad` as soon as they are made.
        """
        output = self._adapted(input.reshape(-1, self.in_features))
        return output.view(*input.shape[:-1], self.out_features)

    def _adapted(self, x: torch.Tensor) -> torch.Tensor:
        """The output of `x`, shape [tokens, in features]; each layout of a batch has its own."""
        raise NotImplementedError

    def _dropped_by(self) -> torch.Tensor | None:
        """Keys of the random bits that dropout takes, by row; None where nothing is dropped."""
        return self.rows.packing.streams[self.number] if self.training and self.dropout else None
