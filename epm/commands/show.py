"""`epm show`: an experiment's resolved definition."""

from __future__ import annotations

import argparse

from epm.commands.selection import add_arguments, resolve
from epm.exit_codes import CLEAN
from epm.files import dump_json

__all__ = ["add_arguments", "run"]


def run(parsed: argparse.Namespace) -> int:
    """Print the definition and its fingerprint as JSON."""
    _, definition = resolve(parsed)
    print(dump_json({"fingerprint": definition.fingerprint, **definition.as_json()}), end="")  # noqa: T201
    return CLEAN
