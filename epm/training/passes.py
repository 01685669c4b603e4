"""Forward and backward passes of micro-batches, and the losses of all tokens."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from epm.models.adapters import AdapterStack
from epm.models.attention_in_shares import attention_in_shares
from epm.models.base import BaseModel
from epm.models.fused import fused
from epm.models.graphs import Graphs
from epm.models.loss import weighted_losses
from epm.models.packing import PackedRows, attention_in_spans
from epm.training.batches import IntArray, MicroBatch
from epm.training.memory import MemoryPlan

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Slot:
    """Where micro-batches of one shape are computed, one after another."""

    batch: MicroBatch
    losses: torch.Tensor
    """Of its completion tokens."""

    @classmethod
    def of(cls, batch: MicroBatch, device: str) -> Slot:
        """With a first micro-batch."""
        own = batch.to(device).copied()
        return cls(own, own.weights.new_zeros(len(own.weights)))


@dataclass(frozen=True)
class Passes:
    """A model in training mode, with a stack of adapters that are trained beside its weights."""

    base: BaseModel
    stack: AdapterStack
    rows: PackedRows[Any]
    rowwise: bool
    graphs: Graphs | None
    """Of micro-batches by shape, where they are captured: the adapters' gradients stay in place."""
    slots: dict[tuple[int, ...], Slot] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def of(cls, base: BaseModel, stack: AdapterStack, plan: MemoryPlan) -> Iterator[Passes]:
        """Prepare the model; afterwards it is as it was."""
        model = base.model
        with ExitStack() as surroundings:
            rowwise = plan.limits.rowwise
            rows = surroundings.enter_context(stack.trained(rowwise=rowwise))
            if rowwise:
                surroundings.enter_context(attention_in_spans(model, rows))
            else:
                surroundings.enter_context(attention_in_shares(model, rows))
                surroundings.enter_context(fused(model))
            if plan.recompute:
                surroundings.enter_context(_recomputing(model))
            surroundings.callback(model.eval)
            model.train()
            graphs = Graphs(model.device) if plan.captured else None
            try:
                yield cls(base, stack, rows, rowwise, graphs)
            finally:
                if graphs:
                    graphs.forget()

    def backward(self, batch: MicroBatch) -> torch.Tensor:
        """Add a micro-batch's gradients to the adapters'; the weighted losses of its tokens.

        Losses of all adapters are added up: none has a share in another's gradient.
        """
        if self.graphs is None:
            return self._backward(batch.to(self.base.device))
        slot = self.slots.get(batch.shape)
        if slot is None:
            slot = self.slots[batch.shape] = Slot.of(batch, self.base.device)
        else:
            slot.batch.take(batch)

        def compute() -> None:
            slot.losses.copy_(self._backward(slot.batch))

        self.graphs.run(batch.shape, compute)
        return slot.losses.clone()

    def _backward(self, batch: MicroBatch) -> torch.Tensor:
        import torch

        losses, states, gradient = self._losses(batch)
        torch.autograd.backward(states, gradient)
        return losses

    def forward(self, batch: MicroBatch) -> torch.Tensor:
        """The weighted losses of a micro-batch's tokens, without dropout."""
        import torch

        self.base.model.eval()
        with torch.no_grad():
            losses = self._losses(batch.to(self.base.device))[0]
        self.base.model.train()
        return losses

    def _losses(self, batch: MicroBatch) -> tuple[torch.Tensor, ...]:
        """Losses, shape [completion tokens]; the states that predict them; their gradient."""
        import torch

        from epm.models.splitmix import outputs

        model = self.base.model
        modules = torch.arange(len(self.stack.pairs), device=self.base.device)
        streams = outputs(batch.packing.streams, modules[:, None])
        self.rows.packing = replace(batch.packing, streams=streams)
        hidden = model.get_decoder()(
            input_ids=batch.ids,
            position_ids=batch.packing.positions[None],
            use_cache=False,
            # given a mask, transformers makes none; what attends does not read it
            attention_mask=None if self.rowwise else batch.ids.new_ones(1, 1, 1, 1).bool(),
        ).last_hidden_state
        states = hidden.flatten(0, 1).index_select(0, batch.predicting)
        losses, gradient = weighted_losses(
            model.get_output_embeddings(), states, batch.targets, batch.weights
        )
        return losses, states, gradient


class LossHistory:
    """The mean losses of several adapters, step by step.

    They are added up exactly, so that they don't depend on which tokens come in one batch.
    """

    def __init__(self, adapters: int) -> None:
        """Nothing has been seen yet."""
        self._adapters = adapters
        self._raw: list[Sequence[tuple[torch.Tensor, IntArray]]] = []
        self._means: list[list[float]] = []

    def add(self, step: Sequence[tuple[torch.Tensor, IntArray]]) -> None:
        """Losses of a step's tokens by micro-batch, each with the adapters that they belong to."""
        self._raw.append(step)

    def last(self) -> list[float]:
        """Of every adapter in the last step; waits for the device."""
        for step in self._raw:
            # what fills a batch up comes last, and belongs to nobody
            losses = np.concatenate([all_.cpu().numpy()[: len(own)] for all_, own in step])
            owners = np.concatenate([own for _, own in step])
            self._means.append(
                [math.fsum(losses[owners == each].tolist()) for each in range(self._adapters)]
            )
        self._raw = []
        return self._means[-1]

    def of(self, adapter: int) -> list[float]:
        """Of one adapter in every step."""
        self.last()
        return [step[adapter] for step in self._means]


@contextmanager
def _recomputing(model: Any) -> Iterator[None]:
    """Drop activations in the forward pass, and compute them again in the backward pass."""
    with warnings.catch_warnings():
        # transformers 5.23 has new names for these; 5.17 knows the old ones alone
        warnings.simplefilter("ignore", FutureWarning)
        model.gradient_checkpointing_enable({"use_reentrant": False})
        try:
            yield
        finally:
            model.gradient_checkpointing_disable()
            # transformers takes this hook of its own back for peft's models alone
            model.disable_input_require_grads()
