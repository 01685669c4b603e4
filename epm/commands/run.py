"""`epm run`: run an experiment, or go on where it stopped."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from epm.commands import selection
from epm.errors import resources
from epm.executors.slurm import DEFAULTS
from epm.exit_codes import CLEAN
from epm.privacy import command_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm run` understands."""
    selection.add_arguments(parser)
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run finished")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would be done, and what judges would be asked and cost; do nothing",
    )
    parser.add_argument(
        "--ask-again",
        action="store_true",
        help="ask judges again what an earlier run got no answer to",
    )
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
    add_executor_arguments(parser)


def add_executor_arguments(parser: argparse.ArgumentParser) -> None:
    """`--executor`, `--address`, `--workers` and `--slurm`."""
    group = parser.add_argument_group("more than one GPU or machine (docs/scale.md)")
    group.add_argument(
        "--executor",
        choices=("local", "ray", "slurm"),
        default="local",
        help="the GPUs of this machine (default), a Ray cluster, or Slurm",
    )
    group.add_argument(
        "--address", metavar="HOST:PORT", help="Ray's head (default: the cluster of this machine)"
    )
    group.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="how many processes, this one included, or tasks or jobs (default: one for each GPU)",
    )
    given = ", ".join(f"{key}={value}" for key, value in DEFAULTS.items())
    group.add_argument(
        "--slurm",
        type=_parameter,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"partition, timeout_min, or any option of sbatch; again for each (default: {given})",
    )


def run(parsed: argparse.Namespace) -> int:
    """Run what is not finished, draw, write and lint the page."""
    from rich.console import Console

    from epm import page, terminal, tracking
    from epm.analyses.drawing import draw
    from epm.executors.choice import executor
    from epm.pipeline import inventory
    from epm.pipeline.content import content
    from epm.pipeline.plan import planned
    from epm.pipeline.run import Options, run_folder
    from epm.pipeline.run import run as execute
    from epm.report import narrative
    from epm.sampling.choice import choose

    loaded, definition = selection.resolve(parsed)
    console = Console()
    for absent in narrative.check(loaded.folder):
        console.print(f"epm: {absent}", markup=False, highlight=False, soft_wrap=True)
    options = Options(
        command=command_line(["epm", *sys.argv[1:]], without=("--address", "--slurm")),
        wandb=parsed.wandb or tracking.default_mode(),
        fresh=parsed.fresh,
        ask_again=parsed.ask_again,
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
    if parsed.dry_run:
        for line in planned(loaded, definition, run_folder(definition, options.runs)):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        return CLEAN
    home = loaded.folder.relative_to(loaded.repository).as_posix()
    if notice := content(loaded.repository, loaded.folder).notice(home):
        console.print(notice, markup=False, highlight=False, soft_wrap=True)
    folder = execute(loaded, definition, options, terminal.progress(console))
    with resources("drawing and writing the page", folder):
        draw(folder)
        status = page.write(folder, loaded.folder)
        inventory.write(folder)
    terminal.summary(console, folder, clean=status == CLEAN)
    return status


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of workers")
    return int(text)


def _parameter(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value
