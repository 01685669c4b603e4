"""Decoding: on a CPU a row's logits are the same bits, whatever it is decoded beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from epm.definition import Lora, Sampling
from epm.models.adapters import AdapterStack
from epm.sampling import decoding
from epm.sampling.decoding import TokenisedPrompt, decode
from epm.sampling.nucleus import draw

if TYPE_CHECKING:
    from epm.models.base import BaseModel

SAMPLING = Sampling(max_new_tokens=12)
LENGTHS = (3, 17, 16, 40, 61, 33, 5, 120)
PROMPTS = tuple(
    TokenisedPrompt(
        tuple(5 + (number * 31 + 7 * place) % 500 for place in range(length)),
        tuple(1000 * number + index for index in range(1 + number % 4)),
    )
    for number, length in enumerate(LENGTHS, start=1)
)
"""Of lengths on both sides of what is padded to, with one to four completions."""

Drawn = dict[int, list[bytes]]
"""The logits of every step, by the row's stream."""


@contextmanager
def recorded() -> Iterator[Drawn]:
    """What rows are drawn from meanwhile."""
    seen: Drawn = {}

    def recording(logits: torch.Tensor, *rest: Any) -> torch.Tensor:
        for stream, row in zip(rest[2].tolist(), logits, strict=True):
            seen.setdefault(stream, []).append(row.numpy().tobytes())
        return draw(logits, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding, "draw", recording)
        yield seen


def drawn(
    base: BaseModel, groups: Sequence[Sequence[TokenisedPrompt]], threads: int = 1
) -> tuple[Drawn, list[list[list[int]]]]:
    """Logits and tokens."""
    torch.set_num_threads(threads)
    try:
        with recorded() as seen:
            written = decode(base.model, base.tokenizer, groups, SAMPLING, rowwise=True)
    finally:
        torch.set_num_threads(1)
    return seen, written


def agree(ours: Drawn, theirs: Drawn) -> bool:
    """In all that both have: a row that ended may be decoded along for a while."""
    return all(
        one == two
        for stream in (ours.keys() & theirs.keys()) - {0}
        for one, two in zip(ours[stream], theirs[stream], strict=False)
    )


@pytest.fixture(scope="module")
def together(tiny_base: BaseModel) -> tuple[Drawn, list[list[list[int]]]]:
    """All prompts in one batch."""
    return drawn(tiny_base, [PROMPTS])


@settings(max_examples=15)
@given(
    order=st.lists(
        st.integers(min_value=0, max_value=len(PROMPTS) - 1), min_size=1, max_size=4, unique=True
    ),
    threads=st.sampled_from([1, 2, 4]),
)
def test_a_row_does_not_depend_on_its_batch_or_the_number_of_threads(
    tiny_base: BaseModel,
    together: tuple[Drawn, list[list[list[int]]]],
    order: list[int],
    threads: int,
) -> None:
    seen, (written,) = drawn(tiny_base, [[PROMPTS[number] for number in order]], threads)
    assert agree(seen, together[0])
    all_rows = iter(together[1][0])
    by_prompt = [[next(all_rows) for _ in prompt.streams] for prompt in PROMPTS]
    assert written == [row for number in order for row in by_prompt[number]]


def test_nor_on_the_adapters_beside_its_own(tiny_base: BaseModel) -> None:
    model = tiny_base.model
    stack = AdapterStack.fresh(model, Lora(rank=4, alpha=8), seeds=[1, 2, 3])
    with torch.no_grad():
        for pair in stack.pairs.values():
            pair.b.normal_(std=0.3, generator=torch.Generator().manual_seed(4))
    groups = [PROMPTS[:5], PROMPTS[5:7], PROMPTS[7:]]

    def through(adapters: Sequence[int]) -> tuple[Drawn, list[list[list[int]]]]:
        chosen = AdapterStack(
            model,
            len(adapters),
            stack.lora,
            {
                name: type(pair)(pair.a[list(adapters)], pair.b[list(adapters)])
                for name, pair in stack.pairs.items()
            },
        )
        with chosen.attached():
            return drawn(tiny_base, [groups[number] for number in adapters])

    whole, written = through([0, 1, 2])
    for adapters in ([0], [1], [2], [2, 0], [1, 0]):
        seen, some = through(adapters)
        assert agree(seen, whole)
        assert some == [written[number] for number in adapters]
    assert not agree(drawn(tiny_base, [groups[0]])[0], whole)


@pytest.mark.parametrize("rowwise", [True, False])
def test_rows_are_decoded_as_transformers_would(tiny_base: BaseModel, rowwise: bool) -> None:
    """Logits of every step against one plain pass over the row."""
    greedy = Sampling(max_new_tokens=12, temperature=0)
    with recorded() as seen:
        (written,) = decode(
            tiny_base.model, tiny_base.tokenizer, [PROMPTS], greedy, rowwise=rowwise
        )
    rows = iter(written)
    for prompt in PROMPTS:
        for stream in prompt.streams:
            ids = next(rows)
            with torch.inference_mode():
                logits = tiny_base.model(
                    input_ids=torch.tensor([[*prompt.ids, *ids[:-1]]]), use_cache=False
                ).logits[0, len(prompt.ids) - 1 :]
            for step, plain in enumerate(logits):
                ours = torch.frombuffer(bytearray(seen[stream][step]), dtype=torch.float32)
                assert torch.allclose(ours, plain, atol=2e-4, rtol=1e-4)
