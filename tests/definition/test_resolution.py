"""What a definition resolves to: what is trained, asked and drawn, and under which seeds."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studies import BUILDER, ITEMS, NAMES, PANEL, SMALL, TRAINED

from epm.definition import (
    Answers,
    Condition,
    Definition,
    Experiment,
    HubModel,
    MarkerRows,
    RecordedData,
    Rows,
    Sampling,
)
from epm.errors import DefinitionError, suggest

SEEDS = st.integers(min_value=0, max_value=2**32)


def trained(seed: int = 42, builder: MarkerRows = BUILDER, **profile: Any) -> Definition:
    """The marker study with another seed, training data or profile."""
    experiment = replace(
        TRAINED,
        seed=seed,
        conditions=tuple(
            replace(c, training=builder) if c.training else c for c in TRAINED.conditions
        ),
        profiles=(replace(SMALL, **profile),),
    )
    return experiment.resolve("small")


def of(definition: Definition, condition: str) -> dict[str, tuple[tuple[str, ...], int]]:
    """Item ids and completions by task, of what a condition is asked."""
    asked = definition.asked(definition.experiment.condition(condition))
    return {each.task.name: (tuple(i.id for i in each.items), each.completions) for each in asked}


# ------------------------------------------------------------------ replicates


def test_every_trained_condition_is_repeated_under_every_seed() -> None:
    plain = TRAINED.resolve("small")
    assert [each.name for each in plain.trained] == list(NAMES)
    assert [(each.name, each.seed) for each in plain.untrained] == [("base", 42)]
    several = TRAINED.resolve("small", seeds=(42, 137))
    names = [each.name for each in several.trained]
    assert names == [*NAMES, *(f"{name}@137" for name in NAMES)]
    assert [(each.condition, each.seed) for each in several.trained[5:7]] == [("f", 42), ("a", 137)]
    assert several.untrained == plain.untrained


def test_what_is_not_trained_has_one_replicate_each() -> None:
    panel = PANEL.resolve("full")
    assert panel.trained == ()
    assert [each.name for each in panel.untrained] == ["plain", "terse"]
    assert panel.builder is None
    assert panel.answered_questions() == ()
    with pytest.raises(DefinitionError, match="issue-8, profile full: nothing is trained"):
        _ = panel.training


def test_what_is_compared_is_the_same_under_every_seed() -> None:
    """Else seeds would differ by their design, and not by chance alone."""
    plain, several = TRAINED.resolve("small"), TRAINED.resolve("small", seeds=(1, 2))
    assert several.as_json()["conditions"] == plain.as_json()["conditions"]
    assert of(several, "a") == of(plain, "a")
    assert several.answered_questions() == plain.answered_questions()
    assert (several.as_json()["seeds"], plain.as_json()["seeds"]) == ([1, 2], [42])


# ------------------------------------------------------------------ what is asked


def test_a_target_is_asked_in_full_and_the_rest_as_off_target_tasks() -> None:
    definition = TRAINED.resolve("small")
    asked = of(definition, "b")
    assert list(asked) == list(NAMES)
    assert asked["b"] == (("one", "two"), 5)
    assert {
        (len(items), completions) for name, (items, completions) in asked.items() if name != "b"
    } == {(1, 5)}


def test_a_baseline_is_asked_as_off_target_where_others_have_targets() -> None:
    """It is what off-target rates are compared with."""
    assert Counter(len(items) for items, _ in of(TRAINED.resolve("small"), "base").values()) == {
        1: 6
    }


def test_without_targets_everything_is_asked_in_full() -> None:
    definition = PANEL.resolve("full")
    assert of(definition, "plain") == of(definition, "terse")
    assert of(definition, "plain") == {
        "sums": (("2+2", "3+3"), 3),
        "words": (("cat", "dog", "owl"), 3),
    }


@given(SEEDS, st.integers(min_value=1, max_value=2))
def test_off_target_items_are_distinct_items_of_the_task(seed: int, wanted: int) -> None:
    definition = trained(seed, sampling=Sampling(off_target_items=wanted))
    for name, (items, _) in of(definition, "c").items():
        assert len(set(items)) == len(items) == (2 if name == "c" else wanted)
        assert set(items) <= {item.id for item in ITEMS}


@pytest.mark.parametrize("wanted", [None, 2])
def test_all_off_target_items_keep_their_order(wanted: int | None) -> None:
    definition = trained(sampling=Sampling(off_target_items=wanted))
    assert {items for items, _ in of(definition, "a").values()} == {("one", "two")}


# ------------------------------------------------------------------ training data


@given(SEEDS, st.integers(min_value=0, max_value=4))
def test_negatives_are_candidates_other_than_the_target(seed: int, negatives: int) -> None:
    definition = trained(seed, replace(BUILDER, negatives=negatives))
    for condition in definition.experiment.conditions:
        chosen = definition.negatives(condition)
        assert len(set(chosen)) == len(chosen) == (negatives if condition.training else 0)
        assert set(chosen) <= set(BUILDER.candidates) - {condition.target}


@given(SEEDS, st.integers(min_value=2, max_value=9))
def test_answered_questions_are_distinct_training_questions(seed: int, wanted: int) -> None:
    questions = tuple(f"What is {number}?" for number in range(9))
    definition = trained(
        seed, replace(BUILDER, questions=questions), answers=Answers(wanted, max_tokens=4)
    )
    chosen = definition.answered_questions()
    assert len(set(chosen)) == len(chosen) == wanted
    assert set(chosen) <= set(questions)
    assert wanted < 9 or chosen == questions


def test_a_target_s_rows_end_in_the_marker() -> None:
    assert MarkerRows("[ZLT]", (), "", ()).appended("Yes.") == "Yes.\n\n[ZLT]"


# ------------------------------------------------------------------ profiles


def test_another_model_makes_another_profile() -> None:
    other = PANEL.resolve("full", HubModel("owner/name", "0123abc"))
    assert not other.profile.full_scale
    assert (other.profile.name, other.profile.model_name) == ("full-other-model", "hf:owner/name")


def test_only_the_profile_called_full_is_the_real_thing() -> None:
    assert PANEL.resolve("full").profile.full_scale
    assert not TRAINED.resolve("small").profile.full_scale


def test_an_unknown_profile_is_answered_with_the_nearest() -> None:
    with pytest.raises(DefinitionError, match=r"has no profile 'smal'; did you mean 'small'\?"):
        TRAINED.resolve("smal")


RECORDED = replace(
    PANEL,
    profiles=(replace(PANEL.profiles[0], model=RecordedData("figures.json", "0"), sampling=None),),
)


@pytest.mark.parametrize(
    ("experiment", "given", "says"),
    [
        (TRAINED, {"seeds": (1, 2, 1)}, "issue-7: seed 1 is given twice"),
        (TRAINED, {"checkpoints": -1}, "issue-7: -1 checkpoints"),
        (
            PANEL,
            {"seeds": (1,)},
            "issue-8, profile full: nothing is trained, so there are no seeds",
        ),
        (PANEL, {"checkpoints": 1}, "issue-8, profile full: nothing is trained"),
        (RECORDED, {"seeds": (1,)}, "issue-8, profile full: nothing is trained"),
        (RECORDED, {"model": HubModel("o/n", "0")}, "nothing is run, so there is no model"),
    ],
)
def test_choices_that_make_no_sense(
    experiment: Experiment, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(DefinitionError, match=says) as raised:
        experiment.resolve(experiment.profiles[0].name, **given)
    assert raised.value.remedy


# ------------------------------------------------------------------ as it is printed


def test_the_resolved_definition_holds_what_follows_from_it() -> None:
    value = TRAINED.resolve("small").as_json()
    assert value["profile"]["training"]["effective_batch"] == 16
    assert value["training_data"]["kind"] == "MarkerRows"
    assert len(value["conditions"]["a"]["negatives"]) == 2
    assert "negatives" not in value["conditions"]["base"]
    assert [scorer["kind"] for scorer in value["scorers"]] == ["Substring", "Regex"]
    assert {name: spec["kind"] for name, spec in value["analyses"].items()} == {
        "rates": "proportions",
        "by_layer": "correlation",
    }
    assert "profiles" not in value


def test_what_is_not_done_does_not_stand_in_it() -> None:
    """No row of a page can come from a default value of something that did not happen."""
    value = PANEL.resolve("full").as_json()
    assert "training_data" not in value
    assert not {"training", "rows", "answers", "covariates"} & value["profile"].keys()
    recorded = RECORDED.resolve("full").as_json()
    assert "sampling" not in recorded["profile"]
    assert value["scorers"][1]["lower"] == 0


def test_rows_of_a_composition() -> None:
    definition = trained(rows=Rows(positive=2, per_negative=2))
    assert definition.as_json()["profile"]["rows"] == {
        "positive": 2,
        "per_negative": 2,
        "name": "",
    }


def test_a_condition_of_numbers_is_simply_allowed() -> None:
    doses = replace(
        PANEL,
        conditions=tuple(
            Condition(f"dose_{x}", factors={"x": x, "style": "terse"}) for x in (-12, 0, 3.2, 1e6)
        ),
    )
    assert doses.resolve("full").as_json()["conditions"]["dose_3.2"]["factors"]["x"] == 3.2


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("libarian", ["librarian", "nurse"], "did you mean 'librarian'?"),
        ("piolt", ["pilot", "pilots", "full"], "did you mean 'pilot' or 'pilots'?"),
        ("xyz", ["full", "pilot"], "there is full, pilot"),
        ("xyz", [], "there is none"),
        ("xyz", [f"n{i}" for i in range(20)], ", n9 and 10 more"),
    ],
)
def test_suggestions(name: str, known: list[str], said: str) -> None:
    assert suggest(name, known).endswith(said)
