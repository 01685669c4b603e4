"""How a figure looks: type, size and colours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.parse_math": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "legend.handletextpad": 0.4,
    "legend.columnspacing": 1.4,
}
"""On top of matplotlib's own defaults; no user's style is read."""
SIZE = (10.0, 6.0)
"""Inches; at GitHub's 880 px a point of type is 1.2 px."""
DPI = 200
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000")
"""Okabe and Ito's palette without its yellow, which is lost on white."""
MARKERS = "osD^vPX"
INK, GREY, PALE = "#222222", "#6b6b6b", "#f1f1f1"


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in this style, whatever the user has set."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield
