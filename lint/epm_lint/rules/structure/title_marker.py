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

from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.sections import confidence_lines, results
from epm_lint.quoting import quote
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    levels: tuple[str, ...] = option(("HIGH", "MODERATE", "LOW"), "the levels of confidence")


def check(page: Page, options: Options) -> Verdict:
    """The title's marker is there and equals the body's level."""
    if page.title is None:
        return Verdict.skipped("no title given")
    levels = "|".join(map(re.escape, options.levels))
    marker = re.search(rf"\(({levels}) confidence\)$", page.title.rstrip())
    if marker is None:
        known = "|".join(options.levels)
        return Verdict.failed(f"the title does not end with ({known} confidence)")
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


RULE = Rule("title-marker", "Title confidence marker", check, options=Options(), doc=__doc__)
