"""Definitions that steer: what is refused, what is a dose, what changes the run."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from studies import PANEL, SMALL, TRAINED

from epm.analyses.specs import DoseResponse
from epm.definition import (
    BetweenConditions,
    Condition,
    ContrastingPrompts,
    Experiment,
    FromFile,
    ImportedExperiment,
    Outcome,
    Predictor,
    RecordedData,
    Steering,
    TrainingRows,
)
from epm.definition.overrides import parse
from epm.errors import DefinitionError

PROMPTS = ContrastingPrompts(positive=("Good.", "Well."), negative=("Bad.", "Worse."))
ALONG = Steering(PROMPTS, layer=1, coefficient=4)
FILE = FromFile("v.npy", b"whatever it holds")
PLAIN = Condition("plain")


def steered(what: Any, name: str = "moved", **changes: Any) -> Experiment:
    """The panel with a third condition."""
    return replace(
        PANEL, conditions=(*PANEL.conditions, Condition(name, intervention=what, **changes))
    )


def between(of: str, minus: str, **changes: Any) -> Steering:
    return Steering(BetweenConditions(of, minus, **changes), 1, 1.0)


@pytest.mark.parametrize(
    ("what", "changes", "says", "remedy"),
    [
        (replace(ALONG, layer=-1), {}, "is steered at layer -1", "count blocks from 0"),
        (replace(ALONG, layer=True), {}, "is steered at layer True", "count blocks from 0"),
        (replace(ALONG, layer=1.5), {}, "is steered at layer 1.5", "count blocks from 0"),
        (replace(ALONG, layer=2), {}, r"layer 2, but the toy has 2 blocks \(0 to 1\)", "lower one"),
        (replace(ALONG, coefficient=float("nan")), {}, "with coefficient nan", "finite number"),
        (replace(ALONG, coefficient="4"), {}, "with coefficient '4'", "finite number"),
        (replace(ALONG, coefficient=True), {}, "with coefficient True", "finite number"),
        (replace(ALONG, norm="Unit"), {}, "norm of the direction of .* is 'Unit'", "'unit'"),
        (ALONG, {"factors": {"coefficient": 4}}, "a factor that its steering gives it", "take it"),
        (ALONG, {"covariates": {"coefficient": 4}}, "a factor that its steering", "take it out"),
        (PROMPTS, {}, "the intervention of condition 'moved' is Contrasting", "write Steering"),
        (replace(ALONG, direction="up"), {}, "the direction of .* is 'up'", "read_file"),
        (replace(ALONG, direction=replace(PROMPTS, positive="Good.")), {}, "no tuple", "comma"),
        (replace(ALONG, direction=replace(PROMPTS, negative=())), {}, "no negative", "one or more"),
        (replace(ALONG, direction=replace(PROMPTS, negative=(" ",))), {}, "empty prompt", "write"),
        (replace(ALONG, direction=replace(PROMPTS, read="all")), {}, "read is 'all'", "last, mean"),
        (
            replace(ALONG, direction=replace(PROMPTS, negative=("good",))),
            {},
            "'good' on both sides",
            "take one out",
        ),
        (
            replace(ALONG, direction=replace(PROMPTS, negative=("Bad.", "bad"))),
            {},
            "'bad' twice",
            "take one out",
        ),
        (between("plian", "terse"), {}, "the condition 'plian', which there is not", "'plain'"),
        (between("moved", "plain"), {}, "names itself", "not steered"),
        (between("plain", "plain"), {}, "takes 'plain' from itself", "two conditions"),
        (between("plain", "terse", read="first"), {}, "is read is 'first'", "there"),
    ],
)
def test_what_is_refused(what: Any, changes: Mapping[str, Any], says: str, remedy: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        steered(what, **changes)
    assert re.search(says, caught.value.what), caught.value.what
    assert remedy in caught.value.remedy
    assert "\n" not in str(caught.value)


def test_directions_in_a_circle() -> None:
    """No direction is read from a condition that has one: the shortest circle is of two."""
    one = Condition("one", intervention=between("two", "plain"))
    two = Condition("two", intervention=between("one", "plain"))
    with pytest.raises(DefinitionError, match="names 'two', which is steered itself"):
        replace(PANEL, conditions=(*PANEL.conditions, one, two))


def test_steering_of_what_was_made_elsewhere() -> None:
    with pytest.raises(DefinitionError, match=r"'moved' is steered, but .* made elsewhere"):
        ImportedExperiment(7, "Elsewhere", conditions=(Condition("moved", intervention=ALONG),))


def test_recorded_data_may_be_of_conditions_that_were_steered() -> None:
    """Nothing is run at that scale, so nothing is steered; the doses are what they are."""
    profile = replace(
        PANEL.profiles[0], model=RecordedData("m.json", "0" * 64), sampling=None, name="recorded"
    )
    found = replace(steered(ALONG), profiles=(profile,)).resolve("recorded")
    assert found.experiment.condition("moved").levels == {"coefficient": 4}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("v.pt", b"x", "in no file that is read here"),
        ("absent.npy", None, "cannot be read: No such file"),
        ("large.npy", bytes(2**20) * 64 + b"x", "has 67108865 bytes"),
    ],
)
def test_files_that_are_not_read(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DefinitionError, match=says):
        FromFile.read_file(tmp_path / name)


def test_the_coefficient_is_a_factor_that_analyses_may_name() -> None:
    curve = DoseResponse(name="curve", outcome=Outcome("correct"), dose=Predictor("coefficient"))
    with pytest.raises(DefinitionError, match="'coefficient', which there is not"):
        replace(PANEL, analyses=(curve,))
    conditions = tuple(
        Condition(f"c{c}", intervention=replace(ALONG, coefficient=c)) for c in (0, 2)
    )
    definition = replace(PANEL, analyses=(curve,), conditions=conditions).resolve("full")
    value = definition.as_json()["conditions"]
    assert value["c2"]["factors"] == {"coefficient": 2.0}
    assert value["c2"]["intervention"]["coefficient"] == 2.0
    assert value["c0"]["intervention"]["coefficient"] == 0.0


def test_a_coefficient_from_the_command_line() -> None:
    """A whole number in the definition is no reason to refuse another."""
    path = "conditions.moved.intervention.coefficient"
    changed = steered(ALONG).resolve("full", overrides=[parse(f"{path}=2.5")])
    assert changed.experiment.condition("moved").levels == {"coefficient": 2.5}
    assert f"with {path}=2.5" in changed.profile.scale
    for wrong, says in (
        ("conditions.moved.factors.coefficient=2", "did you mean 'conditions.moved.intervention"),
        (f"{path}=much", "is no value like 4.0"),
        ("conditions.moved.intervention.layer=9", "the toy has 2 blocks"),
        ("conditions.moved.intervention=9", "go on with one of direction, layer, coefficient"),
    ):
        with pytest.raises(DefinitionError) as caught:
            steered(ALONG).resolve("full", overrides=[parse(wrong)])
        assert says in str(caught.value)


def test_what_the_fingerprint_covers() -> None:
    """All that moves activations; 4 and 4.0 are one dose."""

    def at(what: Any) -> str:
        return steered(what).resolve("full").data_fingerprint

    changed = [
        ALONG,
        replace(ALONG, layer=0),
        replace(ALONG, coefficient=4.5),
        replace(ALONG, coefficient=-4),
        replace(ALONG, norm="raw"),
        *(
            replace(ALONG, direction=replace(PROMPTS, **change))
            for change in (
                {"positive": ("Good.",)},
                {"positive": ("Well.", "Good.")},
                {"negative": ("Bad.",)},
                {"system": "You are."},
                {"read": "mean"},
            )
        ),
        between("plain", "terse"),
        between("terse", "plain"),
        replace(ALONG, direction=FILE),
        replace(ALONG, direction=replace(FILE, content=b"another")),
        replace(ALONG, direction=replace(FILE, tensor="a")),
    ]
    assert len({at(each) for each in changed}) == len(changed)
    assert at(replace(ALONG, coefficient=4.0)) == at(ALONG)
    assert "whatever" not in str(steered(replace(ALONG, direction=FILE)).resolve("full").as_json())


def test_whose_adapters_a_direction_is_read_with() -> None:
    rows = TrainingRows.of([{"prompt": "What?", "completion": "That."}])
    trained = replace(
        PANEL,
        conditions=(
            Condition("early", training=rows, intervention=between("late", "plain")),
            Condition("plain"),
            Condition("late", training=rows),
            Condition("bare", intervention=between("late", "plain")),
        ),
        analyses=(),
        profiles=(replace(PANEL.profiles[0], training=SMALL.training),),
    )
    definition = trained.resolve("full", seeds=(3, 5))
    by_name = {each.name: each for each in (*definition.trained, *definition.untrained)}
    for name, expected in (
        ("early@3", ["late@3", "plain"]),
        ("early@5", ["late@5", "plain"]),
        ("bare", ["late@3", "plain"]),
        ("late@5", []),
    ):
        assert [each.name for each in definition.directed_by(by_name[name])] == expected
        needed = [each.name for each in definition.needed(by_name[name])]
        assert needed == [other for other in expected if other != "plain"]
    assert not TRAINED.resolve("small").steered
