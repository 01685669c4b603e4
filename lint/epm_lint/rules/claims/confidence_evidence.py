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

import re
from collections.abc import Iterator
from fractions import Fraction

from epm_lint.families import alphas, families, significant_at
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.numbers.forms import Confidence, Correlation, Rate, SampleSize
from epm_lint.numbers.passages import Passage, Place
from epm_lint.numbers.reading import Reading, read
from epm_lint.numbers.tables import Role
from epm_lint.numbers.values import Kind, Number, Span
from epm_lint.quoting import quote
from epm_lint.recomputing import printed, shown, shown_interval
from epm_lint.values import dataclass

_LINE = re.compile(r"\W{0,8}confidence\b", re.IGNORECASE)
_ONE_SEED = re.compile(r"\b(?:a |one |the )?(?:single|one|1)[ -]seed\b", re.IGNORECASE)
_UNTRAINED = re.compile(r"\bno (?:model )?training\b|\bnothing (?:was|is) trained\b", re.IGNORECASE)
_NOT_ONE = re.compile(r"\b(?:not|than|no|beyond)\s(?:\w{1,12}\s){0,2}\Z", re.IGNORECASE)
_SEEDS = re.compile(r"\bseeds?\b|\d seeds\b", re.IGNORECASE)
_MANY_SEEDS = re.compile(r"\b(?:[2-9]|\d{2,4}|two|three|four|five|ten|several|many) seeds\b", re.I)
_ELSEWHERE = re.compile(r"next steps|source issues|background", re.IGNORECASE)
_DETAILS = re.compile(r"detailed report", re.IGNORECASE)
_NO_EFFECT = re.compile(
    r"\b(?:not|no|nor|never|fails?|null|without|neither|cannot|un\w{3,12})\b|n['’]t\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Options:
    """What can be set."""

    fewest: int = option(30, "the fewest samples per cell behind HIGH")
    widest: int = option(15, "the widest half-width of a rate's interval, in points, behind HIGH")


@dataclass(frozen=True, slots=True)
class Said:
    """The page's own confidence, and where it says it."""

    level: str
    line: int


def check(page: Page, options: Options) -> Verdict:
    """The word is as strong as the evidence."""
    reading = read(page.document, page.title)
    said = list(_levels(reading))
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


def _levels(reading: Reading) -> Iterator[Said]:
    """In the title and in "Confidence: …" lines; the confidence of other pages is none of ours."""
    for passage, said in reading.statements:
        own = passage.place is Place.TITLE or _LINE.match(passage.text)
        if own and isinstance(said, Confidence) and not (passage.quoted or said.quoted):
            line = passage.line + passage.text.count("\n", 0, said.start)
            yield Said(said.level, line)


def _here(passage: Passage) -> bool:
    return not passage.quoted and not any(map(_ELSEWHERE.search, passage.sections))


def _message(passage: Passage) -> bool:
    return _here(passage) and not any(map(_DETAILS.search, passage.sections))


def _one_seed(reading: Reading) -> Iterator[str]:
    """Where something was trained: a model that answers as it is has no luck of its training."""
    if any(_UNTRAINED.search(passage.text) for passage, _ in reading.passages):
        return
    several = False
    one = ""
    for passage, numbers in reading.passages:
        if not _here(passage):
            continue
        several = several or bool(_MANY_SEEDS.search(passage.text))
        for found in _ONE_SEED.finditer(passage.text):
            if not _NOT_ONE.search(passage.text[: found.start()][-30:]):
                one = one or "a single seed"
        label = passage.spot.row_label if passage.spot and passage.spot.column else ""
        if _SEEDS.match(label):
            seeds = {n.value for n in numbers if n.kind is Kind.SETTING}
            several = several or len(seeds) > 1
            one = one or ("a single seed" if len(seeds) == 1 else "")
    if one and not several:
        yield one


def _few(reading: Reading, options: Options) -> Iterator[str]:
    """The smallest n per cell."""
    cells = [
        said.n
        for passage, said in reading.statements
        if isinstance(said, SampleSize) and said.per and _here(passage) and not said.quoted
        if said.n.decimals == 0
    ]
    least: Number | None = min(cells, key=lambda n: n.value, default=None)
    if least and 0 < least.value < options.fewest:
        yield f"n={shown(least)} per cell (fewer than {options.fewest})"


def _wide(reading: Reading, options: Options) -> Iterator[str]:
    """The widest interval of a rate in the message: the details hold many it does not rest on."""
    widest: tuple[Fraction, Span] | None = None
    for span in _intervals(reading):
        low, high = printed(span.low, span.unit), printed(span.high, span.unit)
        if span.unit == "%" and low and high:
            half = (high.value - low.value) / 2
            widest = max(widest or (half, span), (half, span), key=lambda pair: pair[0])
    if widest and widest[0] * 100 > options.widest:
        half, span = widest
        yield (
            f"an interval {shown_interval(span)}, ±{float(half * 100):.0f} pp "
            f"(over {options.widest})"
        )


def _intervals(reading: Reading) -> Iterator[Span]:
    for passage, said in reading.statements:
        if isinstance(said, Rate) and said.interval and _message(passage) and not said.quoted:
            yield said.interval
    for table in reading.tables:
        for record in table.records:
            for entry in record.entries:
                header = entry.passage.spot.header if entry.passage.spot else ""
                if entry.role is not Role.INTERVAL or not _message(entry.passage):
                    continue
                if "predict" not in header and "PI" not in header:
                    yield from entry.spans[:1]


def _insignificant(reading: Reading) -> Iterator[str]:
    """The headline's statistic, where the title claims an effect and p is over every level."""
    for passage, said in reading.statements:
        if passage.place is not Place.TITLE:
            return
        if not isinstance(said, Correlation) or _NO_EFFECT.search(passage.text):
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


RULE = Rule("confidence-evidence", "Confidence and evidence", check, Options(), doc=__doc__)
