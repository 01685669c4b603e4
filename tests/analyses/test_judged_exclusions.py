"""What judges lost is analysed, whether or not the definition asks for it."""

from __future__ import annotations

from dataclasses import replace

from judged_study import WARM, YES_NO, judged

from epm.analyses.exclusions.judged import of_judges
from epm.analyses.specs import Difference, Exclusions, Proportions
from epm.definition import Endpoint, Judge, Outcome, Regex
from epm.definition.analysis import Subset

BY = Endpoint("https://judge.example/v1", "model")
KIND = Judge("kind", by=replace(BY, model="other"), rubric="Is it kind?", labels=YES_NO)


def test_of_every_judged_metric_that_has_none() -> None:
    definition = judged(BY, KIND, Regex("short", pattern="^.{0,9}$"))
    assert of_judges(definition) == (
        Exclusions(
            name="warm_exclusions",
            label="without a score of warm",
            outcome=WARM,
            pairs=(("a", "b"),),  # as the primary difference has them
        ),
        Exclusions(
            name="kind_exclusions", label="without a score of kind", outcome=Outcome("kind")
        ),
    )


def test_what_is_named_is_named_once() -> None:
    named = Exclusions(name="losses", outcome=WARM)
    assert of_judges(judged(BY, analyses=(named,))) == ()
    other = Proportions(name="warm_exclusions", outcome=Outcome("warm", ("asked",)))
    (found,) = of_judges(judged(BY, analyses=(other,)))
    assert (found.name, found.outcome) == ("warm_exclusions_", Outcome("warm", ("asked",)))


def test_the_comparison_of_what_is_primary() -> None:
    some = Difference(name="some", outcome=WARM, among=Subset(names=("a",)))
    rates = Proportions(name="rates", outcome=Outcome("warm", ("asked",)), primary=True)
    against = Difference(name="effect", outcome=WARM, against="b", primary=True)
    (found,) = of_judges(judged(BY, analyses=(some, rates, against)))
    assert (found.outcome, found.against, found.pairs) == (WARM, "b", ())
