"""Twenty questions asked five times are not a hundred questions.

Where a page gives its design (20 questions × 5 completions) and interval estimates or tests at the
product of both, its samples come in clusters: those of one question are alike. The effective sample
size is n/(1 + (m - 1)·ICC), for m samples per cluster (Kish 1965, Survey Sampling, section 5.4),
between the number of clusters and n. A page that calls such samples independent, or that has not a
word on clusters, is doubted; where it names an ICC or a design effect, the message gives n_eff.

Bad:

    Each persona was asked 20 questions × 5 completions = 100; its rate is 23% [15.8%, 32.2%].

Good:

    Each persona was asked 20 questions × 5 completions = 100; its rate is 23% [15.8%, 32.2%],
    or [12%, 40%] with samples clustered by question.
"""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import quote
from epm_lint.reading.page import Reading, read
from epm_lint.reading.remarks import (
    Design,
    design_effect,
    designs,
    interval_at,
    intraclass_correlation,
    knows_clusters,
)
from epm_lint.reading.statements import Independence


def check(page: Page) -> Verdict:
    """Clusters are named where samples come in them."""
    reading = read(page.document, page.title)
    design = next(designs(reading), None)
    if design is None:
        return Verdict.skipped("no clusters of samples: the page does not say k questions × m each")
    found = list(_called_independent(reading, design))
    aware = knows_clusters(reading)
    if not found and not aware and (line := interval_at(reading, design.n)):
        message = (
            f"an interval at n={design.n} takes samples as independent: {_size(reading, design)}"
        )
        found = [Finding(message, line, fix="give an interval clustered by question, or say so")]
    if found:
        return Verdict.warned(f"{design} samples are clusters", found)
    reason = "the page says so" if aware else "no interval at their product"
    return Verdict.passed(f"{design} samples are clusters; {reason}")


def _called_independent(reading: Reading, design: Design) -> Iterator[Finding]:
    for said in reading.claimed(Independence):
        if said.of_samples and not said.of:
            message = f"{quote(said.text)}, but {_size(reading, design)}"
            yield Finding(message, said.line, fix="call them clustered, and widen the intervals")


def _size(reading: Reading, design: Design) -> str:
    """The effective sample size: for the page's own ICC or design effect, else its bounds."""
    start = f"{design} are {design.clusters} clusters"
    if effect := design_effect(reading, design.each):
        n_eff = design.n / effect.amount
        return f"{start}: n_eff={n_eff:.0f} at a design effect of {effect.raw}"
    if icc := intraclass_correlation(reading):
        n_eff = design.effective(icc.amount)
        return f"{start}: n_eff={n_eff:.0f} at an ICC of {icc.raw}"
    return (
        f"{start}: n_eff={design.n}/(1 + {design.each - 1}·ICC), "
        f"between {design.clusters} and {design.n}"
    )


RULE = Rule("recomputed-independence", "Independent samples", check, everywhere=True, doc=__doc__)
