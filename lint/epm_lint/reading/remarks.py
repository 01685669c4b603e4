"""What a page says of its design and of its own limits, in words more than in numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from epm_lint.patterns import Pattern
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.page import Reading
from epm_lint.reading.statements import Arithmetic, Proportion, SampleSize, Span
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.text.passages import Passage
from epm_lint.values import dataclass

_ADMITTED = (
    *("too wide", "wider than", "leaves 0", "leaves [0"),
    *("uninformative", "un-informative", "not informative", "informative?"),
    *("says little", "say little", "little about", "little information"),
    *("cannot tell", "cannot discriminate", "cannot rule out"),
)
_LEFT_OUT = Pattern(r"\bLOO\b|leave-one-out|left out|single-\w{1,12} drop", re.IGNORECASE)
_LEFT_OUT_STEMS = ("loo", "leave-one-out", "left out", "single-")
"""Wherever the pattern above is found, one of these stands."""
_IN_THE_FIT = Pattern(
    r"\bin the fits?\b|in[- ]sample|not held out|part of (?:the|every) fit|out of the fit"
    r"|held[- ]out|hold\w* (?:\w{1,12} )?out",
    re.IGNORECASE,
)
_COVERAGE = Pattern(r"cover|inside|within", re.IGNORECASE)
_TESTED = Pattern(
    r"\b(?P<many>both|two|2|three|3|four|4|\d{1,2}) (?:of the |the )?(?:new|added|further)\b",
    re.IGNORECASE,
)
_MANY = {"both": 2, "two": 2, "three": 3, "four": 4}
_CLUSTER = Pattern(
    r"\b(?:questions?|prompts?|items?|problems?|tasks?|documents?|subjects?|participants?)\b", re.I
)
_WITHIN = Pattern(
    r"\b(?:completions?|samples?|answers?|generations?|draws?|responses?|repeats?|repetitions?"
    r"|rollouts?|trials?)\b",
    re.IGNORECASE,
)
_AWARE = Pattern(
    r"cluster(?:ed|ing|-robust)|clusters? of (?:samples|questions|completions)|same question"
    r"|not (?:all )?independent|non-?independent|design[- ]effect|\bDEFF\b|\bICCs?\b|intra-?class"
    r"|effective (?:sample size|n\b)|\bn_?eff\b|mixed[- ]effects?|random effects?|\bGEE\b"
    r"|hierarchical model|block bootstrap|intervals? (?:above )?(?:is|are) too narrow|are alike",
    re.IGNORECASE,
)
_AWARE_STEMS = (
    *("cluster", "same question", "independent", "deff", "icc", "class", "effect", "eff", "gee"),
    *("hierarchical", "bootstrap", "narrow", "alike"),
)
"""Wherever the pattern above is found, one of these stands."""
_ICC = Pattern(r"(?:\bICC\b|intra-?class correlation)[^\d;.]{0,20}\Z", re.IGNORECASE)
_EFFECT = Pattern(r"(?:design[- ]effect|\bDEFF\b)[^\d;.]{0,20}\Z", re.IGNORECASE)
_ONE_SEED = Pattern(r"\b(?:a |one |the )?(?:single|one|1)[ -]seed\b", re.IGNORECASE)
_NOT_ONE = Pattern(r"\b(?:not|than|no|beyond)\s(?:\w{1,12}\s){0,2}\Z", re.IGNORECASE)
_SEEDS = Pattern(r"\bseeds?\b|\d seeds\b", re.IGNORECASE)
_MANY_SEEDS = Pattern(r"\b(?:[2-9]|\d{2,4}|two|three|four|five|ten|several|many) seeds\b", re.I)
_ELSEWHERE = Pattern(r"next steps|source issues|background", re.IGNORECASE)
_DETAILS = Pattern(r"detailed report", re.IGNORECASE)
_UNTRAINED = Pattern(
    r"\bno (?:model )?(?:training|fine-?tuning)\b|\bnothing (?:was|is) (?:fine-?tuned|trained)\b"
    r"|\b(?:no|without any) (?:model|adapter)s? (?:was|were|is|are)? ?trained\b"
    r"|\bn/a\b.{0,10}\btraining\b",
    re.IGNORECASE,
)
_NO_EFFECT = Pattern(
    r"\b(?:not|no|nor|never|fails?|null|without|neither|cannot|un\w{3,12})\b|n['’]t\b",
    re.IGNORECASE,
)
_HASHED = Pattern(r"([\w./-]{1,120}\.\w{1,8})[\s,:`(]{1,4}sha256[\s:=`]{1,3}([0-9a-f]{12,64})")


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


def is_here(passage: Passage) -> bool:
    """Whether a passage is about the page's own results, and not about others' or the next."""
    return not passage.quoted and not any(map(_ELSEWHERE.search, passage.sections))


def _is_message(passage: Passage) -> bool:
    """Whether it is part of what the page says before its detailed report."""
    return is_here(passage) and not any(map(_DETAILS.search, passage.sections))


# ---------------------------------------------------------------------- predictions


def admits_wide(reading: Reading) -> bool:
    """Whether the page says itself that an interval is too wide to inform."""
    return reading.mentions(*_ADMITTED)


def left_out_counts(reading: Reading) -> Iterator[Number]:
    """Counts of leave-one-out runs whose predicted points were in the fit."""
    # in a table, the label of the row may say it
    told = reading.grounds if reading.mentions(*_LEFT_OUT_STEMS) else ()
    for ground in told:
        passage = ground.passage
        if all(operand.role is not Part.COUNT for operand in ground.operands):
            continue
        about = f"{passage.text} {passage.spot.row_label}" if passage.spot else passage.text
        if passage.quoted or _IN_THE_FIT.search(about):
            continue
        if _LEFT_OUT.search(about) and _COVERAGE.search(about):
            for operand in ground.operands:
                if operand.role is Part.COUNT and not ground.is_quoted(operand.number.start):
                    yield operand.number


def new_points(reading: Reading) -> int:
    """How many points a page calls new; 0 where it does not say so with one voice."""
    found = {
        _MANY.get(word.casefold()) or (int(word) if word.isdigit() else 0)
        for ground in reading.mentioning("new", "added", "further")
        for tested in _TESTED.finditer(ground.passage.text)
        if (word := tested["many"])
    }
    return found.pop() if len(found) == 1 else 0


# ---------------------------------------------------------------------- clusters


def designs(reading: Reading) -> Iterator[Design]:
    """Products of clusters and samples each, in prose and in the card."""
    for said in reading.statements:
        if not isinstance(said, Arithmetic) or len(said.terms) != 1 or said.passage.quoted:
            continue
        factors = said.terms[0].factors
        if len(factors) != 2 or said.terms[0].divisors or not all(f.is_whole for f in factors):
            continue
        k, m = factors
        text = said.passage.text
        word, within = (
            _CLUSTER.search(text[k.end : m.start]),
            _WITHIN.search(text[m.end : m.end + 40]),
        )
        if word and within and 1 < k.mantissa < 10**6 and 1 < m.mantissa < 10**6:
            yield Design(k.mantissa, m.mantissa, word.group(), k.line)


def knows_clusters(reading: Reading) -> bool:
    """Whether the page has a word on samples that are alike."""
    told = reading.mentioning(*_AWARE_STEMS)
    return any(_AWARE.search(ground.passage.text) for ground in told)


def design_effect(reading: Reading, most: float) -> Number | None:
    """The design effect that the page gives."""
    return _named(reading.mentioning("effect", "deff"), _EFFECT, 1, most)


def intraclass_correlation(reading: Reading) -> Number | None:
    """The ICC that the page gives."""
    return _named(reading.mentioning("icc", "intra"), _ICC, 0, 1)


def _named(told: Iterator[Ground], form: Pattern, least: float, most: float) -> Number | None:
    for ground in told:
        for number in ground.numbers:
            before = ground.passage.text[max(0, number.start - 40) : number.start]
            if least <= number.amount <= most and not number.unit and form.search(before):
                return number
    return None


def interval_at(reading: Reading, n: int) -> int | None:
    """Where the first interval of a rate stands, if the page's samples are n."""
    sizes: set[int] = set()
    for said in reading.statements:
        if isinstance(said, SampleSize) and said.n.is_whole:
            sizes.add(said.n.mantissa)
        elif isinstance(said, Proportion) and said.n:
            sizes.add(said.n)
        elif isinstance(said, Arithmetic) and said.total and said.total.is_whole:
            sizes.add(said.total.mantissa)
    sizes |= {number.fraction[1] for number in reading.numbers if number.fraction}
    if n not in sizes:
        return None
    for said in reading.statements:
        if isinstance(said, Proportion) and said.interval and not said.passage.quoted:
            return said.interval.low.line
    for table in reading.tables:
        if Role.RATE in table.columns or Role.COUNT in table.columns:
            for record in table.records:
                for entry in record.entries:
                    if entry.role is Role.INTERVAL and entry.span:
                        return entry.passage.line
    return None


# ---------------------------------------------------------------------- evidence for confidence


def says_untrained(text: str) -> bool:
    """Whether a text says that nothing was trained."""
    return _UNTRAINED.search(text) is not None


def has_one_seed(reading: Reading) -> bool:
    """Whether the page's results come from training with a single seed."""
    if not reading.mentions("seed"):
        return False
    if any(says_untrained(ground.passage.text) for ground in reading.mentioning("train", "tun")):
        return False
    several = one = False
    for ground in reading.grounds:
        passage = ground.passage
        label = passage.spot.row_label if passage.spot and passage.spot.column else ""
        if "seed" not in f"{label} {passage.text}".casefold() or not is_here(passage):
            continue
        several = several or bool(_MANY_SEEDS.search(passage.text))
        for found in _ONE_SEED.finditer(passage.text):
            one = one or not _NOT_ONE.search(
                passage.text[max(0, found.start() - 30) : found.start()]
            )
        if _SEEDS.match(label):
            seeds = {n.mantissa for n in ground.numbers if n.kind is Kind.SETTING}
            several = several or len(seeds) > 1
            one = one or len(seeds) == 1
    return one and not several


def cell_sizes(reading: Reading) -> Iterator[Number]:
    """Every n per cell that the page gives for its own results."""
    for said in reading.statements:
        if not isinstance(said, SampleSize) or not said.per or not is_here(said.passage):
            continue
        if said.n.is_whole and not said.quoted:
            yield said.n


def rate_intervals(reading: Reading) -> Iterator[Span]:
    """Every confidence interval of a rate in the message; the details hold many without bearing."""
    for said in reading.statements:
        if not isinstance(said, Proportion) or not said.interval or not _is_message(said.passage):
            continue
        if not said.quoted and not said.passage.spot:
            yield said.interval
    for table in reading.tables:
        for record in table.records:
            for entry in record.entries:
                predicted = {"prediction", "predicted", "pi", "pis"} & set(entry.column.words)
                if entry.role is not Role.INTERVAL or not _is_message(entry.passage):
                    continue
                if not predicted and entry.span:
                    yield entry.span


def denies_effect(passage: Passage) -> bool:
    """Whether a title claims no effect."""
    return _NO_EFFECT.search(passage.text) is not None


# ---------------------------------------------------------------------- files


def hashes(reading: Reading) -> Iterator[tuple[str, str, int, Number | None]]:
    """Each file that the page names with its sha256: name, hash, line, number."""
    for ground in reading.mentioning("sha256"):
        passage = ground.passage
        if "sha256" not in passage.text or passage.quoted:
            continue
        for found in _HASHED.finditer(passage.text):
            number = next((n for n in ground.numbers if n.start <= found.start(2) < n.end), None)
            yield found[1], found[2], passage.line_of(found.start(2)), number
