"""`epm bot`: answer the event that started a GitHub workflow."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It takes none: the event is in the environment."""


def run(_: argparse.Namespace) -> int:
    """Answer the event of the environment, in the checkout one stands in."""
    from epm.bot.command import run as answer
    from epm.github.client import connect

    return answer(os.environ, Path.cwd(), lambda name: connect(name, os.environ), sys.stdout)
