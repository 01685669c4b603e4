"""Results of schema 1, read as schema 2: every count, covariate and training record is there.

`tests/data/schema_1` holds files that epm wrote before: three seeds of issue 246, its published
figures, and a toy run with checkpoints of which one adapter, and one whole condition, was lost.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from epm.errors import ResultsError
from epm.results import Count, Results, Unavailable
from epm.results.reading import load

FILES = Path(__file__).parent.parent / "data" / "schema_1"
NAMES = ["three_seeds", "published", "checkpoints"]


def stored(name: str) -> Any:
    """The file as it was written."""
    return json.loads(gzip.decompress((FILES / f"{name}.json.gz").read_bytes()))


def upgraded(folder: Path, value: Any) -> Results:
    path = folder / "results.json"
    path.write_text(json.dumps(value))
    return load(path)


def complete(old: Any) -> dict[str, Any]:
    return {n: c for n, c in old["conditions"].items() if c["state"] == "complete"}


def replicates(old: Any, condition: Any) -> dict[str, Any]:
    """What was counted by replicate, as schema 1 has it."""
    seeds = old["definition"].get("seeds") or [old["provenance"]["seeds"]["experiment"]]
    known = bool(condition["source"]["clusters"])
    if condition["replicates"]:
        return {f"seed={each['seed']}": each for each in condition["replicates"]}
    return {f"seed={seeds[0]}" if known else "all": condition}


def held(found: Results, condition: str, task: str, replicate: str, rate: Any) -> None:
    """Whether a rate of schema 1 is a count of schema 2, item by item."""
    count = found.measurements[condition][task]["marker"][replicate]
    assert isinstance(count, Count)
    assert (count.successes, count.trials) == (rate["successes"], rate["trials"])
    items = {c["cluster"]: (c["successes"], c["trials"]) for c in rate["clusters"]}
    assert count.items == items
    assert (count.total is None) == bool(items)


@pytest.mark.parametrize("name", NAMES)
def test_every_count_is_there(tmp_path: Path, name: str) -> None:
    old = stored(name)
    found = upgraded(tmp_path, old)
    for condition, value in complete(old).items():
        expected = replicates(old, value)
        at_end = {
            replicate
            for by_metric in found.measurements[condition].values()
            for replicate in by_metric["marker"]
            if "step=" not in replicate
        }
        assert at_end == set(expected)
        for replicate, each in expected.items():
            held(found, condition, condition, replicate, each["source"])
            for task, rate in each["bystanders"].items():
                held(found, condition, task, replicate, rate)
        whole = [found.measurements[condition][condition]["marker"][r] for r in expected]
        assert (
            sum(c.successes for c in whole if isinstance(c, Count)) == value["source"]["successes"]
        )


def test_checkpoints_are_replicates_with_a_step(tmp_path: Path) -> None:
    old = stored("checkpoints")
    found = upgraded(tmp_path, old)
    seen = 0
    for condition, value in complete(old).items():
        for point in value["trajectory"]:
            seed, step = point["seed"], point["step"]
            if step == 0:  # the untrained model's answers under this persona
                continue
            last = step == value["training"]["steps"]
            held(
                found,
                condition,
                condition,
                f"seed={seed}" if last else f"seed={seed},step={step}",
                point["rate"],
            )
            seen += not last
    assert seen == 7


@pytest.mark.parametrize("name", NAMES)
def test_the_untrained_model_is_a_baseline(tmp_path: Path, name: str) -> None:
    old = stored(name)
    found = upgraded(tmp_path, old)
    assert found.conditions["base_model"].role == "baseline"
    if "unavailable" in old["base_model"]:
        assert "base_model" not in found.measurements
    else:
        held(found, "base_model", "all_personas", "seed=42", old["base_model"])


def test_the_untrained_model_is_known_by_task_where_every_trajectory_begins_with_it(
    tmp_path: Path,
) -> None:
    old = stored("checkpoints")
    whole = complete(old)
    del old["conditions"]["wizard"]
    starts = {name: value["trajectory"][0]["rate"] for name, value in whole.items()}
    old["base_model"] = {
        "successes": 0,
        "trials": sum(rate["trials"] for rate in starts.values()),
        "clusters": [],
    }
    found = upgraded(tmp_path, old)
    assert "all_personas" not in found.tasks
    for name, rate in starts.items():
        held(found, "base_model", name, "seed=42", rate)


@pytest.mark.parametrize("name", NAMES)
def test_every_covariate_is_there(tmp_path: Path, name: str) -> None:
    old = stored(name)
    found = upgraded(tmp_path, old)
    for (layer, cosines), condition in product(old["cosines"].items(), old["conditions"]):
        assert found.conditions[condition].covariates[f"cosine_L{layer}"] == cosines[condition]
        assert f"cosine_L{layer}" in found.covariates
    for condition, tokens in old["prompt_tokens"].items():
        assert found.conditions[condition].covariates["prompt_tokens"] == tokens
    for condition, value in old["conditions"].items():
        assert found.conditions[condition].factors == {
            "category": value["category"],
            "cohort": "new" if value["new"] else "named",
        }
        assert found.conditions[condition].target == condition


@pytest.mark.parametrize("name", NAMES)
def test_every_training_record_is_there(tmp_path: Path, name: str) -> None:
    old = stored(name)
    found = upgraded(tmp_path, old)
    for condition, value in complete(old).items():
        records = found.conditions[condition].training
        if "unavailable" in value["training"]:
            assert records == {}
            continue
        expected = replicates(old, value)
        assert records.keys() == expected.keys()
        for replicate, each in expected.items():
            assert records[replicate].model_dump(mode="json") == each["training"]


def test_what_was_lost_is_named_by_its_replicate(tmp_path: Path) -> None:
    found = upgraded(tmp_path, stored("checkpoints"))
    assert found.conditions["nurse"].missing == {
        "seed=7": "training nurse@7 diverged at step 3 of 8 (loss nan)"
    }
    assert found.conditions["wizard"].missing == {
        "seed=42": "training wizard diverged at step 3 of 8 (loss nan)",
        "seed=7": "training wizard@7 diverged at step 4 of 8 (loss inf)",
    }
    assert "wizard" not in found.measurements
    assert found.seeds == [42, 7]


@pytest.mark.parametrize("name", NAMES)
def test_what_was_run_is_carried_over(tmp_path: Path, name: str) -> None:
    old = stored(name)
    found = upgraded(tmp_path, old)
    whole = json.loads(found.dumps())
    assert whole["identity"] == old["identity"]
    # what is empty is not written any more
    provenance = deepcopy(old["provenance"])
    provenance["timing"] = {k: v for k, v in provenance["timing"].items() if v}
    assert whole["provenance"] == provenance
    assert whole["tracking"] == {k: v for k, v in old["tracking"].items() if v}
    assert isinstance(found.provenance.model, Unavailable) == (name == "published")
    assert found.analyses == {}  # they are computed again: `epm analyse`


@pytest.mark.parametrize("name", NAMES)
def test_upgraded_results_come_back_as_they_are_written(tmp_path: Path, name: str) -> None:
    found = upgraded(tmp_path, stored(name))
    assert Results.model_validate(json.loads(found.dumps())) == found


def test_what_a_page_says_of_the_recipe_is_what_was_run(tmp_path: Path) -> None:
    old = stored("three_seeds")
    definition: Any = upgraded(tmp_path, old).definition
    before = old["definition"]["profile"]
    profile = definition["profile"]
    assert profile["training"] == before["training"]
    assert profile["sampling"]["completions"] == before["sampling"]["completions"]
    assert profile["sampling"]["off_target_items"] == before["sampling"]["bystander_questions"]
    assert profile["rows"]["positive"] == before["rows"]["source"]
    assert definition["training_data"]["marker"] == "[ZLT]"
    published: Any = upgraded(tmp_path, stored("published")).definition
    assert not {"training", "sampling", "rows", "answers"} & published["profile"].keys()
    assert published["profile"]["model"]["kind"] == "recorded"


# ------------------------------------------------------------------ broken files

Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every member of some JSON; of a list the first alone."""
    members: Any = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for name, part in members:
        yield (*at, name)
        if isinstance(part, dict | list):
            yield from places(part, (*at, name))


def small(name: str) -> Any:
    """Three conditions, and no statistics, which are not read."""
    old = stored(name)
    del old["statistics"]
    old["conditions"] = dict(list(old["conditions"].items())[-3:])
    return old


def refusal(folder: Path, value: Any) -> str:
    try:
        upgraded(folder, value)
    except ResultsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", ["published", "checkpoints"])
def test_a_broken_file_is_one_clear_line(tmp_path: Path, name: str) -> None:
    """Whatever member is missing, or is something else."""
    old = small(name)
    assert refusal(tmp_path, old) == ""
    every = list(product(places(old), [..., None, [], {}, "junk", -1, [[]]]))
    said = []
    for place, junk in Random(1).sample(every, 300):
        value = deepcopy(old)
        inside = value
        for step in place[:-1]:
            inside = inside[step]
        if junk is ...:
            del inside[place[-1]]
        else:
            inside[place[-1]] = junk
        said.append(refusal(tmp_path, value))
    refused = [line for line in said if line]
    assert len(refused) > 50
    assert not [line for line in refused if "\n" in line or str(tmp_path) not in line]
