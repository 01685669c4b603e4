"""Read what is claimed in words, with or without figures: verdicts, directions, independence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from epm_lint.numbers.correlations import correction_in
from epm_lint.numbers.forms import (
    Confidence,
    Direction,
    Independence,
    Influence,
    Inside,
    Multiplicity,
    Significance,
    Statement,
)
from epm_lint.numbers.grammar import Ground, pattern
from epm_lint.numbers.tails import P, says_significant
from epm_lint.numbers.values import Number

_NOT = re.compile(
    r"(?:\b(?:not|never|neither|nor|no longer|hardly|fails? to|failed to|cannot)\b|n['’]t\b)"
    r"(?:\s[\w-]{1,20}){0,3}\s\Z",
    re.IGNORECASE,
)
_NO_ONE = re.compile(r"\b(?:no|none|neither)\b(?:\s[\w'’-]{1,30}){0,4}\s\Z", re.IGNORECASE)
_SIGNIFICANT = pattern(
    r"(?P<all>\b(?:all|both|none|neither|each|every|individually)\b"
    r"(?:\sof\s(?:them|these|the \w{1,20}))?"
    r"(?:\s(?:are|is|were|was|remain|stay|individually|layers?|fits?|tests?|p-values|#)){0,4}\s)?"
    r"(?P<verdict>\bnot (?:statistically )?significant|\bnon-?significant|\binsignificant"
    r"|\b(?:statistically )?significant|(?<!\w)n\.s\.|\bNS\b)(?!\s(?:figures?|digits?|places?))"
    r"(?:[^#;.]{0,20}?(?:α|alpha|level)\s?(?:=|of)?\s?(?P<alpha>#))?"
    r"(?:\s(?:alone|too|as well))?"
    r"(?:\s(?:after|under|with|by)\s(?P<correction>(?:the |a |\w{1,20} ){0,2}"
    r"(?:Holm|Bonferroni|FDR|multiple)(?:['’]s)?(?: correction| adjustment)?))?"
    r"(?:\sat\s(?:α|alpha)\s?=?\s?(?P<bound>#))?"
    rf"(?:\s?\(\s?{P}(?P<p>#)\s?\))?",
)
_ALL_BELOW = pattern(
    r"\b(?P<quantifier>all|both)\s(?:p|p-values)\s?(?:<|≤|below|under)\s?(?P<alpha>#)"
)
_P_BEFORE = pattern(rf"{P}(#)")
_P_IN_BRACKETS = pattern(rf"\s?\([^()]{{0,80}}?{P}(#)")
_SURVIVES = pattern(
    r"\b(?:survives?|survived|withstands?|passes|passed|holds? (?:up )?(?:under|after)|robust to"
    r"|clears?)\b"
    r"(?P<between>[^#;.]{0,40}?\b"
    r"(?:Bonferroni|Holm|FDR|Benjamini|multiple (?:testing|comparisons?))"
    r"(?:['’]s|[-–]\w{1,12})?(?: correction| adjustment)?)"
    r"(?:[^#;.]{0,12}?(?:α|alpha)\s?=?\s?(?P<alpha>#))?"
    r"(?:[^#;.(]{0,20}?\b(?:across|over|for|on|at|in)\s(?P<every>all |every |each of )?(?:the )?"
    r"(?P<family>#)\s(?:layers?|tests?|comparisons?|seeds?|models?))?"
)
_INSIDE = pattern(
    r"\b(?P<verb>falls?|fell|lies?|lay|sits?|is|are|was|were|stays?|remains?|land(?:s|ed)?|keep\w{0,3}"
    r"|being)?\b(?P<not>\s(?:not|both|all|well|still|just|new points|also|each)){0,2}\s?"
    r"\b(?P<where>inside|within|outside(?: of)?|not in)\s(?:of )?(?:the |its |their |a |an |that )?"
    r"(?P<what>(?:(?:L\d{1,3}|layer \d{1,3}) )?(?:#\s)?[\w' ’-]{0,40}?"
    r"\b(?:PIs?|CIs?|intervals?|bands?|bounds?|HDI|CrI)\b)"
    r"(?:[\s:=(]{0,3}[\[(]?(?P<low>#))?"
)
_KIND = (
    ("prediction", r"\bPIs?\b|prediction"),
    ("confidence", r"\bCIs?\b|confidence|Wilson"),
    ("credible", r"credib|HDI|CrI"),
)
_OBSERVED = pattern(r"\b(?:observed|rates?)\s(?:at |is |of |was )?(#)")
_INFLUENCE = re.compile(
    r"\b(?P<only>(?:the )?(?:only|single|sole)\s)?"
    r"(?P<claim>high[- ]leverage|influential|outliers?)\b"
    r"(?P<noun>\s(?:outlier|point|persona|case|observation)s?)?"
    r"(?P<after>\s?\([^()]{0,60}\))?(?P<colon>\s?:\s(?!influential|high)[^;.]{0,200})?",
    re.IGNORECASE,
)
_DIRECTION = re.compile(
    r"\b(?:(?P<stronger>strengthen(?:s|ed|ing)?|(?:gets?|becomes?|grows?) stronger)"
    r"|(?P<weaker>weaken(?:s|ed|ing)?|(?:gets?|becomes?|grows?) weaker|attenuates?)"
    r"|(?P<up>rises?|rose|increase[sd]?|grows?|grew|climbs?|climbed|improve[sd]?|gains?)"
    r"|(?P<down>falls?|fell|drop(?:s|ped)?|decrease[sd]?|declines?|declined|shrinks?|shrank))\b",
    re.IGNORECASE,
)
_TO_FIGURES = pattern(
    r"[^#¤;.]{0,80}?\bfrom\s(?:[^#¤;.,]{0,20}[=≈]\s?)?(?P<before>#)[^#¤;.]{0,30}?\bto\s"
    r"(?:[^#¤;.,]{0,20}[=≈]\s?)?(?P<after>#)"
)
_TO_ONE = pattern(
    r"[^#¤;.]{0,60}?(?:(?<!\w)N\s?=\s?#\s)?\bto\s(?:(?:r|ρ|rho)\s?[=≈]\s?)?(?P<after>#)"
)
_COEFFICIENTS = pattern(r"(?<![\w²-])(?:r|ρ|rho)\s?[=≈]\s?(#)", exact_case=True)
_INDEPENDENT = re.compile(
    r"\bindependent(?:ly)? (?:of|from) (?P<of>[\w' ’-]{1,60})"
    r"|\b(?:are|is|were|was|be|being|as)\s(?:not )?(?:all )?(?:statistically )?independent\b"
    r"(?! (?:of|from|\w{1,30}s)\b)"
    r"|\bindependent (?P<what>samples|observations|draws|completions|trials|questions)\b",
    re.IGNORECASE,
)
_NOT_INSIDE = re.compile(r"\bnot\s(?:\w{1,12}\s)?independent|\bnon-?independent", re.IGNORECASE)
_CONFIDENCE = re.compile(
    r"\bconfidence(?: level)?\s?(?::|is|=|—)\s?(?P<after>HIGH|MODERATE|LOW)\b"
    r"|\b(?P<before>HIGH|MODERATE|LOW)\sconfidence\b",
    re.IGNORECASE,
)


def significances(ground: Ground) -> Iterator[Statement]:
    """Verdicts on p-values, each with the p that it speaks of."""
    for found in ground.finditer(_SIGNIFICANT):
        words = (found["all"] or "").split()
        quantifier = words[0].casefold() if words else ""
        quantifier = {"each": "all", "every": "all", "neither": "none", "individually": ""}.get(
            quantifier, quantifier
        )
        before = ground.text[
            max(ground.sentence(found.start())[0], found.start() - 50) : found.start()
        ]
        denied = not says_significant(found["verdict"])
        if not quantifier and _NO_ONE.search(before):
            quantifier = "none"
        elif _NOT.search(before):
            denied = not denied
        p = _group(ground, found, "p") or (None if quantifier else _nearest_p(ground, found))
        common = ground.common(found.start(), found.end())
        if p is None:
            common["layer"] = None
        yield Significance(
            **common,
            quantifier=quantifier,
            layers=ground.layers_before(found.start()),
            negated=denied,
            hypothetical=ground.is_hypothetical(found.start()),
            alpha=_group(ground, found, "alpha") or _group(ground, found, "bound"),
            correction=correction_in(found["correction"] or ""),
            p=p,
        )
    for found in ground.finditer(_ALL_BELOW):
        yield Significance(
            **ground.common(found.start(), found.end()),
            quantifier=found["quantifier"].casefold(),
            hypothetical=ground.is_hypothetical(found.start()),
            alpha=ground.number(found.start("alpha")),
        )


def _nearest_p(ground: Ground, found: re.Match[str]) -> Number | None:
    """The last p before the verdict, up to a semicolon, unless one follows in brackets."""
    if opened := _P_IN_BRACKETS.match(ground.text, found.end()):
        return ground.number(opened.start(1))
    sentence, _ = ground.sentence(found.start())
    begin = max(sentence, found.start() - 120)
    begin = max(begin, ground.text.rfind(";", begin, found.start()) + 1)
    earlier = list(_P_BEFORE.finditer(ground.text, begin, found.start()))
    return ground.number(earlier[-1].start(1)) if earlier else None


def multiplicities(ground: Ground) -> Iterator[Statement]:
    """Claims to survive a correction for many tests."""
    for found in ground.finditer(_SURVIVES):
        before = ground.text[
            max(ground.sentence(found.start())[0], found.start() - 50) : found.start()
        ]
        yield Multiplicity(
            **ground.common(found.start(), found.end()),
            correction=correction_in(found["between"]) or "any",
            negated=bool(_NOT.search(before) or _NO_ONE.search(before)),
            hypothetical=ground.is_hypothetical(found.start()),
            alpha=_group(ground, found, "alpha"),
            family=_group(ground, found, "family"),
            everywhere=bool(found["every"]),
        )


def insides(ground: Ground) -> Iterator[Statement]:
    """Points that are said to lie in or out of an interval."""
    for found in ground.finditer(_INSIDE):
        start, what = found.start("where"), found["what"]
        sentence, _ = ground.sentence(start)
        before = ground.text[max(sentence, start - 50) : start]
        outside = found["where"].casefold().startswith(("outside", "not"))
        level = [number for number in ground.numbers_in(*found.span("what")) if number.unit == "%"]
        span = ground.span_at(found.start("low")) if found["low"] else None
        end = found.end("what") if span is None else found.end()
        common = ground.common(start, end)
        if span is not None:
            first = ground.origin(start)
            common["end"], common["text"] = span.end, ground.original[first : span.end]
        yield Inside(
            **common,
            interval=span,
            level=level[0] if level else None,
            interval_kind=next((kind for kind, form in _KIND if re.search(form, what)), ""),
            negated=outside is not bool(_NOT.search(before)),
            hypothetical=ground.is_hypothetical(start, reach=30),
            value=_observed(ground, sentence, start),
        )


def _observed(ground: Ground, sentence: int, start: int) -> Number | None:
    found = [*_OBSERVED.finditer(ground.text, max(sentence, start - 120), start)]
    return ground.number(found[0].start(1)) if found else None


def influences(ground: Ground) -> Iterator[Statement]:
    """Who is said to pull at the fit."""
    for found in ground.finditer(_INFLUENCE):
        start = ground.clause(found.start())
        before = ground.text[max(start, found.start() - 80) : found.start()]
        about = found["colon"] or before
        claim = "outlier"
        if found["claim"].casefold() == "influential":
            claim = "influential"
        elif found["claim"].casefold().startswith("high"):
            claim = "high leverage"
        yield Influence(
            **ground.common(found.start(), found.end()),
            claim=claim,
            subjects=tuple(name for name in ground.names if _names(name, about)),
            only=bool(found["only"]),
            negated=bool(_NOT.search(before) or _NO_ONE.search(before)),
            hypothetical=ground.is_hypothetical(found.start()),
        )


def _names(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def directions(ground: Ground) -> Iterator[Statement]:
    """Strengthens, weakens, rises, falls; a bare "falls" without figures says nothing to check."""
    for found in ground.finditer(_DIRECTION):
        direction = found.lastgroup or ""
        before, after = _before_after(ground, found)
        if after is None and direction in ("up", "down"):
            continue
        denial = ground.text[max(ground.clause(found.start()), found.start() - 50) : found.start()]
        yield Direction(
            **ground.common(found.start(), found.end()),
            direction=direction,
            before=before,
            after=after,
            negated=bool(_NOT.search(denial)),
            hypothetical=ground.is_hypothetical(found.start()),
        )


def _before_after(ground: Ground, found: re.Match[str]) -> tuple[Number | None, Number | None]:
    _, end = ground.sentence(found.start())
    stop = min(end, found.end() + 240)
    if two := _TO_FIGURES.match(ground.text, found.end(), stop):
        before, after = (ground.number(two.start(name)) for name in ("before", "after"))
        if before.unit == after.unit:
            return before, after
    coefficients = [
        ground.number(c.start(1)) for c in _COEFFICIENTS.finditer(ground.text, found.end(), stop)
    ]
    if len(coefficients) > 1 and re.search(r"\bfrom\b", ground.text[found.end() : stop]):
        return coefficients[0], coefficients[1]
    one = _TO_ONE.match(ground.text, found.end(), stop)
    return None, ground.number(one.start("after")) if one else None


def independences(ground: Ground) -> Iterator[Statement]:
    """What is called independent."""
    for found in ground.finditer(_INDEPENDENT):
        before = ground.text[max(ground.clause(found.start()), found.start() - 50) : found.start()]
        yield Independence(
            **ground.common(found.start(), found.end()),
            of=(found["of"] or "").strip(),
            negated=bool(_NOT.search(before) or _NOT_INSIDE.search(found.group())),
            hypothetical=ground.is_hypothetical(found.start() + 3),
        )


def confidences(ground: Ground) -> Iterator[Statement]:
    """The page's own confidence."""
    for found in ground.finditer(_CONFIDENCE):
        yield Confidence(
            **ground.common(found.start(), found.end()),
            level=(found["after"] or found["before"]).upper(),
        )


def _group(ground: Ground, found: re.Match[str], name: str) -> Number | None:
    return ground.number(found.start(name)) if found[name] else None
