"""Train and sample issue 246's conditions in several ways, side by side in one run.

    python -m benchmarks.scale {smollm2 | qwen | smoke} [--ways ours,launched,…] [--json FILE]

The model has random weights of the shape, whose answers seldom end, unless `--model` names a
folder. `ours` is what `epm run` does, done twice; `launched` the same without graphs; `vllm` our
engine of that name, all adapters in it. `by-condition` is the way of the page that epm replaces,
each condition by itself with peft and transformers, and `by-condition-vllm` the same sampled with
a vLLM of its own: of these, one condition is done and scaled up. Other ways switch what is fused:
`plain`, `only-norm`, `without-norm` and their kin. `smoke` tries the benchmark on any machine.

`--gpus 1,2` runs the whole recipe on one GPU and on two instead, in turn, and compares what they
leave, byte for byte; without a GPU it is one process and two.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path

import torch

from benchmarks.scale import by_condition, ours, profiling, several, work
from benchmarks.scale.busy import Busy, watched
from benchmarks.scale.ceiling import measured_flops
from benchmarks.scale.shapes import SHAPES
from benchmarks.scale.stages import Clock
from epm.definition import Definition, FolderModel
from epm.errors import EpmError
from epm.models.base import BaseModel
from epm.models.chat import tokenise_rows
from epm.sampling.choice import choose
from epm.sampling.samples import prompts
from epm.training.loop import Job

VLLM, BY_CONDITION, BY_CONDITION_VLLM = "vllm", "by-condition", "by-condition-vllm"
DEFAULT = (ours.OURS, "launched", VLLM, BY_CONDITION, BY_CONDITION_VLLM)
TITLES = {
    VLLM: "ours, vLLM",
    BY_CONDITION: "by condition, transformers",
    BY_CONDITION_VLLM: "by condition, vLLM",
}


def main() -> None:
    """Measure, and print the table."""
    options = _options()
    if options.gpus:
        _several(options)
        return
    with watched() as busy, tempfile.TemporaryDirectory(prefix="scale-") as scratch:
        clock, ceiling = Clock(busy), measured_flops()
        if options.whole:
            _whole_run(clock)
        definition = work.defined(
            options.shape, epochs=options.epochs, new_tokens=options.new_tokens
        )
        base = work.base_model(
            definition, options.shape, options.tokenizer, options.model, Path(scratch)
        )
        jobs = list(
            work.jobs(definition, options.shape, options.adapters, options.rows, Path(scratch))
        )
        try:
            _measure(clock, definition, base, jobs, options)
        except BaseException:
            clock.show_table(ceiling)  # what was measured before a way failed
            raise
    clock.show(ceiling, len(jobs))
    if options.json:
        stages = [asdict(stage) for stage in clock.stages]
        options.json.write_text(json.dumps({"ceiling": ceiling, "stages": stages}, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__.splitlines()[0]
    )
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("--ways", default=",".join(DEFAULT), help="the first is compared with")
    parser.add_argument("--model", type=Path, help="a folder with real weights")
    parser.add_argument("--tokenizer", type=Path, help="a folder with one, for random weights")
    parser.add_argument("--adapters", type=int, help="how many; 12, of Qwen's shape 2")
    parser.add_argument("--rows", type=int, help="of each adapter; 600")
    parser.add_argument("--epochs", type=int, help="the recipe's")
    parser.add_argument("--new-tokens", type=int, help="of an answer; the recipe's")
    parser.add_argument("--part", type=float, default=1.0, help="of one condition's steps, scaled")
    parser.add_argument("--gpus", help="as in 1,2: whole runs on so many, compared with the first")
    parser.add_argument("--rounds", type=int, default=2, help="of these")
    parser.add_argument("--whole", action="store_true", help="`epm run` with smollm2 before")
    parser.add_argument("--profile", action="store_true", help="where the GPU's time goes")
    parser.add_argument("--host", action="store_true", help="where the processor's time goes")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.ways = options.ways.split(",")
    if unknown := set(options.ways) - {*ours.WAYS, *TITLES}:
        parser.error(f"no way is called {', '.join(sorted(unknown))}")
    options.rows = options.rows or (16 if options.shape == "smoke" else 600)
    if options.gpus:
        options.gpus = _numbers(parser, options.gpus)
        return options
    options.adapters = options.adapters or {"qwen": 2, "smoke": 2}.get(options.shape, 12)
    return options


def _numbers(parser: argparse.ArgumentParser, text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isdecimal() and int(part) for part in parts) or len({*parts}) < 2:
        parser.error(f"--gpus {text}: name at least two numbers, as in --gpus 1,2")
    there = torch.cuda.device_count()
    if there and max(map(int, parts)) > there:
        parser.error(f"--gpus {text}: this machine has {there}")
    return [int(part) for part in parts]


def _several(options: argparse.Namespace) -> None:
    """Whole runs, each a command of its own."""
    with tempfile.TemporaryDirectory(prefix="scale-") as scratch:
        definition = work.defined(options.shape, epochs=None, new_tokens=None)
        folder = options.model or work.random_weights(
            definition, options.shape, options.tokenizer, Path(scratch)
        )
        given = {name: getattr(options, name) for name in ("adapters", "epochs", "new_tokens")}
        if not options.model:
            given["rows"] = options.rows
        found = several.measure(
            options.shape,
            FolderModel.of(folder),
            given,
            options.gpus,
            options.rounds,
            Path(scratch),
        )
        several.show(found)
        if options.json:
            options.json.write_text(json.dumps(several.as_json(found), indent=1))


def _whole_run(clock: Clock) -> None:
    """All that a user waits for, from the command to the page, in a process of its own."""
    command = [sys.executable, "-m", "epm", "run", "issue-246", "--profile", "smollm2"]
    with clock.stage("epm run", "from the command to the page"):
        ended = subprocess.run([*command, "--wandb", "off", "--fresh"], cwd=work.ROOT, check=False)
    if ended.returncode > 1:
        sys.exit("the run failed")


def _measure(
    clock: Clock,
    definition: Definition,
    base: BaseModel,
    jobs: Sequence[Job],
    options: argparse.Namespace,
) -> None:
    """Our ways while our model is on the device, then those that read a model of their own."""
    own = [name for name in options.ways if name in ours.WAYS]
    with clock.stage(ours.WAYS[own[0]].name if own else TITLES[options.ways[0]], "read the model"):
        _ = base.model
    for name in own:
        way = ours.WAYS[name]
        if way.captured is False and base.device == "cpu":
            clock.left_out(way.name, "as ours: on a CPU nothing is captured")
            continue
        rounds = ("train", "sample"), ("train again", "sample again")
        for train, sample in rounds if name == ours.OURS else rounds[:1]:
            with profiling.host() if options.host else nullcontext():
                ours.train_all(clock, definition, base, jobs, way, train)
                clock.stages[-1].repeated = train != "train"
                ours.sample_all(clock, definition, base, jobs, way, sample)
                clock.stages[-1].repeated = sample != "sample"
        if options.profile:
            _profile(definition, base, jobs, way)
    there = find_spec("vllm") is not None
    if VLLM in options.ways:
        if there:
            _with_vllm(clock, definition, base, jobs)
        else:
            clock.left_out(TITLES[VLLM], "vLLM is not installed")
    folder, tokenizer = base.folder.path, base.tokenizer
    del base.model
    by_condition.forget()
    job = jobs[0]
    for name in (BY_CONDITION, BY_CONDITION_VLLM):
        if name in options.ways and name == BY_CONDITION_VLLM and not there:
            clock.left_out(TITLES[name], "vLLM is not installed")
        elif name in options.ways:
            by_condition.condition(
                clock,
                TITLES[name],
                folder,
                tokenizer,
                tokenise_rows(tokenizer, job.rows),
                prompts(definition, definition.experiment.condition(job.replicate.condition)),
                definition.training,
                definition.sampling,
                part=options.part,
                vllm=name == BY_CONDITION_VLLM,
            )


def _with_vllm(clock: Clock, definition: Definition, base: BaseModel, jobs: Sequence[Job]) -> None:
    """Adapters that were trained before, sampled twice: the first round starts the engine."""
    if not all((job.out / "training.json").exists() for job in jobs):
        raise EpmError("vLLM has no adapters to sample", "name a way of ours before it in --ways")
    engine = choose("vllm", base, merge=None)
    for name in ("start and sample", "sample again"):
        ours.ask(clock, definition, base, jobs, engine, TITLES[VLLM], name)
        clock.stages[-1].repeated = name == "sample again"
    with clock.stage(TITLES[VLLM], "close"):
        engine.close()


def _profile(definition: Definition, base: BaseModel, jobs: Sequence[Job], way: ours.Way) -> None:
    """A few steps of each, as the GPU sees them; what they take is in no table."""
    unseen = Clock(Busy())
    few = [replace(job, rows=job.rows[:96]) for job in jobs]
    profile = definition.profile
    short = replace(profile, sampling=replace(definition.sampling, max_new_tokens=24))
    with profiling.kernels(f"{way.name}: training"):
        ours.train_all(unseen, definition, base, few, way, "profiled")
    with profiling.kernels(f"{way.name}: sampling"):
        brief = Definition(definition.experiment, short)
        ours.sample_all(unseen, brief, base, jobs, way, "profiled")


if __name__ == "__main__":
    began = time.perf_counter()
    try:
        main()
    except EpmError as error:
        sys.exit(str(error))
    print(f"{time.perf_counter() - began:.0f} s in all")
