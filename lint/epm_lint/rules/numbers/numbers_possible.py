"""Some numbers cannot be: a p over 1, a correlation of 1.3, an accuracy of 113%, 64 of 60 answers.

Only what is surely such a quantity is judged: a p or a correlation that is written as one, a
measure that is bounded by its definition, a share that is called one, a count of answers. Ratios,
changes and R² of held-out data may well leave [0, 1].

Bad:

    Cosine and rate correlate with r = 1.30 (N = 12).

Good:

    Cosine and rate correlate with r = 0.30 (N = 12).
"""

from __future__ import annotations

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.reading.page import read
from epm_lint.reading.statements import Impossible
from epm_lint.rules.tally import shown


def check(page: Page) -> Verdict:
    """Every number is one that such a quantity can have."""
    reading = read(page.document, page.title)
    found = [
        Finding(
            f"says {shown(said.number)}: {said.why}",
            said.number.line,
            column=said.number.column,
            fix="correct the number",
            uses=(said.number,),
        )
        for said in reading.claimed(Impossible)
    ]
    if found:
        verdict = Verdict.failed(f"{len(found)} value(s) that cannot be", found)
        return verdict.with_numbers(tuple(n for finding in found for n in finding.uses), {})
    if any(reading.numbers):
        return Verdict.passed("no value that cannot be")
    return Verdict.skipped("no numbers")


RULE = Rule("numbers-possible", "Possible values", check, everywhere=True, doc=__doc__)
