"""What ran, on what: recorded, never typed by hand."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from epm import __version__
from epm.pipeline.content import Content, git, installed, remote
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


def environment(command: str, repository: Path, found: Content, device: str) -> Environment:
    """Describe this invocation.

    Args:
        command: the command line, see `epm.privacy.command_line`.
        repository: the folder whose git state counts.
        found: what the run depends on.
        device: 'cuda' or 'cpu'.
    """
    return Environment(
        command=command,
        epm_version=__version__,
        git=git_state(repository, found),
        content=found.sha256,
        installed=installed(repository) or None,
        hardware=hardware(device),
        python=platform.python_version(),
        libraries={name: its for name in LIBRARIES if (its := _version(name))},
    )


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def git_state(repository: Path, found: Content) -> GitState | Unavailable:
    """The commit, and whether what is run is something else.

    Dirty: a tracked file was changed, wherever it is, or there is a new file, not ignored, among
    those that a run depends on. Notes, lock files and other experiments are no part of it.
    """
    try:
        commit = git(repository, "rev-parse", "HEAD").strip()
        changed = git(repository, "status", "--porcelain", "--untracked-files=no")
    except FileNotFoundError:
        return Unavailable(unavailable="git is not installed")
    except subprocess.CalledProcessError:
        return Unavailable(unavailable="not a git checkout with a commit")
    dirty = bool(changed or found.uncommitted)
    return GitState(commit=commit, dirty=dirty, remote=remote(repository))


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
