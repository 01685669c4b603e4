"""For tests that start other processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def importable(*first: Path) -> str:
    """A PYTHONPATH by which a process that starts elsewhere finds what the tests find."""
    return os.pathsep.join([*map(str, first), *filter(None, sys.path)])
