"""The clock of the benchmark: seconds, tokens, operations, memory and busy share of each stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.scale.busy import Busy
from benchmarks.scale.ceiling import synchronised


@dataclass
class Stage:
    """One stage, as it was measured."""

    way: str
    name: str
    seconds: float | None = None
    """None where it was not done; the note says why."""
    tokens: int = 0
    operations: float = 0.0
    memory: float = 0.0
    """Peak in GiB, as torch's allocator counts it; 0 on a CPU."""
    busy: float | None = None
    """Share of the time in which a kernel ran on the GPU; None where nobody counted."""
    note: str = ""
    once: bool = False
    """Whether it is of one condition, and each other condition takes as long again."""
    repeated: bool = False
    """Whether it was done before in the same process, so that it does not count for the sum."""


@dataclass
class Clock:
    """All stages that were measured so far."""

    busy: Busy
    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, way: str, name: str) -> Iterator[Stage]:
        """Measure a block; the block fills in tokens and operations."""
        stage = Stage(way, name)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        began = synchronised()
        yield stage
        ended = synchronised()
        stage.seconds, stage.busy = ended - began, self.busy.share(began, ended)
        if torch.cuda.is_available():
            stage.memory = torch.cuda.max_memory_allocated() / 2**30
        self.stages.append(stage)
        print(f"{way}: {name}: {stage.seconds:.1f} s {stage.note}", flush=True)

    def left_out(self, way: str, reason: str) -> None:
        """Say of a whole way why it was not measured."""
        self.stages.append(Stage(way, "", note=reason))

    def seconds(self, way: str, conditions: int) -> float:
        """Of all stages of one way, for so many conditions; a part of them may have been done."""
        measured = [each for each in self.stages if each.way == way and not each.repeated]
        return sum((each.seconds or 0) * (conditions if each.once else 1) for each in measured)

    @property
    def ways(self) -> list[str]:
        """Those that were measured, in their order."""
        return list(dict.fromkeys(each.way for each in self.stages if each.seconds is not None))

    def table(self, ceiling: float) -> Table:
        """Of all stages; `ceiling` is in operations a second."""
        table = Table(title=f"share of {ceiling / 1e12:.3g} TFLOP/s, the measured bf16 product")
        for column in ("way", "stage", "s", "tokens/s", "of ceiling", "GiB", "GPU busy", "note"):
            table.add_column(
                column, justify="left" if column in {"way", "stage", "note"} else "right"
            )
        for stage in self.stages:
            seconds = stage.seconds
            share = stage.operations / seconds / ceiling if seconds else 0.0
            table.add_row(
                stage.way,
                stage.name,
                "" if seconds is None else f"{seconds:.1f}",
                f"{stage.tokens / seconds:,.0f}" if seconds and stage.tokens else "",
                f"{share:.1%}" if share else "",
                f"{stage.memory:.1f}" if stage.memory else "",
                "" if stage.busy is None else f"{stage.busy:.0%}",
                stage.note,
            )
        return table

    def show_table(self, ceiling: float) -> None:
        """Of what was measured so far."""
        Console(width=150).print(self.table(ceiling))

    def show(self, ceiling: float, conditions: int) -> None:
        """The table, and what each way takes for all conditions."""
        self.show_table(ceiling)
        first = self.seconds(self.ways[0], conditions)
        for way in self.ways:
            seconds = self.seconds(way, conditions)
            scaled = any(each.way == way and each.once for each in self.stages)
            trained = any(each.way == way and each.name == "train" for each in self.stages)
            compared = f"{seconds / first:.2f} times {self.ways[0]}"
            print(
                f"{way}: {seconds:.1f} s for {conditions} conditions"
                f"{', scaled up from one' * scaled}, {compared if trained else 'without training'}"
            )
