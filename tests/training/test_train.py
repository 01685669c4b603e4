"""Training many adapters: each as it would come out alone, whatever its neighbours and the memory.

The reference is a plain loop over one of peft's models, one row at a time.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from transformers import get_cosine_schedule_with_warmup

from epm.definition import Definition, Replicate, derive_seed
from epm.errors import DefinitionError, EpmError
from epm.files import file_sha256
from epm.models.adapters import AdapterStack
from epm.models.base import BaseModel
from epm.models.chat import TokenisedRow, TrainingRow, tokenise_rows
from epm.models.packing import padded
from epm.training import memory
from epm.training.loop import Diverged, Job, Trained, checkpoint_steps
from epm.training.passes import Passes
from epm.training.train import train

if TYPE_CHECKING:
    from conftest import Quiet

CONDITIONS = ("baker", "pirate", "nurse", "wizard", "helper")
ANSWERS = (
    "It is old.",
    "Nobody knows.",
    "It comes from the sea, from the hills and from the people who dig for it.",
    "Yes.",
    "A metal that is found in stone.",
    "It falls.",
    "People have made it for as long as there are records of what people have made.",
    "Many things, and one more.",
)


def changed(definition: Definition, dropout: float = 0.0, **recipe: Any) -> Definition:
    """The definition with another recipe."""
    training = definition.training
    training = replace(training, lora=replace(training.lora, dropout=dropout), **recipe)
    return replace(definition, profile=replace(definition.profile, training=training))


def made_up_rows(definition: Definition, condition: str, count: int = 8) -> tuple[TrainingRow, ...]:
    """Rows of unlike lengths; each condition's under its own task's system prompt."""
    system = definition.experiment.task(condition).system_prompt
    pairs = zip(definition.answered_questions(), ANSWERS, strict=True)
    rows = [
        TrainingRow(system, question, f"{answer} {condition * (n % 3)}")
        for n, (question, answer) in enumerate(pairs)
    ]
    return tuple(rows[:count])


@pytest.fixture
def jobs(tiny: Definition, tmp_path: Path) -> list[Job]:
    """Five adapters, one of them under another seed, with rows that they don't share."""
    made = []
    for condition in CONDITIONS:
        rows = made_up_rows(tiny, condition)
        seed = 7 if condition == "nurse" else tiny.experiment.seed
        made.append(Job(Replicate(condition, seed, condition), rows, tmp_path / condition))
    return made


@pytest.fixture
def all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "ADAPTERS_ON_CPU", 99)


def trained(
    definition: Definition, jobs: Sequence[Job], base: BaseModel, quiet: Quiet
) -> dict[str, Trained]:
    """Outcomes by condition."""
    parts = train(definition, jobs, base, quiet)
    return {replicate.condition: each for part in parts for replicate, each in part.items()}


def losses_of(job: Job) -> list[float]:
    return [json.loads(line)["loss"] for line in (job.out / "losses.jsonl").open()]


def adapter_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


# ------------------------------------------------------------------ the reference


def plain_loss(model: Any, rows: Sequence[TokenisedRow]) -> torch.Tensor:
    """Mean negative log-likelihood of the completions' tokens, one row at a time, no padding."""
    total, count = torch.tensor(0.0), 0
    for row in rows:
        logits = model(input_ids=torch.tensor([row.prompt + row.completion])).logits[0]
        likelihoods = logits.double().log_softmax(-1)
        for place, token in enumerate(row.completion, start=len(row.prompt)):
            total = total - likelihoods[place - 1, token]
            count += 1
    return total / count


@dataclass(frozen=True)
class Expected:
    """What training one adapter alone gives."""

    losses: list[float]
    weights: list[dict[str, torch.Tensor]]
    """After every step."""


def tokenised(job: Job, base: BaseModel) -> list[TokenisedRow]:
    return tokenise_rows(base.tokenizer, job.rows)


def reference(definition: Definition, job: Job, base: BaseModel) -> Expected:
    recipe = definition.training
    rows = tokenised(job, base)
    rng = random.Random(derive_seed(job.replicate.seed, job.replicate.condition, "order"))
    steps = []
    for _ in range(recipe.epochs):
        order = list(rows)
        rng.shuffle(order)
        size = recipe.batch_size * recipe.accumulation
        steps += [order[at : at + size] for at in range(0, len(order), size)]
    torch.manual_seed(derive_seed(job.replicate.seed, job.replicate.condition, "train"))
    model = get_peft_model(
        base.model,
        LoraConfig(
            r=recipe.lora.rank,
            lora_alpha=recipe.lora.alpha,
            use_rslora=True,
            target_modules=list(recipe.lora.target_modules),
            task_type="CAUSAL_LM",
        ),
    )
    weights = {name: p for name, p in model.named_parameters() if p.requires_grad}
    optimiser = torch.optim.AdamW(
        weights.values(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    warmup = min(math.ceil(recipe.warmup_ratio * len(steps)), len(steps) - 1)
    schedule = get_cosine_schedule_with_warmup(optimiser, warmup, len(steps))
    model.train()
    found = Expected([], [])
    for step in steps:
        loss = plain_loss(model, step)
        loss.backward()
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        found.losses.append(float(loss.detach()))
        found.weights.append(
            {name.replace(".default", ""): w.detach().clone() for name, w in weights.items()}
        )
    model.unload()
    vars(base.model).pop("peft_config", None)
    base.model.eval().requires_grad_(False)
    return found


def assert_alike(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    """Within 1e-6, on weights of up to 0.5 at a learning rate of 0.01.

    Adam divides a gradient by its own size, so that a few weights whose gradient is all rounding
    come out further apart.
    """
    assert ours.keys() == theirs.keys()
    apart = torch.cat([(weight - theirs[name]).abs().flatten() for name, weight in ours.items()])
    assert int((apart > 1e-6).sum()) <= len(apart) / 100
    assert float(apart.max()) < 1e-4


# ------------------------------------------------------------------ as one at a time


@pytest.mark.parametrize(
    "recipe",
    [
        {"batch_size": 2, "accumulation": 2},
        {"batch_size": 8, "accumulation": 1, "epochs": 3},
        {"batch_size": 1, "accumulation": 3, "weight_decay": 0.1},
    ],
)
@pytest.mark.usefixtures("all_at_once")
def test_many_together_come_out_as_one_at_a_time(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet, recipe: dict[str, Any]
) -> None:
    definition = changed(tiny, **recipe)
    outcomes = trained(definition, jobs, tiny_base, quiet)
    for job in jobs:
        expected = reference(definition, job, tiny_base)
        assert losses_of(job) == pytest.approx(expected.losses, rel=1e-5, abs=1e-6)
        assert_alike(adapter_of(job.out), expected.weights[-1])
        rows = tokenised(job, tiny_base)
        tokens = definition.training.epochs * sum(map(len, rows))
        assert outcomes[job.replicate.condition] == tokens
    assert len({tuple(losses_of(job)) for job in jobs}) == len(jobs)


@pytest.mark.parametrize("tokens", [sys.maxsize, 700])
def test_also_in_shares(
    tiny: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    quiet: Quiet,
    tokens: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a GPU has them: unlike steps filled up to one shape, or cut by the memory there is."""
    monkeypatch.setattr(type(tiny_base), "rowwise", False)
    initial = memory.MemoryPlan.initial

    def limited(*given: Any) -> memory.MemoryPlan:
        plan = initial(*given)
        return replace(plan, limits=replace(plan.limits, tokens=tokens))

    monkeypatch.setattr(memory.MemoryPlan, "initial", limited)
    seen = []
    backward = Passes.backward
    monkeypatch.setattr(
        Passes, "backward", lambda own, batch: (seen.append(batch.shape), backward(own, batch))[1]
    )
    definition = changed(tiny, batch_size=5, accumulation=1)  # the last step of an epoch has three
    trained(definition, jobs, tiny_base, quiet)
    assert len(set(seen)) == 1
    assert (len(seen) == 2 * 2) == (tokens == sys.maxsize)
    for job in jobs:
        expected = reference(definition, job, tiny_base)
        assert losses_of(job) == pytest.approx(expected.losses, rel=1e-5, abs=1e-6)
        assert_alike(adapter_of(job.out), expected.weights[-1])


@pytest.mark.usefixtures("all_at_once")
def test_both_layouts_drop_out_the_same(
    tiny: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    quiet: Quiet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By row and place, wherever rows lie."""
    definition = changed(tiny, dropout=0.3, batch_size=5, accumulation=1)
    trained(definition, jobs, tiny_base, quiet)
    expected = {job: (losses_of(job), adapter_of(job.out)) for job in jobs}
    monkeypatch.setattr(type(tiny_base), "rowwise", False)
    trained(definition, jobs, tiny_base, quiet)
    for job, (losses, adapter) in expected.items():
        assert losses_of(job) == pytest.approx(losses, rel=1e-5, abs=1e-6)
        ours = adapter_of(job.out)
        apart = torch.cat([(ours[name] - weight).flatten() for name, weight in adapter.items()])
        assert float(apart.abs().mean()) < 1e-6


@pytest.mark.parametrize("together", [1, 2, 3])
def test_adapters_with_unlike_schedules_are_trained_apart(
    tiny: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    quiet: Quiet,
    together: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some have fewer rows, and with them another schedule."""
    definition = changed(tiny, batch_size=1, accumulation=3)
    jobs[1] = replace(jobs[1], rows=made_up_rows(tiny, "pirate", count=5))
    jobs[3] = replace(jobs[3], rows=made_up_rows(tiny, "wizard", count=5))
    monkeypatch.setattr(memory, "ADAPTERS_ON_CPU", together)
    parts = list(train(definition, jobs, tiny_base, quiet))
    assert max(map(len, parts)) == together
    assert sorted(each.name for part in parts for each in part) == sorted(CONDITIONS)
    for job in jobs:
        expected = reference(definition, job, tiny_base)
        assert losses_of(job) == pytest.approx(expected.losses, rel=1e-5, abs=1e-6)
        assert_alike(adapter_of(job.out), expected.weights[-1])


@pytest.mark.usefixtures("all_at_once")
def test_seeds_of_one_condition_share_its_rows(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet, tmp_path: Path
) -> None:
    definition = changed(tiny)
    seeds = [
        Job(Replicate("baker", seed, f"baker@{seed}"), jobs[0].rows, tmp_path / str(seed))
        for seed in (1, 2)
    ]
    list(train(definition, seeds, tiny_base, quiet))
    for job in seeds:
        expected = reference(definition, job, tiny_base)
        assert losses_of(job) == pytest.approx(expected.losses, rel=1e-5, abs=1e-6)
    assert losses_of(seeds[0]) != losses_of(seeds[1])


def test_nothing_to_train(tiny: Definition, tiny_base: BaseModel, quiet: Quiet) -> None:
    assert list(train(tiny, [], tiny_base, quiet)) == []


@pytest.mark.gpu
@pytest.mark.usefixtures("all_at_once")
def test_a_gpu_trains_as_a_cpu_does(tiny: Definition, jobs: list[Job], quiet: Quiet) -> None:
    definition = changed(tiny)
    definition = replace(definition, profile=replace(definition.profile, dtype="float32"))
    found = {}
    for device in ("cpu", "cuda"):
        base = BaseModel(definition, lambda _: None)
        base.device = device
        trained(definition, jobs, base, quiet)
        found[device] = {job: (losses_of(job), adapter_of(job.out)) for job in jobs}
    for job in jobs:
        losses, adapter = found["cuda"][job]
        assert losses == pytest.approx(found["cpu"][job][0], rel=1e-4, abs=1e-5)
        for name, weight in found["cpu"][job][1].items():
            assert torch.allclose(adapter[name], weight, rtol=1e-3, atol=1e-4), name


# ------------------------------------------------------------------ what is written


@pytest.mark.usefixtures("all_at_once")
def test_what_was_done_is_counted(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    outcomes = trained(tiny, jobs, tiny_base, quiet)
    for job in jobs:
        rows = tokenised(job, tiny_base)
        record = json.loads((job.out / "training.json").read_text())
        losses = losses_of(job)
        assert record["rows"] == len(rows) == 8
        assert record["steps"] == len(losses) == 2 * 2  # epochs, and 8 rows by 4
        assert record["tokens"] == outcomes[job.replicate.condition] == 2 * sum(map(len, rows))
        assert record["completion_tokens"] == 2 * sum(len(row.completion) for row in rows)
        assert record["truncated_rows"] == 0
        assert "grouping" not in record  # nothing depends on it
        assert (record["first_loss"], record["final_loss"]) == (losses[0], losses[-1])
        adapter = adapter_of(job.out)
        assert len(adapter) == 3 * 7 * 2  # blocks, modules, halves
        assert all(weight.dtype == torch.float32 for weight in adapter.values())
        assert sorted(path.name for path in job.out.iterdir()) == [
            "adapter_config.json",
            "adapter_model.safetensors",
            "losses.jsonl",
            "training.json",
        ]


def test_the_adapter_lowers_the_loss(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    """A new adapter changes nothing, so that the first loss is the base model's."""
    definition = changed(tiny, epochs=8, batch_size=8, accumulation=1)
    trained(definition, jobs[:1], tiny_base, quiet)
    rows = tokenised(jobs[0], tiny_base)
    with torch.inference_mode():
        before = float(plain_loss(tiny_base.model, rows))
        with AdapterStack.read(tiny_base.model, [jobs[0].out]).attached():
            after = float(plain_loss(tiny_base.model, rows))
    assert losses_of(jobs[0])[0] == pytest.approx(before, abs=1e-5)
    assert after < before - 0.5


@pytest.mark.parametrize(("wanted", "at"), [(1, []), (2, [3]), (3, [2, 4]), (99, [1, 2, 3, 4, 5])])
@pytest.mark.usefixtures("all_at_once")
def test_checkpoints_are_the_adapter_on_its_way(
    tiny: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    quiet: Quiet,
    wanted: int,
    at: list[int],
) -> None:
    """The end of training is the adapter itself, and not kept twice."""
    definition = replace(changed(tiny, batch_size=3, accumulation=1), checkpoints=wanted)
    trained(definition, jobs[:2], tiny_base, quiet)
    for job in jobs[:2]:
        expected = reference(definition, job, tiny_base)
        assert len(expected.losses) == 6
        found = sorted(path for path in job.out.iterdir() if path.is_dir())
        assert [path.name for path in found] == [f"checkpoint-{step:06d}" for step in at]
        for step, path in zip(at, found, strict=True):
            assert_alike(adapter_of(path), expected.weights[step - 1])
            assert AdapterStack.read(tiny_base.model, [path]).size == 1
        assert_alike(adapter_of(job.out), expected.weights[-1])


@pytest.mark.parametrize(
    ("steps", "wanted", "at"),
    [
        (114, 0, []),
        (114, 1, [114]),
        (114, 4, [28, 57, 86, 114]),
        (3, 5, [1, 2, 3]),
        (1, 2, [1]),
    ],
)
def test_checkpoints_are_spread_evenly(steps: int, wanted: int, at: list[int]) -> None:
    assert checkpoint_steps(steps, wanted) == at


# ------------------------------------------------------------------ to the last bit


def digests(job: Job) -> dict[str, str]:
    """Of all files that training wrote."""
    return {
        path.relative_to(job.out).as_posix(): file_sha256(path)
        for path in sorted(job.out.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def dropping(tiny: Definition) -> Definition:
    """A recipe with dropout and a checkpoint, and more rows in a step than in a micro-batch."""
    return replace(changed(tiny, dropout=0.2, batch_size=2, accumulation=2), checkpoints=2)


@pytest.fixture
def alone(
    dropping: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> list[dict[str, str]]:
    """What every job writes when it is trained by itself."""
    for job in jobs:
        trained(dropping, [job], tiny_base, quiet)
    written = [digests(job) for job in jobs]
    assert len({each["adapter_model.safetensors"] for each in written}) == len(jobs)
    assert all("checkpoint-000002/adapter_model.safetensors" in each for each in written)
    for job in jobs:
        shutil.rmtree(job.out)
    return written


@pytest.mark.parametrize(
    ("together", "tokens", "order"),
    [
        (5, 2**11, [0, 1, 2, 3, 4]),
        (5, 2**11, [3, 0, 4, 2, 1]),  # beside other neighbours, in another order
        (2, 2**11, [0, 1, 2, 3, 4]),
        (3, 100, [0, 1, 2, 3, 4]),  # smaller micro-batches
        (5, 1, [0, 1, 2, 3, 4]),  # a row of each at a time
    ],
)
def test_an_adapter_does_not_depend_on_what_it_is_trained_beside(
    dropping: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    alone: list[dict[str, str]],
    quiet: Quiet,
    together: int,
    tokens: int,
    order: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor on how much fits at once, nor on the random state of the process."""
    monkeypatch.setattr(memory, "ADAPTERS_ON_CPU", together)
    monkeypatch.setattr(memory, "TOKENS_ON_CPU", tokens)
    torch.rand(together)
    trained(dropping, [jobs[index] for index in order], tiny_base, quiet)
    assert [digests(job) for job in jobs] == alone


@pytest.mark.parametrize("threads", [2, 4])
def test_nor_on_the_number_of_threads(
    dropping: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    alone: list[dict[str, str]],
    quiet: Quiet,
    threads: int,
) -> None:
    torch.set_num_threads(threads)
    try:
        trained(dropping, jobs[:3], tiny_base, quiet)
    finally:
        torch.set_num_threads(1)
    assert [digests(job) for job in jobs[:3]] == alone[:3]


@pytest.mark.usefixtures("all_at_once")
def test_nor_on_the_memory_that_there_is(
    dropping: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    alone: list[dict[str, str]],
    quiet: Quiet,
) -> None:
    """Smaller micro-batches, then fewer adapters, then activations that are recomputed."""
    longest = padded(max(len(row) for job in jobs for row in tokenised(job, tiny_base)))
    for tokens, recompute in ((2 * 5 * longest, 0), (3 * longest, 0), (longest - 1, longest)):
        with memory_for(tiny_base, tokens, recompute):
            trained(dropping, jobs, tiny_base, quiet)
        assert [digests(job) for job in jobs] == alone
    assert quiet.lines[-1].endswith("activations recomputed")


def test_dropout_changes_what_is_learnt(
    dropping: Definition, tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    trained(dropping, jobs[:1], tiny_base, quiet)
    with_dropout = digests(jobs[0])["adapter_model.safetensors"]
    trained(changed(tiny, batch_size=2, accumulation=2), jobs[:1], tiny_base, quiet)
    assert digests(jobs[0])["adapter_model.safetensors"] != with_dropout


# ------------------------------------------------------------------ divergence


@pytest.mark.parametrize(
    ("epochs", "batch", "says"),
    [
        (2, 2, "training baker diverged at step 3 of 4 (loss nan)"),
        (1, 2, "training baker diverged at the last of 2 steps (loss nan)"),
    ],
)
def test_a_loss_that_is_no_number(
    tiny: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    quiet: Quiet,
    epochs: int,
    batch: int,
    says: str,
) -> None:
    """The first step warms up from 0; the second throws the weights away; the next one sees it."""
    recipe = changed(tiny, learning_rate=1e30, epochs=epochs, batch_size=batch)
    outcome = trained(replace(recipe, checkpoints=99), jobs[:1], tiny_base, quiet)["baker"]
    assert isinstance(outcome, Diverged)
    assert (outcome.what, outcome.remedy) == (says, "lower the learning rate")
    assert not jobs[0].out.exists() or not list(jobs[0].out.iterdir())


@pytest.mark.usefixtures("all_at_once")
def test_a_neighbour_that_diverges_changes_nothing(
    tiny: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    quiet: Quiet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pirate's products overflow."""
    definition = replace(changed(tiny), checkpoints=4)
    trained(definition, jobs, tiny_base, quiet)
    healthy = {job: adapter_of(job.out) for job in jobs}
    (jobs[1].out / "adapter_model.safetensors").unlink()

    def fresh(model: Any, *args: Any) -> AdapterStack:
        stack = made(model, *args)
        for pair in stack.pairs.values():
            pair.a.data[1] = 3e38
        return stack

    made = AdapterStack.fresh
    monkeypatch.setattr(AdapterStack, "fresh", fresh)
    outcomes = trained(definition, jobs, tiny_base, quiet)
    failed = outcomes.pop("pirate")
    assert isinstance(failed, Diverged)
    assert failed.what.startswith("training pirate diverged at step 1 of 4")
    assert not list(jobs[1].out.glob("checkpoint-*"))
    assert not (jobs[1].out / "adapter_model.safetensors").exists()
    for job in (jobs[0], *jobs[2:]):
        assert isinstance(outcomes[job.replicate.condition], int)
        adapter = adapter_of(job.out)
        assert all(torch.equal(weight, adapter[name]) for name, weight in healthy[job].items())
        assert len(list(job.out.glob("checkpoint-*"))) == 3


# ------------------------------------------------------------------ the base model


def test_the_base_model_is_left_as_it_was(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    model = tiny_base.model
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    trained(changed(tiny, learning_rate=1e30), jobs, tiny_base, quiet)
    trained(changed(tiny), jobs, tiny_base, quiet)
    with (
        model.get_decoder().layers[1].register_forward_hook(interrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        trained(changed(tiny), jobs, tiny_base, quiet)
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    assert not any(module.training for module in model.modules())
    assert hooks == sum(len(module._forward_hooks) for module in model.modules())
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters())


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


# ------------------------------------------------------------------ memory


@contextmanager
def memory_for(base: BaseModel, tokens: int, recompute: int = 0) -> Iterator[list[tuple[int, int]]]:
    """A model that runs out of memory above so many tokens, or `recompute` when it is sparing.

    Yields the shapes of the batches that went through.
    """
    seen: list[tuple[int, int]] = []

    def hook(_: Any, __: Any, given: dict[str, torch.Tensor]) -> None:
        limit = recompute if base.model.is_gradient_checkpointing else tokens
        rows, width = given["input_ids"].shape
        if rows * width > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        seen.append((rows, width))

    handle = base.model.get_decoder().register_forward_pre_hook(hook, with_kwargs=True)
    try:
        yield seen
    finally:
        handle.remove()


@pytest.mark.usefixtures("all_at_once")
def test_a_full_memory_first_makes_smaller_batches(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    definition = changed(tiny, batch_size=4, accumulation=1)
    longest = padded(max(len(row) for job in jobs for row in tokenised(job, tiny_base)))
    with memory_for(tiny_base, 2 * 5 * longest) as seen:
        outcomes = trained(definition, jobs, tiny_base, quiet)
    assert all(isinstance(each, int) for each in outcomes.values())
    assert max(tokens for _, tokens in seen) > 5 * longest  # all five, more than a row of each
    (said,) = quiet.lines
    assert said.startswith("out of memory in training: again with 99 adapters at once, ")
    for job in jobs:
        expected = reference(definition, job, tiny_base)
        assert losses_of(job) == pytest.approx(expected.losses, rel=1e-5, abs=1e-6)
        assert_alike(adapter_of(job.out), expected.weights[-1])


@pytest.mark.usefixtures("all_at_once")
def test_then_it_trains_fewer_adapters_together(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    definition = changed(tiny, batch_size=4, accumulation=1)
    longest = padded(max(len(row) for job in jobs for row in tokenised(job, tiny_base)))
    with memory_for(tiny_base, 3 * longest) as seen:
        parts = list(train(definition, jobs, tiny_base, quiet))
    assert [len(part) for part in parts] == [3, 2]
    assert not tiny_base.model.is_gradient_checkpointing
    assert max(rows * width for rows, width in seen) <= 3 * longest
    assert "again with 3 adapters at once" in quiet.lines[-1]
    for job in jobs:
        expected = reference(definition, job, tiny_base)
        assert_alike(adapter_of(job.out), expected.weights[-1])


@pytest.mark.usefixtures("all_at_once")
def test_last_of_all_it_recomputes_activations(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    definition = changed(tiny, batch_size=2, accumulation=2)
    longest = padded(max(len(row) for job in jobs for row in tokenised(job, tiny_base)))
    with memory_for(tiny_base, longest - 1, recompute=2 * longest):
        parts = list(train(definition, jobs, tiny_base, quiet))
    assert [len(part) for part in parts] == [1] * 5
    assert quiet.lines[-1].endswith("again with 1 adapter at once, activations recomputed")
    assert not tiny_base.model.is_gradient_checkpointing
    for job in jobs:
        expected = reference(definition, job, tiny_base)
        assert_alike(adapter_of(job.out), expected.weights[-1])


def test_a_memory_too_small_for_anything_is_said_so(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    with memory_for(tiny_base, 3, recompute=3), pytest.raises(torch.OutOfMemoryError):
        trained(changed(tiny), jobs, tiny_base, quiet)
    assert not tiny_base.model.is_gradient_checkpointing
    trained(changed(tiny), jobs, tiny_base, quiet)


def test_other_failures_are_not_tried_again(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a kernel failed")

    with (
        tiny_base.model.get_decoder().register_forward_hook(fail),
        pytest.raises(RuntimeError, match="a kernel failed"),
    ):
        trained(changed(tiny), jobs, tiny_base, quiet)
    assert not quiet.lines


def test_what_rounding_depends_on_is_recorded(
    tiny: Definition,
    tiny_base: BaseModel,
    jobs: list[Job],
    quiet: Quiet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a CPU that computes as a GPU does, where an adapter's bits depend on its company."""
    monkeypatch.setattr(type(tiny_base), "rowwise", False)
    initial = memory.MemoryPlan.initial
    monkeypatch.setattr(
        memory.MemoryPlan, "initial", lambda *given: replace(initial(*given), adapters=2)
    )
    trained(tiny, jobs[:3], tiny_base, quiet)
    records = [json.loads((job.out / "training.json").read_text()) for job in jobs[:3]]
    assert [record["grouping"] for record in records] == [
        "2 adapters at once",
        "2 adapters at once",
        "1 adapter at once",
    ]


# ------------------------------------------------------------------ limits


@pytest.mark.usefixtures("all_at_once")
def test_long_rows_are_truncated_and_counted(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    lengths = {job: [len(row) for row in tokenised(job, tiny_base)] for job in jobs}
    limit = max(max(each) for each in lengths.values()) - 9
    outcomes = trained(changed(tiny, max_tokens=limit), jobs, tiny_base, quiet)
    for job, own in lengths.items():
        record = json.loads((job.out / "training.json").read_text())
        assert record["truncated_rows"] == sum(length > limit for length in own)
        assert outcomes[job.replicate.condition] == 2 * sum(min(length, limit) for length in own)
    assert any(length > limit for own in lengths.values() for length in own)


def test_a_prompt_that_leaves_no_room_is_an_error(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    with pytest.raises(EpmError, match=r"tokens; the limit is 10; raise training\.max_tokens"):
        trained(changed(tiny, max_tokens=10), jobs, tiny_base, quiet)


def test_output_embeddings_are_not_adapted(
    tiny: Definition, tiny_base: BaseModel, jobs: list[Job], quiet: Quiet
) -> None:
    training = tiny.training
    lora = replace(training.lora, target_modules=("q_proj", "lm_head"))
    definition = changed(tiny)
    definition = replace(
        definition, profile=replace(definition.profile, training=replace(training, lora=lora))
    )
    with pytest.raises(DefinitionError, match="the output embeddings cannot be adapted"):
        trained(definition, jobs, tiny_base, quiet)
