"""A linear module in training on a GPU: as many tokens for every adapter, all in one product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from epm.models.adapted_linear import AdaptedLinear
from epm.models.graphs import kernels_installed
from epm.models.packing import Shares
from epm.models.splitmix import LANES, kept


class LinearInShares(AdaptedLinear):
    """Takes a batch in shares, each adapter's after the other's.

    Everything is launched alike whatever the rows say, so that it can be captured.
    """

    def _adapted(self, x: torch.Tensor) -> torch.Tensor:
        keys = self._dropped_by()
        thinning = None if keys is None else Thinning(keys, self.rows.packing, self.dropout)
        output: torch.Tensor = _InShares.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.bias, self.a, self.b, self.scale, thinning
        )
        return output


@dataclass(frozen=True)
class Thinning:
    """Dropout of a module's input."""

    keys: torch.Tensor
    """Of the rows' random bits, shape [rows]."""
    packing: Shares
    """Tells the row and the position of every token."""
    probability: float

    def apply(self, states: torch.Tensor, into: torch.Tensor | None = None) -> torch.Tensor:
        """Zero what is dropped, scale up the rest, and add it to what is given, in place.

        Args:
            states: shape [tokens, features], contiguous.
            into: shaped alike; None makes a new tensor.
        """
        rows, positions = self.packing.rows, self.packing.positions
        if states.device.type == "cuda" and states.shape[1] % LANES == 0 and kernels_installed():
            from epm.models import kernels

            return kernels.thin(states, self.keys, rows, positions, self.probability, into)
        mask = kept(self.keys[rows], positions, states.shape[1], self.probability)
        thinned = (states * mask).mul_(1 / (1 - self.probability))
        return thinned if into is None else into.add_(thinned)


class _InShares(torch.autograd.Function):
    """`x Wᵀ + scale · dropout(x) Aᵀ Bᵀ`, with W frozen, and A and B of each share."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        scale: float,
        thinning: Thinning | None,
    ) -> torch.Tensor:
        """`x` has shape [tokens, in features]."""
        groups = len(a)
        given = thinning.apply(x) if thinning else x
        low = torch.bmm(given.view(groups, -1, x.shape[1]), a.to(x.dtype).mT)
        output = torch.nn.functional.linear(x, weight, bias)
        grouped = output.view(groups, -1, output.shape[1])
        grouped.baddbmm_(low, b.to(x.dtype).mT, alpha=scale)
        ctx.save_for_backward(x, weight, low)
        # not among those: where activations are recomputed they come back as copies
        ctx.rest = a, b, scale, thinning
        return output

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Towards x; those of A and B are added up where they belong."""
        x, weight, low = ctx.saved_tensors
        a, b, scale, thinning = ctx.rest
        gradient = gradient.contiguous()
        grouped = gradient.view(len(a), -1, gradient.shape[1])
        # what is multiplied by zero only lends its shape
        towards_low = torch.baddbmm(low, grouped, b.to(x.dtype), beta=0, alpha=scale)
        _add(b, torch.bmm(grouped.mT, low.mul_(scale)))
        given = (thinning.apply(x) if thinning else x).view(len(a), -1, x.shape[1])
        _add(a, torch.bmm(towards_low.mT, given))
        if not ctx.needs_input_grad[0]:
            return (None,) * 7
        towards_x = gradient @ weight
        if thinning:
            through = torch.bmm(towards_low, a.to(x.dtype))
            thinning.apply(through.view(x.shape), into=towards_x)
        else:
            towards_x.view(len(a), -1, x.shape[1]).baddbmm_(towards_low, a.to(x.dtype))
        return towards_x, *(None,) * 6


def _add(half: torch.Tensor, parts: torch.Tensor) -> None:
    """Add gradients of all adapters."""
    if half.grad is None:
        half.grad = torch.zeros_like(half)
    half.grad += parts
