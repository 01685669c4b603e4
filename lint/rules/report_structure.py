"""Whoever repeats the experiment finds each thing under the heading where it always is.

Bad:

    # Detailed report

    ## Source issues

    ## Sample outputs

Good:

    # Detailed report

    ## Human summary

    ## Source issues

    ## Setup & hyper-parameters

    ## WandB

    ## Sample outputs

    ## Headline numbers

    ## Artifacts
"""

from lint.anatomy import absences, report
from lint.blocks import title_key
from lint.formats import BodyFormat
from lint.model import Page, Rule, Verdict

LEVEL = 2
PARTS = (
    "Human summary",
    "Source issues",
    "Setup & hyper-parameters",
    "WandB",
    "Sample outputs",
    "Headline numbers",
    "Artifacts",
)


def check(page: Page) -> Verdict:
    """The report has all its sections; another order is a warning."""
    section = report(page)
    if section is None:
        return Verdict.failed("# Detailed report missing")
    wanted = {title_key(title): title for title in PARTS}
    found = [part.key for part in section.sections if part.key in wanted]
    if missing := [title for key, title in wanted.items() if key not in found]:
        faults = absences(page, section, missing, LEVEL)
        return Verdict.failed(f"missing: {', '.join(missing)}", faults)
    if found != list(wanted):
        return Verdict.warned(f"expected in the order {', '.join(PARTS)}")
    return Verdict.passed(f"all {len(PARTS)} sections")


RULE = Rule(
    "report-structure",
    "Detailed report structure",
    check,
    formats=frozenset({BodyFormat.V1}),
    doc=__doc__,
)
