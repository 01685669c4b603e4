"""What ran, on what: recorded, never typed by hand."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from epm import __version__
from epm.privacy import public
from epm.results import Environment, GitState, Hardware, Unavailable

CODE = ("epm", "lint", "templates")
"""Folders of epm's own code, in a checkout of it."""

LIBRARIES = (
    "torch",
    "transformers",
    "peft",
    "tokenizers",
    "safetensors",
    "gguf",
    "numpy",
    "scipy",
    "statsmodels",
    "matplotlib",
)


def environment(command: str, repository: Path, experiment: Path, device: str) -> Environment:
    """Describe this invocation.

    Args:
        command: the command line, see `epm.privacy.command_line`.
        repository: the folder whose git state counts.
        experiment: the experiment's folder in it.
        device: 'cuda' or 'cpu'.
    """
    return Environment(
        command=command,
        epm_version=__version__,
        git=git_state(repository, (*(repository / name for name in CODE), experiment)),
        hardware=hardware(device),
        python=platform.python_version(),
        libraries={name: found for name in LIBRARIES if (found := _version(name))},
    )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def git_state(folder: Path, depends_on: Sequence[Path]) -> GitState | Unavailable:
    """The commit, and whether what is run is something else.

    Dirty: a tracked file was changed, wherever it is, or there is a new file, not ignored, in one
    of the folders that a run depends on. Results that were published before, and Python's own
    caches, are no part of it; notes, lock files and other experiments lie elsewhere.

    Args:
        folder: in the checkout.
        depends_on: folders under it, which need not exist.
    """
    inside = [path.relative_to(folder).as_posix() for path in depends_on]
    own = [*inside, *(f":(exclude){path}/published" for path in inside)]
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
        status = _git(
            folder,
            "status",
            "--porcelain",
            "--untracked-files=normal",
            "--",
            *own,
            ":(exclude,glob)**/__pycache__/**",
        )
    except FileNotFoundError:
        return Unavailable(unavailable="git is not installed")
    except subprocess.CalledProcessError:
        return Unavailable(unavailable="not a git checkout with a commit")
    try:
        remote = _git(folder, "remote", "get-url", "origin")
    except subprocess.CalledProcessError:
        remote = ""
    return GitState(commit=commit, dirty=bool(changed or status), remote=public(remote))


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=True,
    ).stdout.strip()


def hardware(device: str) -> Hardware:
    """The machine, with its GPU where one is used."""
    return Hardware(
        cpu=_cpu_name(), cores=os.cpu_count() or 1, memory_gib=_memory_gib(), gpu=_gpu_name(device)
    )


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _memory_gib() -> float:
    pages, size = (os.sysconf(name) for name in ("SC_PHYS_PAGES", "SC_PAGE_SIZE"))
    return round(pages * size / 2**30, 1)


def _gpu_name(device: str) -> str:
    if device != "cuda":
        return "none"
    import torch

    return torch.cuda.get_device_name()
