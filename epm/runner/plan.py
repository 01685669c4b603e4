"""The tasks of a definition, in the order of their inputs."""

from __future__ import annotations

from pathlib import Path

from epm.assembly import MEASUREMENTS
from epm.definition import Definition, NoModel, Replicate
from epm.stages.sample import BASE, SAMPLES
from epm.tasks import RunFolder, Task

Together = tuple[Task, ...]
"""Tasks of one stage, which may be worked on at once."""


class Plan:
    """What has to be done, by stage; each stage after those whose files it reads."""

    def __init__(self, definition: Definition, folder: RunFolder, figures: Path | None) -> None:
        """`figures` is the published figures' file, where the profile runs no model."""
        self.definition = definition
        self.folder = folder
        self.figures = figures

    @property
    def stages(self) -> tuple[Together, ...]:
        """All of it."""
        return (*self.preparation, *self.experiments, *self.conclusion)

    @property
    def preparation(self) -> tuple[Together, ...]:
        """What all replicates share."""
        if isinstance(self.definition.profile.model, NoModel):
            return ()
        answers = self.folder.of("answers") / "answers.jsonl"
        return (
            (Task("answers", "", ()),),
            (Task("rows", "", (answers,)),),
            (Task("centroids", "", ()),),
        )

    @property
    def experiments(self) -> tuple[Together, ...]:
        """Training and sampling of the replicates, and the control's samples."""
        if isinstance(self.definition.profile.model, NoModel):
            return ()
        replicates = self.definition.replicates
        stages = [
            tuple(Task("train", each.name, (self.rows(each),)) for each in replicates),
            (
                Task("sample", BASE, ()),
                *(Task("sample", each.name, (self.adapter(each),)) for each in replicates),
            ),
        ]
        if self.definition.checkpoints:
            stages.append(
                tuple(Task("trajectory", each.name, (self.adapter(each),)) for each in replicates)
            )
        return tuple(stages)

    @property
    def conclusion(self) -> tuple[Together, ...]:
        """Counts and statistics."""
        if self.figures:
            measured: tuple[Path, ...] = (self.figures,)
        else:
            drawn = [task for stage in self.experiments[1:] for task in stage]
            samples = (self.folder.of(task.stage, task.subject) / SAMPLES for task in drawn)
            measured = (*samples, self.folder.of("centroids") / "cosines.json")
        counts = self.folder.of("measure") / MEASUREMENTS
        return (Task("measure", "", measured),), (Task("statistics", "", (counts,)),)

    def rows(self, replicate: Replicate) -> Path:
        """The replicate's training data, the same under every seed."""
        return self.folder.of("rows") / f"{replicate.condition}.jsonl"

    def adapter(self, replicate: Replicate) -> Path:
        """The replicate's weights."""
        return self.folder.of("train", replicate.name) / "adapter_model.safetensors"
