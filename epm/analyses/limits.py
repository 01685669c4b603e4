"""How an analysis bears on confidence: the most that a result can be believed, and why."""

from __future__ import annotations

from typing import Literal

Level = Literal["HIGH", "MODERATE", "LOW"]

Limit = tuple[Level, str]
"""A level, and the reason in a clause; its numbers are written by `epm.writing.filters`."""
