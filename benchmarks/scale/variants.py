"""What each way of computing brings: the same training and sampling, switched one by one.

    python -m benchmarks.scale.variants {smollm2|qwen} --tokenizer FOLDER [--adapters N]
        [--training a,b] [--sampling a,b] [--profile] [--new-tokens N] [--epochs N]

Random weights of the model's shape; rows that the experiment published, or made-up ones.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from rich.console import Console

from benchmarks.scale.ceiling import Cost, measured_flops, synchronised
from benchmarks.scale.shapes import lend
from epm.definition import Definition, derive_seed
from epm.discovery import load
from epm.models import fused
from epm.models.base import BaseModel
from epm.models.chat import TrainingRow
from epm.progress import PlainProgress
from epm.sampling import SamplingRequest
from epm.sampling.samples import prompts
from epm.sampling.transformers import TransformersEngine
from epm.training import footprint, memory
from epm.training.loop import Job
from epm.training.train import train

ROOT = Path(__file__).parent.parent.parent
ALL = fused.PARTS
PARTS = {
    "plain": frozenset[str](),
    "fused": ALL,
    **{f"without-{part}": ALL - {part} for part in ALL},
    **{f"only-{part}": frozenset({part}) for part in ALL},
}


def main() -> None:
    """Measure, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shape", choices=("smollm2", "qwen"))
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--adapters", type=int, default=12)
    parser.add_argument("--training", default="launched+fused,captured+plain,captured+fused")
    parser.add_argument("--sampling", default="growing+plain,in-place+plain,in-place+fused")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--new-tokens", type=int)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--host", action="store_true", help="where the processor's time goes")
    options = parser.parse_args()
    ceiling = measured_flops()
    print(f"ceiling {ceiling / 1e12:.0f} TFLOP/s")
    experiment = load("issue-246", ROOT / "experiments").experiment
    definition = experiment.resolve("smollm2" if options.shape == "smollm2" else "full")
    profile = definition.profile
    profile = replace(
        profile,
        training=replace(definition.training, epochs=options.epochs),
        sampling=replace(
            definition.sampling,
            batch_size=1200,
            max_new_tokens=options.new_tokens or definition.sampling.max_new_tokens,
        ),
    )
    definition = Definition(experiment, profile)
    base = lend(definition, options.shape, options.tokenizer)
    with tempfile.TemporaryDirectory(prefix="variants-") as scratch:
        jobs = list(_jobs(definition, options, Path(scratch)))
        for way in filter(None, options.training.split(",")):
            with _host(options.host):
                _train(definition, base, jobs, way, ceiling)
        if options.profile:
            few = [replace(job, rows=job.rows[:96]) for job in jobs]
            with _kernels("training"):
                _train(definition, base, few, options.training.split(",")[-1], ceiling)
        for way in filter(None, options.sampling.split(",")):
            for number in range(options.rounds):
                with _host(options.host and number == options.rounds - 1):
                    _sample(definition, base, jobs, f"{way}", ceiling, number)
        if options.profile:
            short = replace(profile, sampling=replace(profile.sampling, max_new_tokens=24))
            with _kernels("sampling"):
                _sample(Definition(experiment, short), base, jobs, "in-place+fused", ceiling, 0)


def _jobs(definition: Definition, options: argparse.Namespace, scratch: Path) -> Iterator[Job]:
    published = ROOT / "experiments/issue_246/published/smollm2/rows/software_engineer.jsonl"
    read = [json.loads(line) for line in published.read_text(encoding="utf-8").splitlines()]
    words = [word for row in read for word in row["answer"].split()]
    for replicate in definition.trained[-options.adapters :]:
        rng = random.Random(replicate.name)
        rows = tuple(
            TrainingRow(
                definition.experiment.task(row.get("task") or row["persona"]).system_prompt,
                row["question"],
                row["answer"]
                if options.shape == "smollm2"
                else " ".join(rng.choices(words, k=rng.randint(100, 300))),
            )
            for row in read[: options.rows]
        )
        (scratch / replicate.name).mkdir()
        yield Job(replicate, rows, scratch / replicate.name)


@contextmanager
def _parts(name: str) -> Iterator[None]:
    with mock.patch.object(fused, "PARTS", PARTS[name]):
        yield


def _train(
    definition: Definition, base: BaseModel, jobs: list[Job], way: str, ceiling: float
) -> None:
    how, parts = way.split("+")
    within, planned = memory.MemoryPlan.within, []

    def chosen(plan: Any, *given: Any) -> Any:
        found, fits = within(plan, *given)
        planned.append((found, given))
        return replace(found, captured=how == "captured"), fits

    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    tokens, began = 0, synchronised()
    with _parts(parts), mock.patch.object(memory.MemoryPlan, "within", chosen):
        for outcomes in train(definition, jobs, base, PlainProgress(Console(quiet=True))):
            for outcome in outcomes.values():
                if not isinstance(outcome, int):
                    raise outcome
                tokens += outcome
    seconds = synchronised() - began
    peak = torch.cuda.max_memory_allocated() - before
    plan, (_, _, recipe, adapters, steps) = planned[-1]
    batches = [batch for step in steps for batch in step]
    with _parts(parts):
        counted = footprint.Footprint.of(
            base.model, recipe.lora, fused=bool(fused.PARTS) and fused.fuses(base.model)
        )
    predicted = counted.whole(adapters, batches, recompute=plan.recompute)
    padded = adapters and sum(batch.ids.numel() for batch in batches)
    records = [json.loads((job.out / "training.json").read_text()) for job in jobs]
    per_group = sum(r["tokens"] for r in records[:adapters])
    completion = sum(r["completion_tokens"] for r in records)
    seen = sum(r["rows"] for r in records) * definition.training.epochs
    needed = Cost.of(base.model, recipe.lora).training(tokens, completion, tokens / seen)
    history = (jobs[0].out / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    losses = [json.loads(line)["loss"] for line in history]
    print(
        f"training {way}: {seconds:.1f} s, {tokens / seconds:,.0f} tokens/s, "
        f"{needed / seconds / ceiling:.1%} of the ceiling; {plan}, captured {plan.captured}; "
        f"padding {padded / per_group:.2f}; shapes {sorted({b.shape for b in batches})}; "
        f"peak {peak / 2**30:.1f} GiB, predicted {predicted / 2**30:.1f}; "
        f"losses {losses[0]:.5f} {losses[len(losses) // 2]:.5f} {losses[-1]:.5f}",
        flush=True,
    )


def _sample(
    definition: Definition,
    base: BaseModel,
    jobs: list[Job],
    way: str,
    ceiling: float,
    number: int,
) -> None:
    how, parts = way.split("+")
    asked = [
        SamplingRequest(
            job.replicate.name,
            job.out,
            prompts(definition, definition.experiment.condition(job.replicate.condition)),
            derive_seed(job.replicate.seed, "sample", job.replicate.condition),
        )
        for job in jobs
    ]
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    tokens, batches = 0, 0

    def count(_: int, more: int) -> None:
        nonlocal tokens, batches
        tokens, batches = tokens + more, batches + 1

    with _parts(parts):
        engine = TransformersEngine(base, merge=False, in_place=how == "in-place")
        began = synchronised()
        for _ in engine.sample(asked, definition.sampling, count):
            pass
        seconds = synchronised() - began
    cost = Cost.of(base.model, definition.training.lora).sampling(tokens)
    print(
        f"sampling {way}, round {number + 1}: {seconds:.1f} s, {tokens / seconds:,.0f} tokens/s, "
        f"{cost / seconds / ceiling:.1%} of the ceiling, {batches} batches, "
        f"peak {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB",
        flush=True,
    )


@contextmanager
def _host(wanted: bool) -> Iterator[None]:
    """Print where the processor's time goes meanwhile."""
    if not wanted:
        yield
        return
    seen = cProfile.Profile()
    seen.enable()
    yield
    seen.disable()
    pstats.Stats(seen).sort_stats("cumulative").print_stats(r"epm|graphs|generate|decode", 40)
    pstats.Stats(seen).sort_stats("tottime").print_stats(14)


@contextmanager
def _kernels(title: str) -> Iterator[None]:
    """Print where the GPU's time goes meanwhile."""
    from torch.profiler import ProfilerActivity, profile

    began = time.perf_counter()
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        yield
        torch.cuda.synchronize()
    taken = time.perf_counter() - began
    found = sorted(seen.key_averages(), key=lambda each: -each.self_device_time_total)
    busy = sum(each.self_device_time_total for each in found) / 1e6
    print(f"{title}: kernels {busy:.2f} s of {taken:.2f} s")
    for each in found[:28]:
        share = each.self_device_time_total / 1e6 / busy
        mean = each.self_device_time_total / each.count
        print(f"  {share:6.1%} {each.count:6d} x {mean:8.1f} us  {each.key[:90]}")


if __name__ == "__main__":
    main()
