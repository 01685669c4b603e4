"""What a passage says by itself, kind by kind; a kind is tried where its words stand."""

from __future__ import annotations

from collections.abc import Iterator

from epm_lint.reading.forms.amounts.changes import changes
from epm_lint.reading.forms.amounts.expressions import arithmetic
from epm_lint.reading.forms.amounts.lists import means_of_lists
from epm_lint.reading.forms.amounts.parts import parts
from epm_lint.reading.forms.amounts.per_item import per_item
from epm_lint.reading.forms.claims.exclusions import exclusions
from epm_lint.reading.forms.claims.influence import diagnostics, influences
from epm_lint.reading.forms.claims.insides import insides, predictions
from epm_lint.reading.forms.claims.multiplicity import multiplicities
from epm_lint.reading.forms.claims.significance import significances
from epm_lint.reading.forms.claims.strengths import strengths
from epm_lint.reading.forms.claims.wording import confidences, independences
from epm_lint.reading.forms.inference.companions import Taken
from epm_lint.reading.forms.inference.groups import HEADS
from epm_lint.reading.forms.inference.impossible import impossibles
from epm_lint.reading.forms.inference.read_tests import intervals, p_values, tests
from epm_lint.reading.forms.rates.comparisons import comparisons
from epm_lint.reading.forms.rates.means import mean_differences, means
from epm_lint.reading.forms.rates.proportions import rates_of
from epm_lint.reading.forms.rates.sample_sizes import sample_sizes
from epm_lint.reading.ground import Ground
from epm_lint.reading.lexicon import Part
from epm_lint.reading.qualifiers import Qualified
from epm_lint.reading.statements import Statement

_VERDICT_WORDS = frozenset(
    {"significant", "significantly", "n.s", "ns", "insignificant", "non-significant"}
)


_SURVIVAL = frozenset(
    {
        "survives",
        "survive",
        "survived",
        "withstands",
        "passes",
        "passed",
        "clears",
        "robust",
        "holds",
        "hold",
    }
)


_HOLDING = frozenset({"zero", "0", "nil", "one", "unity", "null", "1"})


_STRENGTH = frozenset(
    """
        strengthens strengthen strengthened strengthening weakens weaken weakened weakening
        stronger weaker attenuates
    """.split()
)


def statements(ground: Ground) -> Iterator[Statement]:
    """What a passage says by itself, kind by kind; a kind is tried where its words stand."""
    words = ground.words
    said = frozenset(words)
    if ground.operands:
        yield from _with_numbers(ground, said)
    if said & _VERDICT_WORDS or (said & {"all", "both"} and said & {"p", "ps", "p-values"}):
        yield from significances(ground, Qualified(ground))
    if said & _SURVIVAL:
        yield from multiplicities(ground)
    if said & _HOLDING:
        yield from exclusions(ground)
    if said & {"inside", "within", "outside", "not"}:
        yield from insides(ground)
    if said & {"leverage", "high-leverage", "influential", "outlier", "outliers"}:
        yield from influences(ground)
    if said & _STRENGTH:
        yield from strengths(ground)
    if said & {"independent", "independently", "non-independent"}:
        yield from independences(ground)
    if "confidence" in said:
        yield from confidences(ground)


def _with_numbers(ground: Ground, said: frozenset[str]) -> Iterator[Statement]:
    qualified, taken = Qualified(ground), Taken()
    roles = {operand.role for operand in ground.operands}
    if not HEADS.isdisjoint(roles):
        yield from list(tests(ground, qualified, taken))
    yield from impossibles(ground, taken.tokens)
    rate_of: dict[int, int] = {}
    # a rate alone can be held to nothing
    if Part.COUNT in roles or len(ground.operands) > 1:
        rates, rate_of = rates_of(ground, qualified, taken)
        yield from rates
    if Part.INTERVAL in roles:
        yield from intervals(ground, qualified, taken)
    if Part.P in roles:
        yield from p_values(ground, qualified, taken)
    if Part.N in roles or Part.COUNTED in roles:
        yield from sample_sizes(ground, taken)
    if len(ground.operands) > 1:
        if Part.COUNT in roles or any(word.startswith("mcnemar") for word in said):
            yield from comparisons(ground, qualified, rate_of)
        yield from arithmetic(ground)
        yield from means(ground, qualified)
        if Part.MEAN in roles:
            yield from mean_differences(ground)
        yield from changes(ground, rate_of)
        if ground.passage.spot is None:
            yield from parts(ground)
            yield from per_item(ground)
        if "mean" in said or "average" in said or "averages" in said:
            yield from means_of_lists(ground)
        if "observed" in said:
            yield from predictions(ground)
    elif ground.passage.spot is None:
        yield from means(ground, qualified)
    if said & {"cook's", "cook’s", "cook", "leverage", "leverages", "vif", "vifs"}:
        yield from diagnostics(ground)
