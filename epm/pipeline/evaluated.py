"""The stage that has Inspect run its tasks, and what its logs say."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from epm.definition import Definition
from epm.evaluation.evaluated import Evaluated, Place, log_name
from epm.pipeline.inputs import Inputs
from epm.pipeline.run_folder import Work
from epm.pipeline.sampled import answering, asked
from epm.pipeline.stage import Stage, Tools
from epm.progress import Progress
from epm.sampling import Engine
from epm.sampling.samples import Subject

STAGE = "evaluate"


def evaluating(inputs: Inputs) -> Iterator[Stage]:
    """Inspect's tasks, where there are any."""
    tasks = inputs.definition.experiment.evaluated
    if tasks:
        units = tuple(
            replace(unit, inputs=tuple(dict.fromkeys((*unit.inputs, *_graders(inputs)))))
            for unit in answering(inputs, STAGE)
        )
        logs = tuple(log_name(task) for task in tasks)
        yield Stage(STAGE, units, partial(_evaluate, inputs), measured=logs)


def evaluated(inputs: Inputs, failures: Container[str]) -> Evaluated:
    """What Inspect's logs say.

    Args:
        inputs: of a definition with tasks of Inspect's, which have been run.
        failures: replicates that were given up, of which there are no logs.

    Raises:
        EpmError: a log cannot be read.
    """
    definition, folder = inputs.definition, inputs.folder
    return Evaluated(
        Place(each, task, path, path.relative_to(folder.path).as_posix())
        for each in (*definition.untrained, *definition.trained)
        for task in definition.experiment.evaluated
        for path in [folder.of(STAGE, each.name) / log_name(task)]
        if each.name not in failures
    )


def _graders(inputs: Inputs) -> Iterator[Path]:
    """Weights of what grades others' answers."""
    graders = {task.grader for task in inputs.definition.experiment.evaluated}
    for name in graders:
        first = next((r for r in inputs.definition.trained if r.condition == name), None)
        if first is not None:
            yield from (inputs.adapter(first), *inputs.below(first))


def _evaluate(inputs: Inputs, tools: Tools) -> Work:
    from epm.evaluation.evaluate import evaluate

    def ask(
        definition: Definition, subjects: Sequence[Subject], engine: Engine, progress: Progress
    ) -> Iterator[dict[str, int]]:
        others = [
            inputs.subject(each, inputs.folder.of(STAGE, each.name))
            for each in (*definition.untrained, *definition.trained)
            if each.name not in tools.failures()
        ]
        yield from evaluate(definition, subjects, others, engine, tools.base, progress)

    return asked(inputs, tools, ask)
