"""The figures of a run folder: one for every analysis that has something to show."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from epm.analyses.block import Block
from epm.figures import write
from epm.results.reading import load


def draw(folder: Path) -> None:
    """Draw the figure of every analysis that has one; figures of other analyses are removed."""
    results = load(folder / "results.json")
    figures = folder / "figures"
    kept = set()
    for name, block in results.analyses.items():
        if isinstance(block, Block):
            chart = import_module(f"epm.analyses.{block.kind}.figure").chart(name, block, results)
            if chart is not None:
                kept |= {path.name for path in write(figures, name, chart)}
    for path in figures.glob("*") if figures.is_dir() else ():
        if path.name not in kept:
            path.unlink()
