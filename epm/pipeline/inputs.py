"""What the work on a replicate is given, and where in the run folder it lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from epm.definition import Definition, Replicate
from epm.models.adapters import WEIGHTS
from epm.models.steering import DIRECTION, Steered
from epm.pipeline.run_folder import RunFolder
from epm.sampling.samples import Subject


@dataclass(frozen=True)
class Inputs:
    """Rows, adapters and directions of a definition's replicates; they need not be there yet."""

    definition: Definition
    folder: RunFolder

    @cached_property
    def by_name(self) -> dict[str, Replicate]:
        """All replicates."""
        return {each.name: each for each in (*self.definition.trained, *self.definition.untrained)}

    def rows(self, replicate: Replicate) -> Path:
        """The replicate's training data, the same under every seed."""
        return self.folder.of("rows") / f"{replicate.condition}.jsonl"

    def adapter(self, replicate: Replicate) -> Path:
        """The replicate's weights."""
        return self.folder.of("train", replicate.name) / WEIGHTS

    def below(self, replicate: Replicate) -> tuple[Path, ...]:
        """Weights of the adapters that a replicate's own is trained on top of."""
        return tuple(self.adapter(each) for each in self.definition.before(replicate))

    def adapters(self, replicate: Replicate) -> tuple[Path, ...]:
        """Weights of all that is merged for a replicate, its own last; none if it is untrained."""
        if replicate not in self.definition.trained:
            return ()
        return (*self.below(replicate), self.adapter(replicate))

    def read_for(self, replicate: Replicate) -> Iterator[Path]:
        """Weights that a steered replicate's direction is read with."""
        for each in self.definition.directed_by(replicate):
            yield from self.adapters(each)

    def direction(self, replicate: Replicate) -> tuple[Path, ...]:
        """What a replicate is steered along; nothing where it is not steered."""
        if replicate not in self.definition.steered:
            return ()
        return (self.folder.of("direction", replicate.name) / DIRECTION,)

    def answering(self, replicate: Replicate) -> tuple[Path, ...]:
        """All that a replicate answers with."""
        if replicate not in self.definition.trained:
            return self.direction(replicate)
        return (self.adapter(replicate), *self.below(replicate), *self.direction(replicate))

    def subject(self, replicate: Replicate, out: Path) -> Subject:
        """A replicate as engines know it, to be sampled into a folder."""
        if replicate not in self.definition.trained:
            return Subject(replicate, None, out, steering=self._steered(replicate))
        below = tuple(path.parent for path in self.below(replicate))
        adapter = self.adapter(replicate).parent
        return Subject(replicate, adapter, out, below, self._steered(replicate))

    def _steered(self, replicate: Replicate) -> Steered | None:
        steering = self.definition.experiment.condition(replicate.condition).intervention
        if steering is None:
            return None
        (direction,) = self.direction(replicate)
        return Steered(direction, steering.layer, steering.coefficient)
