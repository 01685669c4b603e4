"""How a table looks where it is shown: coloured on a terminal, and as wide as that."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from epm_lint.output.table import Look


def look_of(stream: TextIO) -> Look:
    """By the stream and the environment: NO_COLOR goes before FORCE_COLOR, and that before both."""
    terminal = stream.isatty()
    colour = terminal and os.environ.get("TERM") != "dumb"
    if os.environ.get("FORCE_COLOR"):
        colour = True
    if os.environ.get("NO_COLOR"):
        colour = False
    return Look(colour, shutil.get_terminal_size().columns if terminal else None)
