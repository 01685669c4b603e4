"""Settings of one run: in its fingerprint and its title; a wrong path names the nearest."""

from __future__ import annotations

from typing import Any

import pytest
from studies import PANEL, TRAINED

from epm.definition import Definition
from epm.definition.overrides import parse
from epm.errors import DefinitionError


def resolved(*given: str, experiment: Any = TRAINED) -> Definition:
    profile = experiment.profiles[0].name
    found: Definition = experiment.resolve(profile, overrides=[parse(each) for each in given])
    return found


@pytest.mark.parametrize(
    ("given", "leads", "value"),
    [
        ("profile.training.learning_rate=2e-5", "profile.training.learning_rate", 2e-5),
        ("profile.training.learning_rate=1", "profile.training.learning_rate", 1.0),
        ("profile.training.lora.rank=8", "profile.training.lora.rank", 8),
        (
            'profile.training.lora.target_modules=["q_proj"]',
            "profile.training.lora.target_modules",
            ("q_proj",),
        ),
        ("profile.sampling.off_target_items=2", "profile.sampling.off_target_items", 2),
        ("profile.sampling.off_target_items=null", "profile.sampling.off_target_items", None),
        ("profile.model_name=7", "profile.model_name", "7"),
        ("seed=7", "experiment.seed", 7),
        ("alpha=0.01", "experiment.alpha", 0.01),
    ],
)
def test_a_setting(given: str, leads: str, value: Any) -> None:
    at: Any = resolved(given)
    for step in leads.split("."):
        at = getattr(at, step)
    assert at == value
    assert type(at) is type(value)


def test_settings_of_named_parts() -> None:
    found = resolved(
        "conditions.a.covariates.length=0.25",
        "tasks.b.system_prompt=You are B. = yes",
        "scorers.marker.ignore_case=false",
        "analyses.rates.label=the rate",
        "gates.enough.at_least=0.2",
    ).experiment
    assert found.condition("a").covariates["length"] == 0.25
    assert found.task("b").system_prompt == "You are B. = yes"
    assert found.scorers[0].ignore_case is False  # type: ignore[attr-defined]
    assert found.analyses[0].label == "the rate"
    assert found.gates[0].at_least == 0.2


def test_it_is_in_the_fingerprint_and_in_the_title() -> None:
    plain, changed = resolved(), resolved("profile.training.learning_rate=2e-5")
    again = resolved("profile.training.learning_rate=2e-5")
    assert changed.fingerprint == again.fingerprint != plain.fingerprint
    assert changed.data_fingerprint != plain.data_fingerprint
    assert changed.profile.scale == "made up, with profile.training.learning_rate=2e-05"
    assert changed.profile.name.startswith("small-with-")
    assert changed.as_json()["overrides"] == {"profile.training.learning_rate": 2e-5}
    assert "overrides" not in plain.as_json()
    assert not changed.profile.full_scale
    assert not resolved("profile.sampling.completions=2", experiment=PANEL).profile.full_scale


def test_a_setting_of_the_analyses_leaves_the_samples() -> None:
    plain, changed = resolved(), resolved("analyses.rates.relevant=0.2")
    assert changed.data_fingerprint == plain.data_fingerprint
    assert changed.fingerprint != plain.fingerprint


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "a slip in a step": (
        ("profile.training.learnin_rate=1",),
        "--set profile.training.learnin_rate: there is no such setting; did you mean "
        "'profile.training.learning_rate'",
    ),
    "a step left out": (("training.epochs=1",), "did you mean 'profile.training.epochs'"),
    "the last step alone": (("rank=1",), "there is profile.training.lora.rank"),
    "nothing like it": (("colour=1",), "--set colour: there is no such setting"),
    "no condition of that name": (
        ("conditions.q.covariates.length=1",),
        "--set conditions.q.covariates.length: there is no such setting",
    ),
    "past a value": (
        ("profile.training.epochs.first=1",),
        "--set profile.training.epochs.first: there is no such setting",
    ),
    "no value": (("profile.training.epochs",), "is not path=value"),
    "no path": (("=3",), "is not path=value"),
    "several values": (
        ("profile.training.lora=8",),
        "that is not one value; go on with one of rank, alpha",
    ),
    "a word for a number": (
        ("profile.training.epochs=many",),
        "'many' is no value like 3",
    ),
    "part of a whole number": (("profile.training.epochs=1.5",), "'1.5' is no value like 3"),
    "yes for a number": (("profile.training.epochs=true",), "'true' is no value like 3"),
    "a number for yes or no": (("scorers.marker.ignore_case=1",), "'1' is no value like true"),
    "out of range": (("profile.training.epochs=0",), "training.epochs is 0"),
    "not a number": (("profile.training.learning_rate=NaN",), "learning_rate is nan"),
    "the model": (("profile.model=x",), "--set profile.model: there is no such setting"),
    "more belief": (
        ("profile.confidence_cap=HIGH",),
        "--set profile.confidence_cap: there is no such setting",
    ),
    "the title": (("title=Better",), "--set title: there is no such setting"),
    "twice": (("seed=1", "seed=2"), "--set seed is given twice"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings(name: str) -> None:
    given, says = WRONG[name]
    with pytest.raises(DefinitionError) as caught:
        resolved(*given)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
