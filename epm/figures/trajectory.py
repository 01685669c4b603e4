"""The trajectory figure's files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from epm.figures.output import write
from epm.figures.panels import draw
from epm.figures.traced import traced
from epm.results import CompleteCondition, MissingCondition, Statistics


def trajectory(
    folder: Path,
    *,
    conditions: Mapping[str, CompleteCondition | MissingCondition],
    statistics: Statistics,
    subtitle: str,
) -> list[Path]:
    """Write `trajectory.png`, `trajectory.pdf` and, last, `trajectory.json`, as `output` has them.

    One panel a condition, on shared axes: marker rate under the source persona against optimiser
    step, with its interval; the seeds' own rates are faint lines. Nothing is written, and nothing
    returned, where no condition was sampled during its training.

    Args:
        folder: made if it is not there.
        conditions: by persona; those without a trajectory are named below the panels.
        statistics: of the same conditions.
        subtitle: profile, model and scale in one line.

    Raises:
        OSError: the folder cannot be written.
    """
    data = traced(conditions, statistics, subtitle=subtitle)
    return write(folder, "trajectory", draw(data), data) if data.panels else []
