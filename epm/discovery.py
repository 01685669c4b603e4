"""Find the experiments of the repository one stands in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epm.checkout import check_owner, reach
from epm.definition import Experiment, Profile, RecordedData
from epm.definition.checks.analyses import covariates, predictors
from epm.definition.imported import ImportedExperiment
from epm.definition.modules import import_definition
from epm.errors import DefinitionError, EpmError, suggest
from epm.files import file_sha256


@dataclass(frozen=True)
class _Loaded:
    experiment: Experiment | ImportedExperiment
    folder: Path

    @property
    def repository(self) -> Path:
        """The folder above `experiments/`, where `runs/` goes."""
        return self.folder.parent.parent


@dataclass(frozen=True)
class LoadedExperiment(_Loaded):
    """An experiment with the folder that holds its narrative and published artifacts."""

    experiment: Experiment


@dataclass(frozen=True)
class LoadedImport(_Loaded):
    """What is asked of imported results, with the folder of its narrative."""

    experiment: ImportedExperiment


def experiments_folder(start: Path) -> Path:
    """The nearest `experiments/` at or above a folder, within its checkout.

    Raises:
        EpmError: there is none, or it belongs to another user.
    """
    for folder in reach(start):
        if any((folder / "experiments").glob("*/experiment.py")):
            check_owner(folder / "experiments")
            return folder / "experiments"
    raise EpmError(
        f"no experiments/<name>/experiment.py in {start.resolve()}, or above it in its checkout",
        "change into a clone of the repository",
    )


def slugs(folder: Path) -> list[str]:
    """Names on the command line, in order: `experiments/issue_246` is `issue-246`."""
    return sorted(path.parent.name.replace("_", "-") for path in folder.glob("*/experiment.py"))


def load(slug: str, folder: Path) -> LoadedExperiment:
    """Import `experiments/<slug>/experiment.py` and take its `EXPERIMENT`.

    Raises:
        DefinitionError: unknown name (the nearest are suggested), a definition that contradicts
            itself, or a file that does not define one.
        EpmError: the file belongs to another user: to load it is to run it.
    """
    loaded = load_any(slug, folder)
    if isinstance(loaded, LoadedImport):
        raise DefinitionError(
            f"{slug} is about results that were made elsewhere: there is nothing to run",
            f"`epm import … --experiment {slug}` reads them",
        )
    return loaded


def load_imported(slug: str, folder: Path) -> LoadedImport:
    """The same for an `ImportedExperiment`. Raises as `load` does."""
    loaded = load_any(slug, folder)
    if isinstance(loaded, LoadedExperiment):
        raise DefinitionError(
            f"{slug} is run, and not imported",
            f"`epm run {slug}`; for imported results define an epm.definition.ImportedExperiment",
        )
    return loaded


def load_any(slug: str, folder: Path) -> LoadedExperiment | LoadedImport:
    """The same for either. Raises as `load` does."""
    home = folder / slug.replace("-", "_")
    source = home / "experiment.py"
    if not source.is_file():
        raise DefinitionError(f"no experiment '{slug}' in {folder}", suggest(slug, slugs(folder)))
    check_owner(source)
    try:
        module = import_definition(source)
    except EpmError:
        raise
    except (Exception, SystemExit) as error:
        raise DefinitionError(
            f"{source} fails to import: {type(error).__name__}: {error}",
            f"see it whole with `python {source}`",
        ) from error
    experiment = getattr(module, "EXPERIMENT", None)
    if not isinstance(experiment, Experiment | ImportedExperiment):
        raise DefinitionError(
            f"{source} defines no EXPERIMENT", "assign an epm.definition.Experiment"
        )
    if isinstance(experiment, ImportedExperiment):
        _check_number(experiment.issue, home)
        return LoadedImport(experiment, home)
    _check_home(experiment, home)
    return LoadedExperiment(experiment, home)


def _check_home(experiment: Experiment, home: Path) -> None:
    """Refuse a definition that does not go with the folder it lies in."""
    _check_number(experiment.issue, home)
    if experiment.parent:
        _recorded_names(f"{experiment.slug}, its parent", experiment.parent.data, home)
    for profile in experiment.profiles:
        if isinstance(profile.model, RecordedData):
            _check_recorded(experiment, profile, profile.model, home)


def _check_number(issue: int, home: Path) -> None:
    number = re.fullmatch(r"issue_0*(\d+)", home.name)
    if number and int(number[1]) != issue:
        raise DefinitionError(
            f"{home / 'experiment.py'} defines issue {issue}, but lies in {home.name}",
            "correct the number, or move the folder",
        )


def _check_recorded(
    experiment: Experiment, profile: Profile, data: RecordedData, home: Path
) -> None:
    """Refuse data of other conditions than the definition's, or without a covariate it asks for."""
    where = f"{experiment.slug}, profile '{profile.name}'"
    recorded = _recorded_names(where, data, home)
    conditions = [each.name for each in experiment.conditions]
    for name in (*recorded.conditions, *recorded.described):
        if name not in conditions:
            raise DefinitionError(
                f"{where}: {data.file} is of a condition '{name}', which the definition does not "
                "have",
                suggest(name, conditions),
            )
    tasks = {each.name for each in experiment.tasks} | recorded.tasks
    metrics = set(experiment.metrics)
    for what, names, known in (
        ("task", recorded.measured, tasks),
        ("metric", recorded.metrics, metrics),
    ):
        for name in names:
            if name not in known:
                raise DefinitionError(
                    f"{where}: {data.file} is of a {what} '{name}', which there is not",
                    suggest(name, sorted(known)),
                )
    given = covariates(experiment, profile) | recorded.covariates
    for spec in experiment.analyses_of(profile):
        for what, remedy in predictors(spec, given, f"which {data.file} does not have"):
            raise DefinitionError(f"{where}: {what}", remedy)


@dataclass(frozen=True)
class _RecordedNames:
    """What a file of recorded measurements speaks of."""

    conditions: tuple[str, ...]
    described: tuple[str, ...]
    """Conditions that it has covariates of."""
    covariates: frozenset[str]
    tasks: frozenset[str]
    """Those that it describes itself."""
    measured: tuple[str, ...]
    """Tasks that it has measurements of."""
    metrics: tuple[str, ...]


def _recorded_names(where: str, data: RecordedData, home: Path) -> _RecordedNames:
    """What a file of recorded measurements speaks of; its values are read when they are used."""
    path = home / data.file
    if not path.resolve().is_relative_to(home.resolve()):
        raise DefinitionError(
            f"{where}: {data.file} is not in {home.name}", "move it beside the definition"
        )
    if not path.is_file():
        raise DefinitionError(f"{where}: there is no {path}", "restore it, or correct its name")
    if file_sha256(path) != data.sha256:
        raise DefinitionError(
            f"{where}: {data.file} is not the file that its sha256 names",
            "restore it, or write its new hash into the definition",
        )
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DefinitionError(f"{where}: {data.file} is no JSON: {error}", "mend it") from None
    measured, known, tasks = (
        _members(value, name) for name in ("measurements", "covariates", "tasks")
    )
    if not measured:
        raise DefinitionError(
            f"{where}: {data.file} holds no measurements",
            "mend it; epm/results/recorded.py shows the form",
        )
    by_task = [_members(measured, condition) for condition in measured]
    by_metric = [_members(found, task) for found in by_task for task in found]
    return _RecordedNames(
        conditions=tuple(measured),
        described=tuple(known),
        covariates=frozenset(name for each in known for name in _members(known, each)),
        tasks=frozenset(tasks),
        measured=tuple(dict.fromkeys(task for found in by_task for task in found)),
        # two metrics that are counted together stand under both of their names
        metrics=tuple(
            dict.fromkeys(m for f in by_metric for names in f for m in names.split(" & "))
        ),
    )


def _members(value: Any, name: str) -> dict[str, Any]:
    """A member that is an object; an empty one where it is none."""
    member = value.get(name) if isinstance(value, dict) else None
    return member if isinstance(member, dict) else {}
