"""All runs, one a row."""

from __future__ import annotations

from collections.abc import Iterable

from epm.viewer import html
from epm.viewer.data.glance import Glance


def screen(runs: Iterable[Glance], path: str) -> str:
    """The list."""
    return html.page("runs", path, "Runs", screen="runs", runs=list(runs))
