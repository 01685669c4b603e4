"""What a run is known by: what changes its fingerprint, and what leaves its samples as they are."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from studies import BUILDER, ITEMS, PANEL, RATES, SMALL, TRAINED

from epm.definition import (
    Condition,
    Experiment,
    Gate,
    HubModel,
    Item,
    PromptTokens,
    Sampling,
    Substring,
    Task,
    TinyModel,
    Training,
)
from epm.discovery import LoadedExperiment

ROOT = Path(__file__).parent.parent.parent
SCORERS = (Substring("marker", text="[M]"), *TRAINED.scorers[1:])


def at(experiment: Experiment) -> tuple[str, str]:
    """Of the whole definition, and of what its samples depend on."""
    definition = experiment.resolve("small")
    return definition.fingerprint, definition.data_fingerprint


def profiled(**changes: Any) -> Experiment:
    return replace(TRAINED, profiles=(replace(SMALL, **changes),))


def conditioned(change: Callable[[Condition], Condition]) -> Experiment:
    return replace(TRAINED, conditions=tuple(map(change, TRAINED.conditions)))


def rebuilt(**changes: Any) -> Experiment:
    builder = replace(BUILDER, **changes)
    return conditioned(lambda c: replace(c, training=builder) if c.training else c)


def tasked(**changes: Any) -> Experiment:
    return replace(TRAINED, tasks=tuple(replace(task, **changes) for task in TRAINED.tasks))


def test_a_run_folder_has_the_same_name_for_ever() -> None:
    """When this fails, every run folder of the past is orphaned: is that meant?"""
    assert TRAINED.resolve("small").data_fingerprint == "4dfb633b243e"
    assert PANEL.resolve("full").data_fingerprint == "a5e2ff171694"


def test_fingerprint_and_choices_do_not_depend_on_the_process(made_up: LoadedExperiment) -> None:
    code = """
from pathlib import Path; import sys
from epm.discovery import load
definition = load("issue-900", Path(sys.argv[1])).experiment.resolve("tiny")
baker = definition.experiment.condition("baker")
print(definition.fingerprint, definition.data_fingerprint, definition.negatives(baker))
print([[item.id for item in asked.items] for asked in definition.asked(baker)])
"""
    arguments = [sys.executable, "-c", code, str(made_up.folder.parent)]
    printed = {
        subprocess.check_output(
            arguments, text=True, env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT
        )
        for seed in ("0", "1", "4242")
    }
    assert len(printed) == 1
    assert made_up.experiment.resolve("tiny").fingerprint in printed.pop()


@pytest.mark.parametrize(
    "changed",
    [
        replace(TRAINED, seed=43),
        rebuilt(marker="[N]"),
        rebuilt(separator=" "),
        rebuilt(questions=BUILDER.questions[::-1]),
        rebuilt(answering="b"),
        rebuilt(negatives=3),
        tasked(system_prompt="You are."),
        tasked(items=(*ITEMS, Item("three", "And three?"))),
        tasked(items=(replace(ITEMS[0], cluster="numbers"), ITEMS[1])),
        conditioned(lambda c: replace(c, factors={**c.factors, "colour": "red"})),
        conditioned(lambda c: replace(c, covariates={"length": 1.0})),
        profiled(training=Training(2e-3)),
        profiled(model=TinyModel(2, 8, seed=2)),
        profiled(sampling=Sampling(off_target_items=2)),
        profiled(dtype="float32"),
        profiled(covariates=(*SMALL.covariates, PromptTokens())),
    ],
)
def test_what_samples_depend_on_changes_both(changed: Experiment) -> None:
    before, after = at(TRAINED), at(changed)
    assert before[0] != after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize(
    "changed",
    [
        replace(TRAINED, title="Another title"),
        replace(TRAINED, question="Is it not?"),
        replace(TRAINED, alpha=0.01),
        replace(TRAINED, parents=(1,)),
        replace(TRAINED, glossary=(("marker", "a string"),)),
        replace(TRAINED, figure="rates"),
        replace(TRAINED, scorers=(Substring("marker", text="[m]"), *TRAINED.scorers[1:])),
        replace(TRAINED, scorers=(*TRAINED.scorers, Substring("other", text="x"))),
        replace(TRAINED, analyses=(RATES,)),
        replace(TRAINED, analyses=(*TRAINED.analyses, replace(RATES, name="again"))),
        replace(TRAINED, gates=(Gate("enough", "rates", "conditions/a/estimate", at_least=0.2),)),
        profiled(scale="another phrase"),
        profiled(confidence_cap="HIGH"),
        profiled(choices=("The layer was chosen.",)),
        profiled(analyses=(RATES,)),
    ],
)
def test_what_is_made_of_the_samples_leaves_them_as_they_are(changed: Experiment) -> None:
    """So that other scorers, analyses and words are the same run, and train nothing again."""
    before, after = at(TRAINED), at(changed)
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.parametrize(
    "same",
    [
        replace(TRAINED, profiles=(SMALL, replace(SMALL, name="sister", dtype="float32"))),
        replace(TRAINED, profiles=(replace(SMALL, needs_gpu=True),)),
        replace(TRAINED, tracking_project="elsewhere"),
        replace(TRAINED, scorers=SCORERS),
        replace(TRAINED, conditions=TRAINED.conditions[::-1], tasks=TRAINED.tasks[::-1]),
    ],
    ids=["a sister profile", "a GPU", "a project of wandb", "an equal value", "another order"],
)
def test_what_changes_nothing(same: Experiment) -> None:
    assert at(same) == at(TRAINED)


def test_seeds_and_checkpoints_change_both() -> None:
    plain = TRAINED.resolve("small")
    assert TRAINED.resolve("small", seeds=(42,)).fingerprint == plain.fingerprint
    all_of_them = [
        plain,
        TRAINED.resolve("small", seeds=(43,)),
        TRAINED.resolve("small", seeds=(42, 43)),
        TRAINED.resolve("small", seeds=(43, 42)),
        TRAINED.resolve("small", checkpoints=3),
    ]
    assert len({each.fingerprint for each in all_of_them}) == 5
    assert len({each.data_fingerprint for each in all_of_them}) == 5


def test_another_model_is_another_run() -> None:
    other = PANEL.resolve("full", HubModel("owner/name", "0123abc"))
    assert other.data_fingerprint != PANEL.resolve("full").data_fingerprint


def test_a_data_set_is_one_whatever_its_tasks_are_called() -> None:
    """Items stand once in the definition, however many system prompts they are asked under."""
    value = TRAINED.resolve("small").as_json()
    assert list(value["datasets"]) == ["questions"]
    assert {task["dataset"] for task in value["tasks"].values()} == {"questions"}
    alone = replace(PANEL, tasks=(*PANEL.tasks, Task("more", PANEL.tasks[0].items)))
    assert list(alone.resolve("full").as_json()["datasets"]) == ["sums", "words", "more"]
