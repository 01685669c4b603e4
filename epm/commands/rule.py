"""`epm rule`: what the rules ask, and why."""

from __future__ import annotations

import argparse

from epm.errors import EpmError
from epm.exit_codes import CLEAN
from epm_lint import catalogue
from epm_lint.configuration import families, nearest
from epm_lint.rules import RULES

FAMILIES = families(RULES)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `epm rule` understands."""
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="the rule (default: list them)")
    parser.add_argument("--family", metavar="NAME", help=f"list one family: {', '.join(FAMILIES)}")


def run(parsed: argparse.Namespace) -> int:
    """Print all about one rule, or a line about each."""
    if parsed.family is not None and parsed.family not in FAMILIES:
        hint = nearest(parsed.family, FAMILIES) or f"known: {', '.join(FAMILIES)}"
        raise EpmError(f"there is no family of rules {parsed.family!r}", hint)
    if parsed.family is not None and parsed.slug is not None:
        raise EpmError("a rule and a family are asked for", "leave one of them out")
    if parsed.slug is None:
        listed = [rule for rule in RULES if parsed.family in (None, rule.family)]
        print(catalogue.listing(listed), end="")  # noqa: T201
        return CLEAN
    rules = {rule.slug: rule for rule in RULES}
    if parsed.slug not in rules:
        hint = nearest(parsed.slug, rules) or "`epm rule` lists them"
        raise EpmError(f"there is no rule {parsed.slug!r}", hint)
    print(catalogue.explanation(rules[parsed.slug]), end="")  # noqa: T201
    return CLEAN
