"""The published issue #246 as the statistics read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from epm.results import CompleteCondition, Rate, Statistics, Unavailable
from epm.statistics import analyse

FIGURES = Path(__file__).parents[1] / "data" / "issue_246_published_figures.json"


@pytest.fixture(scope="session")
def figures() -> dict[str, Any]:
    return json.loads(FIGURES.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def conditions(figures: dict[str, Any]) -> dict[str, CompleteCondition]:
    return {
        persona: CompleteCondition(
            category=given["category"],
            new=given["new"],
            negatives=(),
            source=Rate(successes=given["successes"], trials=figures["trials"]),
            bystanders={},
            training=Unavailable(unavailable="published"),
        )
        for persona, given in figures["personas"].items()
    }


@pytest.fixture(scope="session")
def cosines(figures: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {
        layer: {persona: given["cosine"][layer] for persona, given in figures["personas"].items()}
        for layer in figures["published"]["layers"]
    }


@pytest.fixture(scope="session")
def statistics(
    figures: dict[str, Any],
    conditions: dict[str, CompleteCondition],
    cosines: dict[str, dict[str, float]],
) -> Statistics:
    return analyse(
        conditions,
        cosines,
        {persona: given["prompt_tokens"] for persona, given in figures["personas"].items()},
        reference=figures["reference"],
        primary_layer=figures["primary_layer"],
        alpha=figures["alpha"],
        prediction_gate=figures["prediction_gate"],
        seed=246,
    )
