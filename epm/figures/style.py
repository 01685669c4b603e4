"""How a figure looks: type, sizes and colours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.patheffects import AbstractPathEffect, withStroke

FONT = "DejaVu Sans"
"""Comes with matplotlib, so that every machine draws the same letters."""
WIDTH = 8.8
"""Inches. GitHub shows a figure 880 px wide: at 200 dpi that is two dots a pixel, and a point of
type is 1.4 px."""
DPI = 200
TITLE, TEXT, SMALL, NOTE = 13.0, 9.5, 9.0, 8.5
"""Sizes of type in points."""
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195")
"""Okabe and Ito's palette without its yellow and black, and a violet."""
MARKERS = "osD^vPX"
"""A group has a colour and a shape, so that it can also be told from others in grey."""
INK, GREY, RULE, PALE = "#222222", "#666666", "#d9d9d9", "#f0f0f0"
"""Text, what stands back, hairlines, and what is impossible."""

STYLE: dict[Any, Any] = {
    "font.family": FONT,
    "font.size": TEXT,
    "text.parse_math": False,
    "axes.labelsize": TEXT,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
}
"""On top of matplotlib's own defaults; no user's style is read."""

HALO: list[AbstractPathEffect] = [withStroke(linewidth=2.2, foreground="white")]
"""Around text that is written over what is drawn."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in this style, whatever the user has set."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        # a letter that the font lacks is drawn as a box; there is nothing that a user could do
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield
