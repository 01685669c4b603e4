"""`--executor` and what goes with it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from epm.errors import EpmError
from epm.executors import Executor
from epm.executors.local import LocalExecutor
from epm.executors.ray import RayExecutor
from epm.executors.slurm import DEFAULTS, SlurmExecutor


def add_arguments(parser: argparse.ArgumentParser) -> None:
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
        help="how many processes, tasks or jobs (default: one for each GPU)",
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


def executor(
    name: str,
    *,
    address: str | None = None,
    workers: int | None = None,
    slurm_parameters: Mapping[str, str] | None = None,
    log_folder: Path,
) -> Executor:
    """The executor that the arguments ask for.

    Args:
        name: 'local', 'ray' or 'slurm'.
        address: of Ray's head.
        workers: how many shards at once; None leaves it to the executor.
        slurm_parameters: `dict(parsed.slurm)`.
        log_folder: for Slurm's jobs, on a file system that all nodes share.

    Raises:
        EpmError: the arguments don't go together, or a package is not installed.
    """
    if address and name != "ray":
        raise EpmError(f"--address is for Ray, not for --executor {name}", "--executor ray")
    if slurm_parameters and name != "slurm":
        raise EpmError(f"--slurm is not for --executor {name}", "--executor slurm")
    if name == "ray":
        return RayExecutor(address, workers)
    if name == "slurm":
        return SlurmExecutor(slurm_parameters or {}, log_folder, workers)
    return LocalExecutor(workers)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of workers")
    return int(text)


def _parameter(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value
