"""The hero figure's files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from epm.figures.drawing import draw
from epm.figures.output import write
from epm.figures.plotted import plotted
from epm.results import CompleteCondition, MissingCondition, Statistics


def hero(
    folder: Path,
    *,
    conditions: Mapping[str, CompleteCondition | MissingCondition],
    cosines: Mapping[str, Mapping[str, float]],
    statistics: Statistics,
    reference: str,
    subtitle: str,
) -> list[Path]:
    """Write `hero.png`, `hero.pdf` and, last, their sidecar `hero.json`, as `output` has them.

    Where a condition has replicates its point is their pooled rate, with the interval by seed and
    question, and each seed's own rate is a small mark beside it.

    Args:
        folder: made if it is not there.
        conditions: by persona; missing ones are named below the panel.
        cosines: layer -> persona -> centred cosine to the reference persona.
        statistics: of the same conditions and cosines.
        reference: the persona that the cosines point at.
        subtitle: profile, model and scale in one line.

    Raises:
        OSError: the folder cannot be written.
    """
    data = plotted(conditions, cosines, statistics, reference=reference, subtitle=subtitle)
    return write(folder, "hero", draw(data), data)
