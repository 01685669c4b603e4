"""Which experiment, at which scale: the arguments that `show`, `run` and `render` share."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from epm import discovery
from epm.definition import Definition, parse_model
from epm.definition.overrides import parse as overrides_of
from epm.discovery import LoadedExperiment


def add_arguments(parser: argparse.ArgumentParser, optional: bool = False) -> None:
    """The experiment, its profile, and what overrides it."""
    parser.add_argument("experiment", nargs="?" if optional else None, help="for example issue-246")
    parser.add_argument(
        "--profile",
        help="its scale (default: the only one; of several, full with a GPU, else pilot)",
    )
    parser.add_argument(
        "--model", help="another model: a folder, or hf:owner/name@revision; never counts as `full`"
    )
    parser.add_argument(
        "--seeds",
        type=_seeds,
        default=(),
        metavar="S,S,…",
        help="train and sample every condition under each of these seeds (default: one seed)",
    )
    parser.add_argument(
        "--checkpoints",
        type=int,
        default=0,
        metavar="N",
        help="draw samples at N points of every training as well",
    )
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change a setting, as in profile.training.learning_rate=2e-5; again for each; "
        "`epm show` prints what there is, and the title says what was changed",
    )


def resolve(parsed: argparse.Namespace) -> tuple[LoadedExperiment, Definition]:
    """The experiment of this repository that the arguments name, and what a run of it executes."""
    loaded = discovery.load(parsed.experiment, discovery.experiments_folder(Path.cwd()))
    names = [profile.name for profile in loaded.experiment.profiles]
    profile = parsed.profile or (names[0] if len(names) == 1 else _default_profile())
    model = parse_model(parsed.model) if parsed.model else None
    overrides = [overrides_of(text) for text in parsed.overrides]
    definition = loaded.experiment.resolve(
        profile, model, parsed.seeds, parsed.checkpoints, overrides
    )
    return loaded, definition


def _seeds(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d{1,18}(,\d{1,18})*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list like 42,137,256")
    return tuple(map(int, text.split(",")))


def _default_profile() -> str:
    """`full` where there is a GPU, else `pilot`: the same question on a smaller model."""
    try:
        import torch
    except ModuleNotFoundError:
        return "pilot"
    return "full" if torch.cuda.is_available() else "pilot"
