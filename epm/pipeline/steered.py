"""The stages of steering: a direction is found before sampling, answers are read back after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from epm.errors import StageFailed
from epm.models.steering import RECORD
from epm.pipeline.inputs import Inputs
from epm.pipeline.run_folder import Done, Work, WorkUnit
from epm.pipeline.stage import Stage, Tools
from epm.sampling.fluency import FLUENCY
from epm.sampling.samples import SAMPLES


def directing(inputs: Inputs) -> Iterator[Stage]:
    """What conditions are steered along, where any is."""
    if inputs.definition.steered:
        units = tuple(
            WorkUnit("direction", each.name, tuple(inputs.read_for(each)))
            for each in inputs.definition.steered
        )
        yield Stage("direction", units, partial(_direct, inputs), shared=False, measured=(RECORD,))


def reading_back(inputs: Inputs) -> Iterator[Stage]:
    """How fluent answers are to the model as it is, where a scorer asks that."""
    definition = inputs.definition
    if definition.experiment.prompted and definition.read_back:
        units = tuple(
            WorkUnit("fluency", each.name, (inputs.folder.of("sample", each.name) / SAMPLES,))
            for each in (*definition.untrained, *definition.trained)
        )
        work = partial(_read_back, inputs)
        yield Stage("fluency", units, work, shared=False, measured=(FLUENCY,))


def _direct(inputs: Inputs, tools: Tools) -> Work:
    from epm.sampling.directions import Wanted, find

    definition = inputs.definition

    def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
        units = {unit.subject: unit for unit in folders}
        for name in list(units):
            paths = inputs.read_for(inputs.by_name[name])
            if lost := next((path for path in paths if not path.exists()), None):
                why = f"'{lost.parent.name}', which its direction is read with, has no adapter"
                yield {units.pop(name): StageFailed(why)}
        wanted = [
            Wanted(
                inputs.by_name[name],
                folders[unit],
                tuple(
                    tuple(path.parent for path in inputs.adapters(each))
                    for each in definition.directed_by(inputs.by_name[name])
                ),
            )
            for name, unit in units.items()
        ]
        for found in find(definition, wanted, tools.base, tools.progress):
            yield {units[name]: tokens for name, tokens in found.items()}

    return work


def _read_back(inputs: Inputs, tools: Tools) -> Work:
    from epm.sampling.fluency import read_back

    def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
        tools.engine.close()  # which may hold the memory that the model takes now
        units = {unit.subject: unit for unit in folders}
        parts = [(name, unit.inputs[0], folders[unit]) for name, unit in units.items()]
        for tokens in read_back(inputs.definition, parts, tools.base, tools.progress):
            yield {units[name]: count for name, count in tokens.items()}

    return work
