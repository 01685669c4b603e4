"""Measurements with known figures: 24 words with six predictors, and issue #246 as published."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import frames

from epm.analyses.frame import Frame
from epm.definition.analysis import Outcome, Predictor
from epm.results import ConditionRecord, Count, MetricRecord, TaskRecord, replicate

DATA = Path(__file__).parents[1] / "data"

WORDS = json.loads((DATA / "six_predictors.json").read_text(encoding="utf-8"))
PUBLISHED = json.loads((DATA / "issue_246_published_figures.json").read_text(encoding="utf-8"))

FAMILY = tuple(Predictor(name) for name in WORDS["predictors"])
PROJECTION, TOKENS, LOG_FREQ = FAMILY[:3]
RATE = Outcome("level")

MARKER = Outcome("marker", "target")
LAYERS = tuple(Predictor(f"cosine_L{layer}") for layer in PUBLISHED["published"]["layers"])
PRIMARY = Predictor(f"cosine_L{PUBLISHED['primary_layer']}")
NEW = tuple(name for name, given in PUBLISHED["personas"].items() if given["new"])
CLOSE: dict[str, float] = {"abs": 1e-6, "rel": 0}
"""How near a published figure must be."""


@cache
def words() -> Frame:
    """The 24 words."""
    rows = WORDS["words"]
    return frames.reported(
        {name: (row["rate"], row["n"]) for name, row in rows.items()},
        {name: {x: row[x] for x in WORDS["predictors"]} for name, row in rows.items()},
        {name: {"group": row["group"]} for name, row in rows.items()},
        ends=(0.0, 1.0),
    )


@cache
def published() -> Frame:
    """Issue #246: 12 personas, the marker counted in 100 answers under each one's own prompt."""
    rows = PUBLISHED["personas"]
    return Frame(
        {
            name: ConditionRecord(
                target=name,
                factors={"category": row["category"]},
                covariates={
                    **{f"cosine_L{layer}": value for layer, value in row["cosine"].items()},
                    "prompt_tokens": row["prompt_tokens"],
                },
            )
            for name, row in rows.items()
        },
        {name: TaskRecord() for name in rows},
        {"marker": MetricRecord(label="marker rate")},
        {
            name: {
                name: {
                    "marker": {replicate(): Count(total=(row["successes"], PUBLISHED["trials"]))}
                }
            }
            for name, row in rows.items()
        },
    )
