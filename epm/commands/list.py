"""`epm list`: the experiments of this repository."""

from __future__ import annotations

import argparse
from pathlib import Path

from epm import discovery
from epm.exit_codes import CLEAN


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> int:
    """Print every experiment with its profiles."""
    folder = discovery.experiments_folder(Path.cwd())
    for slug in discovery.slugs(folder):
        experiment = discovery.load(slug, folder).experiment
        print(f"{slug}  {experiment.title}")  # noqa: T201
        for profile in experiment.profiles:
            print(f"    {profile.name:10} {profile.model_name}, {profile.scale}")  # noqa: T201
    return CLEAN
