"""On a GPU: kernels against plain torch in higher precision; `pytest -m gpu`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from epm.definition import Definition, Replicate, TinyModel
from epm.models.attention import in_one_order
from epm.models.base import BaseModel
from epm.models.chat import TrainingRow
from epm.models.compiling import compiled_meanwhile
from epm.models.splitmix import kept, outputs
from epm.training.loop import Job
from epm.training.train import train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Quiet

pytestmark = pytest.mark.gpu


def error(ours: torch.Tensor, exact: torch.Tensor) -> float:
    """Relative, by norms."""
    return float((ours.detach() - exact.detach()).norm() / exact.detach().norm())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_and_losses_are_those_of_plain_torch(dtype: torch.dtype) -> None:
    from epm.models import kernels

    keys = outputs(torch.tensor(3, device="cuda"), torch.arange(12, device="cuda"))
    rows = torch.arange(12, device="cuda").repeat_interleave(112)[:1300]
    positions = torch.arange(112, device="cuda").repeat(12)[:1300]
    states = torch.randn(1300, 1536, device="cuda", dtype=dtype)
    mask = kept(keys[rows], positions, 1536, 0.05)
    ours = kernels.thin(states, keys, rows, positions, 0.05)
    assert torch.equal(ours, (states * mask).mul_(1 / 0.95))
    logits = torch.randn(300, 49152, device="cuda", dtype=dtype)
    targets = torch.randint(0, 49152, (300,), device="cuda")
    weights = torch.rand(300, device="cuda")
    exact = logits.double().requires_grad_()
    losses = weights * torch.nn.functional.cross_entropy(exact, targets, reduction="none")
    losses.sum().backward()
    ours = kernels.weigh(logits, targets, weights, differentiated=True)
    assert exact.grad is not None
    assert error(ours, losses) < 1e-5
    assert error(logits, exact.grad) < (1e-4 if dtype == torch.float32 else 1e-2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("features", [576, 3584])
def test_norms_are_those_of_plain_torch(features: int, dtype: torch.dtype) -> None:
    from epm.models import kernels

    states = 3 * torch.randn(7, 50, features, device="cuda", dtype=dtype)
    weight = torch.rand(features, device="cuda", dtype=dtype)
    gradient = torch.randn_like(states)
    exact = states.double().requires_grad_()
    normed = torch.nn.functional.rms_norm(exact, (features,), weight.double(), 1e-5)
    normed.backward(gradient.double())
    assert exact.grad is not None
    slack = 1e-5 if dtype == torch.float32 else 1e-2
    ours, scales = kernels.norm(states, weight, 1e-5)
    assert error(ours, normed) < slack
    assert error(kernels.norm_backward(gradient, states, weight, scales), exact.grad) < slack


def test_what_a_training_takes_is_compiled_beforehand(
    tiny: Definition, tmp_path: Path, quiet: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left to be compiled where it is needed."""
    from triton.runtime.jit import JITFunction

    from epm.models import kernels

    profile = tiny.profile
    lora = replace(tiny.training.lora, dropout=0.05)
    definition = replace(
        tiny,
        profile=replace(
            profile,
            dtype="bfloat16",
            model=TinyModel(layers=2, hidden=512, seed=1),
            training=replace(tiny.training, lora=lora),
            covariates=(),
        ),
    )
    ours = [kernels._thin, kernels._weigh, kernels._norm, kernels._norm_backward]
    for kernel in ours:
        kernel.device_caches.clear()
    compile_: Any = JITFunction._do_compile
    beforehand, needed = set[str](), set[str]()
    seen = needed

    def compiled(kernel: Any, *args: Any, **options: Any) -> Any:
        seen.add(kernel.fn.__name__)
        return compile_(kernel, *args, **options)

    @contextmanager
    def watched(*given: Any) -> Iterator[None]:
        nonlocal seen
        seen = beforehand
        with compiled_meanwhile(*given):
            yield
        seen = needed

    monkeypatch.setattr(JITFunction, "_do_compile", compiled)
    monkeypatch.setattr("epm.training.train.compiled_meanwhile", watched)
    rows = tuple(TrainingRow("You are brief.", f"What is {n}?", "A number.") for n in range(8))
    job = Job(Replicate("baker", 1, "baker"), rows, tmp_path)
    base = BaseModel(definition, lambda _: None)
    list(train(definition, [job], base, quiet))
    assert beforehand >= {"_thin", "_weigh"}
    assert not needed


@pytest.mark.parametrize(
    ("length", "heads", "shared", "size"), [(300, 9, 3, 64), (450, 28, 4, 128)]
)
def test_gradients_of_attention_are_added_up_in_one_order(
    length: int, heads: int, shared: int, size: int
) -> None:
    """Of rows longer than a block of FlashAttention's; without it, their bits differ."""
    query, key, value = (
        torch.randn(16, own, length, size, device="cuda", dtype=torch.bfloat16, requires_grad=True)
        for own in (heads, shared, shared)
    )
    gradient = torch.randn(16, heads, length, size, device="cuda", dtype=torch.bfloat16)
    seen = []
    for _ in range(10):
        query.grad = None
        attended = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, is_causal=True, enable_gqa=True
        )
        with in_one_order():
            attended.backward(gradient)
        assert query.grad is not None
        seen.append(query.grad.clone())
    assert all(torch.equal(each, seen[0]) for each in seen)
    assert not torch.are_deterministic_algorithms_enabled()
