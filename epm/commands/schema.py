"""`epm schema`: print a JSON Schema."""

from __future__ import annotations

import argparse

from epm.exit_codes import CLEAN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm schema` understands."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("results", "lint"),
        default="results",
        help="of results.json (the default), or of the linter's configuration",
    )


def run(parsed: argparse.Namespace) -> int:
    """Print the schema."""
    if parsed.what == "lint":
        from epm.files import dump_json
        from epm_lint.configuration import schema
        from epm_lint.rules import RULES

        print(dump_json(schema(RULES)), end="")  # noqa: T201
        return CLEAN
    from epm.results.reading import json_schema

    print(json_schema(), end="")  # noqa: T201
    return CLEAN
