"""Bring stages to their end: what is finished is kept, what failed is left out from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from epm.pipeline.run_folder import Manifest, RunFolder, Work, WorkUnit
from epm.progress import Progress


class Execution:
    """One invocation's way through the stages of a run.

    Attributes:
        finished: records by the unit's name; a failed replicate's later units are not among them.
    """

    def __init__(self, folder: RunFolder, progress: Progress) -> None:
        """Begin with nothing known to be finished."""
        self.finished: dict[str, Manifest] = {}
        self._done: set[str] = set()
        self._given_up: set[str] = set()
        self._folder = folder
        self._progress = progress

    @property
    def failures(self) -> dict[str, str]:
        """Reason by replicate, for those that training gave up."""
        return {
            name.partition("/")[2]: record.failure
            for name, record in self.finished.items()
            if record.failure
        }

    def unfinished(self, units: Sequence[WorkUnit]) -> list[WorkUnit]:
        """Those of the units that are still to be done; takes note of the others.

        What this invocation did is not looked at again: files of many GB are hashed.
        """
        # inputs of a failed replicate do not exist, and are not missed
        there = [
            replace(unit, inputs=tuple(path for path in unit.inputs if path.exists()))
            for unit in units
            if unit.name not in self._done
        ]
        left = []
        for unit, record in zip(there, self._folder.manifests(there), strict=True):
            if unit.subject in self.failures:
                self._give_up(unit)
            elif record:
                self._note(unit, record)
            else:
                left.append(unit)
        return left

    def finish(self, units: Sequence[WorkUnit], work: Work) -> None:
        """Do what is left of the units."""
        if left := self.unfinished(units):
            for unit, record in self._folder.execute(left, work):
                self._note(unit, record)
                self._done.add(unit.name)

    def take_over(self, units: Sequence[WorkUnit]) -> None:
        """Count what another process has finished for this invocation as done by it."""
        left = {unit.name for unit in self.unfinished(units)}
        self._done.update(unit.name for unit in units if unit.name not in left)

    def _note(self, unit: WorkUnit, record: Manifest) -> None:
        if unit.name not in self.finished:
            self._progress.finished()
            if record.failure:
                self._progress.say(f"{unit.name} failed: {record.failure}")
        self.finished[unit.name] = record

    def _give_up(self, unit: WorkUnit) -> None:
        if unit.name not in self.finished and unit.name not in self._given_up:
            self._given_up.add(unit.name)
            self._progress.finished()
