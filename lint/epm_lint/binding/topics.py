"""What each number of a page is about, in the words that a results file uses for its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from epm_lint.patterns import Pattern
from epm_lint.reading.context import Context, contexts
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.page import Reading
from epm_lint.reading.statements import (
    Correlation,
    Diagnostic,
    Prediction,
    Proportion,
    Span,
    Statement,
)
from epm_lint.reading.tables.columns import Role
from epm_lint.reading.text.passages import Passage, Place
from epm_lint.values import dataclass

_BY_ROLE = {
    Role.CORRELATION: "coefficient",
    Role.P: "p",
    Role.RATE: "rate",
    Role.OBSERVED: "rate",
    Role.COUNT: "k",
    Role.COSINE: "cosine",
    Role.COOK: "cook",
    Role.LEVERAGE: "leverage",
    Role.VIF: "vif",
    Role.HALF_WIDTH: "half",
    Role.PREDICTED: "predicted",
}
_BY_LABEL = {
    "p": "p",
    "r": "coefficient",
    "ρ": "coefficient",
    "cook": "cook",
    "leverage": "leverage",
    "vif": "vif",
}
_BY_NOUN = (("tokens", re.compile(r"tokens?\Z", re.IGNORECASE)),)
_METHOD_OF_LABEL = {"r": "pearson", "ρ": "spearman"}
_CORRECTED = Pattern(r"holm|bonferroni|\bfdr\b|corrected|adjusted|permutation", re.IGNORECASE)
_PARTIAL = Pattern(r"partial|controlling for|taken out", re.IGNORECASE)
_OF_A_PART = Pattern(
    r"\b(?:without|drop\w{0,4}|exclud\w{1,4}|remov\w{1,4}|within|leav\w{1,4}|held out"
    r"|subset|alone)\b",
    re.IGNORECASE,
)
_ELSEWHERE = Pattern(
    r"background|source issues|related|next steps|earlier|prior|references?\b", re.IGNORECASE
)
_OTHERS = Pattern(
    r"\b(?:earlier|previous|prior|parent|published|reported) (?:page|work|result|issue|study|paper)"
    r"|\bet al\b",
    re.IGNORECASE,
)
_LISTED = Pattern(r"\s?(?:,| and|, and| or|/)\s\Z")
_NEW = Pattern(
    r"\b(?:both|two|2|the) (?:\w[\w-]{0,30} ){0,2}?new\b|\bnew [\w-]{0,30} ?personas\b", re.I
)
_REACH = 160


@dataclass(frozen=True, slots=True)
class Topic:
    """What a number is, as far as the words around it tell."""

    number: Number
    passage: Passage
    kind: str = ""
    """As in `epm_lint.binding.leaves.Leaf`; empty where it is not known."""
    names: frozenset[str] = frozenset()
    layer: int | None = None
    method: str = ""
    n: float | None = None
    words: str = ""
    """All words that may tell which: label, header, sentence."""
    corrected: bool = False
    partial: bool = False
    sure: bool = False
    """Whether it is the page's own, of the whole data, with all that tells it apart."""


def topics(reading: Reading, names: Sequence[str]) -> Iterator[Topic]:
    """The topic of every number that may be a result."""
    roles = _roles(reading)
    for ground, number, context in contexts(reading):
        passage = ground.passage
        if number.kind.can_be_result:
            told = _by_statement(reading.said[id(ground)], number)
            role = roles.get((passage.line, passage.spot.column if passage.spot else -1))
            yield _topic(passage, number, context, told, role, names)


def _topic(
    passage: Passage,
    number: Number,
    context: Context,
    told: tuple[str, Statement | None],
    role: Role | None,
    names: Sequence[str],
) -> Topic:
    kind, statement = told
    at_start = passage.text[: number.start].strip(" *`_[(") == ""
    if not kind and role and at_start:
        kind = _BY_ROLE.get(role, "")
    if role is Role.INTERVAL and not kind:
        kind = _end_of(passage, number)
    kind = kind or _BY_LABEL.get(context.label, "") or _by_noun(passage, number, context)
    words = " | ".join((context.row_label, context.header, context.sentence))
    near = passage.text[max(0, number.start - _REACH) : number.start]
    named = [name for name in names if _is_in(name, context.row_label)]
    named = named or [name for name in names if _is_in(name, context.header)]
    named = named or [name for name in names if _is_in(name, context.sentence)]
    method, n, layer, partial = "", None, context.layer, bool(_PARTIAL.search(words))
    if isinstance(statement, Correlation):
        method, layer, partial = statement.method, statement.layer, statement.partial
        n = statement.n.amount if statement.n else None
    elif context.label in _METHOD_OF_LABEL:
        method = _METHOD_OF_LABEL[context.label]
    if kind == "k" and number.kind is not Kind.FRACTION:
        kind = "rate" if number.unit == "%" else kind
    about_part = _OF_A_PART.search(f"{context.row_label} | {context.header} | {near}")
    return Topic(
        number,
        passage,
        kind,
        frozenset(named),
        layer,
        method,
        n,
        words,
        bool(_CORRECTED.search(f"{context.row_label} | {context.header} | {near[-40:]}")),
        partial,
        bool(kind) and not about_part and _is_own(passage, context),
    )


def _is_own(passage: Passage, context: Context) -> bool:
    """Not of another page: no issue is named beside it, and it is no background."""
    if passage.quoted or any(map(_ELSEWHERE.search, passage.sections)):
        return False
    return not (re.search(r"#\d", context.sentence) or _OTHERS.search(context.sentence))


def _is_in(name: str, text: str) -> bool:
    return name.casefold() in text.casefold() and bool(_word(name).search(text))


@lru_cache(maxsize=512)
def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def _by_noun(passage: Passage, number: Number, context: Context) -> str:
    """What is counted: by the word after it, or after the last number of its list."""
    after = passage.text[number.end : number.end + 40].replace("\n", " ")
    noun = re.match(r"\s?(?:,\s?(?:and )?|and |or )?(?:\d{1,6} )?([^\W\d][\w-]{0,30})", after)
    word = noun[1] if noun else context.noun
    return next((kind for kind, form in _BY_NOUN if form.match(word)), "")


def _end_of(passage: Passage, number: Number) -> str:
    before = passage.text[: number.start].rstrip(" -−")
    if before.endswith(("[", "(")):
        return "low"
    return "high" if passage.text[number.end : number.end + 2].strip()[:1] in ("]", ")") else ""


def _roles(reading: Reading) -> dict[tuple[int, int], Role]:
    """What the tables say that a cell is, by its line and column."""
    return {
        (entry.passage.line, entry.place): entry.role
        for table in reading.tables
        for record in table.records
        for entry in record.entries
        if entry.passage.place is Place.CELL
    }


def _by_statement(statements: Sequence[Statement], number: Number) -> tuple[str, Statement | None]:
    """What a statement that uses the number says that it is."""
    for said in statements:
        match said:
            case Correlation():
                given = {"coefficient": said.coefficient, "p": said.p, "n": said.n}
                ends = said.interval
            case Proportion():
                given = {"rate": said.rate, "k": said.count, "n": said.n_number}
                ends = said.interval
            case Prediction():
                given = {"rate": said.observed, "predicted": said.predicted}
                ends = None
            case Diagnostic():
                given = {("threshold" if said.threshold else said.measure): said.value}
                ends = None
            case _:
                continue
        if kind := next((kind for kind, own in given.items() if own is number), ""):
            return kind, said
        if isinstance(ends, Span) and number in (ends.low, ends.high):
            return ("low" if number is ends.low else "high"), said
    return "", None


def listed(topics_found: Sequence[Topic], at: int) -> list[Topic]:
    """The numbers of a list of one kind that starts at a place: "5 and 11 tokens"."""
    first = topics_found[at]
    found = [first]
    for topic in topics_found[at + 1 :]:
        last = found[-1].number
        between = first.passage.text[last.end : topic.number.start]
        same = topic.passage is first.passage and topic.kind == first.kind
        if not same or not _LISTED.match(between.replace("\n", " ")):
            break
        found.append(topic)
    return found


def speaks_of_the_new(topic: Topic) -> bool:
    """Whether the sentence is about the new conditions, all of them."""
    return bool(_NEW.search(topic.words.replace("\n", " ")))
