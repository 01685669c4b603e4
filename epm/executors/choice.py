"""Which executor runs the shards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from epm.errors import EpmError
from epm.executors import Executor
from epm.executors.local import LocalExecutor
from epm.executors.ray import RayExecutor
from epm.executors.slurm import SlurmExecutor


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
