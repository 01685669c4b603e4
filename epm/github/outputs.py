"""What a workflow's step hands to the runner: its outputs and its summary.

Nothing untrusted goes to GITHUB_ENV or GITHUB_PATH, so there is no writer for those.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from epm.errors import EpmError

LARGEST_SUMMARY = 2**20
"""Bytes that GitHub shows of a step's summary; it refuses all of a larger one."""

_CUT = "\n\n… cut here: GitHub shows no more.\n"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")


def write_output(environment: Mapping[str, str], name: str, value: str) -> None:
    """Set a step's output; the value can hold anything, a delimiter of its own included."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of an output")
    delimiter = f"epm-{secrets.token_hex(16)}"
    if delimiter in value:
        raise EpmError(f"the output {name} holds the delimiter that was drawn for it")
    _append(environment, "GITHUB_OUTPUT", f"{name}<<{delimiter}\n{value}\n{delimiter}\n")


def tell(environment: Mapping[str, str], name: str, value: str) -> None:
    """Set an output where there is a workflow that may ask for it."""
    if environment.get("GITHUB_ACTIONS") == "true" and environment.get("GITHUB_OUTPUT"):
        write_output(environment, name, value)


def write_summary(environment: Mapping[str, str], markdown: str) -> None:
    """Add to the step's summary, cut where GitHub would refuse it."""
    data = markdown.encode("utf-8", "replace")
    if len(data) > LARGEST_SUMMARY:
        room = LARGEST_SUMMARY - len(_CUT.encode())
        markdown = data[:room].decode("utf-8", "ignore").rpartition("\n")[0] + _CUT
    _append(environment, "GITHUB_STEP_SUMMARY", markdown.rstrip("\n") + "\n")


def _append(environment: Mapping[str, str], variable: str, text: str) -> None:
    if not (where := environment.get(variable)):
        raise EpmError(f"{variable} is not set", "this command runs in a GitHub workflow")
    try:
        with Path(where).open("a", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
    except OSError as error:
        raise EpmError(f"{variable} cannot be written ({error.strerror})") from None
