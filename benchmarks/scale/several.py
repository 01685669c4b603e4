"""A whole run on one GPU and on several, in turn, in one call: seconds, and whether they agree.

Without a GPU it is as many processes. Each run is a command of its own, from its start to its
results; what it leaves is compared file by file with what the first one left.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.scale import work
from epm.definition import FolderModel
from epm.pipeline.run_folder import MANIFEST

BY_REPLICATE = ("train", "sample", "weigh", "trajectory", "fluency")
BEGUN = "steps to go"
"""In the line that a process prints when it begins to train."""


@dataclass(frozen=True)
class Measured:
    """One run."""

    gpus: int
    round: int
    seconds: float
    """From the command to its end."""
    begun: tuple[float, ...]
    """Seconds until each group of adapters began to train."""
    stages: dict[str, float]
    """Seconds by stage, summed over the processes."""
    shares: tuple[tuple[str, int, float], ...]
    """Worker, number of replicates and seconds of each share; none where one process did all."""
    folder: str


def measure(
    shape: str,
    model: FolderModel,
    given: Mapping[str, int | None],
    gpus: Sequence[int],
    rounds: int,
    scratch: Path,
) -> list[Measured]:
    """All runs, in turn: so a machine that gets slower or warmer does so for all alike.

    Args:
        shape: whose recipe is run.
        model: a folder with weights.
        given: of `work.experiment`.
        gpus: numbers of GPUs, the first to compare the others with.
        rounds: how often each is run.
        scratch: a folder for the runs.
    """
    return [
        _measured(shape, model, given, count, number, scratch)
        for number in range(1, rounds + 1)
        for count in gpus
    ]


def _measured(
    shape: str,
    model: FolderModel,
    given: Mapping[str, int | None],
    gpus: int,
    number: int,
    scratch: Path,
) -> Measured:
    runs = scratch / f"{gpus} GPUs, round {number}"
    order = json.dumps([shape, model.path, model.sha256, dict(given), gpus, str(runs)])
    began, begun = time.perf_counter(), []
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scale.command", order],
        cwd=work.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    for line in process.stdout:
        seconds = time.perf_counter() - began
        if BEGUN in line:
            begun.append(seconds)
        print(f"{seconds:7.1f}  {line}", end="", flush=True)
    if process.wait():
        sys.exit(f"the run on {gpus} ended with exit code {process.returncode}")
    seconds = time.perf_counter() - began
    (results,) = runs.glob("*/*/results.json")
    timing = json.loads(results.read_text(encoding="utf-8"))["provenance"]["timing"]
    stages: dict[str, float] = {}
    for row in timing["stages"]:
        stages[row["stage"]] = stages.get(row["stage"], 0.0) + row["seconds"]
    shares = tuple(
        (row["worker"], len(row["replicates"]), row["seconds"]) for row in timing.get("shards", ())
    )
    print(f"{gpus}, round {number}: {seconds:.1f} s", flush=True)
    return Measured(gpus, number, seconds, tuple(begun), stages, shares, str(results.parent))


def show(found: Sequence[Measured]) -> None:
    """The table, the ratios of each round, and what the runs do not share."""
    table = Table(title="from the command to the results")
    columns = ("GPUs", "round", "s", "to training", "preparation", "train", "the rest", "shares")
    for column in columns:
        table.add_column(column, justify="left" if column == "shares" else "right")
    for each in found:
        train = each.stages.get("train", 0.0)
        rest = sum(each.stages.get(name, 0.0) for name in BY_REPLICATE) - train
        table.add_row(
            str(each.gpus),
            str(each.round),
            f"{each.seconds:.1f}",
            ", ".join(f"{seconds:.1f}" for seconds in each.begun),
            f"{sum(each.stages.values()) - train - rest:.1f}",
            f"{train:.1f}",
            f"{rest:.1f}",
            "; ".join(f"{worker}: {count} in {s:.1f} s" for worker, count, s in each.shares),
        )
    Console(width=150).print(table)
    first = {each.round: each for each in found if each.gpus == found[0].gpus}
    for gpus in dict.fromkeys(each.gpus for each in found[1:] if each.gpus != found[0].gpus):
        pairs = [(first[each.round], each) for each in found if each.gpus == gpus]
        ratios = [one.seconds / several.seconds for one, several in pairs]
        listed = ", ".join(f"{ratio:.3f}" for ratio in ratios)
        print(f"{gpus} against {found[0].gpus}: {listed} times as fast by round")
        extra = median(_extra(*sorted(pair, key=lambda each: each.gpus)) for pair in pairs)
        print(
            f"  more took {extra:.1f} s beyond the longest share (START in epm/pipeline/worth.py)"
        )
        for line in differences(Path(pairs[0][0].folder), Path(pairs[0][1].folder)):
            print(f"  {line}")


def _extra(one: Measured, several: Measured) -> float:
    """What several took beyond a division of one's work, into shares as long as theirs were."""
    divided = sum(one.stages.get(name, 0.0) for name in BY_REPLICATE)
    total = sum(seconds for _, _, seconds in several.shares)
    longest = max((seconds for _, _, seconds in several.shares), default=0.0)
    share = longest / total if total else 1.0
    return several.seconds - (one.seconds - divided + divided * share)


def differences(one: Path, other: Path) -> list[str]:
    """What two run folders do not share, of what replicates came to and all were made of.

    Byte for byte; of adapters and completions that differ, by how much.
    """
    stages = ("answers", "rows", "covariates", *BY_REPLICATE)
    names = [
        {
            path.relative_to(folder).as_posix()
            for stage in stages
            for path in (folder / stage).rglob("*")
            if path.is_file() and path.name != MANIFEST
        }
        for folder in (one, other)
    ]
    unlike = sorted(names[0] ^ names[1])
    changed = sorted(
        name
        for name in names[0] & names[1]
        if (one / name).read_bytes() != (other / name).read_bytes()
    )
    if not unlike and not changed:
        return [f"all {len(names[0])} files are the same, byte for byte"]
    lines = [f"only one has {name}" for name in unlike]
    if changed:
        lines.append(f"{len(changed)} of {len(names[0])} files differ: {_some(changed)}")
    weights = [name for name in changed if name.endswith(".safetensors")]
    if weights:
        most = max(_distance(one / name, other / name) for name in weights)
        lines.append(f"weights by up to {most:.2g}")
    for name in (name for name in changed if name.endswith("samples.jsonl.gz")):
        apart, total = _completions(one / name, other / name)
        lines.append(f"{name}: {apart} of {total} completions")
    return lines


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + ("…" if len(names) > 6 else "")


def _distance(one: Path, other: Path) -> float:
    from safetensors.torch import load_file

    ours, theirs = load_file(one), load_file(other)
    return max(float((ours[name].float() - theirs[name].float()).abs().max()) for name in ours)


def _completions(one: Path, other: Path) -> tuple[int, int]:
    from epm.sampling.samples import read_samples

    def texts(path: Path) -> dict[tuple[Any, ...], str]:
        keys = ("task", "item", "index", "step")
        return {tuple(row.get(key) for key in keys): row["text"] for row in read_samples(path)}

    ours, theirs = texts(one), texts(other)
    return sum(ours[key] != theirs.get(key) for key in ours), len(ours)


def as_json(found: Sequence[Measured]) -> list[dict[str, Any]]:
    """For a file."""
    return [asdict(each) for each in found]
