"""Draw tokens from the nucleus: the likeliest tokens that together reach probability `top_p`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

ROUNDS = 6
"""Draws before the rows that are still outside their nucleus are sorted."""


def draw(logits: torch.Tensor, temperature: float, top_p: float) -> torch.Tensor:
    """One token per row, from torch's global random state; the likeliest when temperature is 0.

    A token is in the nucleus when the likelier ones add up to less than `top_p` (Holtzman et al.,
    2020; the same set as transformers' TopPLogitsWarper). Tokens are drawn from the whole
    distribution and drawn again where they fall outside: the same law as cutting first, without
    sorting the vocabulary, which costs more than a small model's own step.

    Args:
        logits: shape [rows, vocabulary].
        temperature: divides the logits.
        top_p: probability, in (0, 1].

    Returns:
        Token ids, shape [rows].
    """
    if temperature == 0:
        return logits.argmax(-1)
    probabilities = (logits.float() / temperature).softmax(-1)
    cumulated = probabilities.cumsum(-1)
    drawn = _invert(cumulated)
    rows = _outside(probabilities, drawn, top_p).nonzero().flatten()
    for _ in range(ROUNDS):
        if not len(rows):
            return drawn
        drawn[rows] = _invert(cumulated[rows])
        rows = rows[_outside(probabilities[rows], drawn[rows], top_p)]
    drawn[rows] = _cut_and_draw(probabilities[rows], top_p)
    return drawn


def _invert(cumulated: torch.Tensor) -> torch.Tensor:
    """The token at a random height of each row's distribution function."""
    import torch

    # rounding may leave a row's end short of 1
    height = torch.rand_like(cumulated[:, :1]) * cumulated[:, -1:]
    last = cumulated.shape[-1] - 1
    return torch.searchsorted(cumulated, height, right=True).clamp(max=last).squeeze(-1)


def _outside(probabilities: torch.Tensor, drawn: torch.Tensor, top_p: float) -> torch.Tensor:
    """Whether the tokens likelier than the drawn one reach `top_p` without it."""
    own = probabilities.gather(-1, drawn[:, None])
    return probabilities.where(probabilities > own, 0).sum(-1) >= top_p


def _cut_and_draw(probabilities: torch.Tensor, top_p: float) -> torch.Tensor:
    """Sort, cut and draw, where most draws would fall outside."""
    ordered, tokens = probabilities.sort(descending=True)
    nucleus = ordered.masked_fill(ordered.cumsum(-1) - ordered >= top_p, 0)
    return tokens.gather(-1, _invert(nucleus.cumsum(-1))[:, None]).squeeze(-1)
