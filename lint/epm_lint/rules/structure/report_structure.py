"""Whoever repeats the experiment finds each thing under the heading where it always is.

The detailed report has all its sections; in another order, or at another level, they are a warning.
Samples may stand before or behind the headline numbers.

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

    ## Headline numbers

    ## Sample outputs

    ## Artifacts
"""

from epm_lint.model import Page, Rule, Verdict
from epm_lint.page.parts import parts_in_place


def check(page: Page) -> Verdict:
    """The report has all its sections; another order is a warning."""
    asked = page.format.with_role("report")
    if asked is None:
        return Verdict.skipped(f"a {page.format.name} page has no report")
    return parts_in_place(page, asked)


RULE = Rule("report-structure", "Detailed report structure", check, doc=__doc__)
