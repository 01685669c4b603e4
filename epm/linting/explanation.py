"""`epm rule`: what the rules ask, and why."""

from __future__ import annotations

from epm.errors import EpmError
from epm_lint import catalogue
from epm_lint.configuration import nearest
from epm_lint.rules import RULES


def explain(slug: str | None) -> int:
    """Print all about one rule, or a line about each."""
    if slug is None:
        print(catalogue.listing(RULES), end="")  # noqa: T201
        return 0
    rules = {rule.slug: rule for rule in RULES}
    if slug not in rules:
        hint = nearest(slug, rules) or "`epm rule` lists them"
        raise EpmError(f"there is no rule {slug!r}", hint)
    print(catalogue.explanation(rules[slug]), end="")  # noqa: T201
    return 0
