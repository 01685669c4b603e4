"""The command line: the one place where all parts meet.

Subcommands load what they need, no more.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from epm import __version__
from epm.errors import EpmError, resources

if TYPE_CHECKING:
    import lint
    from epm.discovery import LoadedExperiment
    from epm.spec import Definition

CLEAN, FINDINGS, COULD_NOT, INTERRUPTED = 0, 1, 2, 130

RUN_EXTRA = frozenset(
    {
        *("accelerate", "filelock", "gguf", "huggingface_hub", "matplotlib", "numpy", "peft"),
        *("safetensors", "scipy", "statsmodels", "tokenizers", "torch", "transformers", "wandb"),
    }
)
"""Modules that come with `epm-bot[run]`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; return its exit code: 0 clean, 1 findings, 2 could not do the job."""
    # torch's threads spin while they wait: a factor of seven beside one other busy process. A short
    # spin, unlike none at all (OMP_WAIT_POLICY=passive), costs a quiet machine nothing.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # libraries draw bars of their own with tqdm, over ours and into logs
    os.environ.setdefault("TQDM_DISABLE", "1")
    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        return command(parsed)
    except EpmError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in RUN_EXTRA:
            return _refuse(f"{error.name} is not installed; run `pip install 'epm-bot[run]'`")
        return _broken(error)
    except KeyboardInterrupt:
        print("\nepm: stopped", file=sys.stderr)  # noqa: T201
        if parsed.name == "run":
            print("finished stages are kept: the same command resumes", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:
        # the reader, `head` say, has seen enough; keep the interpreter from complaining at exit
        sys.stderr.close()
        return CLEAN
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _refuse(f"{error.strerror or error}{where}; mend that and run again")
    except Exception as error:
        return _broken(error)


def _refuse(line: str) -> int:
    print(f"epm: {line}", file=sys.stderr)  # noqa: T201
    return COULD_NOT


def _broken(error: Exception) -> int:
    """A fault of ours: one line, and the traceback in a file for the report."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="epm-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exception(error, file=log)
    summary = " ".join(str(error).split())[:200]
    return _refuse(f"internal error: {type(error).__name__}: {summary} (please report {log.name})")


# ------------------------------------------------------------------ arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="epm", description="Run experiments, render their results, lint every number."
    )
    parser.add_argument("--version", action="version", version=f"epm {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="the experiments of this repository")
    listing.set_defaults(command=_list)

    show = commands.add_parser("show", help="an experiment's resolved definition")
    _experiment_arguments(show)
    show.set_defaults(command=_show)

    run = commands.add_parser("run", help="run an experiment, or go on where it stopped")
    _experiment_arguments(run)
    run.add_argument("--fresh", action="store_true", help="forget what an earlier run finished")
    run.add_argument(
        "--wandb",
        choices=("online", "offline", "off"),
        help="where to log losses and artifacts (default: online if a key is set, else offline)",
    )
    run.set_defaults(command=_run)

    render = commands.add_parser("render", help="write the body and title of a finished run again")
    _experiment_arguments(render)
    render.add_argument("--run", type=Path, metavar="DIR", help="the run folder to render")
    render.set_defaults(command=_render)

    lint = commands.add_parser("lint", help="check the body of a result page")
    lint.add_argument("paths", nargs="+", metavar="PATH", help="body files; - is standard input")
    lint.add_argument("--title", help="the issue's title (default: title.txt beside the body)")
    lint.add_argument("--created", type=date.fromisoformat, help="when the issue was made")
    lint.add_argument("--label", action="append", default=[], help="a label of the issue")
    lint.add_argument("--issue", type=int, metavar="N", help="the issue's own number")
    lint.set_defaults(command=_lint)

    schema = commands.add_parser("schema", help="print the JSON Schema of results.json")
    schema.set_defaults(command=_schema)
    return parser


def _experiment_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", help="for example issue-246")
    parser.add_argument("--profile", help="its scale (default: full with a GPU, else pilot)")
    parser.add_argument(
        "--model", help="another model: a folder, or hf:owner/name@revision; never counts as `full`"
    )


def _resolve(parsed: argparse.Namespace) -> tuple[LoadedExperiment, Definition]:
    from epm import discovery
    from epm.spec import parse_model

    loaded = discovery.load(parsed.experiment, discovery.experiments_folder(Path.cwd()))
    profile = parsed.profile or _default_profile()
    model = parse_model(parsed.model) if parsed.model else None
    return loaded, loaded.experiment.resolve(profile, model)


def _default_profile() -> str:
    """`full` where there is a GPU, else `pilot`: the same question on a smaller model."""
    try:
        import torch
    except ModuleNotFoundError:
        return "pilot"
    return "full" if torch.cuda.is_available() else "pilot"


# ------------------------------------------------------------------ commands


def _list(_: argparse.Namespace) -> int:
    from epm import discovery

    folder = discovery.experiments_folder(Path.cwd())
    for slug in discovery.slugs(folder):
        experiment = discovery.load(slug, folder).experiment
        print(f"{slug}  {experiment.title}")  # noqa: T201
        for profile in experiment.profiles:
            print(f"    {profile.name:10} {profile.model_name}, {profile.scale}")  # noqa: T201
    return CLEAN


def _show(parsed: argparse.Namespace) -> int:
    from epm.files import dump_json

    _, definition = _resolve(parsed)
    print(dump_json({"fingerprint": definition.fingerprint, **definition.as_json()}), end="")  # noqa: T201
    return CLEAN


def _run(parsed: argparse.Namespace) -> int:
    from rich.console import Console

    from epm import terminal, tracking
    from epm.runner import Options, run

    loaded, definition = _resolve(parsed)
    console = Console()
    options = Options(
        command=shlex.join(["epm", *sys.argv[1:]]),
        wandb=parsed.wandb or tracking.default_mode(),
        fresh=parsed.fresh,
        runs=loaded.repository / "runs",
    )
    terminal.announce(console, definition)
    folder = run(loaded, definition, options, terminal.progress(console))
    with resources("drawing and writing the page", folder):
        _draw(folder, definition)
        status = _write_page(folder, loaded)
    terminal.summary(console, folder, clean=status == CLEAN)
    return status


def _render(parsed: argparse.Namespace) -> int:
    from epm.runner import run_folder

    loaded, definition = _resolve(parsed)
    folder = parsed.run or run_folder(definition, loaded.repository / "runs")
    with resources("writing the page", folder):
        status = _write_page(folder, loaded)
    for name in ("body.md", "title.txt", "lint.txt"):
        print(folder / name)  # noqa: T201
    return status


def _draw(folder: Path, definition: Definition) -> None:
    from epm.figures import hero
    from epm.results import load

    results = load(folder / "results.json")
    figures = folder / "figures"
    figures.mkdir(exist_ok=True)
    hero(
        figures,
        conditions=results.conditions,
        cosines=results.cosines,
        statistics=results.statistics,
        reference=definition.experiment.reference,
        subtitle=f"{definition.profile.model_name}, {definition.profile.scale}",
    )


def _write_page(folder: Path, loaded: LoadedExperiment) -> int:
    """Body, title and lint report; FINDINGS when more is wrong than what people have to write."""
    from epm.files import write_atomically
    from epm.report.render import render
    from lint.model import Status
    from lint.output import table

    page = render(folder, loaded.folder)
    report = _report(page.body, title=page.title)
    write_atomically(folder / "lint.txt", table.render(report))
    failed = {row.rule.slug for row in report.rows if row.verdict.status is Status.FAIL}
    if report.status is Status.ERROR:
        return COULD_NOT
    return FINDINGS if failed - {"human-tldr", "human-summary"} else CLEAN


def _lint(parsed: argparse.Namespace) -> int:
    from lint.output import table

    worst = CLEAN
    for path in parsed.paths:
        report = _report(
            path if path == "-" else Path(path),
            title=parsed.title,
            created=parsed.created,
            labels=parsed.label,
            issue=parsed.issue,
        )
        if len(parsed.paths) > 1:
            print(f"{path}:")  # noqa: T201
        print(table.render(report), end="")  # noqa: T201
        worst = max(worst, report.status.exit_code)
    return worst


class _Beside:
    """The files beside a body, by the relative name that its Markdown gives them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __contains__(self, name: object) -> bool:
        relative = Path(str(name))
        if relative.is_absolute() or ".." in relative.parts:
            return False
        return (self._folder / relative).is_file()


def _report(
    path: Path | str,
    *,
    title: str | None,
    created: date | None = None,
    labels: Sequence[str] = (),
    issue: int | None = None,
) -> lint.Report:
    """Lint a file, or standard input where the path is '-'."""
    import lint

    try:
        if isinstance(path, str):
            body, beside = sys.stdin.buffer.read(lint.LARGEST_BODY + 1), _Beside(Path.cwd())
        else:
            with path.open("rb") as stream:
                body, beside = stream.read(lint.LARGEST_BODY + 1), _Beside(path.parent)
            named = path.with_name("title.txt")
            if title is None and named.is_file():
                title = named.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EpmError(f"cannot read {path}: {error.strerror}", "check the path") from None
    try:
        return lint.lint(
            body,
            title=title,
            created=created,
            labels=labels,
            issue=issue,
            beside=beside,
            path=str(path),
        )
    except lint.LintError as error:
        raise EpmError(f"{path}: {error}") from None


def _schema(_: argparse.Namespace) -> int:
    from epm.results import json_schema

    print(json_schema(), end="")  # noqa: T201
    return CLEAN
