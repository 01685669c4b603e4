"""What may follow a statistic, in any order: p, N, df, an interval, a verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass

from epm_lint.numbers.grammar import Ground, pattern
from epm_lint.numbers.values import Number, Span

P = (
    r"(?:(?:two-sided|one-sided|permutation|adjusted|corrected|Holm|Bonferroni) )?(?<![\w])p"
    r"(?:[_-](?:perm|adj|value|corr|holm|bonf)\w{0,10}|-value|_?value)?"
    r"\s?(?:=|<=|>=|[<>≤≥≈~]|of|is|was)\s?"
)
METHODS = {
    "wilson": "wilson",
    "clopper": "clopper-pearson",
    "exact": "clopper-pearson",
    "wald": "wald",
    "jeffreys": "jeffreys",
    "bootstrap": "bootstrap",
}
_METHOD = r"(?:Wilson(?:'s|’s)?|Clopper[-–]Pearson|exact|Wald|Jeffreys|bootstrap)"
_INTERVAL_NAME = (
    r"(?:CI|PI|HDI|CrI|confidence interval|prediction interval|credible interval|interval"
    r"|prediction band|band)"
)
_TO = r"\s?(?:,|;|to|and|through|[–—-])\s?"
_FIELD = pattern(
    rf"[\s,;:]{{0,3}}(?:(?P<bare>[\[(])(?P<first>#){_TO}#[\])]"
    r"|[(\[]?(?:(?:and|with|at|for) )?(?:"
    rf"(?P<p>{P})#"
    r"|(?P<n>N\s?[=≈]\s?)#"
    r"|(?P<df>(?:df|d\.f\.|dof)\s?=?\s?)#"
    r"|(?P<dfs>)#\s(?:df|d\.f\.|degrees of freedom)"
    rf"|(?P<interval>(?:{_METHOD} )?(?:# )?(?:{_METHOD} )?{_INTERVAL_NAME}\s?(?:of |is )?[:=,]?\s?)"
    rf"[\[(]?(?P<low>#){_TO}#[\])]?"
    r"|(?P<verdict>(?:not (?:statistically )?significant|n\.s\.|NS\b|(?:statistically )?significant"
    r"|non-?significant|insignificant))"
    r"|(?P<layer>(?:at|in) (?:the )?(?:layer |L)\d{1,3}\b)"
    r"|(?P<count>)¤"
    r"|(?P<rate>)#(?![\w=])"
    r"))[)\]]{0,2}"
)
_WITH_RATE = pattern(r"\s?[(=]\s?#")
_MOST_FIELDS = 8
_LEVEL = pattern(rf"# (?:{_METHOD} )?(?:{_INTERVAL_NAME})")


@dataclass
class Tail:
    """The fields that follow a statistic, and where they end."""

    end: int
    p: Number | None = None
    n: Number | None = None
    df: Number | None = None
    interval: Span | None = None
    level: Number | None = None
    method: str = ""
    significant: bool | None = None
    count: Number | None = None
    rate: Number | None = None


def tail(ground: Ground, start: int, *, rates: bool = False) -> Tail:
    """Read the fields from a place on; a count and a rate only where they may stand."""
    found = Tail(start)
    for _ in range(_MOST_FIELDS):
        field = _FIELD.match(ground.text, found.end)
        if field is None or not _take(ground, found, field, rates):
            break
        found.end = field.end()
    return found


def _take(ground: Ground, found: Tail, field: re.Match[str], rates: bool) -> bool:
    """Put a field in its place; not where there is one already, as another statement begins."""
    if field["interval"] or field["bare"]:
        return _interval(ground, found, field)
    if field["verdict"]:
        if found.significant is not None:
            return False
        found.significant = says_significant(field["verdict"])
        return True
    if field["layer"]:
        return True
    places = ground.places_in(field.start(), field.end())
    number = ground.number(places[0])
    for name, key in (("p", "p"), ("n", "n"), ("df", "df"), ("dfs", "df")):
        if field[name] is not None:
            if getattr(found, key) is not None:
                return False
            setattr(found, key, number)
            return True
    key = "count" if field["count"] is not None else "rate"
    if not rates or getattr(found, key) is not None or (key == "rate" and number.unit != "%"):
        return False
    if key == "count" and _WITH_RATE.match(ground.text, field.end()):
        return False
    setattr(found, key, number)
    return True


def _interval(ground: Ground, found: Tail, field: re.Match[str]) -> bool:
    named = (field["interval"] or "").strip()
    span = ground.span_at(field.start("low" if named else "first"))
    if found.interval is not None or span is None:
        return False
    found.interval = span
    if level := _LEVEL.search(named):
        found.level = ground.number(field.start("interval") + level.start())
    found.method = method_of(named)
    return True


def method_of(words: str) -> str:
    """The interval's method that words name first."""
    lowered = words.casefold()
    named = [(lowered.find(word), method) for word, method in METHODS.items() if word in lowered]
    return min(named)[1] if named else ""


def says_significant(words: str) -> bool:
    """Whether a verdict is "significant", and neither "NS" nor "not significant"."""
    lowered = words.casefold()
    return lowered.endswith("significant") and not lowered.startswith(("not", "non", "in"))
