"""How often each rule found something, over all bodies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from epm_lint.model import Report, Rule, Status

SHOWN = (Status.ERROR, Status.FAIL, Status.WARN, Status.AWAITING, Status.PASS, Status.SKIP)


def counts(reports: Sequence[Report]) -> list[tuple[Rule, Counter[Status]]]:
    """Each rule with the number of bodies of each status, those that fail most often first."""
    rules: dict[str, Rule] = {}
    counted: dict[str, Counter[Status]] = {}
    for report in reports:
        for row in report.rows:
            rules.setdefault(row.rule.slug, row.rule)
            counted.setdefault(row.rule.slug, Counter())[row.verdict.status] += 1
    order = sorted(counted, key=lambda slug: tuple(-counted[slug][status] for status in SHOWN[:3]))
    return [(rules[slug], counted[slug]) for slug in order]


def render(reports: Sequence[Report]) -> str:
    """A table: a row for each rule, a column for each status."""
    width = 2 + max((len(rule.slug) for rule, _ in counts(reports)), default=4)
    lines = ["Rule".ljust(width) + "".join(f"{status:>9}" for status in SHOWN)]
    lines += [
        rule.slug.ljust(width) + "".join(f"{counted[status]:9}" for status in SHOWN)
        for rule, counted in counts(reports)
    ]
    return "\n".join([*lines, "", f"{len(reports)} file(s)"]) + "\n"


def render_json(reports: Sequence[Report]) -> str:
    """The same as JSON, in the version of the reports' JSON."""
    from epm_lint.output.json import VERSION, dumped

    rules = [
        {"rule": rule.slug, "title": rule.title, "counts": {s: counted[s] for s in SHOWN}}
        for rule, counted in counts(reports)
    ]
    value = {"version": VERSION, "files": len(reports), "rules": rules}
    return dumped(value)
