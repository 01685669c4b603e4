"""A linear module while adapters are beside its weights."""

from __future__ import annotations

import torch


class AdaptedLinear(torch.nn.Linear):
    """What `AdapterStack.attached` makes of a linear module for a while: adds `scale · B A x`.

    Attributes:
        a: shape [adapters, rank, in features].
        b: shape [adapters, out features, rank].
        scale: of their product.
        dropout: probability, in training.
    """

    a: torch.Tensor
    b: torch.Tensor
    scale: float
    dropout: float

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Each group of rows goes through its own A and B, in the model's type.

        Args:
            input: shape [adapters x rows of each, tokens, in features].

        Raises:
            ValueError: the rows cannot be divided among the adapters.
        """
        output = torch.nn.functional.linear(input, self.weight, self.bias)
        adapters = self.a.shape[0]
        if input.shape[0] % adapters:
            raise ValueError(f"{input.shape[0]} rows cannot be grouped by {adapters} adapters")
        x = input.reshape(adapters, -1, self.in_features)
        if self.training and self.dropout:
            x = torch.nn.functional.dropout(x, self.dropout)
        low = torch.bmm(x, self.a.to(x.dtype).mT)
        grouped = output.view(adapters, -1, self.out_features)
        b = self.b.to(x.dtype).mT
        if torch.is_grad_enabled():
            return torch.baddbmm(grouped, low, b, alpha=self.scale).view(output.shape)
        grouped.baddbmm_(low, b, alpha=self.scale)
        return output
