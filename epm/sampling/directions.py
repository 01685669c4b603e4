"""Find the directions that conditions are steered along, and keep them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from epm.definition import (
    BetweenConditions,
    Condition,
    ContrastingPrompts,
    Definition,
    FromFile,
    Replicate,
    Steering,
    canonical_json,
)
from epm.errors import EpmError
from epm.files import dump_json, file_sha256, write_atomically
from epm.models.chat import tokenise_prompt
from epm.models.covariates import prompt_outputs
from epm.models.steering import DIRECTION, RECORD, from_file, normed, write_direction
from epm.progress import Progress
from epm.results import SteeringRecord
from epm.sampling.samples import prompts, target_prompts

if TYPE_CHECKING:
    import torch

    from epm.models.base import BaseModel

Adapters = tuple[Path, ...]
"""Folders of those that are merged into the model, the first one first."""


@dataclass(frozen=True)
class Wanted:
    """A direction to find for a steered replicate."""

    replicate: Replicate
    out: Path
    between: tuple[Adapters, ...] = ()
    """Adapters of the two conditions that it lies between."""


@dataclass(frozen=True)
class _Side:
    """The mean of some activations."""

    mean: torch.Tensor
    """float64, shape [hidden]."""
    lengths: tuple[float, ...]
    """Of each prompt's activation."""
    tokens: int


@dataclass(frozen=True)
class _Found:
    direction: torch.Tensor
    """float64, shape [hidden], as long as it was found."""
    typical: float | None
    prompts: int
    tokens: int


def find(
    definition: Definition, wanted: Sequence[Wanted], base: BaseModel, progress: Progress
) -> Iterator[dict[str, int]]:
    """Write direction and record of every steered replicate; yield tokens read, by its name.

    A direction that several share is found once.

    Raises:
        EpmError: a direction has no length.
    """
    known: dict[tuple[str, tuple[Adapters, ...]], _Found] = {}
    with progress.task("find directions", "directions", len(wanted)) as meter:
        for each in wanted:
            condition = definition.experiment.condition(each.replicate.condition)
            steering = condition.intervention
            assert steering is not None  # noqa: S101 - what is not steered has no direction
            key = canonical_json([steering.direction.as_json(), steering.layer]), each.between
            fresh = key not in known
            if fresh:
                known[key] = _found(definition, steering, each, base)
            found = known[key]
            _write(condition, steering, found, each.out)
            meter.advance(tokens=found.tokens if fresh else 0)
            yield {each.replicate.name: found.tokens if fresh else 0}


def _write(condition: Condition, steering: Steering, found: _Found, out: Path) -> None:
    import torch

    try:
        direction = normed(found.direction, steering.norm)
    except EpmError as error:
        raise EpmError(f"condition '{condition.name}': {error.what}", error.remedy) from None
    write_direction(direction, out / DIRECTION)
    record = SteeringRecord(
        layer=steering.layer,
        coefficient=steering.coefficient,
        length=float(torch.linalg.vector_norm(found.direction)),
        typical=found.typical,
        prompts=found.prompts,
        sha256=file_sha256(out / DIRECTION),
    )
    write_atomically(out / RECORD, dump_json(record.model_dump(mode="json")))


def _found(definition: Definition, steering: Steering, each: Wanted, base: BaseModel) -> _Found:
    layer = steering.layer
    match steering.direction:
        case FromFile() as source:
            return _Found(from_file(source), None, 0, 0)
        case ContrastingPrompts() as source:
            sides = []
            for texts in (source.positive, source.negative):
                ids = [tokenise_prompt(base.tokenizer, source.system, text) for text in texts]
                sides.append(_side(base, ids, layer, source))
        case BetweenConditions() as source:
            sides = []
            for name, adapters in zip((source.of, source.minus), each.between, strict=True):
                condition = definition.experiment.condition(name)
                asked = target_prompts(definition, condition) or prompts(definition, condition)
                ids = [tokenise_prompt(base.tokenizer, p.system, p.item.prompt) for p in asked]
                with base.with_merged(*adapters):
                    sides.append(_side(base, ids, layer, source))
    of, minus = sides
    lengths = (*of.lengths, *minus.lengths)
    typical = sum(lengths) / len(lengths)
    return _Found(of.mean - minus.mean, typical, len(lengths), of.tokens + minus.tokens)


def _side(
    base: BaseModel,
    ids: list[tuple[int, ...]],
    layer: int,
    source: ContrastingPrompts | BetweenConditions,
) -> _Side:
    import torch

    outputs = prompt_outputs(base, ids, (layer,), source.read)[:, 0]
    lengths = torch.linalg.vector_norm(outputs, dim=1)
    return _Side(outputs.mean(0), tuple(lengths.tolist()), sum(map(len, ids)))
