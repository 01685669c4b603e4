"""The loss of completion tokens, and its gradient, without all logits at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from epm.models.packing import GRANULE, padded

if TYPE_CHECKING:
    import torch

LOGITS = {"cpu": 2**24, "cuda": 2**27}
"""Logits in memory at once, by device; a training step needs some 16 bytes for each.

Qwen2.5 has 152,064 of them for every token: 20,000 tokens at once would take 49 GB.
"""


def weighted_losses(
    head: Any, states: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross-entropies in nats, and the gradient of their sum.

    Logits are made, differentiated and dropped for some tokens at a time, so that nothing needs to
    be computed again on the way back.

    Args:
        head: the output embeddings, frozen.
        states: last hidden states, shape [tokens, features].
        targets: token ids, shape [tokens].
        weights: of every token's loss, shape [tokens].

    Returns:
        Weighted losses, shape [tokens], float32; the gradient of their sum with respect to the
        states, shaped like them, or an empty tensor where gradients are switched off.
    """
    import torch

    from epm.models.graphs import kernels_installed

    trained = torch.is_grad_enabled()
    at_once = max(GRANULE, LOGITS[states.device.type] // head.out_features // GRANULE * GRANULE)
    compiled = states.device.type == "cuda" and kernels_installed()
    count, missing = len(states), padded(len(states)) - len(states)
    # filled up to whole granules, so that no token's numbers depend on how many there are
    states = torch.cat([states.detach(), states.new_zeros(missing, states.shape[1])])
    targets = torch.cat([targets, targets.new_zeros(missing)])
    weights = torch.cat([weights, weights.new_zeros(missing)])
    losses = torch.empty(len(states), device=states.device)
    gradient = torch.empty_like(states if trained else states[:0])
    for start in range(0, len(states), at_once):
        part = slice(start, start + at_once)
        if compiled:
            from epm.models import kernels

            with torch.no_grad():
                logits = head(states[part])
                losses[part] = kernels.weigh(
                    logits, targets[part], weights[part], differentiated=trained
                )
                if trained:
                    torch.matmul(logits, head.weight, out=gradient[part])
            continue
        some = states[part].requires_grad_(trained)
        loss = weights[part] * torch.nn.functional.cross_entropy(
            head(some).float(), targets[part], reduction="none"
        )
        if trained:
            (gradient[part],) = torch.autograd.grad(loss.sum(), some)
        losses[part] = loss.detach()
    return losses[:count], gradient[:count]
