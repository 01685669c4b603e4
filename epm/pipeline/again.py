"""Other scorers or analyses for a run whose stages are gone: from its results and its samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from epm.discovery import LoadedExperiment
from epm.errors import EpmError
from epm.files import file_sha256, gzipped, json_lines, write_atomically
from epm.pipeline.analysed import analyse
from epm.pipeline.assembly import covariate_records
from epm.pipeline.measured import Measured
from epm.results import Results
from epm.results.reading import load
from epm.sampling.samples import SAMPLES, read_samples
from epm.scoring.measuring import measure, metric_records, scored, task_records


def analyse_again(loaded: LoadedExperiment, folder: Path, profile: str | None) -> Results:
    """Write the results of a folder anew, under the definition as it is now.

    Where the samples are there, they are scored again; else the measurements stay as they are.
    Training records, covariates, provenance and tracking are carried over.

    Raises:
        EpmError: the results are of another experiment, or the samples are not those they name.
    """
    path = folder / "results.json"
    results = load(path)
    if results.identity.slug != loaded.experiment.slug:
        raise EpmError(
            f"{path} is of {results.identity.slug}, not of {loaded.experiment.slug}",
            f"`epm analyse {results.identity.slug} --run {folder}`",
        )
    name = profile or results.identity.profile
    old: Any = results.definition or {}
    seeds = [int(seed) for seed in old.get("seeds", ())]
    usual = seeds in ([], [loaded.experiment.seed])
    definition = loaded.experiment.resolve(name, seeds=() if usual else seeds)
    samples = folder / SAMPLES
    metrics, measurements = results.metrics, results.measurements
    tasks, files = results.tasks, dict(results.provenance.files)
    if samples.is_file():
        if files.get(SAMPLES) not in (None, file_sha256(samples)):
            raise EpmError(
                f"{samples} is not the file that {path} is from", "restore it from where it came"
            )
        rows = list(read_samples(samples))
        metrics, tasks = metric_records(loaded.experiment.scorers), task_records(definition)
        measurements = measure(definition, rows)
        write_atomically(samples, gzipped(json_lines(scored(definition, rows))))
        files[SAMPLES] = file_sha256(samples)
    measured = Measured(
        metrics=metrics,
        conditions=results.conditions,
        tasks=tasks,
        measurements=measurements,
    )
    found = analyse(definition, measured, loaded.folder)
    anew = results.model_copy(
        update={
            "identity": results.identity.model_copy(
                update={"fingerprint": definition.fingerprint, "title": loaded.experiment.title}
            ),
            "definition": definition.as_json(),
            "metrics": metrics,
            "covariates": covariate_records(definition),
            "tasks": tasks,
            "measurements": measurements,
            "analyses": found.analyses,
            "gates": found.gates,
            "parent": found.parent,
            "provenance": results.provenance.model_copy(update={"files": files}),
        }
    )
    write_atomically(path, anew.dumps())
    return anew
