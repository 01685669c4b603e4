"""Write what was found as a run folder: results, samples and figures, as of any other run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from epm.analyses.computing import compute, gate
from epm.analyses.data.frame import Frame
from epm.analyses.drawing import draw
from epm.definition.imported import ImportedExperiment
from epm.definition.resolved import digest
from epm.files import dump_json, file_sha256, gzipped, held, json_lines, write_atomically
from epm.importing import asked
from epm.importing.found import Found
from epm.pipeline import inventory
from epm.pipeline.content import content
from epm.pipeline.provenance import environment
from epm.results import (
    ONLY,
    ConditionRecord,
    Environment,
    Identity,
    Measurements,
    Provenance,
    Results,
    Timing,
    Tracking,
)
from epm.results.imported import MADE_BY, ImportRecord, Source
from epm.sampling.samples import SAMPLES
from epm.values import Unavailable

PROFILE = "imported"

GIVEN = "given.json"
"""What a script gave, in the run folder."""

_VERSION = 1
"""Part of every fingerprint: raise it when a reader changes what it makes of a file."""


@dataclass(frozen=True)
class Import:
    """What is imported, by what, and what for."""

    source: Source
    found: Found
    issue: int
    title: str
    command: str
    repository: Path
    """Whose git state is recorded, and which `runs/` lies in."""
    map_sha256: str = ""
    experiment: ImportedExperiment | None = None
    home: Path | None = None
    """The experiment's folder, where it has one."""

    @cached_property
    def inputs_sha256(self) -> dict[str, str]:
        """Of every file that was read, by its name; of a script, also of what it gave."""
        hashes = {name: file_sha256(path) for name, path in self.found.inputs.items()}
        if self.source == "python":
            hashes[GIVEN] = sha256(self.given.encode()).hexdigest()
        return hashes

    @cached_property
    def conditions(self) -> dict[str, ConditionRecord]:
        """As the files have them, with what the definition knows beside that."""
        records = dict(self.found.conditions)
        for spec in self.experiment.conditions if self.experiment else ():
            known = records.get(spec.name)
            update: dict[str, Any] = {"role": spec.role, "target": spec.target}
            if known is None:
                known = ConditionRecord(missing={ONLY: "the imported files do not have it"})
            update["factors"] = {**known.factors, **spec.factors}
            update["covariates"] = {**known.covariates, **spec.covariates}
            records[spec.name] = known.model_copy(update=update)
        return records

    @cached_property
    def given(self) -> str:
        """All that a script gave: the files that it names need not be all that it read."""
        described = {
            "conditions": self.found.conditions,
            "tasks": self.found.tasks,
            "metrics": self.found.metrics,
            "covariates": self.found.covariates,
            "models": self.found.models,
        }
        measurements = TypeAdapter(Measurements).dump_python(self.found.measurements, mode="json")
        return dump_json(
            {
                "measurements": measurements,
                **{
                    what: {name: record.model_dump(mode="json") for name, record in records.items()}
                    for what, records in described.items()
                },
            }
        )

    @property
    def fingerprint(self) -> str:
        """12 hex digits of the sha256 over the files, the map, and what is asked."""
        return digest(
            {
                "version": _VERSION,
                "source": self.source,
                "inputs": self.inputs_sha256,
                "map": self.map_sha256,
                "issue": self.issue,
                "title": self.title,
                "experiment": self.experiment.as_json() if self.experiment else None,
            }
        )

    @property
    def folder(self) -> Path:
        """Where the run lies."""
        return self.repository / "runs" / f"issue-{self.issue}" / f"{PROFILE}-{self.fingerprint}"


def repository(home: Path | None = None) -> Path:
    """Where `runs/` goes: above an experiment's folder, else the folder one stands in."""
    return home.parent.parent if home else Path.cwd().resolve()


def write(given: Import, started: float) -> Path:
    """Analyse what was found, and write the run folder; its page is written by `epm.page`.

    Args:
        given: what is imported.
        started: `time.monotonic()` when the import began.

    Returns:
        The folder, with `results.json`, figures, and where there are completions the samples.

    Raises:
        DefinitionError: the definition names what the files do not have.
        EpmError: shares and percentages are one metric, or a file cannot be read any more; then
            there is no folder, unless there was.
    """
    given.found.check_scales()
    if given.experiment is not None:
        asked.check(given.experiment, given.found, given.conditions)
    folder = given.folder
    with held(folder), _whole_or_none(folder):
        inventory.forget(folder)
        files = dict(given.inputs_sha256)
        if GIVEN in files:
            write_atomically(folder / GIVEN, given.given)
        if given.found.samples is not None:
            write_atomically(folder / SAMPLES, gzipped(json_lines(given.found.samples())))
            files[SAMPLES] = file_sha256(folder / SAMPLES)
        home = given.home or given.repository / "experiments" / f"issue_{given.issue}"
        ran = content(given.repository, home)
        ran.write(folder)
        results = assembled(
            given, files, environment(given.command, given.repository, ran, "cpu"), started
        )
        write_atomically(folder / "results.json", results.dumps())
        draw(folder)
    return folder


@contextmanager
def _whole_or_none(folder: Path) -> Iterator[None]:
    """Take away a folder that came to no results, and those above it that are empty then."""
    try:
        yield
    except BaseException:
        if not (folder / "results.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):
                folder.parent.rmdir()
                folder.parent.parent.rmdir()
        raise


def assembled(given: Import, files: dict[str, str], here: Environment, started: float) -> Results:
    """Analyse what was found.

    Args:
        given: what is imported.
        files: sha256 by name, of the inputs and of what was written beside the results.
        here: where it is done.
        started: as for `write`.
    """
    found, experiment = given.found, given.experiment
    specs = (experiment.analyses if experiment else ()) or asked.fitting(found)
    seed, alpha = (experiment.seed, experiment.alpha) if experiment else (42, 0.05)
    frame = Frame(given.conditions, found.tasks, found.metrics, found.measurements, baselines=True)
    blocks = compute(specs, frame, alpha=alpha, seed=seed)
    none = Unavailable(unavailable="nothing was run here: the measurements were imported")
    return Results(
        identity=Identity(
            slug=f"issue-{given.issue}",
            issue=given.issue,
            title=given.title,
            profile=PROFILE,
            scale=_scale(given),
            full_scale=False,
            fingerprint=given.fingerprint,
        ),
        definition=experiment.as_json() if experiment else None,
        metrics=dict(found.metrics),
        covariates=dict(found.covariates),
        conditions=given.conditions,
        tasks=dict(found.tasks),
        measurements=found.measurements,
        analyses=blocks,
        gates={each.name: gate(each, blocks) for each in (experiment.gates if experiment else ())},
        provenance=Provenance(
            environments=(here,),
            model=none,
            engine=none,
            seeds={"experiment": seed},
            files=files,
            imported=ImportRecord(
                source=given.source,
                map=given.map_sha256,
                models=dict(found.models),
                evaluations=found.evaluations,
                reported=found.reported,
                packages=dict(found.packages),
                notes=found.notes,
            ),
            timing=Timing(
                finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
                total_seconds=round(time.monotonic() - started, 3),
                stages=(),
            ),
        ),
        tracking=Tracking(mode="off", state="off", detail="imported results are not logged"),
    )


def _scale(given: Import) -> str:
    return f"results imported from {MADE_BY[given.source]}"
