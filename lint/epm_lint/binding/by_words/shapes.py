"""Results files of other tools: which part holds results, and what they are of.

Files of lm-evaluation-harness and logs of Inspect (as `inspect log dump` prints them) hold
settings, samples and environments beside their results. Those are left out, and pointers stay what
they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from epm_lint.binding.by_words.entries import Source

_ABOUT = tuple("model_name model task dataset experiment condition arm run_name name".split())
_LM_EVAL = ("results", "groups", "n-samples")
_INSPECT_COUNTS = ("total_samples", "completed_samples", "scored_samples", "unscored_samples")


def source_of(name: str, values: Any) -> Source:
    """A file's numbers that may be cited, and what the file says it is of."""
    if not isinstance(values, Mapping):
        return Source(name, values)
    if _is_inspect(values):
        return Source(name, _of_inspect(values), _about(values["eval"]))
    if _is_lm_eval(values):
        kept = {key: values[key] for key in _LM_EVAL if key in values}
        return Source(name, kept, _about(values))
    return Source(name, values, _about(values))


def _about(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = {key: values[key] for key in _ABOUT if isinstance(values.get(key), str)}
    if "model_name" in found:
        found.pop("model", None)
    return tuple(found.items())


def _is_lm_eval(values: Mapping[str, Any]) -> bool:
    results = values.get("results")
    tasks = results.values() if isinstance(results, Mapping) else ()
    with_alias = any(isinstance(task, Mapping) and "alias" in task for task in tasks)
    return with_alias and any(key in values for key in ("configs", "versions", "n-shot"))


def _is_inspect(values: Mapping[str, Any]) -> bool:
    of = values.get("eval")
    return isinstance(of, Mapping) and {"task", "model"} <= of.keys() and "status" in values


def _of_inspect(values: Mapping[str, Any]) -> dict[str, Any]:
    results = values.get("results")
    if not isinstance(results, Mapping):
        return {}
    scores = results.get("scores")
    kept: dict[str, Any] = {key: results[key] for key in _INSPECT_COUNTS if key in results}
    if isinstance(scores, list):
        kept["scores"] = [_score(score) for score in scores]
    dataset = values["eval"].get("dataset")
    of: dict[str, Any] = {}
    if isinstance(dataset, Mapping) and isinstance(dataset.get("samples"), int):
        of["dataset"] = {"samples": dataset["samples"]}
    return {"results": kept, "eval": of}


def _score(score: Any) -> Any:
    """A scorer's metrics, with its name and reducer as far as they are given."""
    if not isinstance(score, Mapping):
        return score
    named = {key: score[key] for key in ("name", "scorer", "reducer") if score.get(key)}
    if named.get("name") == named.get("scorer"):
        named.pop("scorer", None)
    counts = {key: score[key] for key in _INSPECT_COUNTS if key in score}
    metrics = score.get("metrics")
    return {**named, **counts, "metrics": metrics if isinstance(metrics, Mapping) else {}}
