"""Confidence has three levels here, so that pages can be compared: HIGH, MODERATE and LOW.

Ad-hoc wordings of how sure the authors are ("fairly confident", "almost certainly", "clearly
proves") are asked to give way to the Confidence line. What is said of a model ("the judge is very
confident") is no such wording; nor is one that is negated, quoted or in code, nor what samples and
the sections that people write say.

Bad:

    ## AI Summary

    ### Results

    The rates went up, and we are fairly confident that they did so because of the marker.

Good:

    ## AI Summary

    ### Results

    The rates went up. The model was very confident in its answers.

    **Confidence: MODERATE** — one seed, twelve personas.
"""

import re

from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.wording import NOT_THE_PAGES_WORDS, Occurrence, mentions
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

FIX = "give the evidence here, and the level on the Confidence line"

_DEGREES = ("fairly", "quite", "very", "pretty", "reasonably", "highly", "extremely", "somewhat")
_MORE_DEGREES = ("relatively", "moderately", "completely", "absolutely", "totally", "increasingly")

_OF_A_MIND = frozenset({"confident", "certain", "sure", "convinced", "believe"})
_MINDS = Pattern(
    r"\b(?:(we|i|us|our|ourselves|one|you|authors?|readers?)"
    r"|models?|adapters?|judges?|classifiers?|probes?|networks?|personas?|assistants?|llms?|it|they"
    r"|them|he|she|tokens?|answers?|completions?|responses?|predictions?|outputs?|who|which)\b",
    re.IGNORECASE,
)
_CLAUSE_END = Pattern(r"[.!?;:(—–](?=\s|$)|\(|\n\n")
_INTERVAL = Pattern(r"\s+(?:intervals?|bands?|limits?|bounds?|regions?|scores?|thresholds?)\b")


@dataclass(frozen=True, slots=True)
class Options:
    """The wordings that the levels stand for."""

    hedges: tuple[str, ...] = option(
        (
            *(f"{degree} confident" for degree in (*_DEGREES, *_MORE_DEGREES)),
            *(f"{degree} certain" for degree in ("fairly", "quite", "pretty", "absolutely")),
            *(f"{degree} sure" for degree in ("fairly", "quite", "pretty", "absolutely", "very")),
            *("firmly convinced", "strongly believe", "firmly believe", "we believe", "I believe"),
            *("almost certainly", "in all likelihood", "in all probability", "undoubtedly"),
            *("without a doubt", "without any doubt", "beyond doubt", "beyond a doubt"),
            *("beyond any doubt", "there is no doubt", "unquestionably", "indisputably"),
            *("unequivocally", "definitely prove", "definitely proves", "definitely show"),
            *("definitely shows", "clearly prove", "clearly proves", "conclusively prove"),
            *("conclusively proves", "conclusively show", "conclusively shows"),
            *("prove conclusively", "proves conclusively", "conclusively demonstrates"),
            *("conclusively demonstrate", "medium confidence", "very high confidence"),
            *("very low confidence", "some confidence", "reasonable confidence"),
            *("full confidence", "strong confidence", "great confidence"),
        ),
        "wordings of confidence that are none of the levels",
    )


def check(page: Page, options: Options) -> Verdict:
    """No wording of confidence but the levels."""
    faults = [
        Finding(
            f"ad-hoc confidence: {quote(mention.text)}",
            mention.line,
            column=mention.column,
            fix=FIX,
        )
        for mention in mentions(page, options.hedges, without=NOT_THE_PAGES_WORDS, quotations=False)
        if not mention.negated and _is_a_hedge(mention)
    ]
    if faults:
        return Verdict.warned(f"{len(faults)} ad-hoc wording(s) of confidence", faults)
    return Verdict.passed("no confidence but in the house levels")


def _is_a_hedge(mention: Occurrence) -> bool:
    last_word = mention.text.split()[-1].casefold()
    if last_word == "confidence":
        return _INTERVAL.match(mention.after[:24]) is None
    first_word = mention.text.split()[0].casefold()
    if last_word not in _OF_A_MIND or first_word in {"we", "i"}:
        return True
    return _is_ours(mention)


def _is_ours(mention: Occurrence) -> bool:
    """Whether it is the authors who are sure: the nearest in the clause who can be, or nobody."""
    clause = _CLAUSE_END.split(mention.before)[-1]
    minds = list(_MINDS.finditer(clause))
    return minds[-1].group(1) is not None if minds else not any(map(str.isalnum, clause))


RULE = Rule("confidence-phrasebook", "Confidence phrasebook", check, options=Options(), doc=__doc__)
