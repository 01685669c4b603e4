"""What Inspect ran in a run: its tasks, on our conditions."""

from __future__ import annotations

from pydantic import Field

from epm.results.imported import ImportedTask, ReportedNumber
from epm.values import Value


class EvaluationRecord(Value):
    """How tasks of Inspect's were run, and what it says of the answers itself."""

    inspect: str
    """Version of inspect_ai."""
    logs: tuple[str, ...]
    """By path relative to the run folder; their hashes are beside the timing."""
    evaluations: tuple[ImportedTask, ...]
    """Of every condition on every task, the first training's."""
    reported: tuple[ReportedNumber, ...] = ()
    packages: dict[str, str] = Field({})
    notes: tuple[str, ...] = ()
