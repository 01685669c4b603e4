"""Other scorers or analyses for a run whose stages are gone: from its results and its samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epm.definition import Definition, RecordedData
from epm.definition.overrides import MARK
from epm.definition.resolved import digest
from epm.definition.steering import COEFFICIENT
from epm.discovery import LoadedExperiment
from epm.errors import EpmError
from epm.files import file_sha256, gzipped, json_lines, read_json_lines, write_atomically
from epm.models.base import BaseModel
from epm.pipeline.analysed import analyse
from epm.pipeline.assembly import covariate_records
from epm.pipeline.measured import Measured
from epm.progress import Progress
from epm.results import (
    ConditionRecord,
    Measurements,
    MetricRecord,
    Results,
    check_names,
    labels,
)
from epm.results.measurements import TOGETHER
from epm.results.reading import load
from epm.sampling.fluency import FLUENCY
from epm.sampling.likelihoods import LIKELIHOODS
from epm.sampling.samples import CHECKPOINTS, SAMPLES, read_samples
from epm.scoring.judges.answers import ANSWERS, JUDGEMENTS, Answers, Judged, by_key
from epm.scoring.judges.judging import judge, records
from epm.scoring.measuring import measure, metric_records, scored, task_records

RAN = ("issue", "conditions", "datasets", "tasks", "training_data", "seed", "seeds", "checkpoints")
"""Of a resolved definition: what was run, which no later definition changes."""


@dataclass(frozen=True)
class Again:
    """What became of it."""

    results: Results
    scored: bool
    """Whether there were samples to score again; else the measurements are as they were."""


def analyse_again(
    loaded: LoadedExperiment, folder: Path, profile: str | None, progress: Progress
) -> Again:
    """Write the results of a folder anew, by the scorers and analyses as they are now.

    Where the samples are there, they are scored again; else the measurements, and what is said of
    their scorers, stay as they are. What was run stays in any case: recipe, training records,
    computed covariates, provenance and tracking.

    Args:
        loaded: the experiment.
        folder: with `results.json`, of this schema or an earlier one, and with the samples.
        profile: whose analyses are computed; None takes that of the run.
        progress: shows what judges are asked, where their questions have changed.

    Raises:
        EpmError: the results are of another experiment, the samples are not those they name, or
            they are of tasks or items that the experiment does not have.
    """
    path = folder / "results.json"
    results = load(path)
    if results.identity.slug != loaded.experiment.slug:
        raise EpmError(
            f"{path} is of {results.identity.slug}, not of {loaded.experiment.slug}",
            f"`epm analyse {results.identity.slug} --run {folder}`",
        )
    definition = _definition(loaded, results, profile)
    samples = folder / SAMPLES
    rows = _samples(results, folder, samples) if samples.is_file() else None
    measured = _unscored(definition, results)
    judged: Judged = {}
    judges = results.provenance.judges
    if rows is not None:
        drawn = [*rows, *(row for row in _beside(folder) if "text" in row)]
        judged = _judged(definition, drawn, folder, progress)
        judges = records(definition, drawn, judged)
        measured = measured.model_copy(
            update={
                "metrics": metric_records(definition.experiment.scorers)
                | _of_inspect(definition, results),
                "tasks": task_records(definition)
                | {
                    task.name: results.tasks[task.name]
                    for task in definition.experiment.evaluated
                    if task.name in results.tasks
                },
                "measurements": _with_steps(
                    measure(definition, (*rows, *_beside(folder)), judged), definition, results
                ),
            }
        )
    try:
        check_names(measured.conditions, measured.tasks, measured.metrics, measured.measurements)
    except ValueError as error:
        raise EpmError(f"{path}: {error}", "analyse it by the definition it is of") from None
    whole = _resolved(definition, results, rescored=rows is not None)
    found = analyse(definition, measured, loaded.folder, whole["profile"])
    files = dict(results.provenance.files)
    if found.parent:
        files[found.parent.file] = found.parent.sha256
    if rows is not None:
        write_atomically(samples, gzipped(json_lines(scored(definition, rows, judged))))
        files[SAMPLES] = file_sha256(samples)
        if checkpoints := [*scored(definition, _of_checkpoints(folder), judged)]:
            write_atomically(folder / CHECKPOINTS, gzipped(json_lines(checkpoints)))
    anew = results.model_copy(
        update={
            "identity": results.identity.model_copy(
                update={"fingerprint": digest(whole), "title": loaded.experiment.title}
            ),
            "definition": whole,
            "metrics": measured.metrics,
            "covariates": dict(results.covariates) | covariate_records(definition),
            "conditions": measured.conditions,
            "tasks": measured.tasks,
            "measurements": measured.measurements,
            "analyses": found.analyses,
            "gates": found.gates,
            "parent": found.parent,
            "provenance": results.provenance.model_copy(update={"files": files, "judges": judges}),
        }
    )
    write_atomically(path, anew.dumps())
    return Again(anew, rows is not None)


def _judged(
    definition: Definition, rows: Sequence[Mapping[str, Any]], folder: Path, progress: Progress
) -> Judged:
    """What judges answered, the answers beside the samples and in the folder taken first.

    What was given up before is not asked again: a new analysis waits for nobody.
    """
    if not definition.judges:
        return {}
    path = folder / "judge" / JUDGEMENTS
    earlier = by_key(answer for row in rows for answer in row.get("judged", {}).values()) | by_key(
        read_json_lines(path) if path.is_file() else ()
    )
    known = Answers(folder / ANSWERS)
    known.know(earlier)
    given_up = {key: answer.failure for key, answer in earlier.items() if answer.failure}
    return judge(
        definition,
        rows,
        known,
        lambda of_judge: BaseModel(of_judge, progress.say),
        progress,
        given_up,
    )


def _definition(loaded: LoadedExperiment, results: Results, profile: str | None) -> Definition:
    """The experiment as it is now, under the seeds and checkpoints that were run."""
    old: Any = results.definition or {}
    name = profile or results.identity.profile
    overrides = () if profile else tuple((old.get("overrides") or {}).items())
    if overrides:
        name = name.rpartition(MARK)[0]
    chosen = loaded.experiment.profile(name)
    if isinstance(chosen.model, RecordedData) or chosen.training is None:
        return loaded.experiment.resolve(name, overrides=overrides)
    seeds = tuple(int(seed) for seed in old.get("seeds", ()))
    usual = seeds in ((), (loaded.experiment.seed,))
    checkpoints = int(old.get("checkpoints", 0))
    return loaded.experiment.resolve(name, None, () if usual else seeds, checkpoints, overrides)


def _resolved(definition: Definition, results: Results, *, rescored: bool) -> dict[str, Any]:
    """The definition as it is now, but for what was run, and for scorers that scored nothing."""
    old: Any = results.definition or {}
    now = definition.as_json()
    kept = [name for name in (*RAN, *(() if rescored else ("scorers",))) if name in old]
    ran = old.get("profile", {})
    settings = {**ran, "confidence_cap": now["profile"]["confidence_cap"]}
    if not ran:
        settings = now["profile"]
    return {**now, **{name: old[name] for name in kept}, "profile": settings}


def _unscored(definition: Definition, results: Results) -> Measured:
    """The measurements as they are, under the definition's words."""
    experiment = definition.experiment
    records = metric_records(experiment.scorers)
    given = {condition.name: condition for condition in experiment.conditions}
    conditions: dict[str, ConditionRecord] = {}
    for name in dict.fromkeys((*given, *results.conditions)):
        known = results.conditions.get(name, ConditionRecord())
        if spec := given.get(name):
            update = {
                "role": spec.role,
                "target": spec.target,
                # what was run has the coefficient that it was run with
                "factors": {**spec.levels, **_coefficient(known)},
                "covariates": {**known.covariates, **spec.covariates},
            }
            known = known.model_copy(update=update)
        conditions[name] = known
    return Measured(
        metrics={name: records.get(name, old) for name, old in results.metrics.items()},
        conditions=conditions,
        tasks=task_records(definition) | dict(results.tasks),
        measurements=results.measurements,
    )


def _coefficient(known: ConditionRecord) -> dict[str, float]:
    record = next(iter(known.steering.values()), None)
    return {COEFFICIENT: record.coefficient} if record else {}


def _samples(results: Results, folder: Path, samples: Path) -> list[dict[str, Any]]:
    if results.provenance.files.get(SAMPLES) not in (None, file_sha256(samples)):
        raise EpmError(
            f"{samples} is not the file that {folder / 'results.json'} is from",
            "restore it from where it came",
        )
    return list(read_samples(samples))


def _beside(folder: Path) -> Iterator[dict[str, Any]]:
    """Samples of checkpoints, and what models were asked: a run folder has them."""
    yield from _of_checkpoints(folder)
    for stage, file in (("weigh", LIKELIHOODS), ("fluency", FLUENCY)):
        for path in sorted(folder.glob(f"{stage}/*/{file}")):
            yield from read_json_lines(path)


def _of_checkpoints(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(f"trajectory/*/{SAMPLES}")):
        yield from read_samples(path)


def _with_steps(measured: Measurements, definition: Definition, results: Results) -> Measurements:
    """With the old counts of what is not in the samples, where their scorer is the same.

    That is checkpoints whose samples are gone, what models were asked beside being sampled, and
    what Inspect scored.
    """
    evaluated = {task.name for task in definition.experiment.evaluated}
    same = _same_scorers(definition, results.definition or {})
    beside = ("log_likelihoods", "fluency")
    asked = {s.name for s in definition.experiment.scorers if s.needs in beside}
    for condition, by_task in results.measurements.items():
        for task, by_metric in by_task.items():
            for metric, by_replicate in by_metric.items():
                for name, found in by_replicate.items():
                    ours = metric in same and ("step" in labels(name) or metric in asked)
                    if ours or task in evaluated:
                        own = measured.setdefault(condition, {}).setdefault(task, {})
                        own.setdefault(metric, {}).setdefault(name, found)
    return measured


def _of_inspect(definition: Definition, results: Results) -> dict[str, MetricRecord]:
    """The metrics of what Inspect scored."""
    measured = {
        metric
        for by_task in results.measurements.values()
        for task in definition.experiment.evaluated
        for together in by_task.get(task.name, {})
        for metric in together.split(TOGETHER)
    }
    return {name: record for name, record in results.metrics.items() if name in measured}


def _same_scorers(definition: Definition, old: Mapping[str, Any]) -> set[str]:
    """Metrics that are scored as they were when the results were written."""
    if not old:
        return set()
    if "scorers" not in old:  # of schema 1, which counted its one marker, whatever the case
        marker = {"kind": "Substring", "text": old["training_data"]["marker"], "ignore_case": True}
        old = {"scorers": [{"name": "marker", **marker}]}
    words = ("label", "near_miss")

    def rules(scorers: Any) -> dict[str, Any]:
        return {each["name"]: {k: v for k, v in each.items() if k not in words} for each in scorers}

    now, before = rules(definition.as_json()["scorers"]), rules(old["scorers"])
    return {name for name, rule in now.items() if before.get(name) == rule}
