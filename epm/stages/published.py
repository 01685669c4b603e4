"""Counts, cosines and prompt lengths from a publication, where no model is run."""

from __future__ import annotations

import json
from pathlib import Path

from epm.definition import Definition
from epm.errors import ResultsError
from epm.results import CompleteCondition, MissingCondition, Rate, Unavailable
from epm.stages.measure import Measurements


def measurements(definition: Definition, figures: Path) -> Measurements:
    """Read `published_figures.json`.

    Raises:
        ResultsError: the file lacks a figure.
    """
    try:
        value = json.loads(figures.read_text(encoding="utf-8"))
        conditions: dict[str, CompleteCondition | MissingCondition] = {
            persona.name: CompleteCondition(
                category=persona.category,
                new=persona.name in definition.experiment.new,
                negatives=(),  # the publication chose them by hash(), which no one can repeat
                source=Rate(successes=value["successes"][persona.name], trials=value["trials"]),
                bystanders={},
                training=Unavailable(unavailable="nothing was trained: the counts are published"),
            )
            for persona in definition.experiment.personas
        }
        return Measurements(
            conditions=conditions,
            base_model=Rate(**value["base_model"]),
            cosines=value["cosines"],
            prompt_tokens=value["prompt_tokens"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(
            f"{figures} cannot be used: {type(error).__name__} {error}", "restore it from git"
        ) from None
