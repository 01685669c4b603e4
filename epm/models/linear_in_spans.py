"""A linear module in training on a CPU: each row of a batch goes through its own adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from epm.models.adapted_linear import AdaptedLinear
from epm.models.packing import Span, Spans
from epm.models.splitmix import kept


class LinearInSpans(AdaptedLinear):
    """Takes rows of any adapters and widths, each through its own."""

    def _adapted(self, x: torch.Tensor) -> torch.Tensor:
        keys = self._dropped_by()
        dropout = None if keys is None else _Dropout(keys, self.dropout)
        output: torch.Tensor = _Adapted.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.bias, self.a, self.b, self.scale, self.rows.packing, dropout
        )
        return output


@dataclass(frozen=True)
class _Dropout:
    streams: torch.Tensor
    """Keys by row."""
    probability: float

    def mask(self, span: Span, features: int) -> torch.Tensor:
        """True where a feature is kept, shape [rows, width, features]."""
        keys = self.streams[span.rows, None]
        positions = torch.arange(span.width, device=keys.device)
        return kept(keys, positions, features, self.probability)

    def apply(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Zero what is not kept, and scale up the rest."""
        return (states.view(mask.shape) * mask).mul_(1 / (1 - self.probability))


class _Adapted(torch.autograd.Function):
    """`x Wᵀ + scale · dropout(x) Aᵀ Bᵀ`, with W frozen, and A and B of each row's adapter."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        scale: float,
        packing: Spans,
        dropout: _Dropout | None,
    ) -> torch.Tensor:
        """`x` has shape [tokens, in features]."""
        output = torch.nn.functional.linear(x, weight, bias)
        halves = a.to(x.dtype), b.to(x.dtype)
        lows, masks = [], []
        for span in packing.spans:
            own_a, own_b = _of_rows(halves, packing, span)
            given = x[span.tokens]
            if dropout:
                masks.append(dropout.mask(span, x.shape[-1]))
                given = dropout.apply(given, masks[-1])
            low = torch.bmm(given.reshape(len(own_a), -1, x.shape[-1]), own_a.mT)
            of_span = output[span.tokens].view(len(own_a), -1, output.shape[-1])
            of_span.baddbmm_(low, own_b.mT, alpha=scale)
            lows.append(low)
        ctx.save_for_backward(x, weight, *lows, *masks)
        # not among those: where activations are recomputed they come back as copies
        ctx.rest = a, b, scale, packing, dropout
        return output

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Towards x; those of A and B are added up where they belong."""
        x, weight, *saved = ctx.saved_tensors
        a, b, scale, packing, dropout = ctx.rest
        lows, masks = saved[: len(packing.spans)], saved[len(packing.spans) :]
        halves = a.to(x.dtype), b.to(x.dtype)
        gradient = gradient.contiguous()
        towards_x = gradient @ weight if ctx.needs_input_grad[0] else None
        for index, span in enumerate(packing.spans):
            own_a, own_b = _of_rows(halves, packing, span)
            given = x[span.tokens]
            if dropout:
                given = dropout.apply(given, masks[index])
            of_span = gradient[span.tokens].view(len(own_b), -1, gradient.shape[-1])
            towards_low = torch.bmm(of_span, own_b) * scale
            _add(b, torch.bmm(of_span.mT, lows[index]) * scale, packing, span)
            given = given.reshape(len(own_a), -1, x.shape[-1])
            _add(a, torch.bmm(towards_low.mT, given), packing, span)
            if towards_x is not None:
                through = torch.bmm(towards_low, own_a)
                if dropout:
                    through = dropout.apply(through, masks[index])
                towards_x[span.tokens] += through.view(-1, x.shape[-1])
        return towards_x, *(None,) * 7


def _of_rows(
    halves: tuple[torch.Tensor, torch.Tensor], packing: Spans, span: Span
) -> tuple[torch.Tensor, torch.Tensor]:
    """A and B of each of the span's rows."""
    owners = packing.owners[span.rows]
    return halves[0][owners], halves[1][owners]


def _add(half: torch.Tensor, parts: torch.Tensor, packing: Spans, span: Span) -> None:
    """Add gradients of rows to their adapters', one after another."""
    if half.grad is None:
        half.grad = torch.zeros_like(half)
    parts = parts.to(half.dtype)
    half.grad.index_add_(0, packing.owners[span.rows], parts)
