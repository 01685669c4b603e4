"""The figures of a page, each drawn from a chart that an analysis chose.

`charts` says as data what a figure shows. `draw` makes a picture of it: `dots` (`ranked` where
there are too many to name), `scatter`, or `panels` (`overlaid` where there are too many for a panel
each). `sheet` has what every figure has around its axes, `symbols` how an estimate looks, `scales`
the limits and ticks, `labels` the places of names, `words` the lines that text is broken into,
`style` type and colours; `output` writes the files.

Nothing here computes a statistic, and matplotlib is loaded by drawing alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from epm.figures.charts import Chart, DotChart, PanelsChart, ScatterChart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "write"]


def draw(chart: Chart) -> Figure:
    """Draw a chart, without pyplot and without any style of the user's."""
    from epm.figures import dots, overlaid, panels, ranked, scatter

    match chart:
        case DotChart(dots=shown) if len(shown) >= ranked.FROM:
            return ranked.draw(chart)
        case DotChart():
            return dots.draw(chart)
        case ScatterChart():
            return scatter.draw(chart)
        case PanelsChart(panels=shown) if len(shown) >= overlaid.FROM:
            return overlaid.draw(chart)
        case PanelsChart():
            return panels.draw(chart)


def write(folder: Path, name: str, chart: Chart) -> list[Path]:
    """Draw a chart and write `NAME.png`, `NAME.pdf` and, last, `NAME.json`, as `output` has them.

    Raises:
        OSError: the folder cannot be written.
    """
    from epm.figures import output

    return output.write(folder, name, draw(chart), chart)
