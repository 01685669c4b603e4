"""`epm analyse`: score and analyse a finished run again, and write its results anew."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from epm.exit_codes import CLEAN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm analyse` understands."""
    parser.add_argument("experiment", help="whose scorers and analyses are used, as issue-246")
    parser.add_argument(
        "--run",
        type=Path,
        metavar="DIR",
        required=True,
        help="folder with results.json (of this schema or an earlier one) and the samples",
    )
    parser.add_argument("--profile", help="its analyses (default: the profile that was run)")


def run(parsed: argparse.Namespace) -> int:
    """Write `results.json`, the scored samples and the figures anew; nothing is run."""
    from rich.console import Console

    from epm import discovery
    from epm.analyses.drawing import draw
    from epm.errors import resources
    from epm.pipeline import inventory
    from epm.pipeline.again import analyse_again
    from epm.progress import PlainProgress

    loaded = discovery.load(parsed.experiment, discovery.experiments_folder(Path.cwd()))
    again = f"`epm run {parsed.experiment}` as before makes it again"
    with resources("the analysis", parsed.run), inventory.renewed(parsed.run, again):
        progress = PlainProgress(Console(stderr=True))
        done = analyse_again(loaded, parsed.run, parsed.profile, progress)
        draw(parsed.run)
    if not done.scored:
        print("epm: no samples beside it: the measurements stay as they are", file=sys.stderr)  # noqa: T201
    print(parsed.run / "results.json")  # noqa: T201
    return CLEAN
