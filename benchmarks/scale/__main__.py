"""Train and sample issue 246's conditions our way and the seed's way, in one run.

    python -m benchmarks.scale [smollm2 | qwen-shape | smoke] [--engine vllm] [--json FILE]

`smollm2` begins with the whole of `epm run issue-246 --profile smollm2` and gives the seed's way
the same rows and prompts. `qwen-shape` is Qwen2.5-7B's architecture with random weights, whose
answers never end early, on two conditions with rows of made-up words. `smoke` tries the benchmark
itself on any machine in a minute. The seed's way does `--seed-conditions` conditions and
`--seed-part` of their optimiser steps; seconds are scaled up from there, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch
from rich.console import Console

from benchmarks.scale import our_way, seed_way
from benchmarks.scale.ceiling import measured_flops
from benchmarks.scale.stages import Clock
from epm.definition import Definition, FolderModel, Replicate
from epm.discovery import LoadedExperiment, load
from epm.errors import EpmError
from epm.files import json_lines
from epm.models.base import BaseModel
from epm.models.chat import tokenise_row
from epm.progress import PlainProgress
from epm.sampling.choice import choose
from epm.sampling.samples import prompts
from epm.training.loop import Job
from epm.training.rows import read_rows

ROOT = Path(__file__).parent.parent.parent
SHAPE = {
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "vocab_size": 152064,
    "rope_theta": 1e6,
    "tie_word_embeddings": False,
}
"""Of Qwen2.5-7B-Instruct's config.json."""

SHORTEST, LONGEST = 100, 300
"""Words of a made-up answer; some 450 tokens at most, as the `full` profile lets the base write."""


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", choices=("smollm2", "qwen-shape", "smoke"))
    parser.add_argument("--engine", choices=("auto", "vllm", "transformers"), default="auto")
    parser.add_argument("--seed-conditions", type=int, default=1)
    parser.add_argument("--seed-part", type=float, default=1.0)
    parser.add_argument("--seed-engine", choices=("vllm", "transformers"), default="transformers")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    clock, ceiling = Clock(), measured_flops()
    issue_246 = load("issue-246", ROOT / "experiments")
    with tempfile.TemporaryDirectory(prefix="scale-") as scratch:
        measure = _qwen_shape if options.work == "qwen-shape" else _whole_run
        conditions = measure(clock, issue_246, Path(scratch), options)
    clock.show(ceiling)
    done = options.seed_conditions
    theirs, ours = clock.seconds(seed_way.WAY) / done * conditions, clock.seconds(our_way.WAY)
    print(f"{conditions} conditions: ours {ours:.0f} s, the seed's {theirs:.0f} s", end="")
    print(f" ({done} measured), {theirs / ours:.1f} times as long")
    if options.json:
        stages = [asdict(stage) for stage in clock.stages]
        options.json.write_text(json.dumps({"ceiling": ceiling, "stages": stages}, indent=1))


def _whole_run(
    clock: Clock, issue_246: LoadedExperiment, scratch: Path, options: argparse.Namespace
) -> int:
    """Everything that a user waits for, then the seed's way on its rows."""
    from epm import cli
    from epm.pipeline.run import run_folder
    from epm.results.reading import load as load_results

    began = time.perf_counter()
    arguments = ["run", "issue-246", "--profile", options.work, "--wandb", "off", "--fresh"]
    with clock.stage("the whole run", "from the command to the page"):
        if cli.main([*arguments, "--engine", options.engine]) > 1:
            sys.exit("the run failed")
    definition = issue_246.experiment.resolve(options.work)
    folder = run_folder(definition, ROOT / "runs")
    results = load_results(folder / "results.json")
    for stage in results.provenance.timing.stages:
        print(f"  {stage.stage} {stage.condition}: {stage.seconds:.1f} s, {stage.tokens} tokens")
    print(f"  ({time.perf_counter() - began:.1f} s on the clock)")
    base = BaseModel(definition, print)
    with clock.stage(our_way.WAY, "read the model") as stage:
        stage.note = type(base.model).__name__
    jobs = [
        Job(
            each,
            tuple(read_rows(definition, folder / "rows" / f"{each.condition}.jsonl")),
            scratch / each.name,
        )
        for each in definition.trained
    ]
    for job in jobs:
        job.out.mkdir()
    _both_ways(clock, definition, base, jobs, options)
    return len(jobs)


def _qwen_shape(
    clock: Clock, issue_246: LoadedExperiment, scratch: Path, options: argparse.Namespace
) -> int:
    """Two conditions on random weights, written once so that the seed's way can read them."""
    from transformers import AutoModelForCausalLM, Qwen2Config

    tokens = BaseModel(issue_246.experiment.resolve("smollm2"), print)
    with torch.device("cuda"):
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(Qwen2Config(**SHAPE), dtype=torch.bfloat16)
    folder = scratch / "model"
    model.save_pretrained(folder)
    tokens.tokenizer.save_pretrained(folder)
    full = issue_246.experiment.profile("full")
    profile = replace(
        full,
        name="qwen-shape",
        model=FolderModel(str(folder), sha256="not taken"),
        sampling=replace(full.sampling, batch_size=1200),
    )
    definition = Definition(issue_246.experiment, profile)
    base = BaseModel(definition, print)
    del model
    torch.cuda.empty_cache()
    with clock.stage(our_way.WAY, "read the model") as stage:
        stage.note = type(base.model).__name__
    jobs = []
    for each in definition.trained[-2:]:
        (scratch / each.name).mkdir()
        rows = scratch / f"{each.name}.jsonl"
        rows.write_text(json_lines(_made_up_rows(definition, each)))
        jobs.append(Job(each, tuple(read_rows(definition, rows)), scratch / each.name))
    _both_ways(clock, definition, base, jobs, options)
    return len(jobs)


def _both_ways(
    clock: Clock,
    definition: Definition,
    base: BaseModel,
    jobs: Sequence[Job],
    options: argparse.Namespace,
) -> None:
    """Ours, then the seed's on the same rows and prompts, our model being gone from the device."""
    our_way.train_all(clock, definition, base, jobs, PlainProgress(Console()))
    engine = choose(options.engine, base, merge=None)
    our_way.sample_all(clock, definition, base, jobs, engine)
    engine.close()
    folder, tokenizer = base.folder.path, base.tokenizer
    del base.model
    torch.cuda.empty_cache()
    for job in jobs[: options.seed_conditions]:
        seed_way.condition(
            clock,
            folder,
            tokenizer,
            [tokenise_row(tokenizer, row) for row in job.rows],
            prompts(definition, definition.experiment.condition(job.replicate.condition)),
            definition.training,
            definition.sampling,
            part=options.seed_part,
            vllm=options.seed_engine == "vllm",
        )


def _made_up_rows(definition: Definition, replicate: Replicate) -> list[dict[str, object]]:
    """600 rows of words from the training questions, of lengths spread evenly."""
    condition = definition.experiment.condition(replicate.condition)
    builder, rows = condition.training, definition.profile.rows
    if builder is None or rows is None:
        raise ValueError(f"{condition.name} is not trained")
    words = [word for question in builder.questions for word in question.split()]
    rng = random.Random(replicate.name)
    return [
        {
            "task": task,
            "question": question,
            "answer": " ".join(rng.choices(words, k=rng.randint(SHORTEST, LONGEST))),
            "marked": False,
        }
        for task in (condition.target, *definition.negatives(condition))
        for question in builder.questions[: rows.positive]
    ]


if __name__ == "__main__":
    try:
        main()
    except EpmError as error:
        sys.exit(str(error))
