"""A p-value follows from its statistic and N; half of psychology's papers hold one that does not.

Recomputed, as statcheck does (Nuijten et al. 2016, Behavior Research Methods 48, 1205-1226), are
two-sided p-values of r and ρ, t = r·√(df / (1 - r²)) with df = N - 2, one less for each covariate
of a partial correlation; of t and z; and the upper tails of F and χ². Statistics are any value that
rounds to what is printed. N stands with the statistic or in its row; else it may be any N that the
page states, one fewer where a point is left out, or the rows of its table of rates, and a sentence
may speak of yet another N, unless that merely forgets a covariate. ρ may have the p of R (AS 89) as
well as that of t; one of fewer than ten points is left alone, and so are permutation, bootstrap and
corrected p-values. A p on the wrong side of 0.05 is an error, any other that does not follow a
doubt.

Bad:

    The relation is significant (r=-0.51, p=0.031, N=11).

Good:

    The relation is not significant (r=-0.51, p=0.109, N=11).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from epm_lint.model import Page, Rule, Verdict
from epm_lint.numbers.forms import Correlation, Test
from epm_lint.numbers.passages import Passage
from epm_lint.numbers.reading import read
from epm_lint.numbers.values import Number
from epm_lint.point_counts import points_of_page
from epm_lint.recomputing import Tally, is_claimed, printed, shown
from epm_lint.statistics.answers import Answer, Outcome
from epm_lint.statistics.consistency import (
    ONE_SIDED,
    chi_squared_p,
    correlation_p,
    f_p,
    t_p,
    z_p,
)
from epm_lint.statistics.ranges import Range, propagate
from epm_lint.statistics.rank_correlation import edgeworth_p
from epm_lint.statistics.rounding import Printed

_RESAMPLED = re.compile(r"permut|bootstrap|monte|simulat|\bexact\b|resampl|jackknife", re.I)
_DROPPED = re.compile(
    r"without|\bdrop|remov|\bleav|left out|exclu|omit|minus|held out|jackknife", re.IGNORECASE
)
_EARLIER = re.compile(r"#\d|previous|earlier|prior|parent|publish", re.IGNORECASE)
_ONE_SIDED = re.compile(r"one-(?:sided|tailed)|1-(?:sided|tailed)", re.IGNORECASE)
_STOP = re.compile(r"[;.]\s|\)")
_SYMBOLS = {"pearson": "r", "spearman": "ρ"}
_FEWEST_RANKS = 10
_SERIES = 0.08
"""How far off, relative, R's series may be from the permutations that it stands for."""
_NEAR = 90
_MOST_TRIED = 60
_FIX = "take the recomputed p, or correct the statistic, N or df"
_ORDER = list(Outcome)


def check(page: Page) -> Verdict:
    """Every p is that of its statistic."""
    tally = Tally("p-value")
    reading = read(page.document, page.title)
    stated: Sequence[int] | None = None
    for passage, said in reading.statements:
        if not isinstance(said, Correlation | Test) or said.p is None:
            continue
        if not is_claimed(passage, said) or _RESAMPLED.search(_words(passage, said)):
            continue
        if isinstance(said, Test):
            _test(passage, said, said.p, tally)
            continue
        if stated is None:
            stated = points_of_page(reading)
        _correlation(passage, said, said.p, stated, tally)
    if tally.wrong:
        return Verdict.failed(tally.detail, tally.findings)
    if tally.doubtful:
        return Verdict.warned(tally.detail, tally.findings)
    return Verdict.passed(tally.detail) if tally.count else Verdict.skipped(tally.detail)


def _words(passage: Passage, said: Correlation | Test) -> str:
    """What is said around a statistic, with the labels of its row and column."""
    spot = passage.spot
    labels = f"{spot.row_label} {spot.header} " if spot else ""
    before = _STOP.split(passage.text[max(0, said.start - _NEAR) : said.start])[-1]
    after = _STOP.split(passage.text[said.end : said.end + _NEAR // 3])[0]
    return f"{labels}{before}{said.text}{after}"


def _correlation(
    passage: Passage, said: Correlation, p: Number, stated: Sequence[int], tally: Tally
) -> None:
    r, as_printed = printed(said.coefficient), printed(p)
    if r is None or as_printed is None or said.method not in _SYMBOLS or r.relation:
        return
    covariates = max(1, len(said.covariates)) if said.partial else 0
    sizes = _sizes(passage, said, covariates, stated)
    ranks = said.method == "spearman"
    if ranks:
        sizes = [n for n in sizes if n >= _FEWEST_RANKS]
    answers: list[tuple[int, Answer]] = []
    for n in sizes:
        answer = _of_correlation(as_printed, r, n, covariates, ranks)
        if answer.outcome is not Outcome.UNKNOWN:
            answers.append((n, answer))
        if answer.is_right:
            break
    if not answers:
        return
    n, answer = min(answers, key=lambda each: _ORDER.index(each[1].outcome))
    if answer.note == ONE_SIDED and _ONE_SIDED.search(_words(passage, said)):
        return
    unplaced = not (passage.spot or said.n or said.df)
    guessed = not answer.is_right and unplaced
    if guessed and _fits_another(as_printed, r, covariates, ranks, sizes):
        return
    df = n - 2 - covariates
    held = f" and {covariates} covariate{'s' * (covariates > 1)}" if covariates else ""
    name = ("partial " if said.partial else "") + _SYMBOLS[said.method]
    note = f"; {answer.note}" if answer.note else ""
    message = (
        f"says {shown(p)}; {name}={shown(said.coefficient)} with N={n}{held} "
        f"has p={answer.right} (df {df}){note}"
    )
    tally.hold(p, answer.outcome, message, _FIX)


def _of_correlation(p: Printed, r: Printed, n: int, covariates: int, ranks: bool) -> Answer:
    answer = correlation_p(p, r, n, covariates=covariates)
    if ranks and not covariates and answer.outcome not in (Outcome.CONSISTENT, Outcome.UNKNOWN):
        sizes = r.range.within(-1, 1)
        series = propagate(lambda rho: edgeworth_p(rho, n), sizes.magnitudes) if sizes else None
        if series and p.range.meets(_near(series)):
            return Answer(Outcome.CONSISTENT, answer.right)
    return answer


def _fits_another(
    p: Printed, r: Printed, covariates: int, ranks: bool, sizes: Sequence[int]
) -> bool:
    """Whether a p is right at an N that is not stated, as a sentence may speak of other data."""
    forgetful = {n + held for n in sizes for held in range(1, covariates + 1)}
    others = range(3 + covariates, _MOST_TRIED)
    return any(
        _of_correlation(p, r, n, covariates, ranks).outcome is Outcome.CONSISTENT
        for n in others
        if n not in sizes and n not in forgetful
    ) and not any(
        _of_correlation(p, r, n, covariates, ranks).outcome is Outcome.CONSISTENT for n in forgetful
    )


def _near(series: Range) -> Range:
    return Range(float(series.low) * (1 - _SERIES), float(series.high) * (1 + _SERIES))


def _sizes(
    passage: Passage, said: Correlation, covariates: int, stated: Sequence[int]
) -> list[int]:
    """The N that a correlation may have, the likeliest first."""
    dropped = bool(_DROPPED.search(_words(passage, said)))
    if passage.spot and _EARLIER.search(passage.spot.row_label + passage.spot.header):
        stated = ()
    if said.df and not said.df.decimals:
        return [int(said.df.value) + 2 + covariates]
    own = said.n is not None and not said.n.unit and said.n.decimals <= 0
    sizes = [int(said.n.value)] if own and said.n else list(stated)
    if dropped:
        fewer = [n - 1 for n in sizes]
        sizes = [*sizes, *fewer] if own else [*fewer, *sizes]
    return [n for n in dict.fromkeys(sizes) if n > 2 + covariates]


def _test(passage: Passage, said: Test, p: Number, tally: Tally) -> None:
    value, as_printed = printed(said.value), printed(p)
    df = printed(said.df) if said.df else None
    df2 = printed(said.df2) if said.df2 else None
    if value is None or as_printed is None or value.relation:
        return
    answer: Answer
    match said.statistic:
        case "t" if df:
            answer = t_p(as_printed, value, df)
        case "F" if df and df2:
            answer = f_p(as_printed, value, df, df2)
        case "χ²" if df:
            answer = chi_squared_p(as_printed, value, df)
        case "z":
            answer = z_p(as_printed, value)
        case _:
            return
    if answer.note == ONE_SIDED and _ONE_SIDED.search(_words(passage, said)):
        return
    freedom = ", ".join(shown(each) for each in (said.df, said.df2) if each)
    name = f"{said.statistic}({freedom})" if freedom else said.statistic
    note = f"; {answer.note}" if answer.note else ""
    message = f"says {shown(p)}; {name}={shown(said.value)} has p={answer.right}{note}"
    tally.hold(p, answer.outcome, message, _FIX)


RULE = Rule("recomputed-p-values", "p-values recomputed", check, doc=__doc__)
