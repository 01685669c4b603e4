"""What steering can get wrong: directions of nothing or in circles, blocks that there are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from epm.definition.checks.names import Problem, is_number, no_tuples, not_one_of, plain, unknown
from epm.definition.checks.types import is_text, shown, wrong_types
from epm.definition.conditions import Condition
from epm.definition.model import TinyModel
from epm.definition.profile import Profile
from epm.definition.steering import (
    COEFFICIENT,
    BetweenConditions,
    ContrastingPrompts,
    FromFile,
    Norm,
    Read,
    Steering,
)

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment


def problems(experiment: Experiment) -> Iterator[Problem]:
    """Whatever the scale is."""
    for condition in experiment.conditions:
        given: object = condition.intervention
        if isinstance(given, Steering):
            yield from _steering(experiment, condition, given)
        elif given is not None:
            yield (
                f"the intervention of condition '{condition.name}' is {given!r:.60}",
                "write Steering(direction=…, layer=…, coefficient=…)",
            )


def _steering(
    experiment: Experiment, condition: Condition, steering: Steering
) -> Iterator[Problem]:
    where = f"condition '{condition.name}'"
    if type(steering.layer) is not int or steering.layer < 0:
        yield f"{where} is steered at layer {steering.layer!r}", "count blocks from 0"
    if not is_number(steering.coefficient):
        yield (
            f"{where} is steered with coefficient {shown(steering.coefficient)}",
            "give a finite number; 0 moves nothing",
        )
    yield from not_one_of(f"the norm of the direction of {where}", steering.norm, get_args(Norm))
    if COEFFICIENT in {**condition.factors, **condition.covariates}:
        yield (
            f"{where}: '{COEFFICIENT}' is a factor that its steering gives it",
            "take it out of its factors and covariates",
        )
    source: object = steering.direction
    match source:
        case ContrastingPrompts() as prompts:
            yield from _prompts(where, prompts)
        case BetweenConditions() as pair:
            yield from _pair(experiment, condition, pair)
        case FromFile():
            pass
        case _:
            yield (
                f"the direction of {where} is {source!r:.60}",
                "give ContrastingPrompts, BetweenConditions, or FromFile.read_file(path)",
            )


def _prompts(where: str, prompts: ContrastingPrompts) -> Iterator[Problem]:
    where = f"the direction of {where}"
    yield from wrong_types(where, prompts)
    yield from not_one_of(f"where {where} is read", prompts.read, get_args(Read))
    yield from no_tuples(where, prompts, ("positive", "negative"))
    sides = {"positive": prompts.positive, "negative": prompts.negative}
    seen: dict[str, str] = {}
    for side, texts in sides.items():
        if not texts:
            yield f"{where} has no {side} prompts", "give it one or more"
        for number, text in enumerate(texts, 1):
            if isinstance(text, str) and not is_text(text):
                yield (
                    f"{where}: {side} prompt {number} has half of a surrogate pair",
                    "take it out",
                )
            if not (isinstance(text, str) and text.strip()):
                yield f"{where} has an empty prompt among the {side}", "write it or take it out"
            wording = plain(text) or str(text)
            if wording in seen:
                also = "twice" if seen[wording] == side else "on both sides"
                yield f"{where} has the prompt {text!r:.60} {also}", "take one out"
            seen[wording] = side


def _pair(
    experiment: Experiment, condition: Condition, pair: BetweenConditions
) -> Iterator[Problem]:
    where = f"condition '{condition.name}', in its direction,"
    yield from not_one_of(
        f"where the direction of condition '{condition.name}' is read", pair.read, get_args(Read)
    )
    known = [each.name for each in experiment.conditions]
    for name in (pair.of, pair.minus):
        if name == condition.name:
            yield f"{where} names itself", "name conditions that are not steered"
        elif name not in known:
            yield unknown("condition", name, known, where)
        elif experiment.condition(name).intervention is not None:
            # so that no direction waits for another, and none goes round in a circle
            yield f"{where} names '{name}', which is steered itself", "name one that is not"
    if pair.of == pair.minus:
        yield f"{where} takes '{pair.of}' from itself", "name two conditions"


def problems_at(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    """At one scale: blocks that a toy does not have; of other models it is known once loaded."""
    if not isinstance(profile.model, TinyModel):
        return
    for condition in experiment.conditions:
        steering, blocks = condition.intervention, profile.model.layers
        if isinstance(steering, Steering) and steering.layer >= blocks:
            yield (
                f"condition '{condition.name}' is steered at layer {steering.layer}, but the toy "
                f"has {blocks} blocks (0 to {blocks - 1})",
                f"give the toy more than {steering.layer} layers, or choose a lower one",
            )
