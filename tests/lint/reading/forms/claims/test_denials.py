"""What is said of a p-value is held to it only where the page surely says it."""

import pytest

from epm_lint.engine import lint
from epm_lint.model import Status

DENIED = [
    "It was anything but significant (p = {}).",
    "All p > .05, so nothing is significant (p = {}, .51, .81).",
    "Nothing was significant (p = {}).",
    "It isn't significant (p = {}).",
    "No significant effect was found (p = {}).",
    "The gap is not (even at layer 4) significant (p = {}).",
]
WITHDRAWN = [
    "It was far from significant (p = {}).",
    "Not one of the twelve was significant (smallest p = {}).",
    "The smallest p was {}, so none of the 12 is significant.",
    "At no layer does it become significant (p > {}).",
    "It is not the case that the gap was significant (p = {}).",
    "It stops being significant (p = {}).",
    "The gap went from significant to nothing (p = {}).",
    "A statistically significant effect was ruled out (p = {}).",
    "A significant effect (p = {}) was not found.",
    "Lack of a significant effect (p = {}) proves nothing.",
    "There was little evidence of a significant effect (p = {}).",
    "In v1 we wrote that p = {} was significant; it is not.",
    "The gap is significant (p = {}), which is wrong.",
]
NOT_QUITE_DENIED = [
    "It was not only significant (p = {}) but large.",
    "It never fails to be significant (p = {}).",
    "Without it the gap is significant (p = {}).",
    "The gap is not insignificant (p = {}).",
    "Not surprisingly, the effect was significant (p = {}).",
    "There is no doubt that the effect is significant (p = {}).",
]
OF_ANOTHER = [
    "All except layer 4 (p = {}) are significant.",
    "All but layer 4 (p = {}) are significant.",
    "The main effect, but not the interaction (p = {}), was significant (p = .004).",
    "The main effect, not the interaction (p = {}), was significant (p = .004).",
    "Unlike layer 4 (p = {}), layer 5 is significant (p = .004).",
    "Main effect p = .004, interaction p = {}: only the former is significant.",
    "Not all are significant (p = {}, p = .004).",
]
CLAIMED = [
    "The effect was significant (p = {}).",
    "It is significant at p = {}.",
    "p = {} is significant.",
    "A significant effect was found (p = {}).",
    "The gap (not shown) is significant (p = {}).",
    "With no prompt, the effect was significant (p = {}).",
    "In the absence of a prompt, the effect was significant (p = {}).",
    "The interaction was not there, but the main effect was significant (p = {}).",
    "Nothing else was significant (p = .12), and layer 4 was significant (p = {}).",
    "Layer 4 was weak, but the effect (p = {}) was significant.",
    "The gap was significant (p = {}) and does not depend on the seed.",
]


def status(sentence: str, p: str) -> Status:
    rows = lint(f"# Notes\n\n{sentence.format(p)}\n").rows
    return next(r.verdict.status for r in rows if r.rule.slug == "recomputed-multiplicity")


@pytest.mark.parametrize("sentence", [*DENIED, *WITHDRAWN, *OF_ANOTHER])
def test_what_is_denied_or_withdrawn_is_no_claim(sentence: str) -> None:
    assert status(sentence, ".34") in (Status.PASS, Status.SKIP)


@pytest.mark.parametrize("sentence", [s for s in DENIED if ".51" not in s])
def test_a_denial_of_a_small_p_is_found(sentence: str) -> None:
    assert status(sentence, ".003") is Status.FAIL


@pytest.mark.parametrize("sentence", [*WITHDRAWN, *NOT_QUITE_DENIED])
def test_what_may_be_withdrawn_is_held_to_no_p(sentence: str) -> None:
    assert status(sentence, ".003") in (Status.PASS, Status.SKIP)


@pytest.mark.parametrize("sentence", CLAIMED)
def test_a_claim_is_held_to_its_p(sentence: str) -> None:
    assert status(sentence, ".34") is Status.FAIL
    assert status(sentence, ".003") is not Status.FAIL


@pytest.mark.parametrize("named", ["threshold .01", "level: .01", "level of 1%"])
def test_a_level_of_significance_is_one_of_the_page(named: str) -> None:
    said = f"Significance {named}: p = {{}} is not significant, p = .004 is."
    assert status(said, ".03") is Status.PASS
    assert status(said, ".003") is Status.FAIL
