"""Some words belong elsewhere: a claim not into the method, an issue not into a takeaway.

A format may name words that a section must not use; fences and quotations are data, and not read.
It may also name the sections that alone refer to other issues.

Bad:

    # Experiment: does arm B refuse less?

    <!-- report-v1 -->

    ## Methodology (shared)

    100 questions for each arm, which confirms the plan.

Good:

    # Experiment: does arm B refuse less?

    <!-- report-v1 -->

    ## Methodology (shared)

    100 questions for each arm.
"""

import re
from collections.abc import Iterator

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.page.asked import Fault, Stretch, judged, stretches
from epm_lint.page.references import is_own, references
from epm_lint.page.sections import located
from epm_lint.page.wording import unquoted
from epm_lint.quoting import quote


def check(page: Page) -> Verdict:
    """No section uses words that the format bars there."""
    asked = stretches(page, "section-wording")
    faults = [fault for stretch in asked for fault in _barred(page, stretch)]
    faults += _references(page)
    if not asked and not page.format.references_only_in:
        return Verdict.skipped("no section of which the format bars words")
    return judged(faults, "no word that the format bars")


def _barred(page: Page, stretch: Stretch) -> Iterator[Fault]:
    words = "|".join(re.escape(phrase) for phrase in stretch.asks.phrases)
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    for section in page.document.walk():
        for block in unquoted(section.blocks):
            for prose in block.prose:
                for line, text in prose.lines():
                    if line in stretch.lines and (found := pattern.search(text)):
                        message = f"{quote(found[0])} in '{stretch.name}'"
                        fix = "describe there, conclude elsewhere"
                        yield Fault(Finding(message, line, fix=fix), stretch.asks.severity)


def _references(page: Page) -> Iterator[Fault]:
    allowed = page.format.references_only_in
    if not allowed:
        return
    for asked in page.format.sections:
        if asked.title in allowed or len(asked.path) > 1 or asked.need == "forbidden":
            continue
        for section in located(page, asked):
            for below in section.walk():
                for block in unquoted(below.blocks):
                    for prose in block.prose:
                        for one in references(prose):
                            if not is_own(one, page):
                                message = f"{quote(one.text)} in '{section.title}'"
                                fix = f"name issues in {', '.join(allowed)}"
                                line = prose.line + prose.text.count("\n", 0, one.start)
                                yield Fault(Finding(message, line, fix=fix), "fail")


RULE = Rule("section-wording", "Section wording", check, doc=__doc__)
