"""What ran, on what: recorded, never typed by hand."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from epm import __version__
from epm.privacy import public
from epm.results import Environment, GitState, Hardware, Unavailable

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


def environment(command: str, repository: Path, device: str) -> Environment:
    """Describe this invocation.

    Args:
        command: the command line, see `epm.privacy.command_line`.
        repository: the folder whose git state counts.
        device: 'cuda' or 'cpu'.
    """
    return Environment(
        command=command,
        epm_version=__version__,
        git=git_state(repository),
        hardware=hardware(device),
        python=platform.python_version(),
        libraries={name: found for name in LIBRARIES if (found := _version(name))},
    )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def git_state(folder: Path) -> GitState | Unavailable:
    """Commit, and whether tracked files were changed or new files lie about."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        status = _git(folder, "status", "--porcelain")
    except FileNotFoundError:
        return Unavailable(unavailable="git is not installed")
    except subprocess.CalledProcessError:
        return Unavailable(unavailable="not a git checkout with a commit")
    try:
        remote = _git(folder, "remote", "get-url", "origin")
    except subprocess.CalledProcessError:
        remote = ""
    return GitState(commit=commit, dirty=bool(status), remote=public(remote))


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
