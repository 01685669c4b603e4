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

import re
from collections.abc import Iterator
from decimal import Decimal

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.numbers.forms import Arithmetic, Independence, Rate, SampleSize
from epm_lint.numbers.passages import Passage
from epm_lint.numbers.reading import Reading, read
from epm_lint.numbers.tables import Role
from epm_lint.numbers.values import Number
from epm_lint.quoting import quote
from epm_lint.values import dataclass

_CLUSTER = re.compile(
    r"\b(?:questions?|prompts?|items?|problems?|tasks?|documents?|subjects?|participants?)\b", re.I
)
_WITHIN = re.compile(
    r"\b(?:completions?|samples?|answers?|generations?|draws?|responses?|repeats?|repetitions?"
    r"|rollouts?|trials?)\b",
    re.IGNORECASE,
)
_AWARE = re.compile(
    r"cluster(?:ed|ing|-robust)|clusters? of (?:samples|questions|completions)|same question"
    r"|not (?:all )?independent|non-?independent|design[- ]effect|\bDEFF\b|\bICCs?\b|intra-?class"
    r"|effective (?:sample size|n\b)|\bn_?eff\b|mixed[- ]effects?|random effects?|\bGEE\b"
    r"|hierarchical model|block bootstrap",
    re.IGNORECASE,
)
_ICC = re.compile(r"(?:\bICC\b|intra-?class correlation)[^\d;.]{0,20}\Z", re.IGNORECASE)
_EFFECT = re.compile(r"(?:design[- ]effect|\bDEFF\b)[^\d;.]{0,20}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Design:
    """So many clusters with so many samples each."""

    clusters: int
    each: int
    cluster: str
    line: int

    @property
    def n(self) -> int:
        """All samples."""
        return self.clusters * self.each

    def effective(self, icc: float) -> float:
        """Kish's effective sample size."""
        return self.n / (1 + (self.each - 1) * icc)

    def __str__(self) -> str:
        """As a page says it."""
        return f"{self.clusters} {self.cluster} × {self.each}"


def check(page: Page) -> Verdict:
    """Clusters are named where samples come in them."""
    reading = read(page.document, page.title)
    design = next(_designs(reading), None)
    if design is None:
        return Verdict.skipped("no clusters of samples: the page does not say k questions × m each")
    found = list(_called_independent(reading, design))
    aware = any(_AWARE.search(said.passage.text) for said in reading.said)
    if not found and not aware and (line := _interval_at(reading, design.n)):
        message = (
            f"an interval at n={design.n} takes samples as independent: {_size(reading, design)}"
        )
        found = [Finding(message, line, fix="give an interval clustered by question, or say so")]
    if found:
        return Verdict.warned(f"{design} samples are clusters", found)
    reason = "the page says so" if aware else "no interval at their product"
    return Verdict.passed(f"{design} samples are clusters; {reason}")


def _designs(reading: Reading) -> Iterator[Design]:
    """Products of clusters and samples each, in prose and in the card."""
    for passage, said in reading.statements:
        if isinstance(said, Arithmetic) and len(said.terms) == 1 and not passage.quoted:
            factors = said.terms[0].factors
            if len(factors) != 2 or any(f.unit or f.decimals > 0 for f in factors):
                continue
            k, m = factors
            middle, after = passage.text[k.end : m.start], passage.text[m.end : m.end + 40]
            word, within = _CLUSTER.search(middle), _WITHIN.search(after)
            if word and within and 1 < k.value < 10**6 and 1 < m.value < 10**6:
                yield Design(int(k.value), int(m.value), word.group(), k.line)


def _called_independent(reading: Reading, design: Design) -> Iterator[Finding]:
    for passage, said in reading.statements:
        if not isinstance(said, Independence) or said.of or passage.quoted:
            continue
        if said.negated or said.quoted or said.hypothetical or not _of_samples(passage, said):
            continue
        line = passage.line + passage.text.count("\n", 0, said.start)
        message = f"{quote(said.text)}, but {_size(reading, design)}"
        yield Finding(message, line, fix="call them clustered, and widen the intervals")


def _of_samples(passage: Passage, said: Independence) -> bool:
    return bool(_WITHIN.search(passage.text[max(0, said.start - 40) : said.end + 20]))


def _size(reading: Reading, design: Design) -> str:
    """The effective sample size: for the page's own ICC or design effect, else its bounds."""
    start = f"{design} are {design.clusters} clusters"
    if effect := _named(reading, _EFFECT, Decimal(1), Decimal(design.each)):
        n_eff = design.n / float(effect.value)
        return f"{start}: n_eff={n_eff:.0f} at a design effect of {effect.value}"
    if icc := _named(reading, _ICC, Decimal(0), Decimal(1)):
        n_eff = design.effective(float(icc.value))
        return f"{start}: n_eff={n_eff:.0f} at an ICC of {icc.value}"
    return (
        f"{start}: n_eff={design.n}/(1 + {design.each - 1}·ICC), "
        f"between {design.clusters} and {design.n}"
    )


def _named(reading: Reading, form: re.Pattern[str], least: Decimal, most: Decimal) -> Number | None:
    return next(
        (
            number
            for passage, numbers in reading.passages
            for number in numbers
            if least <= number.value <= most
            if not number.unit and form.search(passage.text[: number.start][-40:])
        ),
        None,
    )


def _interval_at(reading: Reading, n: int) -> int | None:
    """Where the first interval stands, if the page's samples are n."""
    sizes = {
        int(said.n.value)
        for _, said in reading.statements
        if isinstance(said, SampleSize | Rate) and said.n and said.n.value < 10**9
    }
    sizes |= {
        int(said.total.value)
        for _, said in reading.statements
        if isinstance(said, Arithmetic) and said.total and said.total.value < 10**9
    }
    sizes |= {
        number.fraction[1]
        for _, numbers in reading.passages
        for number in numbers
        if number.fraction
    }
    if n not in sizes:
        return None
    for passage, said in reading.statements:
        if isinstance(said, Rate) and said.interval and not passage.quoted:
            return said.interval.low.line
    for table in reading.tables:
        if Role.RATE in table.columns or Role.COUNT in table.columns:
            for record in table.records:
                for entry in record.entries:
                    if entry.role is Role.INTERVAL and entry.spans:
                        return entry.passage.line
    return None


RULE = Rule("recomputed-independence", "Independent samples", check, doc=__doc__)
