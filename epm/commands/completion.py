"""`epm completion`: what a shell needs to complete epm's arguments."""

from __future__ import annotations

import argparse

from epm.exit_codes import CLEAN

SHELLS = ("bash", "zsh", "tcsh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    parser.add_argument("shell", choices=SHELLS, help='as in `eval "$(epm completion bash)"`')


def run(parsed: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    print(shtab.complete(parsed.parser_of_all(), shell=parsed.shell))  # noqa: T201
    return CLEAN
