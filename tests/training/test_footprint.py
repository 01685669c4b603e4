"""Memory that training takes, predicted: against what a pass really keeps, and in the plan."""

from __future__ import annotations

import pytest
import torch

from epm.definition import Lora
from epm.models.adapters import AdapterStack
from epm.models.attention_in_shares import attention_in_shares
from epm.models.base import BaseModel
from epm.models.splitmix import outputs
from epm.training.batches import in_shares
from epm.training.footprint import Footprint

LORA = Lora(rank=8, alpha=16, dropout=0.1)


@pytest.mark.parametrize(("rows", "width"), [(4, 32), (2, 128), (16, 64)])
def test_what_is_kept_is_what_autograd_keeps(tiny_base: BaseModel, rows: int, width: int) -> None:
    """Storages that the passes of all blocks save, each once; weights belong to the model."""
    model = tiny_base.model
    stack = AdapterStack.fresh(model, LORA, [1, 2])
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    weights |= {p.untyped_storage().data_ptr() for p in stack.parameters()}
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage
        return tensor

    keys = outputs(torch.arange(len(stack.pairs))[:, None], torch.arange(rows))
    ids = torch.randint(5, 500, (rows, width))
    with stack.trained(rowwise=False) as current, attention_in_shares(model, current):
        model.train()
        current.packing = in_shares([[width] * (rows // 2)] * 2, keys)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            states = model.get_decoder()(
                input_ids=ids.view(1, -1),
                position_ids=current.packing.positions[None],
                use_cache=False,
            ).last_hidden_state
        model.eval()
    assert states.requires_grad
    footprint = Footprint.of(model, LORA, fused=False)
    predicted = footprint.blocks * footprint.kept * rows * width
    found = sum(storage.nbytes() for storage in kept.values())
    assert 0.85 < predicted / found < 1.15, (predicted, found)


def test_the_adapters_are_counted(tiny_base: BaseModel) -> None:
    stack = AdapterStack.fresh(tiny_base.model, LORA, [1, 2, 3])
    footprint = Footprint.of(tiny_base.model, LORA, fused=False)
    assert footprint.adapter * 3 == sum(weight.numel() for weight in stack.parameters())
