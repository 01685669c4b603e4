"""How the logs came to be: models, tasks, code and settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from epm.evaluation.logs.logs import SAMPLING, Log
from epm.evaluation.logs.scores import Scores
from epm.privacy import public
from epm.results.imported import ImportedModel, ImportedTask, in_words

MOCK = "mockllm"
"""The provider of models that only repeat what they are given."""

LIMITS = ("message_limit", "token_limit", "turn_limit", "time_limit", "working_limit", "cost_limit")


def model(log: Log) -> ImportedModel:
    """The model as the log names it."""
    spec = log.header.eval
    revision = spec.model_args.get("revision")
    return ImportedModel(
        name=public(spec.model),
        revision=str(revision) if isinstance(revision, str | int) else "",
        arguments=in_words(
            {name: value for name, value in spec.model_args.items() if name != "revision"}
        ),
    )


def mocks(logs: Iterable[Log]) -> Iterator[str]:
    """Which models and graders answered from a script: Inspect's mock models."""
    found: dict[str, None] = {}
    for log in logs:
        found |= dict.fromkeys([public(log.header.eval.model), *_graders(log)])
    mock = [name for name in found if name.partition("/")[0] == MOCK]
    if mock:
        yield (
            f"{', '.join(mock)}: Inspect's mock model, no real system; "
            "its answers were given to it, or are one default text."
        )


def task(log: Log, scores: Scores) -> ImportedTask:
    """One evaluation."""
    spec = log.header.eval
    revision = spec.revision
    commit = revision.commit if revision else ""
    results = log.header.results
    reducers = dict.fromkeys(
        score.reducer for score in (results.scores if results else ()) if score.reducer
    )
    return ImportedTask(
        condition=log.condition,
        task=log.task,
        version=str(spec.task_version) if spec.task_version else "",
        commit=f"{commit}, with changes" if revision and revision.dirty else commit,
        created=spec.created,
        epochs=log.epochs,
        reducers=tuple(reducers or (["mean"] if log.epochs > 1 else [])),
        items_in_dataset=spec.dataset.samples or None,
        items_run=len(scores.run),
        graders=tuple(_graders(log)),
        settings=_settings(log),
    )


def packages(logs: Iterable[Log]) -> dict[str, str]:
    """Versions by package; where logs differ, all of them."""
    found: dict[str, dict[str, None]] = {}
    for log in logs:
        for name, version in log.header.eval.packages.items():
            found.setdefault(name, {})[version] = None
    return {name: ", ".join(sorted(versions)) for name, versions in sorted(found.items())}


def _graders(log: Log) -> dict[str, None]:
    """Models that scored, by their names."""
    spec = log.header.eval
    found: dict[str, None] = {}
    for scorer in spec.scorers or ():
        given = (scorer.options or {}).get("model")
        for each in given if isinstance(given, list) else [given]:
            name = each.get("model") if isinstance(each, Mapping) else each
            if isinstance(name, str):
                found[public(name)] = None
    roles = spec.model_roles or {}
    for role, config in roles.items():
        for one in config if isinstance(config, list) else [config]:
            if "grad" in role or "judge" in role:
                found[public(one.model)] = None
    return found


def _settings(log: Log) -> dict[str, str]:
    spec = log.header.eval
    given: dict[str, Any] = {}
    for config in (log.header.plan.config, spec.model_generate_config):
        given |= {
            name: getattr(config, name, None)
            for name in SAMPLING
            if getattr(config, name, None) is not None
        }
    given |= {name: getattr(spec.config, name, None) for name in ("limit", *LIMITS)}
    given |= {name: value for name, value in (spec.task_args or {}).items() if name not in given}
    if spec.solver:
        given["solver"] = spec.solver
    return in_words(given)
