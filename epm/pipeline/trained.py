"""The stages that train adapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from epm.errors import StageFailed
from epm.pipeline.inputs import Inputs
from epm.pipeline.run_folder import Done, Work, WorkUnit
from epm.pipeline.stage import Stage, Tools


def training(inputs: Inputs) -> Iterator[Stage]:
    """Training, once for each depth: an adapter on top of another waits for that one."""
    trained, before = inputs.definition.trained, inputs.definition.before
    for depth in range(1 + max((len(before(each)) for each in trained), default=-1)):
        units = tuple(
            WorkUnit("train", each.name, (inputs.rows(each), *inputs.below(each)))
            for each in trained
            if len(before(each)) == depth
        )
        yield Stage("train", units, partial(_train, inputs), shared=False)


def _train(inputs: Inputs, tools: Tools) -> Work:
    from epm.training.loop import Job
    from epm.training.rows import read_rows
    from epm.training.train import train

    definition = inputs.definition

    def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
        units = {inputs.by_name[unit.subject]: unit for unit in folders}
        for replicate in list(units):
            if lost := [path for path in inputs.below(replicate) if not path.exists()]:
                why = f"'{lost[0].parent.name}', which it is trained on top of, has no adapter"
                yield {units.pop(replicate): StageFailed(why)}
        jobs = [
            Job(
                replicate,
                tuple(read_rows(definition, inputs.rows(replicate))),
                folders[unit],
                tuple(path.parent for path in inputs.below(replicate)),
            )
            for replicate, unit in units.items()
        ]
        for trained in train(definition, jobs, tools.base, tools.progress):
            yield {units[replicate]: done for replicate, done in trained.items()}

    return work
