"""A linear module in sampling: groups of rows, each with its own adapter beside the weights."""

from __future__ import annotations

import torch


class AdaptedLinear(torch.nn.Linear):
    """What `AdapterStack.attached` makes of a linear module for a while: adds `scale · B A x`.

    Attributes:
        a: shape [adapters, rank, in features].
        b: shape [adapters, out features, rank].
        scale: of their product.
    """

    a: torch.Tensor
    b: torch.Tensor
    scale: float

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Each group of rows goes through its own A and B, in the model's type.

        Args:
            input: shape [adapters x rows of each, tokens, in features].

        Raises:
            ValueError: the rows cannot be divided among the adapters.
        """
        adapters = self.a.shape[0]
        if input.shape[0] % adapters:
            raise ValueError(f"{input.shape[0]} rows cannot be grouped by {adapters} adapters")
        output = torch.nn.functional.linear(input, self.weight, self.bias)
        low = torch.bmm(input.reshape(adapters, -1, self.in_features), self.a.mT)
        grouped = output.view(adapters, -1, self.out_features)
        grouped.baddbmm_(low, self.b.mT, alpha=self.scale)
        return output
