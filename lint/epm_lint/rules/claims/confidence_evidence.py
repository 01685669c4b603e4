"""A confidence word is a claim too, and the page holds the evidence for it.

HIGH is doubted with a single seed, with few samples per cell, or with rates whose intervals are
wide; a statistic without significance behind a headline that claims an effect is an error at HIGH,
and a doubt at MODERATE. The headline's statistic is the r or ρ in the title, its p the one that the
page gives for the same method and layer. LOW claims nothing. The gates are options.

Bad:

    Title: The cosine predicts the rate (ρ=-0.30, p=0.34) (HIGH confidence)

    **Confidence: HIGH** — it is plain to see, from a single seed.

Good:

    Title: The cosine may predict the rate (ρ=-0.30, p=0.34) (LOW confidence)

    **Confidence: LOW** — a single seed, and no significance.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.quoting import quote
from epm_lint.reading.families import alphas, families, significant_at
from epm_lint.reading.number import Number
from epm_lint.reading.page import Reading, read
from epm_lint.reading.remarks import cell_sizes, denies_effect, has_one_seed, rate_intervals
from epm_lint.reading.statements import Confidence, Correlation, Span
from epm_lint.reading.text.passages import Place
from epm_lint.rules.tally import shown, shown_interval
from epm_lint.values import dataclass


@dataclass(frozen=True)
class Options:
    """What can be set."""

    fewest: int = option(30, "the fewest samples per cell behind HIGH")
    widest: int = option(15, "the widest half-width of a rate's interval, in points, behind HIGH")


def check(page: Page, options: Options) -> Verdict:
    """The word is as strong as the evidence."""
    reading = read(page.document, page.title)
    said = [
        one
        for one in reading.statements
        if isinstance(one, Confidence) and one.own and not one.quoted
    ]
    if not said:
        return Verdict.skipped("the page states no confidence")
    insignificant = list(_insignificant(reading))
    weak = [*insignificant, *_one_seed(reading), *_few(reading, options), *_wide(reading, options)]
    last = said[-1]
    if last.level == "HIGH" and weak:
        found = [Finding(f"HIGH confidence with {'; '.join(weak)}", last.line, fix="say less")]
        if insignificant:
            return Verdict.failed(f"HIGH with {len(weak)} weaknesses", found)
        return Verdict.warned(f"HIGH with {weak[0]}", found)
    if last.level == "MODERATE" and insignificant:
        found = [Finding(f"MODERATE confidence with {insignificant[0]}", last.line, fix="say less")]
        return Verdict.warned(f"MODERATE with {insignificant[0]}", found)
    evidence = "; ".join(weak) or "nothing on the page speaks against it"
    return Verdict.passed(f"{last.level}: {evidence}")


def _one_seed(reading: Reading) -> Iterator[str]:
    if has_one_seed(reading):
        yield "a single seed"


def _few(reading: Reading, options: Options) -> Iterator[str]:
    """The smallest n per cell."""
    least = min(cell_sizes(reading), key=lambda n: n.mantissa, default=None)
    if least and 0 < least.mantissa < options.fewest:
        yield f"n={shown(least)} per cell (fewer than {options.fewest})"


def _wide(reading: Reading, options: Options) -> Iterator[str]:
    """The widest interval of a rate in the message: the details hold many it does not rest on."""
    widest: tuple[Fraction, Span] | None = None
    for span in rate_intervals(reading):
        if span.unit == "%":
            low, high = span.ends
            half = (high.value - low.value) / 2
            widest = max(widest or (half, span), (half, span), key=lambda pair: pair[0])
    if widest and widest[0] * 100 > options.widest:
        half, span = widest
        yield (
            f"an interval {shown_interval(span)}, ±{float(half * 100):.0f} pp "
            f"(over {options.widest})"
        )


def _insignificant(reading: Reading) -> Iterator[str]:
    """The headline's statistic, where the title claims an effect and p is over every level."""
    for said in reading.statements:
        if said.passage.place is not Place.TITLE:
            return
        if not isinstance(said, Correlation) or denies_effect(said.passage):
            continue
        found = [said.p] if said.p else _p_of(reading, said)
        for p in found[:1]:
            if {significant_at(p, alpha) for alpha in alphas(reading)} == {False}:
                yield f"{quote(said.text)} not significant (p={shown(p)})"


def _p_of(reading: Reading, said: Correlation) -> list[Number]:
    return [
        member.p
        for family in families(reading)
        if family.method == said.method
        for member in family.members
        if said.layer is not None and member.layer == said.layer
    ]


RULE = Rule(
    "confidence-evidence",
    "Confidence and evidence",
    check,
    Options(),
    everywhere=True,
    doc=__doc__,
)
