"""A reader finds the question, the method, the answer and what follows in the same place always.

The summary holds Background, Methodology, Results and Next steps, in that order, as headings of
the third level. A v2 body has one `### Result …` for each result instead of Results, and may leave
Next steps out.

Bad:

    ## AI Summary

    ### Methodology

    ### Results

    ### Next steps

Good:

    ## AI Summary

    ### Background

    ### Methodology

    ### Results

    ### Next steps
"""

from epm_lint.model import Page, Rule, Verdict
from epm_lint.page.parts import parts_in_place


def check(page: Page) -> Verdict:
    """The summary has the parts that the format gives it; others beside them are a warning."""
    asked = page.format.with_role("summary")
    if asked is None:
        return Verdict.skipped(f"a {page.format.name} page has no summary")
    return parts_in_place(page, asked)


RULE = Rule("ai-summary-structure", "AI Summary structure", check, doc=__doc__)
