"""Read correlations, test statistics, p-values and regression diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from epm_lint.numbers.forms import Correlation, Diagnostic, PValue, Statement, Test
from epm_lint.numbers.grammar import Ground, pattern
from epm_lint.numbers.tails import P, Tail, says_significant, tail
from epm_lint.numbers.tokens import scan
from epm_lint.numbers.values import Kind, Number

_METHOD = re.compile(r"\b(Pearson|Spearman|Kendall)", re.IGNORECASE)
_BY_SYMBOL = {"r": "pearson", "ρ": "spearman", "τ": "kendall"}
_SYMBOLS = {"rho": "ρ", "r_s": "ρ", "rs": "ρ", "rₛ": "ρ", "ϱ": "ρ", "tau": "τ"}
_COEFFICIENT = pattern(
    r"(?<![\w²-])(?:(?P<symbol>r_s|rₛ|rs|r|ρ|ϱ|rho|τ|tau)(?:-value)?|(?P<word>correlation))\s?"
    r"(?:\(\s?(?:(?P<df>#)|N\s?=\s?(?P<n>#))\s?\)\s?)?"
    r"(?:=|≈|~|:|of|is|was|stays at|at)\s?(?P<value>#)",
)
_PREFIX_N = pattern(
    r"(?<!\w)N\s?=\s?(#)[\s,:]{0,3}(?:(?:at |in )?(?:L|layer )\d{1,3})?[\s,:(]{0,3}"
    r"(?:Pearson|Spearman)?(?:'s|’s)?\s?\Z"
)
_PARTIAL = re.compile(
    r"\b(?:(\w[\w ]{0,40}?)[ -])?partial(?:led)?\b|controlling for|adjust\w{1,4} for|taken out",
    re.IGNORECASE,
)
_GIVEN = re.compile(r"\([^()|]{1,60}\|\s?([^()|]{1,80})\)")
_CONTROLLED = re.compile(
    r"(?:controlling for|adjust\w{1,4} for|with)\s([\w -]{1,40}?)(?:\staken out|[,;.(:]|\Z)",
    re.IGNORECASE,
)
_TEST = pattern(
    r"(?<![\w-])(?P<name>t|F|χ²|χ2|chi2|chi-?squared?|X²|z)\s?"
    r"(?:\(\s?(?P<df>#)(?:\s?,\s?(?:N\s?=\s?(?P<n>#)|(?P<df2>#)))?\s?\)\s?)?"
    r"(?:=|≈|of)\s?(?P<value>#)",
    exact_case=True,
)
_P = pattern(rf"(?P<label>{P})(?P<value>#)")
_CORRECTIONS = (
    ("bonferroni", "bonferroni"),
    ("holm", "holm"),
    ("fdr", "fdr"),
    ("benjamini", "fdr"),
)
_AFTER_P = re.compile(
    r"\s?(?:(?:after|under|with|by|following)\s)?(?:the )?(Holm|Bonferroni|FDR|Benjamini)",
    re.IGNORECASE,
)
_VERDICT = re.compile(r"[)\s,]{0,3}(not significant|NS\b|n\.s\.|significant\b)")
_MANY = re.compile(r"\b(?:all|both)\s\Z", re.IGNORECASE)
_DIAGNOSTIC = pattern(
    r"(?<!\w)(?P<name>Cook(?:'s|’s)? D(?:istances?)?|leverages?|VIFs?)(?:\s?\([^()#]{0,60}\))?"
    r"(?P<between>[\s,:=(]{0,3}(?:(?:over|above|below|under|of|is|was|=|>|<|at|threshold|a|the|cut-?off)"
    r"[\s:=]{0,2}){0,4})(?P<value>#)(?:\s?(?:vs\.?|>|<|against|over|above)\s?(?:a |the )?"
    r"(?:threshold )?(?:of )?(?P<bound>#))?"
)
_BOUND_WORDS = re.compile(r"over|above|below|under|threshold|cut|[<>]", re.IGNORECASE)


def correlations(ground: Ground) -> Iterator[Statement]:
    """Every r, ρ and "correlation of", with what follows it."""
    if cell := _in_cell(ground):
        yield cell
    for found in ground.finditer(_COEFFICIENT):
        number = ground.number(found.start("value"))
        after = tail(ground, found.end())
        fits = abs(number.value) <= 1 and number.kind is Kind.PLAIN and not number.unit
        if (
            (fits or after.p)
            and number.kind is not Kind.SETTING
            and number.start not in ground.taken
        ):
            statement = _correlation(ground, found, number, after)
            _take(ground, statement)
            yield statement


def _correlation(ground: Ground, found: re.Match[str], number: Number, after: Tail) -> Correlation:
    begin = max(ground.clause(found.start()), found.start() - 90)
    before = f"{ground.lead} {ground.text[begin : found.start()]}"
    symbol = (found["symbol"] or "").casefold()
    partial, covariates = _partial(before)
    return Correlation(
        **ground.common(found.start(), after.end),
        coefficient=number,
        method=_method(before) or _BY_SYMBOL.get(_SYMBOLS.get(symbol, symbol), ""),
        partial=partial,
        covariates=covariates,
        p=after.p,
        n=after.n
        or _group(ground, found, "n")
        or _n_before(ground, found.start())
        or _n_in_lead(ground.lead),
        df=after.df or _group(ground, found, "df"),
        interval=after.interval,
        significant=after.significant,
    )


def _in_cell(ground: Ground) -> Correlation | None:
    """A cell that starts with a coefficient, in a row or column that says which."""
    label = re.search(r"(?<![\w²])(?:(r|ρ|rho)(?![\w²])|(Pearson|Spearman|Kendall)\b)", ground.lead)
    if not label or ground.places_in(0, 2)[:1] != [len(ground.text) - len(ground.text.lstrip())]:
        return None
    place = ground.places_in(0, 2)[0]
    number = ground.number(place)
    if number.unit or abs(number.value) > 1 or number.kind is not Kind.PLAIN:
        return None
    after = tail(ground, place + 1)
    partial, covariates = _partial(ground.lead)
    statement = Correlation(
        **ground.common(place, after.end),
        coefficient=number,
        method=_method(ground.lead) or _BY_SYMBOL.get((label[1] or "").replace("rho", "ρ"), ""),
        partial=partial,
        covariates=covariates,
        p=after.p,
        n=after.n or _n_in_lead(ground.lead),
        df=after.df,
        interval=after.interval,
        significant=after.significant,
    )
    _take(ground, statement)
    return statement


def _n_in_lead(lead: str) -> Number | None:
    for number in scan(lead):
        if re.search(r"(?<!\w)[Nn]\s?=\s?\Z", lead[max(0, number.start - 6) : number.start]):
            return replace(number, start=-1, end=-1)
    return None


def _n_before(ground: Ground, start: int) -> Number | None:
    begin = max(ground.sentence(start)[0], start - 60)
    found = _PREFIX_N.search(ground.text, begin, start)
    return ground.number(found.start(1)) if found else None


def _method(before: str) -> str:
    named = _METHOD.findall(before)
    return named[-1].casefold() if named else ""


def _partial(before: str) -> tuple[bool, tuple[str, ...]]:
    found = _PARTIAL.search(before)
    if not found:
        return False, ()
    if given := _GIVEN.search(before) or _CONTROLLED.search(before):
        names = re.split(r",|\band\b", given.group(1))
        return True, tuple(name.strip() for name in names if name.strip())
    return True, (found.group(1).strip(),) if found.group(1) else ()


def _group(ground: Ground, found: re.Match[str], name: str) -> Number | None:
    return ground.number(found.start(name)) if found[name] else None


def _take(ground: Ground, statement: Correlation | Test) -> None:
    """Its numbers are spoken for."""
    own = (statement.p, statement.n, statement.df)
    ground.taken.update(number.start for number in own if number)
    main = statement.coefficient if isinstance(statement, Correlation) else statement.value
    ground.taken.add(main.start)
    if statement.interval:
        ground.taken.update({statement.interval.low.start, statement.interval.high.start})


def tests(ground: Ground) -> Iterator[Statement]:
    """Every t, F, χ² and z with degrees of freedom or a p to it."""
    for found in ground.finditer(_TEST):
        after = tail(ground, found.end())
        name = {"t": "t", "F": "F", "z": "z"}.get(found["name"], "χ²")
        number = ground.number(found.start("value"))
        if number.start in ground.taken or not (found["df"] or after.p or after.df):
            continue
        statement = Test(
            **ground.common(found.start(), after.end),
            statistic=name,
            value=number,
            df=_group(ground, found, "df") or after.df,
            df2=_group(ground, found, "df2"),
            p=after.p,
            n=_group(ground, found, "n") or after.n,
            interval=after.interval,
            significant=after.significant,
        )
        _take(ground, statement)
        yield statement


def p_values(ground: Ground) -> Iterator[Statement]:
    """Every p that no statistic has claimed."""
    at = 0
    for found in ground.finditer(_P):
        number = ground.number(found.start("value"))
        bounds_many = _MANY.search(ground.text, max(0, found.start() - 8), found.start())
        if number.start in ground.taken or bounds_many:
            continue
        ground.taken.add(number.start)
        verdict = _VERDICT.match(ground.text, found.end())
        begin = max(ground.clause(found.start()), found.start() - 60)
        yield PValue(
            **ground.common(found.start(), found.end()),
            p=number,
            method=_method(f"{ground.lead} {ground.text[begin : found.start()]}"),
            correction=_correction(ground, found, at),
            significant=says_significant(verdict[1]) if verdict else None,
        )
        at += 1


def _correction(ground: Ground, found: re.Match[str], at: int) -> str:
    """Named in the p, right after it, right before it, or by the row: the second of two is its."""
    after = _AFTER_P.match(ground.text, found.end())
    begin = max(ground.clause(found.start()), found.start() - 40)
    before = ground.text[begin : found.start()]
    labels = ground.lead.split("/")
    row = labels[at] if len(labels) > at else ""
    for words in (found["label"], after[1] if after else "", before, row):
        if name := correction_in(words):
            return name
    return ""


def correction_in(words: str) -> str:
    """The last correction for multiple tests that words name."""
    lowered = words.casefold()
    named = [(lowered.rfind(word), name) for word, name in _CORRECTIONS if word in lowered]
    return max(named)[1] if named else ""


def diagnostics(ground: Ground) -> Iterator[Statement]:
    """Cook's distances, leverages and VIFs, and the bounds they are held against."""
    for found in ground.finditer(_DIAGNOSTIC):
        name = found["name"].casefold()
        measure = "cook" if name.startswith("cook") else name.rstrip("s")
        common = ground.common(found.start(), found.end())
        value = ground.number(found.start("value"))
        if value.unit:
            continue
        bound = bool(_BOUND_WORDS.search(found["between"]))
        yield Diagnostic(**common, measure=measure, value=value, threshold=bound)
        if found["bound"]:
            over = ground.number(found.start("bound"))
            yield Diagnostic(**common, measure=measure, value=over, threshold=True)
