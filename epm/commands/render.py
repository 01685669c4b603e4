"""`epm render`: write the body and title of a finished run again."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path

from epm import discovery
from epm.commands import selection
from epm.errors import EpmError, resources
from epm.exit_codes import FINDINGS
from epm.report.render import RESULTS
from epm.results import SCHEMA_VERSION
from epm.results.reading import load

AGAIN = "the same `epm run` makes it again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm render` understands."""
    selection.add_arguments(parser, optional=True)
    parser.add_argument(
        "--run",
        type=Path,
        metavar="DIR",
        help="the run folder to render; it says itself which experiment it is of, and has the "
        "default prose where that is not at hand",
    )


def run(parsed: argparse.Namespace) -> int:
    """Write the page of a run folder, and lint it."""
    from epm import page
    from epm.pipeline import inventory
    from epm.report import narrative
    from epm.terminal import verdict

    folder, templates = _chosen(parsed)
    with resources("writing the page", folder), inventory.renewed(folder, AGAIN):
        _refuse_earlier(folder / RESULTS)
        narrative.check(templates)
        status = page.write(folder, templates)
    for name in ("body.md", "title.txt", "lint.txt"):
        print(folder / name)  # noqa: T201
    if status == FINDINGS:
        judged, *failed = verdict(folder)
        print(f"epm: {judged}", *failed, sep="\n     ", file=sys.stderr)  # noqa: T201
    return status


def _chosen(parsed: argparse.Namespace) -> tuple[Path, Path]:
    """The run folder, and the one with the templates of its page."""
    from epm.pipeline import inventory

    if parsed.experiment is not None:
        from epm.pipeline.run import run_folder

        loaded, definition = selection.resolve(parsed)
        return parsed.run or run_folder(definition, loaded.repository / "runs"), loaded.folder
    if parsed.run is None:
        raise EpmError("which run?", "name an experiment, as issue-246, or a run folder with --run")
    inventory.check(parsed.run, AGAIN)
    slug = load(parsed.run / RESULTS).identity.slug
    for beside in (parsed.run, Path.cwd()):  # a run folder may lie anywhere
        with contextlib.suppress(EpmError):
            experiments = discovery.experiments_folder(beside)
            if slug in discovery.slugs(experiments):
                return parsed.run, experiments / slug.replace("-", "_")
    print(f"epm: {slug} is not at hand: the page has the default prose", file=sys.stderr)  # noqa: T201
    return parsed.run, parsed.run


def _refuse_earlier(path: Path) -> None:
    """Results of an earlier schema are read, but a page of them cannot be held to its numbers."""
    identity = load(path).identity
    if json.loads(path.read_text(encoding="utf-8"))["schema_version"] != SCHEMA_VERSION:
        raise EpmError(
            f"{path} has an earlier schema than {SCHEMA_VERSION}",
            f"`epm analyse {identity.slug} --run {path.parent}` writes it anew",
        )
