"""Definitions about imported results are held to what one that is run is held to."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from studies import RATES, TRAINED
from test_wrong_definitions import CASES, Changes

from epm.analyses.specs import Agreement, Difference
from epm.definition import (
    Condition,
    Gate,
    ImportedExperiment,
    Outcome,
    TrainingRows,
)
from epm.errors import DefinitionError
from epm.importing import asked
from epm.importing.folder import Import
from epm.importing.found import Found
from epm.results import ConditionRecord, Count, Mean, Measurement, MetricRecord, TaskRecord

SHARED = {"issue", "title", "parents", "alpha", "seed", "figure", "analyses", "gates"}
"""Parts that both kinds of definition have."""

OF_BOTH = {
    case: (changes, says) for case, (changes, says) in CASES.items() if changes.keys() <= SHARED
}

MEASURED: dict[str, Measurement] = {
    "marker": Count(total=(1, 2)),
    "other_tag": Count(total=(0, 2)),
    "length": Mean(total=(3.0, 5.0, 2)),
}

FOUND = Found(
    conditions={
        each.name: ConditionRecord(
            role=each.role,
            target=each.target,
            factors=dict(each.factors),
            covariates={**each.covariates, "cosine_L0": 0.5, "cosine_L1": 0.5},
        )
        for each in TRAINED.conditions
    },
    tasks={each.name: TaskRecord() for each in TRAINED.tasks},
    metrics={name: MetricRecord(label=name) for name in MEASURED},
    measurements={"a": {"b": {name: {"all": each} for name, each in MEASURED.items()}}},
    inputs={},
)
"""Files that have what the definition of a run has."""


def held(**changes: Any) -> None:
    """Make the definition, and hold it to the files."""
    parts = {name: getattr(TRAINED, name) for name in SHARED} | changes
    experiment = ImportedExperiment(**parts)
    given = Import("table", FOUND, 7, "", "", Path(), experiment=experiment)
    asked.check(experiment, FOUND, given.conditions)


def test_there_are_cases() -> None:
    held()
    assert len([case for case in OF_BOTH if case.startswith("analysis")]) > 15
    assert len([case for case in OF_BOTH if case.startswith("gate")]) > 5


@pytest.mark.parametrize(("changes", "says"), OF_BOTH.values(), ids=OF_BOTH)
def test_what_is_refused_of_a_run_is_refused_of_an_import(changes: Changes, says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        held(**changes)
    line = str(raised.value)
    of_files = says.replace("which there is not", "which the imported files do not have")
    assert says in line or of_files in line
    assert line.startswith("issue-")
    assert raised.value.remedy
    assert "\n" not in line


ROWS = TrainingRows.of([{"prompt": "Why?", "completion": "So."}])

OF_IMPORTS: Mapping[str, tuple[Changes, str]] = {
    "a cap that is none": ({"confidence_cap": "SURE"}, "its confidence_cap is 'SURE'"),
    "a condition twice": (
        {"conditions": (Condition("a"), Condition("a"))},
        "condition 'a' appears twice",
    ),
    "a role that is none": (
        {"conditions": (Condition("a", role="base"),)},  # type: ignore[arg-type]
        "the role of condition 'a' is 'base'",
    ),
    "a factor that is none": (
        {"conditions": (Condition("a", factors={"kind": float("nan")}),)},
        "factor 'kind' is nan",
    ),
    "a covariate that is a factor of the files": (
        {"conditions": (Condition("a", covariates={"kind": 3}),)},
        "condition 'a': 'kind' is both a factor and a covariate",
    ),
    "a target that is no task": (
        {"conditions": (Condition("a", target="g"),)},
        "condition 'a' names the task 'g', which the imported files do not have",
    ),
    "training": ({"conditions": (Condition("a", training=ROWS),)}, "is trained, but results are"),
    "a stage of training": ({"conditions": (Condition("a", after="b"),)}, "is trained, but"),
    "an effect that no rate has": (
        {
            "analyses": (
                RATES,
                Difference(name="d", outcome=Outcome("marker"), relevant=5.0),
            )
        },
        "has a smallest relevant effect of 5, but is of rates; 0.05 is five points",
    ),
    "agreement of two kinds": (
        {"analyses": (RATES, Agreement(name="other", first="marker", second="length"))},
        "compares 'marker' with 'length', yes or no with a number",
    ),
}


@pytest.mark.parametrize(("changes", "says"), OF_IMPORTS.values(), ids=OF_IMPORTS)
def test_what_is_refused_of_an_import(changes: Changes, says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        held(**changes)
    assert says in str(raised.value)


def test_names_that_a_definition_adds_to_the_files() -> None:
    """A condition that is not in the files may be compared: the page says that it was not run."""
    held(
        conditions=(Condition("g", covariates={"age": 3}), Condition("a", factors={"dose": 1})),
        analyses=(
            RATES,
            Difference(name="d", outcome=Outcome("marker"), pairs=(("g", "a"),)),
        ),
        gates=(Gate("pairs", "d", "n", at_least=1),),
        figure="d",
    )
