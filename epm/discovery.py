"""Find the experiments of the repository one stands in."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

from epm.checkout import check_owner, reach
from epm.definition import Experiment, suggest
from epm.errors import DefinitionError, EpmError


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
    home = folder / slug.replace("-", "_")
    source = home / "experiment.py"
    if not source.is_file():
        raise DefinitionError(f"no experiment '{slug}' in {folder}", suggest(slug, slugs(folder)))
    check_owner(source)
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
    return LoadedExperiment(experiment, home)
