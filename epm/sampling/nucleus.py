"""Draw tokens from the nucleus: the likeliest tokens that together reach probability `top_p`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from epm.models.packing import padded

if TYPE_CHECKING:
    import torch

ROUNDS = 6
"""Draws before the rows that are still outside their nucleus are sorted."""


def draw(
    logits: torch.Tensor, temperature: float, top_p: float, streams: torch.Tensor, step: int
) -> torch.Tensor:
    """One token per row; the likeliest when temperature is 0.

    A token is in the nucleus when the likelier ones add up to less than `top_p` (Holtzman et al.,
    2020; the same set as transformers' TopPLogitsWarper). Tokens are drawn from the whole
    distribution and drawn again where they fall outside: the same law as cutting first, without
    sorting the vocabulary, which costs more than a small model's own step.

    Args:
        logits: shape [rows, vocabulary]; more than one row, see `_filled`.
        temperature: divides the logits.
        top_p: probability, in (0, 1].
        streams: keys of the rows' random bits, shape [rows].
        step: number of the token in its row; with the row's stream, it decides the draw.

    Returns:
        Token ids, shape [rows].
    """
    if temperature == 0:
        return logits.argmax(-1)
    probabilities = (logits.float() / temperature).softmax(-1)
    cumulated = probabilities.cumsum(-1)
    number = step * (ROUNDS + 1)
    drawn = _invert(cumulated, streams, number)
    rows = _outside(probabilities, drawn, top_p).nonzero().flatten()
    for _ in range(ROUNDS - 1):
        if not len(rows):
            return drawn
        number += 1
        some = _filled(rows)
        drawn[some] = _invert(cumulated[some], streams[some], number)
        rows = rows[_outside(probabilities[some], drawn[some], top_p)[: len(rows)]]
    if len(rows):
        some = _filled(rows)
        drawn[some] = _cut_and_draw(probabilities[some], top_p, streams[some], number + 1)
    return drawn


def draw_blindly(
    logits: torch.Tensor,
    temperature: float,
    top_p: float,
    streams: torch.Tensor,
    step: torch.Tensor,
) -> torch.Tensor:
    """The same tokens as `draw`, by the same operations whatever is drawn, and looking at nothing.

    Args:
        logits: shape [rows, vocabulary].
        temperature: divides the logits; not 0.
        top_p: probability, in (0, 1].
        streams: keys of the rows' random bits, shape [rows].
        step: number of the token in its row, one number.

    Returns:
        Token ids, shape [rows].
    """
    probabilities = (logits.float() / temperature).softmax(-1)
    cumulated = probabilities.cumsum(-1)
    number = step * (ROUNDS + 1)
    drawn = _invert(cumulated, streams, number)
    for again in range(1, ROUNDS):
        other = _invert(cumulated, streams, number + again)
        drawn = other.where(_outside(probabilities, drawn, top_p), drawn)
    other = _cut_and_draw(probabilities, top_p, streams, number + ROUNDS)
    return other.where(_outside(probabilities, drawn, top_p), drawn)


def _filled(rows: torch.Tensor) -> torch.Tensor:
    """Rows, the first of them again and again to fill them up: torch adds up a single row apart."""
    import torch

    return torch.cat([rows, rows[:1].expand(padded(len(rows)) - len(rows))])


def _invert(
    cumulated: torch.Tensor, streams: torch.Tensor, number: int | torch.Tensor
) -> torch.Tensor:
    """The token at a random height of each row's distribution function."""
    import torch

    from epm.models.splitmix import uniform

    # rounding may leave a row's end short of 1
    height = uniform(streams, torch.as_tensor(number, device=streams.device))
    last = cumulated.shape[-1] - 1
    found = torch.searchsorted(cumulated, height[:, None] * cumulated[:, -1:], right=True)
    return found.clamp(max=last).squeeze(-1)


def _outside(probabilities: torch.Tensor, drawn: torch.Tensor, top_p: float) -> torch.Tensor:
    """Whether the tokens likelier than the drawn one reach `top_p` without it."""
    own = probabilities.gather(-1, drawn[:, None])
    return probabilities.where(probabilities > own, 0).sum(-1) >= top_p


def _cut_and_draw(
    probabilities: torch.Tensor, top_p: float, streams: torch.Tensor, number: int | torch.Tensor
) -> torch.Tensor:
    """Sort, cut and draw, where most draws would fall outside."""
    ordered, tokens = probabilities.sort(descending=True, stable=True)
    nucleus = ordered.masked_fill(ordered.cumsum(-1) - ordered >= top_p, 0)
    return tokens.gather(-1, _invert(nucleus.cumsum(-1), streams, number)[:, None]).squeeze(-1)
