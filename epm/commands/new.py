"""`epm new`: begin an experiment from one of a few shapes, in a folder that runs at once."""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from pathlib import Path

from epm.checkout import reach
from epm.errors import EpmError
from epm.exit_codes import CLEAN
from epm.files import write_atomically

SHAPES = {
    "two-arms": "an adapter on your rows, one on control rows, and their difference",
    "panel": "a model as it is, under several system prompts, on a multiple choice",
    "dose-response": "adapters on a growing share of rows of a kind, which a function builds",
    "judge": "a model as it is, under two system prompts, graded by another model",
    "steering": "a model pushed along a direction, by a range of coefficients",
    "reanalysis": "nothing is run: counts from elsewhere, in a file",
    "marker": "a marker taught under one persona each, as in issue 246",
}
"""What each shape is, by name; its files lie in `templates/experiments/`."""

_SLUG = re.compile(r"issue-([1-9]\d{0,8})")
_ISSUE = "310"
"""The number that the shapes are written with."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm new` understands."""
    parser.add_argument("experiment", help="after the issue that asks, for example issue-310")
    parser.add_argument(
        "--shape",
        choices=tuple(SHAPES),
        default="two-arms",
        help="; ".join(f"{name}: {about}" for name, about in SHAPES.items())
        + " (default: two-arms)",
    )


def run(parsed: argparse.Namespace) -> int:
    """Write the folder, whole or not at all, and say what to do next."""
    slug, shape = parsed.experiment, parsed.shape
    found = _SLUG.fullmatch(slug)
    if found is None:
        raise EpmError(
            f"{slug!r} is no experiment's name: it has the number of the issue that asks",
            "write `epm new issue-310`",
        )
    folder = _experiments(Path.cwd())
    home = folder / slug.replace("-", "_")
    if home.exists():
        raise EpmError(f"{home} is there already", "take another number, or move it away")
    try:
        _write(home, shape, found[1])
    except OSError as error:
        raise EpmError(
            f"{home} cannot be written: {error.strerror}", "change into a folder of yours"
        ) from None
    print(f"{home}")  # noqa: T201
    print(f"  epm run {slug}        # at once; then make experiment.py your own")  # noqa: T201
    print(f"  epm show {slug}       # what it resolves to")  # noqa: T201
    print(  # noqa: T201
        f"  epm publish {slug}    # --allow-pilot for a toy; commit and push the folder first"
    )
    return CLEAN


def _experiments(start: Path) -> Path:
    """The nearest `experiments/` in the checkout; else one at its top, or here outside of any."""
    around = reach(start)
    if start.name == "experiments" and start.resolve() in around:
        return start.resolve()
    there = (folder / "experiments" for folder in around)
    return next((each for each in there if each.is_dir()), around[-1] / "experiments")


def _write(home: Path, shape: str, issue: str) -> None:
    from epm.report.render import templates_folder

    source = templates_folder() / "experiments" / shape.replace("-", "_")
    home.parent.mkdir(parents=True, exist_ok=True)
    runs = home.parent.parent / "runs"
    with tempfile.TemporaryDirectory(prefix=".epm-new-", dir=home.parent) as scratch:
        made = Path(scratch) / home.name
        shutil.copytree(source, made, ignore=shutil.ignore_patterns("__pycache__"))
        definition = made / "experiment.py"
        text = definition.read_text(encoding="utf-8")
        write_atomically(definition, text.replace(f"issue={_ISSUE},", f"issue={issue},"))
        if not (runs / ".gitignore").exists():
            runs.mkdir(exist_ok=True)
            write_atomically(runs / ".gitignore", "# made by `epm run`, and published by epm\n*\n")
        made.rename(home)
