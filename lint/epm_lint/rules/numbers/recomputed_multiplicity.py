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

from collections.abc import Callable, Sequence
from fractions import Fraction

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import quote
from epm_lint.reading.families import Adjusted, Family, Member, alphas, families, significant_at
from epm_lint.reading.number import Number
from epm_lint.reading.page import read
from epm_lint.reading.ranges import NOISE, Range
from epm_lint.reading.statements import Multiplicity, PValue, Significance, Span, Statement
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics.answers import Outcome, match, show
from epm_lint.statistics.multiplicity import bonferroni, holm

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
    for said in reading.statements:
        if said.quoted or said.hypothetical:
            continue
        match said:
            case Multiplicity():
                _survives(said, found, levels, tally)
            case Significance() if said.quantifier:
                _quantified(said, found, levels, tally)
            case Significance():
                _verdict(said, levels, tally, seen)
            case PValue() if said.stars > 1:
                _starred(said, tally)
    return tally.verdict()


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
    ranges = [p.range.within(0, 1) for p in raw]
    if any(one is None for one in ranges):
        return None
    make = _CORRECTIONS[correction]
    lows = make([float(one.low) for one in ranges if one], m)
    highs = make([float(one.high) for one in ranges if one], m)
    return [Range(low - NOISE, high + NOISE) for low, high in zip(lows, highs, strict=True)]


def _fits(one: Adjusted, way: Sequence[Range]) -> bool:
    return match(one.p, way[one.place]) is Outcome.CONSISTENT


def _hold(
    one: Adjusted, way: Sequence[Range], member: Member, raw: Sequence[Number], m: int, tally: Tally
) -> None:
    right = _CORRECTIONS[one.correction]([p.amount for p in raw], m)[one.place]
    turned = {significant_at(one.p, Fraction(1, 20)), right <= 0.05}
    tally.hold(
        one.p,
        match(one.p, way[one.place]),
        f"{one.correction.capitalize()}'s p of {member} is {show(one.p, right)} with m={m}, "
        f"not {shown(one.p)}",
        f"write {show(one.p, right)}",
        sure=turned == {True, False},
        uses=(raw[one.place],),
    )


def _verdict(said: Significance, levels: Sequence[Fraction], tally: Tally, seen: set[int]) -> None:
    """One p and the verdict beside it; or the interval of a difference, where there is no p."""
    p = said.p
    if p is None:
        if said.interval is not None and not said.negated:
            _by_interval(said, said.interval, tally)
        return
    if id(p) in seen or (said.correction and said.negated):
        return
    seen.add(id(p))
    at = [said.alpha.value] if said.alpha else levels
    answers = {significant_at(p, alpha) for alpha in at}
    tally.count += 1
    tally.used.append(p)
    if answers == {said.negated}:
        level = f"α={float(at[0] if said.negated else at[-1]):g}"
        is_so = "at most" if said.negated else "over"
        relation = p.bound or "="
        _add(
            tally,
            said,
            p,
            f"{quote(said.text)}, but p{relation}{shown(p)} is {is_so} {level}",
            uses=(p,),
        )


def _by_interval(said: Significance, span: Span, tally: Tally) -> None:
    low, high = span.ends
    tally.count += 1
    tally.used += [span.low, span.high]
    if low.value < 0 < high.value:
        message = f"{quote(said.text)}, but {shown_interval(span)} holds 0"
        _add(tally, said, span.low, message, uses=(span.low, span.high))


def _starred(said: PValue, tally: Tally) -> None:
    """Two stars or more are for a p below .01."""
    tally.count += 1
    if significant_at(said.p, Fraction(1, 20)) is False:
        stars = "*" * said.stars
        message = f"{shown(said.p)}{stars}: p={shown(said.p)} deserves no stars"
        _add(tally, said, said.p, message, uses=(said.p,))


def _add(
    tally: Tally,
    said: Statement,
    near: Number | int,
    message: str,
    fix: str = "",
    uses: Sequence[Number] = (),
) -> None:
    line = near if isinstance(near, int) else near.line
    finding = Finding(message, line, fix=fix or "say what the p-value says", uses=tuple(uses))
    tally.add(finding, sure=said.binding.is_local)


def _reach(
    said: Significance | Multiplicity, found: Sequence[Family], layers: frozenset[int]
) -> list[Family]:
    """The families by layer of the method that a claim's sentence names, or of all."""
    return [
        family
        for family in found
        if family.layers >= layers and len(family.layers) > 1
        if len(said.methods) != 1 or not family.method or family.method in said.methods
    ]


def _survives(
    said: Multiplicity, found: Sequence[Family], levels: Sequence[Fraction], tally: Tally
) -> None:
    """A claim to survive: all, or, where it is not said of all, at least one."""
    alpha = said.alpha.value if said.alpha else max(levels)
    size = said.family.mantissa if said.family and said.family.is_whole else 0
    size = size if 1 < size < 10_000 else 0
    correction = said.correction if said.correction in _CORRECTIONS else ""
    if said.p is not None and size and correction == "bonferroni":
        _one_survives(said, said.p, size, alpha, tally)
        return
    reach = _reach(said, found, frozenset())
    if size and any(len(family.members) == size for family in reach):
        reach = [family for family in reach if len(family.members) == size]
    elif size and said.everywhere:
        return
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
    many = "every one" if said.negated else f"{answers.count(True)} of {len(answers)} p-values"
    survives = "survives" if said.negated else "survive"
    message = (
        f"{quote(said.text)}: with m={m} a family, {many} in reach {survives} "
        f"{correction.capitalize()} at α={float(alpha):g}: {alive}{lost}"
    )
    fix = "say that they survive" if said.negated else "say which p-values survive"
    _add(tally, said, said.line, message, fix)


def _one_survives(said: Multiplicity, p: Number, size: int, alpha: Fraction, tally: Tally) -> None:
    """As in "with 5 tests the gap (p = .004) survives Bonferroni": m·p against the level."""
    tally.count += 1
    tally.used.append(p)
    low, high = p.range.low * size, p.range.high * size
    if (low > alpha and not said.negated) or (high <= alpha and said.negated):
        side = "at most" if said.negated else "over"
        corrected = f"{size} × {shown(p)} is {float(p.value * size):.3g}"
        message = f"{quote(said.text)}: {corrected}, {side} α={float(alpha):g}"
        _add(tally, said, p, message, "say what the corrected p says", uses=(p,))


def _holds(ends: Range, alpha: Fraction) -> bool | None:
    if ends.high <= alpha:
        return True
    return False if ends.low > alpha else None


def _quantified(
    said: Significance, found: Sequence[Family], levels: Sequence[Fraction], tally: Tally
) -> None:
    """A verdict on many: all significant, both NS, no layer significant."""
    members = _meant(said, found) or [
        Member(p, "", layer, quote(text)) for p, layer, text in said.beside
    ]
    if said.correction or len(members) < 2:
        return
    at = [said.alpha.value] if said.alpha else list(levels)
    positive = said.quantifier in ("all", "both") and not said.negated
    against = [
        member
        for member in members
        if {significant_at(member.p, alpha) for alpha in at} == {not positive}
    ]
    tally.count += 1
    tally.used += [member.p for member in members]
    if against:
        level = f"α={float(at[-1] if positive else at[0]):g}"
        listed = ", ".join(map(str, against))
        side = "is over" if positive else "is at most"
        message = f"{quote(said.text)}: {listed} {side} {level} ({len(members)} p-values in reach)"
        uses = [member.p for member in against]
        _add(tally, said, said.line, message, "say which are significant", uses)


def _meant(said: Significance, found: Sequence[Family]) -> list[Member]:
    if not said.layers and not said.of_layers:
        return []
    layers = frozenset(said.layers)
    return [
        member
        for family in _reach(said, found, layers)
        for member in family.members
        if not layers or member.layer in layers
    ]


RULE = Rule("recomputed-multiplicity", "Multiplicity claims", check, everywhere=True, doc=__doc__)
