"""`epm lsp`: serve the linter to an editor."""

from __future__ import annotations

import argparse

from epm.exit_codes import CLEAN


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> int:
    """Serve on standard input and output until the editor ends it."""
    from epm.language_server import serve

    serve()
    return CLEAN
