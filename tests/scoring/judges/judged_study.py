"""A judged definition small enough to read at a glance, and samples of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from epm.analyses.specs import Difference, Proportions
from epm.definition import (
    Condition,
    Definition,
    Endpoint,
    Experiment,
    Item,
    Judge,
    LocalJudge,
    Outcome,
    Profile,
    Sampling,
    Task,
    TinyModel,
)

YES_NO = (("yes", True), ("no", False))
WARM = Outcome("warm")


def judged(by: Endpoint | LocalJudge, *more: Judge, **changes: Any) -> Definition:
    """Two arms on one task of two items, graded by a judge, and by more."""
    experiment = Experiment(
        **{
            "issue": 7,
            "title": "Made up",
            "question": "Is it warm?",
            "conditions": (Condition("a"), Condition("b")),
            "tasks": (Task("asked", (Item("one", "What's one?"), Item("two", "What's two?"))),),
            "scorers": (Judge("warm", by=by, rubric="Is it warm?", labels=YES_NO), *more),
            "analyses": (
                Proportions(name="rates", outcome=WARM),
                Difference(name="effect", outcome=WARM, pairs=(("a", "b"),), primary=True),
            ),
            "profiles": (
                Profile(
                    name="toy",
                    scale="a toy",
                    model=TinyModel(layers=2, hidden=8, seed=1),
                    model_name="toy",
                    sampling=Sampling(completions=2, max_new_tokens=8),
                    confidence_cap="LOW",
                ),
            ),
            **changes,
        }
    )
    return experiment.resolve("toy")


def samples(texts: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Lines of a samples file, of pairs of an arm and a completion."""
    return [
        {
            "condition": arm,
            "seed": 42,
            "task": "asked",
            "item": ("one", "two")[number % 2],
            "index": number // 2,
            "text": text,
            "tokens": 3,
            "finish": "stop",
        }
        for number, (arm, text) in enumerate(texts)
    ]
