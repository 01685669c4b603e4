"""Anything in a field of judges, steering and Inspect's tasks: taken whole, or refused."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from studies import PANEL

from epm.definition import (
    BetweenConditions,
    Condition,
    ContrastingPrompts,
    Endpoint,
    InspectTask,
    Judge,
    LocalJudge,
    Steering,
    TinyModel,
)
from epm.errors import DefinitionError

SERVICE = Endpoint("https://judge.example/v1", "m")
JUDGE = Judge("warm", by=SERVICE, rubric="Is it warm?", labels=(("yes", True), ("no", False)))
PROMPTS = ContrastingPrompts(("kind",), ("rude",))
PUSH = Steering(PROMPTS, layer=0, coefficient=2)
ANYTHING: tuple[Any, ...] = (
    *(None, 3, -1, 2.5, float("nan"), float("inf"), True, 10**400),
    *("", "x", "\ud800", "a\nb", "\0", b"x", Path("x"), object(), len, 1j),
    *([], ["a"], {}, {"a": 1}, {1: 2}, set(), ("a",), ("a", 1), (1, "x"), ("\ud800",)),
    *([("yes", True)], (("yes", []), ("no", {}))),
)


@pytest.fixture
def task(tmp_path: Path) -> InspectTask:
    (tmp_path / "quiz.py").write_text("@task\ndef quiz(digits=2):\n    pass\n")
    return InspectTask("quiz.py@quiz", metrics=("choice",), home=tmp_path)


def defined(part: Any) -> None:
    """Put a part where it belongs, and compute what the definition is known by."""
    changes: dict[str, Any] = {}
    match part:
        case Endpoint() | LocalJudge():
            changes["scorers"] = (*PANEL.scorers, replace(JUDGE, by=part))
        case Judge():
            changes["scorers"] = (*PANEL.scorers, part)
        case InspectTask():
            changes["tasks"] = (*PANEL.tasks, part)
        case ContrastingPrompts() | BetweenConditions():
            steered = Condition("pushed", intervention=replace(PUSH, direction=part))
            changes["conditions"] = (*PANEL.conditions, steered)
        case _:
            changes["conditions"] = (*PANEL.conditions, Condition("pushed", intervention=part))
    assert replace(PANEL, **changes).resolve(PANEL.profiles[0].name).fingerprint


NAMES = [condition.name for condition in PANEL.conditions]
PARTS = {
    "judge": JUDGE,
    "endpoint": SERVICE,
    "local judge": LocalJudge(TinyModel(2, 8, 1)),
    "steering": PUSH,
    "prompts": PROMPTS,
    "pair": BetweenConditions(*NAMES[:2]),
}


def holds(part: Any) -> None:
    for field in fields(part):
        for value in () if field.name == "home" else ANYTHING:
            try:
                defined(replace(part, **{field.name: value}))
            except DefinitionError:
                continue
            except Exception as error:
                raise AssertionError(f"{field.name}={type(value)}: {error!r}") from error


@pytest.mark.parametrize("part", PARTS)
def test_every_field_takes_or_refuses_anything(part: str) -> None:
    defined(PARTS[part])
    holds(PARTS[part])


def test_so_does_a_task_of_inspect(task: InspectTask) -> None:
    defined(task)
    holds(task)


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (replace(JUDGE, rubric=None), "judge 'warm': rubric is None; write a text, in quotes"),
        (replace(JUDGE, system=["x"]), "system is ['x']; write a text"),
        (replace(JUDGE, near_miss="no"), "near_miss is 'no'; say True or False"),
        (replace(SERVICE, base_url=3), "base_url is 3; write a text"),
        (replace(SERVICE, timeout=10**400), "timeout is 1000"),
        (LocalJudge("SmolLM2"), "its model is 'SmolLM2'; write one, as in LocalJudge"),
        (LocalJudge(TinyModel(2, 8, 1), likeliest=1), "likeliest is 1; say True or False"),
        (replace(PROMPTS, system=3), "system is 3; write a text"),
        (replace(PROMPTS, positive=("\ud800",)), "positive prompt 1 has half of a surrogate pair"),
        (replace(PUSH, coefficient=10**400), "is steered with coefficient 1000"),
    ],
)
def test_what_is_wrong_is_named(part: Any, says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        defined(part)
    assert says in str(raised.value)
