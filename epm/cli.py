"""The command line: the one place where all parts meet.

Subcommands load what they need, no more.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from epm import __version__
from epm.errors import EpmError, resources

if TYPE_CHECKING:
    from epm.discovery import LoadedExperiment
    from epm.spec import Definition

CLEAN, FINDINGS, COULD_NOT, INTERRUPTED = 0, 1, 2, 130

EXTRAS = {
    "run": frozenset(
        {
            *("accelerate", "filelock", "gguf", "huggingface_hub", "matplotlib", "numpy", "peft"),
            *("safetensors", "scipy", "statsmodels", "tokenizers", "torch", "transformers"),
            "wandb",
        }
    ),
    "lsp": frozenset({"lsprotocol", "pygls"}),
}
"""Modules that come with an extra, such as `epm-bot[run]`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; return its exit code: 0 clean, 1 findings, 2 could not do the job."""
    # torch's threads spin while they wait: a factor of seven beside one other busy process. A short
    # spin, unlike none at all (OMP_WAIT_POLICY=passive), costs a quiet machine nothing.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # libraries draw bars of their own with tqdm, over ours and into logs
    os.environ.setdefault("TQDM_DISABLE", "1")
    given = sys.argv[1:] if arguments is None else list(arguments)
    parsed = _parser(given).parse_args(given)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        return command(parsed)
    except EpmError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        for extra, modules in EXTRAS.items():
            if module in modules:
                return _refuse(f"{module} is not installed; run `pip install 'epm-bot[{extra}]'`")
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
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="epm-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exception(error, file=log)
    summary = " ".join(str(error).split())[:200]
    return _refuse(f"internal error: {type(error).__name__}: {summary} (please report {log.name})")


# ------------------------------------------------------------------ arguments


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; of the subcommands only the given one gets its arguments, which takes time."""
    parser = argparse.ArgumentParser(
        prog="epm", description="Run experiments, render their results, lint every number."
    )
    parser.add_argument("--version", action="version", version=f"epm {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")
    for name, (about, command, add_arguments) in _COMMANDS.items():
        subparser = commands.add_parser(name, help=about, description=about)
        subparser.set_defaults(command=command)
        if name in given:
            add_arguments(subparser)
    return parser


def _no_arguments(_: argparse.ArgumentParser) -> None:
    pass


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    _experiment_arguments(parser)
    from epm.executors.command import add_arguments

    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run finished")
    parser.add_argument(
        "--engine",
        choices=("auto", "vllm", "transformers"),
        default="auto",
        help="what samples completions (default: auto, see docs/engines.md)",
    )
    parser.add_argument(
        "--merge-adapters",
        action=argparse.BooleanOptionalAction,
        help="sample from merged weights, one adapter after another (default: on a CPU only)",
    )
    parser.add_argument(
        "--wandb",
        choices=("online", "offline", "off"),
        help="where to log losses and artifacts (default: online if a key is set, else offline)",
    )
    add_arguments(parser)


def _render_arguments(parser: argparse.ArgumentParser) -> None:
    _experiment_arguments(parser)
    parser.add_argument("--run", type=Path, metavar="DIR", help="the run folder to render")


def _lint_arguments(parser: argparse.ArgumentParser) -> None:
    from epm.linting.command import add_arguments

    add_arguments(parser)


def _publish_arguments(parser: argparse.ArgumentParser) -> None:
    from epm.publishing.command import add_arguments

    add_arguments(parser)


def _rule_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="the rule (default: list them)")


def _schema_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=("results", "lint"),
        default="results",
        help="of results.json (the default), or of the linter's configuration",
    )


def _experiment_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", help="for example issue-246")
    parser.add_argument("--profile", help="its scale (default: full with a GPU, else pilot)")
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
        help="count the marker at N points of every training as well",
    )


def _seeds(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d{1,18}(,\d{1,18})*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list like 42,137,256")
    return tuple(map(int, text.split(",")))


def _resolve(parsed: argparse.Namespace) -> tuple[LoadedExperiment, Definition]:
    from epm import discovery
    from epm.spec import parse_model

    loaded = discovery.load(parsed.experiment, discovery.experiments_folder(Path.cwd()))
    profile = parsed.profile or _default_profile()
    model = parse_model(parsed.model) if parsed.model else None
    definition = loaded.experiment.resolve(profile, model, parsed.seeds, parsed.checkpoints)
    return loaded, definition


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
    import shlex
    from functools import partial

    from rich.console import Console

    from epm import terminal, tracking
    from epm.engines.choice import choose
    from epm.executors.command import executor
    from epm.runner import Options, run

    loaded, definition = _resolve(parsed)
    console = Console()
    options = Options(
        command=shlex.join(["epm", *sys.argv[1:]]),
        wandb=parsed.wandb or tracking.default_mode(),
        fresh=parsed.fresh,
        runs=loaded.repository / "runs",
        engine_for=partial(choose, parsed.engine, merge=parsed.merge_adapters),
        executor=executor(
            parsed.executor,
            address=parsed.address,
            workers=parsed.workers,
            slurm_parameters=dict(parsed.slurm),
            log_folder=loaded.repository / "runs" / "slurm",
        ),
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
    from epm.figures import hero, trajectory
    from epm.results import load

    results = load(folder / "results.json")
    figures = folder / "figures"
    subtitle = f"{definition.profile.model_name}, {definition.profile.scale}"
    hero(
        figures,
        conditions=results.conditions,
        cosines=results.cosines,
        statistics=results.statistics,
        reference=definition.experiment.reference,
        subtitle=subtitle,
    )
    trajectory(
        figures,
        conditions=results.conditions,
        statistics=results.statistics,
        subtitle=subtitle,
    )


def _write_page(folder: Path, loaded: LoadedExperiment) -> int:
    """Body, title and lint report; FINDINGS when more is wrong than what people have to write."""
    from epm.files import write_atomically
    from epm.linting.bodies import Given, body_at
    from epm.linting.settings import Settings
    from epm.report.render import render
    from epm_lint.model import Status
    from epm_lint.output import table

    page = render(folder, loaded.folder)
    body = body_at(
        str(page.body),
        Given(title=page.title),
        Settings().of(folder),
        lambda line: print(f"epm: {line}", file=sys.stderr),  # noqa: T201
    )
    report = body.report()
    write_atomically(folder / "lint.txt", table.render(report))
    failed = {row.rule.slug for row in report.rows if row.verdict.status is Status.FAIL}
    if report.status is Status.ERROR:
        return COULD_NOT
    return FINDINGS if failed - {"human-tldr", "human-summary"} else CLEAN


def _lint(parsed: argparse.Namespace) -> int:
    if parsed.paths and not parsed.all:
        from epm.linting.command import run

        return run(parsed)
    from epm.bot import terminal
    from epm.github.client import connect

    return terminal.run(parsed, os.environ, Path.cwd(), lambda name: connect(name, os.environ))


def _publish(parsed: argparse.Namespace) -> int:
    from epm.publishing.command import run

    return run(parsed)


def _bot(_: argparse.Namespace) -> int:
    from epm.bot.command import run
    from epm.github.client import connect

    return run(os.environ, Path.cwd(), lambda name: connect(name, os.environ), sys.stdout)


def _rule(parsed: argparse.Namespace) -> int:
    from epm.linting.explanation import explain

    return explain(parsed.slug)


def _lsp(_: argparse.Namespace) -> int:
    from epm.language_server import serve

    serve()
    return CLEAN


def _schema(parsed: argparse.Namespace) -> int:
    if parsed.what == "lint":
        from epm.files import dump_json
        from epm_lint.configuration import schema
        from epm_lint.rules import RULES

        print(dump_json(schema(RULES)), end="")  # noqa: T201
        return CLEAN
    from epm.results import json_schema

    print(json_schema(), end="")  # noqa: T201
    return CLEAN


_Command = tuple[
    str, Callable[[argparse.Namespace], int], Callable[[argparse.ArgumentParser], None]
]

_COMMANDS: dict[str, _Command] = {
    "list": ("the experiments of this repository", _list, _no_arguments),
    "show": ("an experiment's resolved definition", _show, _experiment_arguments),
    "run": ("run an experiment, or go on where it stopped", _run, _run_arguments),
    "render": ("write the body and title of a finished run again", _render, _render_arguments),
    "lint": ("check the body of a result page", _lint, _lint_arguments),
    "publish": ("publish a finished run as an issue", _publish, _publish_arguments),
    "bot": ("answer the event that started a GitHub workflow", _bot, _no_arguments),
    "rule": ("what a rule of the linter asks, and why", _rule, _rule_arguments),
    "lsp": ("serve the linter to an editor, on standard input and output", _lsp, _no_arguments),
    "schema": ("print a JSON Schema", _schema, _schema_arguments),
}
"""What each subcommand is for, what it runs, and what adds its arguments."""
