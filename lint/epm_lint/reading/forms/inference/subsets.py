"""Which rows of the page's tables a statistic is of: without one, within a category, of others."""

from __future__ import annotations

from epm_lint.reading.ground import Ground
from epm_lint.reading.operands import Operand
from epm_lint.reading.statements import Subset

_WITHOUT = frozenset(
    "without minus leaving leave excluding excluded exclude omitting omitted".split()
)
_WITHOUT_STARTS = ("drop", "exclu", "omit", "remov")
_OTHER = frozenset(
    """
        bystander bystanders partial length log tokens token js divergence untrained capability
        degradation log_length
    """.split()
)
_OTHER_STARTS = ("diverg", "degrad", "length", "log_", "log-", "token", "bystander", "partial")
_REACH = 18


def subset_of(ground: Ground, head: Operand) -> Subset | None:
    """What the labels of a cell, or the clause so far, say of the rows."""
    words, lead = ground.words, ground.lead.casefold()
    start = max(ground.sentence(head.token)[0], head.start - _REACH)
    stop = max((at + 1 for at in range(start, head.start) if words[at] == ";"), default=start)
    before = words[stop : head.start]
    labels = lead.replace("|", " ").split()
    said = [*labels, *before]
    if not said:
        return None
    issue = any(n and n.kind == "issue" for n in ground.tokens.numbers[stop : head.start])
    elsewhere = issue or any(w in _OTHER or w.startswith(_OTHER_STARTS) for w in said)
    spot = ground.passage.spot
    corner = spot.corner.casefold().split() if spot and spot.column else []
    without = _without(ground, labels, stop, head.start)
    if without is None and any(_drops(corner, place) for place in range(len(corner))):
        without = (spot.row_label.strip(), *labels) if spot else None
    group = next(
        (
            said[at + 1 + (said[at + 1] == "the")]
            for at in range(len(said) - 2)
            if said[at] == "within"
        ),
        "",
    )
    if not group and "within" in said[-2:-1]:
        group = said[-1]
    if not group and any(w.startswith("within-") for w in said):
        group = next(w for w in said if w.startswith("within-"))
    if not group and "between" in said and not {"group", "groups"}.isdisjoint(said):
        group = "between-groups"
    named = ground.named_in(stop, head.start)
    if ground.names and lead:
        named = (*named, *(name for name in ground.names if name.casefold() in labels))
    if without is None and not group and not named and not elsewhere:
        return None
    return Subset(without, group, named, elsewhere)


def _without(ground: Ground, labels: list[str], start: int, end: int) -> tuple[str, ...] | None:
    words = ground.words
    for at in range(start, end):
        if _drops(words, at):
            named = ground.named_in(at, end)
            if named:
                return named
            break
    else:
        at = -1
    if at >= 0 or any(_drops(labels, place) for place in range(len(labels))):
        return tuple(name for name in ground.names if name.casefold() in labels)
    return None


def _drops(words: list[str], at: int) -> bool:
    word = words[at]
    left_out = word == "left" and words[at + 1 : at + 2] == ["out"]
    return word in _WITHOUT or word.startswith(_WITHOUT_STARTS) or left_out
