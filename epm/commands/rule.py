"""`epm rule`: what the rules ask, and why."""

from __future__ import annotations

import argparse

from epm.errors import EpmError
from epm.exit_codes import CLEAN
from epm_lint import catalogue
from epm_lint.configuration import nearest
from epm_lint.rules import RULES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm rule` understands."""
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="the rule (default: list them)")


def run(parsed: argparse.Namespace) -> int:
    """Print all about one rule, or a line about each."""
    if parsed.slug is None:
        print(catalogue.listing(RULES), end="")  # noqa: T201
        return CLEAN
    rules = {rule.slug: rule for rule in RULES}
    if parsed.slug not in rules:
        hint = nearest(parsed.slug, rules) or "`epm rule` lists them"
        raise EpmError(f"there is no rule {parsed.slug!r}", hint)
    print(catalogue.explanation(rules[parsed.slug]), end="")  # noqa: T201
    return CLEAN
