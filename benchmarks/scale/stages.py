"""The clock of the benchmark: seconds, tokens, operations and memory of each stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.scale.ceiling import synchronised


@dataclass
class Stage:
    """One stage, as it was measured."""

    way: str
    name: str
    seconds: float = 0.0
    tokens: int = 0
    operations: float = 0.0
    memory: float = 0.0
    """Peak in GiB, as torch's allocator counts it; 0 on a CPU."""
    note: str = ""


@dataclass
class Clock:
    """All stages that were measured so far."""

    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, way: str, name: str) -> Iterator[Stage]:
        """Measure a block; the block fills in tokens and operations."""
        stage = Stage(way, name)
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        began = synchronised()
        yield stage
        stage.seconds = synchronised() - began
        if torch.cuda.is_available():
            stage.memory = torch.cuda.max_memory_allocated() / 2**30
        self.stages.append(stage)
        print(f"{way}: {name}: {stage.seconds:.1f} s {stage.note}", flush=True)

    def seconds(self, way: str) -> float:
        """Of all stages of one way."""
        return sum(stage.seconds for stage in self.stages if stage.way == way)

    def show(self, ceiling: float) -> None:
        """A table; `ceiling` is in operations a second."""
        table = Table(title=f"share of {ceiling / 1e12:.0f} TFLOP/s, the measured bf16 product")
        for column in ("way", "stage", "s", "tokens/s", "of ceiling", "GiB", "note"):
            table.add_column(column, justify="left" if column in {"way", "stage"} else "right")
        for stage in self.stages:
            share = stage.operations / stage.seconds / ceiling
            table.add_row(
                stage.way,
                stage.name,
                f"{stage.seconds:.1f}",
                f"{stage.tokens / stage.seconds:,.0f}" if stage.tokens else "",
                f"{share:.1%}" if stage.operations else "",
                f"{stage.memory:.1f}" if stage.memory else "",
                stage.note,
            )
        Console(width=140).print(table)
