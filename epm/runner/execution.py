"""Bring tasks to their end: what is finished is kept, what failed is left out from then on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from epm.progress import Progress
from epm.tasks import Manifest, RunFolder, Task, Work


class Execution:
    """One invocation's way through the tasks of a run.

    Attributes:
        finished: records by the task's name; a failed replicate's later tasks are not among them.
    """

    def __init__(self, folder: RunFolder, progress: Progress) -> None:
        """Begin with nothing known to be finished."""
        self.finished: dict[str, Manifest] = {}
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

    def unfinished(self, tasks: Sequence[Task]) -> list[Task]:
        """Those of the tasks that are still to be done; takes note of the others."""
        left = []
        for task in tasks:
            if task.subject in self.failures:
                self._progress.finished()
                continue
            # inputs of a failed condition do not exist, and are not missed
            task = replace(task, inputs=tuple(path for path in task.inputs if path.exists()))
            if record := self._folder.manifest(task):
                self._note(task, record)
            else:
                left.append(task)
        return left

    def finish(self, tasks: Sequence[Task], work: Work) -> None:
        """Do what is left of the tasks."""
        if left := self.unfinished(tasks):
            for task, record in self._folder.execute(left, work):
                self._note(task, record)

    def _note(self, task: Task, record: Manifest) -> None:
        if task.name not in self.finished:
            self._progress.finished()
        if record.failure:
            self._progress.say(f"{task.name} failed: {record.failure}")
        self.finished[task.name] = record
