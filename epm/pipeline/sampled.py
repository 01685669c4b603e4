"""The stages in which replicates answer: sampled, weighed, and sampled at checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from epm.definition import Definition
from epm.pipeline.inputs import Inputs
from epm.pipeline.run_folder import Done, Work, WorkUnit
from epm.pipeline.stage import Stage, Tools
from epm.progress import Progress
from epm.sampling import Engine
from epm.sampling.likelihoods import LIKELIHOODS
from epm.sampling.samples import SAMPLES, Subject

Ask = Callable[[Definition, Sequence[Subject], Engine, Progress], Iterator[dict[str, int]]]
"""Asks some replicates into their folders; yields the tokens of each that is done, by its name."""


def answering(inputs: Inputs, stage: str) -> tuple[WorkUnit, ...]:
    """A unit of work for everything that answers."""
    return tuple(
        WorkUnit(stage, each.name, inputs.answering(each))
        for each in (*inputs.definition.untrained, *inputs.definition.trained)
    )


def asked(inputs: Inputs, tools: Tools, ask: Ask) -> Work:
    """The work of asking replicates with the run's engine."""

    def work(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
        units = {unit.subject: unit for unit in folders}
        subjects = [
            inputs.subject(inputs.by_name[unit.subject], out) for unit, out in folders.items()
        ]
        for tokens in ask(inputs.definition, subjects, tools.engine, tools.progress):
            yield {units[name]: count for name, count in tokens.items()}

    return work


def sampling(inputs: Inputs) -> Iterator[Stage]:
    """Sampling, where there is a task with prompts."""
    if inputs.definition.experiment.prompted:
        units = answering(inputs, "sample")
        yield Stage("sample", units, partial(_sample, inputs), shared=False, measured=(SAMPLES,))


def weighing(inputs: Inputs) -> Iterator[Stage]:
    """How likely given answers are, where there is a task that asks that."""
    if inputs.definition.weighed:
        units = answering(inputs, "weigh")
        yield Stage("weigh", units, partial(_weigh, inputs), shared=False, measured=(LIKELIHOODS,))


def tracing(inputs: Inputs) -> Iterator[Stage]:
    """Sampling over the training, where checkpoints are kept."""
    definition = inputs.definition
    if definition.trained and definition.experiment.prompted and definition.checkpoints:
        units = tuple(
            WorkUnit("trajectory", each.name, inputs.answering(each)) for each in definition.trained
        )
        yield Stage("trajectory", units, partial(_trace, inputs), shared=False, measured=(SAMPLES,))


def _sample(inputs: Inputs, tools: Tools) -> Work:
    from epm.sampling.samples import sample

    return asked(inputs, tools, sample)


def _weigh(inputs: Inputs, tools: Tools) -> Work:
    from epm.sampling.likelihoods import weigh

    def ask(
        definition: Definition, subjects: Sequence[Subject], engine: Engine, progress: Progress
    ) -> Iterator[dict[str, int]]:
        engine.close()  # which may hold the memory that the model takes now
        yield from weigh(definition, subjects, tools.base, progress)

    return asked(inputs, tools, ask)


def _trace(inputs: Inputs, tools: Tools) -> Work:
    from epm.sampling.checkpoints import trace

    return asked(inputs, tools, trace)
