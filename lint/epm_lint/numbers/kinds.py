"""Tell from the words around a number what it is for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from epm_lint.numbers.passages import Passage, Place
from epm_lint.numbers.values import Kind, Number

_REACH = 48
_BEFORE = (
    (Kind.LAYER, re.compile(r"\blayers?:?\s?\Z", re.IGNORECASE)),
    (Kind.ISSUE, re.compile(r"\b(?:issues?|PRs?|pull requests?|discussions?)\s\Z", re.IGNORECASE)),
    (
        Kind.SECTION,
        re.compile(
            r"(?:§{1,2}\s?|\b(?:sections?|sec\.|fig(?:ure)?s?\.?|tables?|eq(?:uation)?s?\.?|chapters?"
            r"|appendix|footnotes?|steps?|phases?|stages?|pages?|lines?|parts?|results?"
            r"|experiments?|examples?)\s)\Z",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.VERSION,
        re.compile(
            r"\b(?:versions?|python|torch|pytorch|transformers|peft|numpy|scipy|pandas|statsmodels"
            r"|vllm|cuda|gguf|tokenizers|safetensors|matplotlib|accelerate|wandb|epm)\s(?:v|==)?\Z",
            re.IGNORECASE,
        ),
    ),
    (
        Kind.HASH,
        re.compile(r"\b(?:commit|sha-?256|hash|revision|fingerprint)[:\s]{1,2}\Z", re.IGNORECASE),
    ),
    (
        Kind.SETTING,
        re.compile(
            r"(?:\b(?:seeds?|lr|learning[ _]rate|dropout|warm-?up(?:[ _]ratio)?|weight[ _]decay"
            r"|top[_-][pk]|temperature|batch(?:[ _]size)?|epochs?|rank|lora_\w{1,20}|betas?|eps"
            r"|max_\w{1,20}|min_\w{1,20}|num_\w{1,20}|n_\w{1,20}|[A-Z][A-Z_]{3,30}|seed of)"
            r"|(?<!\w)T)(?:\s?[=:]\s?|\s)\(?\Z",
        ),
    ),
    (Kind.SETTING, re.compile(r"(?<![\w-])Seeds?(?:\s?[=:]\s?|\s)\(?\Z")),
)
_ALPHA = re.compile(r"(?<!\w)(?:α|alpha)(?:\s?[=<≤]\s?|\s(?:of\s)?)\Z", re.IGNORECASE)
_LORA = re.compile(r"(?<!\w)(?:r|α|alpha)\s?=\s?\Z")
_PLURAL = re.compile(r"s:?\s?[=:(]?\s?\Z|§§\s?\Z", re.IGNORECASE)
_MORE = re.compile(r"\s?(?:,\s?(?:and |or )?|/|–|-|&|and |or |to )\s?\Z")
_LEVEL = re.compile(
    r"[\s-]{0,2}(?:two-sided |one-sided |central )?(?:CIs?\b|PIs?\b|HDI|CrI|confidence|credible"
    r"|credibility|prediction|Wilson|Clopper|Wald|Jeffreys|Agresti|bootstrap|interval|level|band"
    r"|bars?\b|error bars?)",
    re.IGNORECASE,
)
_INTERVAL_BEFORE = re.compile(r"\b(?:CI|PI|interval|confidence) \(?\Z")
_MACHINE = re.compile(r"\s?(?:CPU |GPU |vCPU )?(?:cores?|CPUs?|GPUs?|H100|H200|A100)\b")
_SETTING_AFTER = re.compile(r"\s(?:epochs?|warm-?up steps?)\b")
_YEAR_BEFORE = re.compile(r"\b(?:in|since|until|during|year|by|from|early|late|mid)[ -]\Z", re.I)
_YEAR_AFTER = re.compile(r"[.,;:)\]]|\s?\Z")
_YEARS = range(1990, 2100)
_SETUP = re.compile(r"set-?\s?up\b|hyper-?\s?parameters?", re.IGNORECASE)
_LAYERS_LABEL = re.compile(r"\s*layers?\b(?! agree)", re.IGNORECASE)
_SEEDS_LABEL = re.compile(r"\s*(?:random )?seeds?\b", re.IGNORECASE)
_USUAL_LEVELS = frozenset({1, 5, 50, 66, 68, 80, 89, 90, 95, 98, 99})
_A_VALUE = re.compile(
    r"[\w.'’]{0,30}(?: [\w.'’]{1,20}){0,2}\s?[=:<>≤≥≈]{0,2}\s?[\[\](){},;%\d.\s−-]{0,60}"
)
_SHORTEST_HASH = 7
_MOST_LAYERS = 200


def by_surroundings(numbers: Sequence[Number], passage: Passage) -> list[Number]:
    """The numbers with the kind that the words around each give it."""
    told: list[Number] = []
    listing: Kind | None = None
    for number in numbers:
        goes_on = bool(told) and _MORE.match(passage.text[told[-1].end : number.start][:12])
        kind, plural = _kind(number, passage)
        if kind is Kind.PLAIN and listing and goes_on and _is_bare(number):
            kind = listing
        elif not (goes_on and kind is listing):
            listing = kind if plural and kind is not Kind.PLAIN else None
        told.append(number if kind is number.kind else replace(number, kind=kind))
    return _items(told, passage.text)


def _is_bare(number: Number) -> bool:
    return number.decimals == 0 and not number.unit and not number.sign


def _kind(number: Number, passage: Passage) -> tuple[Kind, bool]:
    """The kind, and whether the numbers listed after it share it."""
    if number.kind not in (Kind.PLAIN, Kind.FRACTION):
        return number.kind, False
    text = passage.text
    before = text[max(0, number.start - _REACH) : number.start].replace("\n", " ")
    after = text[number.end : number.end + _REACH].replace("\n", " ")
    kind: Kind = number.kind
    plural = False
    if before.strip() or after.strip():
        kind, plural = _by_words(number, before, after)
    if kind in (Kind.PLAIN, Kind.FRACTION):
        kind = _by_place(number, kind, passage)
    return kind, plural


def _by_words(number: Number, before: str, after: str) -> tuple[Kind, bool]:
    if number.kind is Kind.FRACTION:
        return Kind.FRACTION, False
    usual = number.unit == "%" and number.value in _USUAL_LEVELS
    if usual and (_LEVEL.match(after) or _INTERVAL_BEFORE.search(before)):
        return Kind.LEVEL, False
    if _ALPHA.search(before) and 0 < number.value < 1:
        return Kind.LEVEL, False
    if _LORA.search(before) and number.value > 1 and number.decimals == 0:
        return Kind.SETTING, False
    if _MACHINE.match(after):
        return Kind.MEASURE, False
    if _SETTING_AFTER.match(after):
        return Kind.SETTING, False
    for kind, pattern in _BEFORE:
        if pattern.search(before) and _fits(kind, number):
            return kind, bool(_PLURAL.search(before))
    if (
        number.value in _YEARS
        and number.raw.isdigit()
        and _YEAR_BEFORE.search(before)
        and _YEAR_AFTER.match(after)
    ):
        return Kind.DATE, False
    return Kind.PLAIN, False


def _fits(kind: Kind, number: Number) -> bool:
    if kind in (Kind.LAYER, Kind.ISSUE):
        return _is_bare(number) and (kind is Kind.ISSUE or number.value <= _MOST_LAYERS)
    if kind is Kind.SECTION:
        return not number.unit and not number.sign
    if kind is Kind.HASH:
        return _is_bare(number) and len(number.raw) >= _SHORTEST_HASH
    if kind is Kind.VERSION:
        return not number.unit and not number.sign
    return number.unit != "%"


def _by_place(number: Number, kind: Kind, passage: Passage) -> Kind:
    """In the card a number was chosen; in a code span it belongs to the code, if there is more."""
    if number.code and _is_part_of_code(number, passage):
        return Kind.IDENTIFIER
    label = passage.spot.row_label if passage.spot and passage.spot.column else ""
    if _LAYERS_LABEL.match(label) and _is_bare(number) and kind is Kind.PLAIN:
        return Kind.LAYER
    if _SEEDS_LABEL.match(label):
        return Kind.SETTING
    return Kind.SETTING if kind is Kind.PLAIN and is_card(passage) else kind


def is_card(passage: Passage) -> bool:
    """Whether a passage is a cell of the reproducibility card."""
    in_table = passage.spot is not None and passage.place is not Place.ALT
    return in_table and any(map(_SETUP.search, passage.sections))


def _is_part_of_code(number: Number, passage: Passage) -> bool:
    if passage.alignment is None:
        return False
    span = next(
        ((a, b) for a, b in passage.alignment.code if a <= number.start < b), (number.start, 0)
    )
    rest = passage.text[span[0] : number.start] + passage.text[number.end : span[1]]
    return not _A_VALUE.fullmatch(rest)


def _items(numbers: list[Number], text: str) -> list[Number]:
    """Mark the (1) and (2) of a list within a sentence; a lone (5) is no item."""
    places = [
        at
        for at, number in enumerate(numbers)
        if number.kind is Kind.PLAIN
        and _is_bare(number)
        and text[number.start - 1 : number.start] == "("
        and text[number.end : number.end + 1] == ")"
        and not text[max(0, number.start - 2) : number.start - 1].isalnum()
    ]
    for expected, at in enumerate(places, start=1):
        if numbers[at].value != expected:
            return numbers
    if len(places) > 1:
        for at in places:
            numbers[at] = replace(numbers[at], kind=Kind.ITEM)
    return numbers
