"""Read rates, counts, sample sizes, written-out arithmetic, differences and ratios."""

from __future__ import annotations

import re
from collections.abc import Iterator

from epm_lint.numbers.forms import (
    Arithmetic,
    Count,
    Difference,
    Prediction,
    Rate,
    Ratio,
    SampleSize,
    Statement,
    Term,
)
from epm_lint.numbers.grammar import Ground, pattern
from epm_lint.numbers.tails import method_of, tail
from epm_lint.numbers.values import Kind, Number

_ANCHOR = pattern(r"[#¤]")
_SIZE = pattern(
    r"(?<![\w])N\s?=\s?(?P<named>#)"
    r"(?:\s(?:\w{1,30}\s){0,2}?(?:per|for each|in each)\s(?P<per>[\w-]{1,40}))?"
    r"|(?P<counted>#)\s(?:[\w-]{1,30}\s){1,3}?(?:per|for each|in each|under each)\s"
    r"(?P<each>(?:source |new )?[\w-]{1,40})"
)
_WORDS = r"(?:,?\s(?!and\b|or\b|vs\b)[\w'’\[\]_-]{1,40}){0,8}?(?:\s?\([^()#¤=×+]{0,60}\))?,?"
_TIMES = r"\s?(?:×|·|\*|x)\s?"
_PRODUCT = rf"#(?:{_WORDS}{_TIMES}#){{0,7}}"
_SUM = rf"{_PRODUCT}(?:{_WORDS}(?:\s?\({_PRODUCT}{_WORDS}\))?,?\s?[+−]\s?{_PRODUCT}){{0,7}}"
_EQUATION = pattern(
    rf"(?P<left>#)(?:\s?=|{_WORDS}(?:\s=|\s?[:(]))\s?(?P<right>{_SUM})"
    rf"|(?P<terms>{_SUM})(?:\s?=|{_WORDS}\s=)\s?(?P<total>#)"
    rf"|(?P<bare>#{_WORDS}{_TIMES}#(?:{_WORDS}{_TIMES}#){{0,7}})"
)
_EXPLAINED = pattern(rf"(?P<left>#){_WORDS}\s?\(\s?(?P<right>{_PRODUCT}){_WORDS}\)")
_OPERATOR = re.compile(r"[×·*x](?=\s?[\ue000])|(?<=[\s\ue000)])[+−](?=\s?\ue000)")
_FROM_TO = pattern(r"(?:from|between)\s(?P<before>#)\s?(?:to|→|and)\s?(?P<after>#)")
_VERSUS = pattern(
    r"(?P<after>#)\s?(?:[\w-]{1,30}\s?){0,4}(?:vs\.?|versus|against|compared (?:with|to))\s"
    r"(?:[\w-]{1,30}\s){0,4}?(?P<before>#)"
)
_UP = re.compile(
    r"\b(?:higher|more|above|up|rise[sn]?|rose|increase[sd]?|gain(?:s|ed)?|larger|greater"
    r"|as (?:many|much))\b",
    re.I,
)
_DOWN = re.compile(
    r"\b(?:lower|less|fewer|below|down|drop(?:s|ped)?|f[ae]lls?|decrease[sd]?|loss|lost|smaller)\b",
    re.I,
)
_NO_DIFFERENCE = re.compile(r"\b(?:half-width|wide|gate|width|at most|±)\b|±", re.IGNORECASE)
_OBSERVED = pattern(
    r"\bobserved\s(?:at |as |to be |is |= ?)?(?P<observed>#)[^#¤.;]{0,40}?\bpredict(?:ed|ion)\s"
    r"(?:at |as |to be |is |= ?)?(?P<predicted>#)"
    r"|(?P<first>#)\s(?:was |is )?observed\s[^#¤.;]{0,30}?(?P<second>#)\s(?:was |is )?predicted"
    r"|\bpredict(?:ed|ion)\s(?:at |as |to be )?(?P<expected>#)[^#¤.;]{0,40}?\bobserved\s(?P<seen>#)"
)


def rates(ground: Ground) -> Iterator[Statement]:
    """A rate or count with an interval, or both together; and each other k/n."""
    end = 0
    for found in ground.finditer(_ANCHOR):
        number = ground.number(found.start())
        if found.start() < end or number.start in ground.taken or not number.kind.can_be_result:
            continue
        if ground.origin(found.start()) in ground.spans:
            continue
        after = tail(ground, found.end(), rates=True)
        count = number if number.kind is Kind.FRACTION else after.count
        rate = after.rate if number.kind is Kind.FRACTION else number
        if count is None and not (after.interval and _may_be_rate(number)):
            continue
        if after.interval is None and (rate is None or rate.unit != "%"):
            if number.kind is Kind.FRACTION:
                yield Count(**ground.common(found.start(), found.end()), count=number)
            continue
        end = after.end
        ground.taken.update(own.start for own in (after.n, after.p) if own)
        yield Rate(
            **ground.common(found.start(), after.end),
            rate=rate,
            count=count,
            interval=after.interval,
            level=after.level,
            method=after.method or method_of(ground.lead),
            n=after.n,
            p=after.p,
        )


def _may_be_rate(number: Number) -> bool:
    return number.unit == "%" or (
        not number.unit and 0 <= number.value <= 1 and number.decimals > 0
    )


def sample_sizes(ground: Ground) -> Iterator[Statement]:
    """N=12, n=100 per cell, 100 completions per persona."""
    for found in ground.finditer(_SIZE):
        name = "named" if found["named"] else "counted"
        number = ground.number(found.start(name))
        if number.unit or number.decimals > 0 or number.start in ground.taken:
            continue
        ground.taken.add(number.start)
        per = found["per"] or found["each"] or ""
        yield SampleSize(**ground.common(found.start(), found.end()), n=number, per=per)


def arithmetic(ground: Ground) -> Iterator[Statement]:
    """64 (4×4×1), 200 + 400 = 600, 20 questions × 5 completions."""
    if not re.search("[×·*x+−]", ground.text):
        return
    read: set[int] = set()
    for form in (_EXPLAINED, _EQUATION):
        for found in ground.finditer(form):
            name = next(key for key in ("right", "terms", "bare") if found.groupdict().get(key))
            begin, end = found.span(name)
            terms = _terms(ground, begin, end)
            factors = [factor.start for term in terms for factor in term.factors]
            if len(factors) < 2 or read.issuperset(factors):
                continue
            read.update(factors)
            total = found.start("left") if name == "right" else found.start("total")
            yield Arithmetic(
                **ground.common(found.start(), found.end()),
                terms=terms,
                total=None if name == "bare" else ground.number(total),
            )


def _terms(ground: Ground, begin: int, end: int) -> tuple[Term, ...]:
    """Cut a sum at its signs and a product at its marks; what is in brackets explains a term."""
    text = re.sub(r"\([^()]{0,200}\)", lambda part: " " * len(part.group()), ground.text[begin:end])
    terms: list[Term] = []
    factors: list[Number] = []
    subtracted = False
    last = 0
    operators = [*_OPERATOR.finditer(text)]
    for start, stop, operator in zip(
        [0, *(o.end() for o in operators)],
        [*(o.start() for o in operators), len(text)],
        ["", *(o.group() for o in operators)],
        strict=True,
    ):
        if operator in ("+", "−"):
            terms.append(Term(tuple(factors), subtracted))
            factors, subtracted = [], operator == "−"
        places = [
            at for at in ground.places_in(begin + start, begin + stop) if text[at - begin] != " "
        ]
        factors += [ground.number(places[0])] if places else []
        last = stop
    assert last == len(text)  # noqa: S101
    terms.append(Term(tuple(factors), subtracted))
    return tuple(term for term in terms if term.factors)


def comparisons(ground: Ground) -> Iterator[Statement]:
    """Percentage points between two rates, and so many times as much."""
    for found in ground.finditer(_ANCHOR):
        number = ground.number(found.start())
        if number.kind is not Kind.PLAIN or number.unit not in ("pp", "×"):
            continue
        start, end = ground.sentence(found.start())
        start, end = max(start, found.start() - 120), min(end, found.end() + 120)
        around = ground.text[max(start, found.start() - 40) : min(end, found.end() + 30)]
        if number.unit == "pp" and (
            number.sign == "±" or _NO_DIFFERENCE.search(f"{ground.lead} {around}")
        ):
            continue
        before, after = _figures(ground, start, end)
        direction = _direction(ground, found.start(), start, end)
        form = Difference if number.unit == "pp" else Ratio
        if direction or before:
            yield form(
                **ground.common(found.start(), found.end()),
                amount=number,
                direction=direction,
                before=before,
                after=after,
            )


def _figures(ground: Ground, start: int, end: int) -> tuple[Number | None, Number | None]:
    for form in (_FROM_TO, _VERSUS):
        if found := form.search(ground.text, start, end):
            before = ground.number(found.start("before"))
            after = ground.number(found.start("after"))
            if before.unit == after.unit and before.unit in ("%", ""):
                return before, after
    return None, None


def _direction(ground: Ground, at: int, start: int, end: int) -> str:
    after = ground.text[at:end][:40]
    before = ground.text[start:at][-40:]
    for words in (after, before):
        up, down = _UP.search(words), _DOWN.search(words)
        if up or down:
            return "up" if up and (not down or up.start() < down.start()) else "down"
    return {"+": "up", "-": "down", "−": "down"}.get(ground.number(at).sign, "")


def predictions(ground: Ground) -> Iterator[Statement]:
    """What was observed beside what was predicted."""
    for found in ground.finditer(_OBSERVED):
        for observed, predicted in (
            ("observed", "predicted"),
            ("first", "second"),
            ("seen", "expected"),
        ):
            if found[observed]:
                yield Prediction(
                    **ground.common(found.start(), found.end()),
                    observed=ground.number(found.start(observed)),
                    predicted=ground.number(found.start(predicted)),
                )
