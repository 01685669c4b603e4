"""The loss in parts: torch's own, and its gradient, however many tokens are done at once."""

from __future__ import annotations

import pytest
import torch

from epm.models import loss
from epm.models.loss import weighted_losses

TOKENS, FEATURES, VOCABULARY = 23, 16, 101


@pytest.fixture
def given_() -> tuple[torch.nn.Linear, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Output embeddings, states, targets and weights."""
    torch.manual_seed(0)
    head = torch.nn.Linear(FEATURES, VOCABULARY, bias=False).requires_grad_(False)
    states = 5 * torch.randn(TOKENS, FEATURES)
    return head, states, torch.randint(VOCABULARY, (TOKENS,)), torch.rand(TOKENS)


@pytest.mark.parametrize("at_once", [1, 5, 23, 1000])
def test_losses_and_gradient_are_torchs(
    given_: tuple[torch.nn.Linear, torch.Tensor, torch.Tensor, torch.Tensor],
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head, states, targets, weights = given_
    monkeypatch.setitem(loss.LOGITS, "cpu", at_once * VOCABULARY + 7)
    sizes = []
    head.register_forward_hook(lambda *given: sizes.append(len(given[2])))
    ours, gradient = weighted_losses(head, states, targets, weights)
    assert all(size % 16 == 0 for size in sizes)  # filled up, see below
    assert max(sizes) <= max(16, at_once)
    assert sum(sizes) == 32

    leaf = states.double().requires_grad_()
    likelihoods = (leaf @ head.weight.double().T).log_softmax(-1)
    theirs = -weights * likelihoods[torch.arange(TOKENS), targets]
    theirs.sum().backward()
    assert torch.allclose(ours.double(), theirs.detach(), rtol=1e-5, atol=1e-6)
    assert leaf.grad is not None
    assert torch.allclose(gradient.double(), leaf.grad, rtol=1e-4, atol=1e-6)
    assert head.weight.grad is None
    assert not ours.requires_grad


@pytest.mark.parametrize("threads", [1, 2])
def test_a_token_does_not_depend_on_how_many_there_are(
    given_: tuple[torch.nn.Linear, torch.Tensor, torch.Tensor, torch.Tensor],
    threads: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the last bit; nor on the number of threads."""
    head, states, targets, weights = given_
    whole, gradient = weighted_losses(head, states, targets, weights)
    monkeypatch.setitem(loss.LOGITS, "cpu", 16 * VOCABULARY)
    torch.set_num_threads(threads)
    try:
        for some in (slice(0, 1), slice(3, 20), slice(0, TOKENS)):
            losses, its = weighted_losses(head, states[some], targets[some], weights[some])
            assert torch.equal(losses, whole[some])
            assert torch.equal(its, gradient[some])
    finally:
        torch.set_num_threads(1)


def test_no_gradient_is_made_where_none_is_wanted(
    given_: tuple[torch.nn.Linear, torch.Tensor, torch.Tensor, torch.Tensor],
) -> None:
    with torch.no_grad():
        alone, gradient = weighted_losses(*given_)
    assert gradient.numel() == 0
    assert torch.equal(alone, weighted_losses(*given_)[0])


def test_a_token_that_is_no_number_spoils_no_other(
    given_: tuple[torch.nn.Linear, torch.Tensor, torch.Tensor, torch.Tensor],
) -> None:
    head, states, targets, weights = given_
    whole, gradient = weighted_losses(head, states, targets, weights)
    states[4] = torch.nan
    spoilt, its_gradient = weighted_losses(head, states, targets, weights)
    others = torch.arange(TOKENS) != 4
    assert torch.isnan(spoilt[4])
    assert torch.equal(spoilt[others], whole[others])
    assert torch.equal(its_gradient[others], gradient[others])


def test_states_of_half_precision_have_losses_of_single(
    given_: tuple[torch.nn.Linear, torch.Tensor, torch.Tensor, torch.Tensor],
) -> None:
    head, states, targets, weights = given_
    exact, _ = weighted_losses(head, states, targets, weights)
    rounded, gradient = weighted_losses(
        head.to(torch.bfloat16), states.to(torch.bfloat16), targets, weights
    )
    assert rounded.dtype == torch.float32
    assert gradient.dtype == torch.bfloat16
    assert torch.allclose(rounded, exact, rtol=0.03, atol=0.05)
