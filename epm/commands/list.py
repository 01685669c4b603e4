"""`epm list`: the experiments of this repository."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from epm import discovery
from epm.errors import EpmError
from epm.exit_codes import CLEAN, COULD_NOT


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> int:
    """Print every experiment with its profiles; one that is broken does not hide the others."""
    folder = discovery.experiments_folder(Path.cwd())
    status = CLEAN
    for slug in discovery.slugs(folder):
        try:
            experiment = discovery.load(slug, folder).experiment
        except EpmError as error:
            print(f"epm: {error}", file=sys.stderr)  # noqa: T201
            status = COULD_NOT
            continue
        print(f"{slug}  {experiment.title}")  # noqa: T201
        for profile in experiment.profiles:
            print(f"    {profile.name:10} {profile.model_name}, {profile.scale}")  # noqa: T201
    return status
