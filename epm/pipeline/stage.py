"""What a stage of a run is, and what its work is done with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, canonical_json
from epm.files import text_sha256
from epm.pipeline.run_folder import Done, Work, WorkUnit
from epm.progress import Progress

if TYPE_CHECKING:
    from epm.models.base import BaseModel
    from epm.sampling import Engine

EngineFor = Callable[["BaseModel"], "Engine"]
"""Chooses what samples a model."""


@dataclass(frozen=True)
class Tools:
    """What the work of one invocation is done with; loaded when it is first used."""

    base: BaseModel
    engine_for: EngineFor
    progress: Progress
    failures: Callable[[], Mapping[str, str]]
    """Reason by replicate, for those that training gave up, as far as is known by then."""

    @cached_property
    def engine(self) -> Engine:
        """What samples completions."""
        return self.engine_for(self.base)

    def base_of(self, definition: Definition) -> BaseModel:
        """A judge's model: the run's own, if it is that, else one more."""
        from epm.models.base import BaseModel

        if definition.profile.model == self.base.definition.profile.model:
            return self.base
        self.close()  # the engine may hold the memory that the judge takes now
        return BaseModel(definition, self.progress.say)

    def close(self) -> None:
        """Let go of what the engine holds, if there is one; asked again, it takes it back."""
        if "engine" in vars(self):
            self.engine.close()


@dataclass(frozen=True)
class Stage:
    """A part of a run: which units of work it has, and how they are done."""

    name: str
    units: tuple[WorkUnit, ...]
    work: Callable[[Tools], Work]
    shared: bool = True
    """Whether all replicates need it; the others' units can be done anywhere, by replicate."""
    measured: tuple[str, ...] = ()
    """Files of each unit that measuring reads."""


def alone(
    name: str,
    do: Callable[[Tools, Path], int],
    inputs: tuple[Path, ...] = (),
    settings: Any = None,
) -> Stage:
    """A stage with one unit of work.

    Args:
        name: of the stage.
        do: the work, into an empty folder; it returns how many tokens it processed.
        inputs: files that it reads.
        settings: what it depends on beside them and the run folder's own fingerprint.
    """
    digest = "" if settings is None else text_sha256(canonical_json(settings))

    def work(tools: Tools) -> Work:
        def each_alone(folders: Mapping[WorkUnit, Path]) -> Iterator[Mapping[WorkUnit, Done]]:
            for unit, out in folders.items():
                yield {unit: do(tools, out)}

        return each_alone

    return Stage(name, (WorkUnit(name, "", inputs, digest),), work)


def units_of(
    stages: Iterable[Stage], replicates: Sequence[str]
) -> list[tuple[Stage, list[WorkUnit]]]:
    """The units of some replicates, by stage."""
    return [
        (stage, [unit for unit in stage.units if unit.subject in replicates]) for stage in stages
    ]
