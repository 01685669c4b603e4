"""Measurements with known figures: 24 words with six predictors, and issue #246 as published."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import frames

from epm.analyses.data.frame import Frame
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


SEEDED: dict[str, tuple[float, tuple[int, int, int]]] = {
    "software_engineer": (0.6650197758159129, (34, 33, 36)),
    "kindergarten_teacher": (-0.23302664232911874, (32, 37, 39)),
    "data_scientist": (0.744882595150353, (34, 32, 48)),
    "medical_doctor": (0.18974478394370678, (36, 35, 33)),
    "librarian": (-0.21265387337657526, (39, 27, 37)),
    "french_person": (-0.5528373602575208, (40, 32, 28)),
    "villain": (-0.28373468104653254, (33, 36, 35)),
    "comedian": (-0.5513292682734827, (29, 41, 38)),
    "police_officer": (-0.24343240565408933, (32, 32, 40)),
    "zelthari_scholar": (-0.4556133648415925, (42, 45, 38)),
    "helpful_assistant": (1.0, (41, 50, 42)),
    "qwen_default": (0.6506992787143462, (34, 41, 37)),
}
"""The same personas on SmolLM2-135M: cosine at layer 21, k of 100 for each of three seeds."""

COSINE = Predictor("cosine_L21")
HIT = Outcome("hit")


@cache
def seeded() -> Frame:
    """The 12 personas of SmolLM2, three trainings each."""
    cells: list[frames.Cell] = [
        (name, seed, "all", k, 100)
        for name, (_, counts) in SEEDED.items()
        for seed, k in zip((42, 137, 256), counts, strict=True)
    ]
    covariates = {name: {COSINE.name: cosine} for name, (cosine, _) in SEEDED.items()}
    return frames.counted(cells, covariates=covariates)


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
