"""A page with the figures and claims of the seed page: its errors are found, and nothing else."""

import json
from pathlib import Path

import pytest

from epm_lint.engine import lint
from epm_lint.formats import PLAIN, format_of
from epm_lint.markdown.document import Document
from epm_lint.model import Finding, Report, Status
from epm_lint.rules import RULES

PAGES = Path(__file__).parent / "pages"
BODY = (PAGES / "seed_claims.md").read_text(encoding="utf-8")
RESULTS = json.loads((PAGES / "seed_claims.json").read_text(encoding="utf-8"))
TITLE = "The cosine at L20 goes with how readily a marker takes (MODERATE confidence)"
HOLDING = [
    rule
    for rule in RULES
    if rule.slug.startswith("recomputed-")
    or rule.slug in ("confidence-evidence", "numbers-match-results", "sample-counts")
]


def line_of(words: str) -> int:
    """The one line of the page that holds these words."""
    found = [number for number, line in enumerate(BODY.split("\n"), start=1) if words in line]
    assert len(found) == 1, words
    return found[0]


def report(results: object = None, body: str = BODY, **given: str) -> Report:
    return lint(body, title=TITLE, results=results, rules=HOLDING, **given)  # type: ignore[arg-type]


HEADINGS: dict[str, tuple[str, dict[str, str]]] = {
    "legacy": ("legacy", {}),
    "v1": ("v1", {"## TL;DR": "## AI Summary"}),
    "v2": (
        "v2",
        {
            "## TL;DR": "## AI Summary",
            "### Results": "### Result 1: the relation holds at every layer",
            "### Methodology": "### What was run",
        },
    ),
    "plain": (PLAIN, {}),
    "a paper's": (
        PLAIN,
        {
            "## TL;DR": "## Abstract",
            "### Background": "## 1. Introduction",
            "### Methodology": "## 2. Methods",
            "### Results": "## 3. Results and discussion",
            "### Next steps": "## 4. Future work",
            "# Detailed report": "# Appendix",
            "## Source issues": "## A. Related work",
            "## Setup & hyper-parameters": "## B. Experimental details",
            "## Headline numbers": "## C. All rates",
        },
    ),
    "a report's": (
        PLAIN,
        {"## TL;DR": "# Marker report", "### Results": "### Findings", "# Detailed report": "---"},
    ),
}
"""The headings of each format, and of pages that have none of them, in place of the page's own."""


def under(headings: dict[str, str]) -> str:
    """The page with other headings, line by line."""
    return "\n".join(headings.get(line, line) for line in BODY.split("\n"))


def findings(slug: str, results: object = None) -> list[Finding]:
    rows = report(results).rows
    return [f for row in rows if row.rule.slug == slug for f in row.verdict.findings]


@pytest.mark.parametrize(
    ("slug", "words", "right"),
    [
        ("recomputed-multiplicity", "All of this survives", "1 of 8 p-values in reach survive"),
        ("recomputed-multiplicity", "All of this survives", "α=0.01: Spearman L15 p=0.0014;"),
        ("recomputed-multiplicity", "L25 all significant", "Pearson L25 p=0.051 is over α=0.05"),
        ("recomputed-influence", "only high-leverage", "leverage 0.110 of 'librarian' is below"),
        ("recomputed-influence", "only high-leverage", "over it: 'helpful_assistant' (0.361)"),
        ("recomputed-influence", "Cook's D outliers", "leverage 0.110 of 'librarian' is below"),
        ("recomputed-inside", "inside the 95% PI", "helpful_assistant''s [−10%, 72%] leaves"),
        ("recomputed-inside", "stars lie inside", "[−10%, 72%] leaves [0%, 100%]"),
        ("recomputed-inside", "LOO 12/12 PI-coverage, but", "without them the fit has N=10"),
        ("recomputed-inside", "LOO 12/12 PI-coverage |", "without them the fit has N=10"),
        ("recomputed-p-values", "p=0.018, N=12", "p=0.023 to 0.026 (df 9)"),
        ("recomputed-p-values", "Length-partial Spearman (N=12)", "p=0.023 to 0.026 (df 9)"),
        ("recomputed-arithmetic", "effective batch=64", "16"),
        ("recomputed-intervals", "software_engineer |", "[23.7%, 41.7%]"),
        ("recomputed-intervals", "data_scientist |", "[23.7%, 41.7%]"),
        ("recomputed-intervals", "medical_doctor |", "[23.7%, 41.7%]"),
        ("recomputed-intervals", "kindergarten_teacher |", "[24.6%, 42.7%]"),
        ("recomputed-intervals", "police_officer |", "[31.9%, 50.8%]"),
        ("recomputed-intervals", "french_person |", "[39.4%, 58.7%]"),
        ("recomputed-intervals", "villain |", "[47.2%, 66.3%]"),
        ("recomputed-independence", "helpful_assistant (new)", "n_eff=100/(1 + 4·ICC)"),
    ],
)
def test_an_error_is_reported_at_its_line_with_the_right_value(
    slug: str, words: str, right: str
) -> None:
    assert any(f.line == line_of(words) and right in f.message for f in findings(slug)), [
        (f.line, f.message) for f in findings(slug)
    ]


def test_seven_of_twelve_intervals_and_no_other() -> None:
    assert len({finding.line for finding in findings("recomputed-intervals")}) == 7


@pytest.mark.parametrize("kind", HEADINGS)
def test_nothing_right_is_called_wrong(kind: str) -> None:
    """All that is reported, by rule and line, under any headings; each is an error of the page."""
    page_format, headings = HEADINGS[kind]
    said = report(body=under(headings), page_format=page_format)
    found = {
        row.rule.slug: {finding.line for finding in row.verdict.findings}
        for row in said.rows
        if row.verdict.findings
    }
    wrong = [line_of(f"{name} |") for name in SEVEN]
    partial = {line_of("p=0.018, N=12"), line_of("Length-partial Spearman (N=12)")}
    assert found == {
        "recomputed-intervals": set(wrong),
        "recomputed-p-values": partial,
        "recomputed-arithmetic": {line_of("effective batch=64")},
        "recomputed-multiplicity": {
            line_of("All of this survives"),
            line_of("L25 all significant"),
        },
        "recomputed-influence": {line_of("only high-leverage"), line_of("Cook's D outliers")},
        "recomputed-inside": {
            line_of("stars lie inside"),
            line_of("inside the 95% PI"),
            line_of("LOO 12/12 PI-coverage, but"),
            line_of("LOO 12/12 PI-coverage |"),
        },
        "recomputed-independence": {line_of("helpful_assistant (new)")},
    }


@pytest.mark.parametrize("kind", ["legacy", "v1", "v2"])
def test_the_headings_are_those_of_the_format(kind: str) -> None:
    page_format, headings = HEADINGS[kind]
    assert format_of(Document(under(headings))).format.name == page_format


@pytest.mark.parametrize("kind", HEADINGS)
def test_a_line_with_an_n_for_each_clause_is_right(kind: str) -> None:
    """Each N belongs to its own r and p, and to none of its neighbours'."""
    line = (
        "- With both it strengthens (N=10: r=-0.42, p=0.22; N=12: r=-0.62, p=0.031; Spearman "
        "ρ=-0.74, p=0.006)."
    )
    page_format, headings = HEADINGS[kind]
    body = under(headings).replace("**Main takeaways:**\n", f"**Main takeaways:**\n\n{line}", 1)
    before = report(body=under(headings), page_format=page_format)
    after = report(body=body, page_format=page_format)
    told = [
        [f.message for row in said.rows for f in row.verdict.findings] for said in (before, after)
    ]
    assert told[0] == told[1]
    numbers = after.reading and [n.raw for n in after.reading.numbers if n.line == 26]
    assert numbers
    assert "-0.42" in numbers


SEVEN = (
    "software_engineer",
    "data_scientist",
    "medical_doctor",
    "kindergarten_teacher",
    "police_officer",
    "french_person",
    "villain",
)


def test_a_claim_that_turns_a_conclusion_fails_and_another_error_warns() -> None:
    status = {row.rule.slug: row.verdict.status for row in report().rows}
    assert status["recomputed-multiplicity"] is Status.FAIL
    assert status["recomputed-influence"] is Status.FAIL
    assert status["recomputed-inside"] is Status.WARN
    assert status["recomputed-independence"] is Status.WARN
    assert status["recomputed-direction"] is Status.PASS
    assert status["confidence-evidence"] is Status.PASS


def test_the_results_tell_the_prompt_lengths() -> None:
    line = line_of("5 and 11 tokens")
    told = [f.message for f in findings("numbers-match-results", RESULTS) if f.line == line]
    assert len([message for message in told if "results say 6 and 16 at" in message]) == 2


def test_what_the_results_contradict_is_wrong_and_nothing_else() -> None:
    """The prompt lengths, the partial p and the ends of seven intervals."""
    found = {f.line for f in findings("numbers-match-results", RESULTS)}
    assert found == {
        line_of("5 and 11 tokens"),
        line_of("p=0.018, N=12"),
        line_of("Length-partial Spearman (N=12)"),
        *(line_of(f"{name} |") for name in SEVEN),
    }
