"""Find the experiments of the repository one stands in."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epm.definition import Experiment, RecordedData
from epm.definition.checks import covariates
from epm.errors import DefinitionError, EpmError, suggest
from epm.files import file_sha256


@dataclass(frozen=True)
class LoadedExperiment:
    """An experiment with the folder that holds its narrative and published artifacts."""

    experiment: Experiment
    folder: Path

    @property
    def repository(self) -> Path:
        """The folder above `experiments/`, where `runs/` goes."""
        return self.folder.parent.parent


def experiments_folder(start: Path) -> Path:
    """The nearest `experiments/` at or above a folder.

    Raises:
        EpmError: there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if any((folder / "experiments").glob("*/experiment.py")):
            return folder / "experiments"
    raise EpmError(
        f"no experiments/<name>/experiment.py at or above {start}",
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
    """
    home = folder / slug.replace("-", "_")
    source = home / "experiment.py"
    if not source.is_file():
        raise DefinitionError(f"no experiment '{slug}' in {folder}", suggest(slug, slugs(folder)))
    spec = importlib.util.spec_from_file_location(f"experiments.{home.name}.experiment", source)
    if spec is None or spec.loader is None:
        raise DefinitionError(f"{source} cannot be imported", "check the file's name")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except EpmError:
        raise
    except Exception as error:
        raise DefinitionError(
            f"{source} fails to import: {type(error).__name__}: {error}",
            f"see it whole with `python {source}`",
        ) from error
    experiment = getattr(module, "EXPERIMENT", None)
    if not isinstance(experiment, Experiment):
        raise DefinitionError(
            f"{source} defines no EXPERIMENT", "assign an epm.definition.Experiment"
        )
    _check_home(experiment, home)
    return LoadedExperiment(experiment, home)


def _check_home(experiment: Experiment, home: Path) -> None:
    """Refuse a definition that does not go with the folder it lies in."""
    number = re.fullmatch(r"issue_0*(\d+)", home.name)
    if number and int(number[1]) != experiment.issue:
        raise DefinitionError(
            f"{home / 'experiment.py'} defines issue {experiment.issue}, but lies in {home.name}",
            "correct the number, or move the folder",
        )
    if experiment.parent:
        _check_recorded(experiment.slug, experiment.parent.data, home)
    for profile in experiment.profiles:
        if not isinstance(profile.model, RecordedData):
            continue
        where = f"{experiment.slug}, profile {profile.name}"
        recorded = _check_recorded(where, profile.model, home)
        given = covariates(experiment, profile) | {
            name for values in recorded.get("covariates", {}).values() for name in values
        }
        for spec in experiment.analyses_of(profile):
            for predictor in spec.predictors():
                if predictor.name not in given:
                    raise DefinitionError(
                        f"{where}: analysis '{spec.name}' names the covariate "
                        f"'{predictor.name}', which {profile.model.file} does not have",
                        suggest(predictor.name, sorted(given)),
                    )


def _check_recorded(where: str, data: RecordedData, home: Path) -> dict[str, Any]:
    """The file's content, as far as it is an object."""
    path = home / data.file
    if not path.is_file():
        raise DefinitionError(f"{where}: there is no {path}", "restore it, or correct its name")
    if file_sha256(path) != data.sha256:
        raise DefinitionError(
            f"{where}: {data.file} is not the file that its sha256 names",
            "restore it, or write its new hash into the definition",
        )
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DefinitionError(f"{where}: {data.file} is no JSON: {error}", "mend it") from None
    return value if isinstance(value, dict) else {}
