"""The title promises as much confidence as the body has.

Lists of issues show the title alone, so it ends with the level that the Confidence line gives.

Bad:

    Title: The line holds near the assistant (HIGH confidence)

    ## AI Summary

    ### Results

    **Confidence: LOW** — one seed.

Good:

    Title: The line holds near the assistant (LOW confidence)

    ## AI Summary

    ### Results

    **Confidence: LOW** — one seed.
"""

import re

from lint.anatomy import confidence_lines, results
from lint.model import Finding, Page, Rule, Verdict
from lint.quoting import quote

_MARKER = re.compile(r"\((HIGH|MODERATE|LOW) confidence\)$")


def check(page: Page) -> Verdict:
    """The title's marker is there and equals the body's level."""
    if page.title is None:
        return Verdict.skipped("no title given")
    marker = _MARKER.search(page.title.rstrip())
    if marker is None:
        return Verdict.failed("the title does not end with (HIGH|MODERATE|LOW confidence)")
    level = marker.group(1)
    everywhere = (*results(page), *page.document.sections)
    stated = next(confidence_lines(everywhere), None)
    if stated is None:
        return Verdict.failed(f"the title says {level}, the body has no Confidence line")
    line, body_level = stated
    if body_level != level:
        fault = Finding(f"the body says {quote(body_level)}", line, fix="give both the same level")
        return Verdict.failed(f"the title says {level}, the body {quote(body_level)}", [fault])
    return Verdict.passed(f"title ends with ({level} confidence), matches Results")


RULE = Rule("title-marker", "Title confidence marker", check, doc=__doc__)
