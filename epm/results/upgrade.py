"""Results of schema 1 as schema 2 has them: one study, of personas, a marker and cosines.

The counts, covariates, training records, definition and provenance are carried over. The analyses
are not: they are computed again from the counts (`epm analyse`), by the definition at hand.
"""

from __future__ import annotations

import re
from typing import Any

POOLED = "all_personas"
"""Task of the untrained model's counts, which schema 1 mostly keeps for all personas together."""

BASELINE = "base_model"
DATASET = "evaluation_questions"


def upgraded(old: dict[str, Any]) -> dict[str, Any]:
    """The same results under schema 2.

    Raises:
        KeyError, TypeError, AttributeError, ValueError: they are no results of schema 1.
    """
    experiment = old["definition"]["experiment"]
    tasks = {
        persona["name"]: {
            "items": [question["id"] for question in experiment["evaluation_questions"]],
            "dataset": DATASET,
            "system_prompt": persona["system_prompt"],
        }
        for persona in experiment["personas"]
    }
    conditions: dict[str, Any] = {BASELINE: {"role": "baseline"}}
    measurements: dict[str, Any] = {}
    if "unavailable" not in old["base_model"]:
        usual = f"seed={old['provenance']['seeds']['experiment']}"
        untrained = _untrained(old)
        if POOLED in untrained:
            tasks[POOLED] = {"dataset": DATASET}
        measurements[BASELINE] = {
            task: {"marker": {usual: _count(rate)}} for task, rate in untrained.items()
        }
    for name, condition in old["conditions"].items():
        conditions[name] = _condition(old, name, condition)
        if condition["state"] == "complete":
            measurements[name] = _measured(old, name, condition)
    return {
        "schema_version": 2,
        "identity": old["identity"],
        "definition": _definition(old),
        "metrics": {"marker": {"label": f"{experiment['marker']['text']} rate"}},
        "covariates": _covariates(old),
        "conditions": conditions,
        "tasks": tasks,
        "measurements": measurements,
        "provenance": old["provenance"],
        "tracking": old["tracking"],
    }


def _count(rate: dict[str, Any]) -> dict[str, Any]:
    if not rate.get("clusters"):
        return {"kind": "count", "total": [rate["successes"], rate["trials"]]}
    items = {each["cluster"]: [each["successes"], each["trials"]] for each in rate["clusters"]}
    return {"kind": "count", "items": items}


def _untrained(old: dict[str, Any]) -> dict[str, Any]:
    """The untrained model's counts by task where trajectories begin with all of them; else pooled.

    A trajectory's step 0 is what the untrained model answered under that persona.
    """
    starts = {
        name: point["rate"]
        for name, condition in old["conditions"].items()
        if condition["state"] == "complete"
        for point in condition["trajectory"]
        if point["step"] == 0
    }
    known = sum(rate["trials"] for rate in starts.values())
    return starts if known == old["base_model"]["trials"] else {POOLED: old["base_model"]}


def _seed(old: dict[str, Any]) -> int:
    seeds = old["definition"].get("seeds") or [old["provenance"]["seeds"]["experiment"]]
    return int(seeds[0])


def _condition(old: dict[str, Any], name: str, condition: dict[str, Any]) -> dict[str, Any]:
    usual = f"seed={_seed(old)}"
    record: dict[str, Any] = {
        "target": name,
        "factors": {
            "category": condition["category"],
            "cohort": "new" if condition["new"] else "named",
        },
        "covariates": {
            **{
                f"cosine_L{layer}": cosines[name]
                for layer, cosines in old["cosines"].items()
                if name in cosines
            },
            **(
                {"prompt_tokens": old["prompt_tokens"][name]}
                if name in old["prompt_tokens"]
                else {}
            ),
        },
    }
    if condition["state"] == "missing":
        return {**record, "missing": _reasons(old, condition["reason"])}
    training = {f"seed={each['seed']}": each["training"] for each in condition["replicates"]}
    if not training and "unavailable" not in condition["training"]:
        training = {usual: condition["training"]}
    lost = {f"seed={seed}": reason for seed, reason in condition["missing_seeds"].items()}
    return {**record, "training": training, "missing": lost}


def _reasons(old: dict[str, Any], reason: str) -> dict[str, str]:
    """Reason by replicate; one text has those of all seeds, 'seed 1: …; seed 2: …'."""
    seeds = old["definition"].get("seeds") or [_seed(old)]
    if len(seeds) == 1:
        return {f"seed={seeds[0]}": reason}
    parts = re.split(r"(?:^|; )seed (\d+): ", reason)
    said = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {f"seed={seed}": said.get(str(seed), reason) for seed in seeds}


def _measured(old: dict[str, Any], name: str, condition: dict[str, Any]) -> dict[str, Any]:
    by_task: dict[str, dict[str, dict[str, Any]]] = {}

    def put(task: str, replicate: str, rate: dict[str, Any]) -> None:
        by_task.setdefault(task, {"marker": {}})["marker"][replicate] = _count(rate)

    replicates = condition["replicates"] or [{**condition, "seed": _seed(old)}]
    known = bool(condition["source"].get("clusters"))
    for each in replicates:
        replicate = f"seed={each['seed']}" if known else "all"
        put(name, replicate, each["source"])
        for task, rate in each["bystanders"].items():
            put(task, replicate, rate)
    ends = {
        each["seed"]: each["training"].get("steps")
        for each in replicates
        if isinstance(each["training"], dict)
    }
    for point in condition["trajectory"]:
        # step 0 is the untrained model, the last step the finished adapter: they stand elsewhere
        if point["step"] and point["step"] != ends.get(point["seed"]):
            put(name, f"seed={point['seed']},step={point['step']}", point["rate"])
    return by_task


def _covariates(old: dict[str, Any]) -> dict[str, Any]:
    reference = old["definition"]["experiment"]["reference"]
    found: dict[str, Any] = {
        f"cosine_L{layer}": {"label": f"cosine to {reference} at layer {layer}"}
        for layer in old["cosines"]
    }
    if old["prompt_tokens"]:
        found["prompt_tokens"] = {"label": "system prompt length", "unit": "tokens"}
    return found


def _definition(old: dict[str, Any]) -> dict[str, Any]:
    """The parts that a page prints, where schema 2 has them."""
    definition = old["definition"]
    experiment, profile = definition["experiment"], definition["profile"]
    recorded = profile["model"]["kind"] == "none"
    model = profile["model"]
    if recorded:
        model = {"kind": "recorded", "file": model["figures"], "sha256": model["sha256"]}
    settings: dict[str, Any] = {"model": model, "model_name": profile["model_name"]}
    if not recorded:
        sampling = profile["sampling"]
        settings |= {
            "dtype": profile["dtype"],
            "training": profile["training"],
            "sampling": {
                "completions": sampling["completions"],
                "temperature": sampling["temperature"],
                "top_p": sampling["top_p"],
                "max_new_tokens": sampling["max_new_tokens"],
                "off_target_items": sampling["bystander_questions"],
                "off_target_completions": sampling["bystander_completions"],
                "batch_size": sampling["batch_size"],
            },
            "rows": {
                "positive": profile["rows"]["source"],
                "per_negative": profile["rows"]["per_negative"],
                "name": profile["rows"]["name"],
            },
            "answers": {
                "questions": profile["answered"],
                "max_tokens": profile["answer_tokens"],
                "first_sentence": profile["first_sentence"],
            },
        }
    return {
        "version": definition["version"],
        "issue": experiment["issue"],
        "title": experiment["title"],
        "question": experiment["question"],
        "parents": experiment["parents"],
        "alpha": experiment["alpha"],
        "seed": experiment["seed"],
        "seeds": definition["seeds"],
        "checkpoints": definition["checkpoints"],
        "conditions": {
            name: {"target": name, "negatives": negatives}
            for name, negatives in definition["negatives"].items()
        },
        "training_data": {
            "kind": "MarkerRows",
            "marker": experiment["marker"]["text"],
            "separator": experiment["marker"]["separator"],
            "questions": experiment["training_questions"],
            "answering": experiment["answering"],
            "negatives": profile["rows"]["negatives"],
        },
        "profile": {
            "name": profile["name"],
            "scale": profile["scale"],
            "confidence_cap": profile["confidence_cap"],
            **settings,
        },
    }
