"""Among many tests some succeed by luck; a claim to survive the correction can be counted out.

Corrected p-values in tables are derived again from the raw ones beside them: Bonferroni's m·p (Dunn
1961, JASA 56, 52-64) and Holm's step-down, the running maximum of (m - rank + 1)·p (Holm 1979,
Scand. J. Stat. 6, 65-70), each raw p being any value that rounds to it. m is the size of the row or
column, or the number of all p-values of its table where that fits more of them; the finding says
which. Claims ("survives Bonferroni at α=0.01 across all 4 layers", "all significant", "NS") are
held against the p-values in reach: the one beside them, else the families by layer in the page's
tables. Pearson and Spearman are families of their own; a claim that names neither is about both. A
verdict without a level is wrong only if it is so at every level that the page names, and at 0.05.

Bad:

    | Statistic | L10 | L20 |
    |---|---|---|
    | Pearson r (N=12) | -0.703 (p=0.011) | -0.574 (p=0.051) |

    The relation is there (L10/L20 all significant).

Good:

    | Statistic | L10 | L20 |
    |---|---|---|
    | Pearson r (N=12) | -0.703 (p=0.011) | -0.621 (p=0.031) |

    The relation is there (L10/L20 all significant).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from epm_lint.families import Adjusted, Family, Member, alphas, families, significant_at
from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.numbers.forms import Correlation, Multiplicity, PValue, Significance, Statement, Test
from epm_lint.numbers.passages import Passage
from epm_lint.numbers.reading import Reading, read
from epm_lint.numbers.values import Number
from epm_lint.quoting import quote
from epm_lint.recomputing import Tally, printed, shown
from epm_lint.statistics.answers import Outcome, match, show
from epm_lint.statistics.multiplicity import bonferroni, holm
from epm_lint.statistics.ranges import NOISE, Range

_METHOD = re.compile(r"\b(pearson|spearman|kendall)", re.IGNORECASE)
_LAYERS = re.compile(r"\blayers?\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;!?]\s")
_CORRECTIONS: dict[str, Callable[[Sequence[float], int], list[float]]] = {
    "bonferroni": lambda ps, m: bonferroni(ps, m),
    "holm": lambda ps, m: holm([*ps, *[1.0] * (m - len(ps))])[: len(ps)],
}


def check(page: Page) -> Verdict:
    """Corrected p-values follow from the raw ones, and verdicts from the p-values in reach."""
    reading = read(page.document, page.title)
    found = families(reading)
    levels = alphas(reading)
    tally = Tally("claim")
    for family in found:
        _corrected(family, found, tally)
    seen: set[int] = set()
    for passage, said in reading.statements:
        if passage.quoted or said.quoted or said.hypothetical:
            continue
        match said:
            case Multiplicity():
                _survives(passage, said, found, levels, tally)
            case Significance() if said.quantifier:
                _quantified(reading, passage, said, found, levels, tally)
            case Significance():
                _verdict(said, levels, tally, seen)
    if tally.wrong:
        return Verdict.failed(tally.detail, tally.findings)
    if tally.doubtful:
        return Verdict.warned(tally.detail, tally.findings)
    return Verdict.passed(tally.detail) if tally.count else Verdict.skipped(tally.detail)


def _corrected(family: Family, all_families: Sequence[Family], tally: Tally) -> None:
    """Hold each corrected p against the raw ones, for the m that explains most."""
    raws = [[member.p for member in family.members], *map(list, family.alternatives)]
    sizes = {len(family.members)}
    sizes.add(sum(len(other.members) for other in all_families if other.adjusted))
    for correction in ("bonferroni", "holm"):
        given = [a for a in family.adjusted if a.correction == correction]
        ways = [
            (sum(_fits(one, way) for one in given), -m, index, way)
            for m in sorted(sizes)
            for index, raw in enumerate(raws)
            if (way := _ends(raw, correction, m))
        ]
        if not given or not ways:
            continue
        _, size, index, way = max(ways, key=lambda w: (w[0], w[1], -w[2]))
        for one in given:
            _hold(one, way, family.members[one.place], raws[index], -size, tally)


def _ends(raw: Sequence[Number], correction: str, m: int) -> list[Range] | None:
    """What each corrected p may be: both corrections rise with every raw p."""
    known = [printed(p) for p in raw]
    ranges = [one.range.within(0, 1) if one else None for one in known]
    if any(one is None for one in ranges):
        return None
    make = _CORRECTIONS[correction]
    lows = make([float(one.low) for one in ranges if one], m)
    highs = make([float(one.high) for one in ranges if one], m)
    return [Range(low - NOISE, high + NOISE) for low, high in zip(lows, highs, strict=True)]


def _fits(one: Adjusted, way: Sequence[Range]) -> bool:
    known = printed(one.p)
    return known is not None and match(known, way[one.place]) is Outcome.CONSISTENT


def _hold(
    one: Adjusted, way: Sequence[Range], member: Member, raw: Sequence[Number], m: int, tally: Tally
) -> None:
    known = printed(one.p)
    if known is None:
        return
    right = _CORRECTIONS[one.correction]([float(p.value) for p in raw], m)[one.place]
    turned = {significant_at(one.p, Fraction(1, 20)), right <= 0.05}
    tally.hold(
        one.p,
        match(known, way[one.place]),
        f"{one.correction.capitalize()}'s p of {member} is {show(known, right)} with m={m}, "
        f"not {shown(one.p)}",
        f"write {show(known, right)}",
        sure=turned == {True, False},
    )


def _verdict(said: Significance, levels: Sequence[Fraction], tally: Tally, seen: set[int]) -> None:
    """One p and the verdict beside it."""
    p = said.p
    if p is None or id(p) in seen or (said.correction and said.negated):
        return
    seen.add(id(p))
    at = [Fraction(said.alpha.proportion)] if said.alpha else levels
    answers = {significant_at(p, alpha) for alpha in at}
    tally.count += 1
    if answers == {said.negated}:
        level = f"α={float(at[0] if said.negated else at[-1]):g}"
        is_so = "at most" if said.negated else "over"
        relation = p.relation or "="
        _add(tally, said, p, f"{quote(said.text)}, but p{relation}{shown(p)} is {is_so} {level}")


def _add(tally: Tally, said: Statement, near: Number | int, message: str, fix: str = "") -> None:
    line = near if isinstance(near, int) else near.line
    finding = Finding(message, line, fix=fix or "say what the p-value says")
    tally.wrong[finding] = None


def _reach(
    passage: Passage, said: Statement, found: Sequence[Family], layers: frozenset[int]
) -> list[Family]:
    """The families by layer of the method that a claim's sentence names, or of all."""
    start, end = _sentence(passage, said)
    named = {name.casefold() for name in _METHOD.findall(passage.text[start:end])}
    return [
        family
        for family in found
        if family.layers >= layers and len(family.layers) > 1
        if len(named) != 1 or not family.method or family.method in named
    ]


def _sentence(passage: Passage, said: Statement) -> tuple[int, int]:
    ends = [found.end() for found in _SENTENCE.finditer(passage.text)]
    start = max((end for end in ends if end <= said.start), default=0)
    return start, min((end for end in ends if end >= said.end), default=len(passage.text))


def _survives(
    passage: Passage,
    said: Multiplicity,
    found: Sequence[Family],
    levels: Sequence[Fraction],
    tally: Tally,
) -> None:
    """A claim to survive: all, or, where it is not said of all, at least one."""
    alpha = Fraction(said.alpha.proportion) if said.alpha else max(levels)
    size = int(said.family.value) if said.family and 1 < said.family.value < 10_000 else 0
    reach = _reach(passage, said, found, frozenset())
    if size and any(len(family.members) == size for family in reach):
        reach = [family for family in reach if len(family.members) == size]
    elif size and said.everywhere:
        return
    correction = said.correction if said.correction in _CORRECTIONS else ""
    if not reach or not correction:
        return
    judged = [
        (member, _holds(ends, alpha))
        for family in reach
        if (way := _ends([m.p for m in family.members], correction, size or len(family.members)))
        for member, ends in zip(family.members, way, strict=True)
    ]
    answers = [answer for _, answer in judged]
    tally.count += 1
    if said.negated:
        wrong = all(answers) and bool(answers)
    else:
        wrong = False in answers if said.everywhere else set(answers) == {False}
    if not wrong:
        return
    m = size or len(reach[0].members)
    alive = ", ".join(str(member) for member, answer in judged if answer) or "none"
    dead = ", ".join(str(member) for member, answer in judged if answer is False)
    lost = f"; not {dead}" if dead else ""
    message = (
        f"{quote(said.text)}: with m={m} a family, {answers.count(True)} of {len(answers)} "
        f"p-values in reach survive {correction.capitalize()} at α={float(alpha):g}: {alive}{lost}"
    )
    _add(tally, said, _line(passage, said), message, "say which p-values survive")


def _holds(ends: Range, alpha: Fraction) -> bool | None:
    if ends.high <= alpha:
        return True
    return False if ends.low > alpha else None


def _quantified(
    reading: Reading,
    passage: Passage,
    said: Significance,
    found: Sequence[Family],
    levels: Sequence[Fraction],
    tally: Tally,
) -> None:
    """A verdict on many: all significant, both NS, no layer significant."""
    members = _meant(passage, said, found) or _beside(reading, passage, said)
    if said.correction or len(members) < 2:
        return
    at = [Fraction(said.alpha.proportion)] if said.alpha else list(levels)
    positive = said.quantifier in ("all", "both") and not said.negated
    against = [
        member
        for member in members
        if {significant_at(member.p, alpha) for alpha in at} == {not positive}
    ]
    tally.count += 1
    if against:
        level = f"α={float(at[-1] if positive else at[0]):g}"
        listed = ", ".join(map(str, against))
        side = "is over" if positive else "is at most"
        message = f"{quote(said.text)}: {listed} {side} {level} ({len(members)} p-values in reach)"
        _add(tally, said, _line(passage, said), message, "say which are significant")


def _meant(passage: Passage, said: Significance, found: Sequence[Family]) -> list[Member]:
    start, end = _sentence(passage, said)
    if not said.layers and not _LAYERS.search(passage.text[max(start, said.start - 30) : end]):
        return []
    layers = frozenset(said.layers)
    return [
        member
        for family in _reach(passage, said, found, layers)
        for member in family.members
        if not layers or member.layer in layers
    ]


def _beside(reading: Reading, passage: Passage, said: Significance) -> list[Member]:
    """The p-values of the same sentence, where the claim counts them: two for "both"."""
    start, end = _sentence(passage, said)
    statements = next(s.statements for s in reading.said if s.passage is passage)
    members = []
    for other in statements:
        within = start <= other.start and other.end <= end
        if within and isinstance(other, Correlation | Test | PValue) and other.p:
            members.append(Member(other.p, "", other.layer, quote(other.text)))
    before = [member for member in members if member.p.start < said.start]
    if said.quantifier == "both":
        before = before[-2:]
    return before if len(before) > 1 else []


def _line(passage: Passage, said: Statement) -> int:
    return passage.line + passage.text.count("\n", 0, said.start)


RULE = Rule("recomputed-multiplicity", "Multiplicity claims", check, doc=__doc__)
