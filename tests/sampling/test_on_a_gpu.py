"""On a GPU: decoding in place, by kernels and graphs, against decoding that grows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from scipy.stats import chi2

from epm.definition import Definition, Sampling, TinyModel
from epm.models.base import BaseModel
from epm.models.splitmix import outputs
from epm.sampling.decoding import TokenisedPrompt, decode
from epm.sampling.in_place import InPlace, longest
from epm.sampling.nucleus import draw, draw_blindly

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.gpu

PROMPTS = 24
ANSWERS = 400


@pytest.fixture(scope="module")
def base(tiny: Definition) -> BaseModel:
    """A toy with matrices large enough for several kernels, in float32."""
    profile = replace(tiny.profile, model=TinyModel(layers=4, hidden=512, seed=1), dtype="float32")
    base = BaseModel(replace(tiny, profile=profile), lambda _: None)
    base.device = "cuda"
    return base


def prompts(answers: int, seed: int) -> list[TokenisedPrompt]:
    """Of unlike lengths."""
    return [
        TokenisedPrompt(
            tuple(5 + (number * 31 + 7 * place) % 500 for place in range(3 + 5 * number)),
            tuple(outputs(torch.tensor(seed + number), torch.arange(answers)).tolist()),
        )
        for number in range(PROMPTS)
    ]


def in_place(
    base: BaseModel, asked: Sequence[TokenisedPrompt], sampling: Sampling
) -> tuple[list[list[int]], InPlace]:
    """What is written in place, and the steps that did it."""
    rows = sum(len(prompt.streams) for prompt in asked)
    room = longest([prompt.ids for prompt in asked], sampling)
    steps = InPlace(base.model, 1, rows, room, sampling)
    (written,) = decode(base.model, base.tokenizer, [asked], sampling, rowwise=False, steps=steps)
    return written, steps


def test_the_likeliest_tokens_are_those_of_one_plain_pass(base: BaseModel) -> None:
    """Given what was written: at least 999 in 1000, and the others lay within 1e-3."""
    sampling = Sampling(max_new_tokens=96, temperature=0)
    asked = prompts(2, 0)
    written, steps = in_place(base, asked, sampling)
    assert steps.graphs.failure is None
    assert steps.graphs.captured
    rows, agreed, tokens = iter(written), 0, 0
    for prompt in asked:
        for _ in prompt.streams:
            ids = next(rows)
            with torch.inference_mode():
                logits = base.model(
                    input_ids=torch.tensor([[*prompt.ids, *ids[:-1]]], device="cuda"),
                    use_cache=False,
                ).logits[0, len(prompt.ids) - 1 :]
            own = logits[torch.arange(len(ids)), torch.tensor(ids, device="cuda")]
            gap = logits.max(-1).values - own
            assert float(gap.max()) < 1e-3
            agreed += int((gap == 0).sum())
            tokens += len(ids)
    print(f"{agreed} of {tokens} tokens are the likeliest of a plain pass")  # noqa: T201
    assert agreed >= 0.999 * tokens


def test_at_temperature_one_the_law_is_the_same(base: BaseModel) -> None:
    """Chi-square of homogeneity: the fourth token in bins; 24 prompts, 400 answers each way."""
    sampling = Sampling(max_new_tokens=8, temperature=1.0)
    ours, _ = in_place(base, prompts(ANSWERS, 0), sampling)
    (theirs,) = decode(
        base.model, base.tokenizer, [prompts(ANSWERS, 1000)], sampling, rowwise=False
    )
    statistic, freedom = 0.0, 0
    for number in range(PROMPTS):
        own = slice(number * ANSWERS, (number + 1) * ANSWERS)
        fourth = [
            torch.tensor([row[3] if len(row) > 3 else -1 for row in rows[own]])
            for rows in (ours, theirs)
        ]
        both = torch.cat(fourth)
        edges = both.double().quantile(torch.tensor([0.2, 0.4, 0.6, 0.8], dtype=torch.float64))
        table = torch.stack(
            [torch.bucketize(each.double(), edges).bincount(minlength=5) for each in fourth]
        )
        table = table[:, table.sum(0) > 0].double()
        expected = table.sum(1, keepdim=True) * table.sum(0) / table.sum()
        statistic += float(((table - expected) ** 2 / expected).sum())
        freedom += table.shape[1] - 1
    p = float(chi2.sf(statistic, freedom))
    print(f"X²={statistic:.1f} on {freedom} degrees, p={p:.2f}")  # noqa: T201
    assert p > 1e-3


def test_replays_write_what_launches_write(
    base: BaseModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bits, also for a second batch that finds the graphs of the first."""
    sampling = Sampling(max_new_tokens=40)
    asked = prompts(20, 5)
    captured, steps = in_place(base, asked, sampling)
    (again,) = decode(base.model, base.tokenizer, [asked], sampling, rowwise=False, steps=steps)
    assert again == captured
    assert len(steps.graphs.captured) >= 1
    monkeypatch.setattr("epm.models.graphs.Graphs.run", lambda _, __, compute: compute())
    launched, _ = in_place(base, asked, sampling)
    assert launched == captured


def test_same_tokens_as_decoding_that_grows(base: BaseModel) -> None:
    """Of the same random bits; where rounding decides a draw, a row goes another way."""
    sampling = Sampling(max_new_tokens=32)
    asked = prompts(50, 7)
    ours, _ = in_place(base, asked, sampling)
    (theirs,) = decode(base.model, base.tokenizer, [asked], sampling, rowwise=False)
    same = sum(one == two for one, two in zip(ours, theirs, strict=True))
    print(f"{same} of {len(ours)} rows are the same")  # noqa: T201
    assert same >= 0.97 * len(ours)


@pytest.mark.parametrize(("top_p", "least"), [(0.95, 0.99), (1.0, 0.99), (0.5, 0.9)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_kernel_draws_as_plain_torch_does(
    top_p: float, least: float, dtype: torch.dtype
) -> None:
    from epm.sampling import kernels

    logits = (3 * torch.randn(2000, 49152, device="cuda")).to(dtype)
    streams = outputs(torch.tensor(3, device="cuda"), torch.arange(2000, device="cuda"))
    step = torch.tensor([5], device="cuda")
    ours = kernels.draw(logits, 0.8, top_p, streams, step)
    same = (ours == draw_blindly(logits, 0.8, top_p, streams, step)).float().mean()
    assert torch.equal(
        draw_blindly(logits[:50], 0.8, top_p, streams[:50], step),
        draw(logits[:50], 0.8, top_p, streams[:50], 5),
    )
    print(f"top_p {top_p}, {dtype}: {float(same):.4f} alike")  # noqa: T201
    assert float(same) >= least


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("heads", "shared", "size"), [(9, 3, 64), (28, 4, 128), (2, 1, 256)])
def test_the_kernel_attends_as_plain_torch_does(
    heads: int, shared: int, size: int, dtype: torch.dtype
) -> None:
    from epm.sampling import kernels

    rows, capacity = 37, 203
    query = torch.randn(rows, 1, heads, size, device="cuda", dtype=dtype).transpose(1, 2)
    # what lies beyond a row's past must not be read, not even as nothing times nothing
    keys, values = (
        torch.full((rows + 3, shared, capacity, size), torch.nan, device="cuda", dtype=dtype)
        for _ in range(2)
    )
    position = torch.randint(0, capacity, (rows,), device="cuda")
    for row, last in enumerate(position.tolist()):
        for states in (keys, values):
            states[row, :, : last + 1].normal_()
    ours = kernels.attend(query, keys[:rows], values[:rows], position, size**-0.5)
    for row, last in enumerate(position.tolist()):
        k, v = (
            states[row, :, : last + 1].double().repeat_interleave(heads // shared, 0)
            for states in (keys, values)
        )
        q = query[row].double()
        expected = ((q @ k.mT * size**-0.5).softmax(-1) @ v).squeeze(1)
        error = (ours[row, 0] - expected).norm() / expected.norm()
        assert float(error) < (1e-5 if dtype == torch.float32 else 1e-2)
