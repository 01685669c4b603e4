"""What `--fix` does for each rule: the fault is gone, and nothing further is edited."""

from textwrap import dedent

import pytest
from givens import linted, stated
from hypothesis import given, settings
from hypothesis import strategies as st

from epm_lint.engine import lint
from epm_lint.fixes import settled
from epm_lint.model import Report, Rule
from epm_lint.rules import RULES

BY_SLUG = {rule.slug: rule for rule in RULES}

REPOSITORY = "Repository: acme/lab@1111111:figures/hero.png acme/lab@2222222:figures/my%20hero.png"
RAW = "https://raw.githubusercontent.com/acme/lab"
BLOB = "https://github.com/acme/lab/blob"
PINNED = "1111111".ljust(40, "0")
RESULTS = "## AI Summary\n\n### Results\n\n"
HERO = f"{RESULTS}![a]({RAW}/main/figures/hero.png)\n"


def fixed(slug: str, case: str, *, unsafe: bool) -> tuple[str, Report]:
    """The body of a case after all fixes of one rule, and what that rule says then."""
    body, given, rule = stated(case, BY_SLUG[slug])

    def check(text: str) -> Report:
        return lint(text, rules=[rule], **given)

    after, _ = settled(body, check, unsafe)
    return after, check(after)


CASES = [
    pytest.param(
        "hero-figure",
        f"{REPOSITORY}\n\n{RESULTS}![a [ZLT]]({RAW}/main/figures/hero.png)\n",
        f"{RESULTS}![a [ZLT]]({RAW}/{PINNED}/figures/hero.png)\n",
        id="hero on a branch",
    ),
    pytest.param(
        "hero-figure",
        f"{REPOSITORY}\n\n{RESULTS}![a]({RAW}/refs/heads/main/figures/hero.png)\n",
        f"{RESULTS}![a]({RAW}/{PINNED}/figures/hero.png)\n",
        id="hero on a branch in its long form",
    ),
    pytest.param(
        "hero-figure",
        f"{REPOSITORY}\n\n{RESULTS}![a]({RAW}/issue/246/figures/hero.png)\n",
        f"{RESULTS}![a]({RAW}/{PINNED}/figures/hero.png)\n",
        id="hero on a branch with a slash in its name",
    ),
    pytest.param(
        "hero-figure",
        f"{REPOSITORY}\n\n{RESULTS}![a]({BLOB}/main/figures/hero.png)\n",
        f"{RESULTS}![a]({BLOB}/{PINNED}/figures/hero.png?raw=true)\n",
        id="a page about the hero, on a branch",
    ),
    pytest.param(
        "hero-figure",
        f"{RESULTS}![a]({BLOB}/43a303c/figures/hero.png)\n",
        f"{RESULTS}![a]({BLOB}/43a303c/figures/hero.png?raw=true)\n",
        id="a page about the hero, without a checkout",
    ),
    pytest.param(
        "hero-figure",
        f"{REPOSITORY}\n\n{RESULTS}![a][hero]\n\n[hero]: {RAW}/main/figures/hero.png\n",
        f"{RESULTS}![a][hero]\n\n[hero]: {RAW}/{PINNED}/figures/hero.png\n",
        id="hero by reference",
    ),
    pytest.param(
        "hero-figure",
        f'{REPOSITORY}\n\n{RESULTS}<p>\n  <img\n   src="{RAW}/main/figures/hero.png">\n</p>\n',
        f'{RESULTS}<p>\n  <img\n   src="{RAW}/{PINNED}/figures/hero.png">\n</p>\n',
        id="hero in an img tag of several lines",
    ),
    pytest.param(
        "ai-summary-structure",
        """
        ## AI Summary

        ## Background

        #### Prior work

        Methodology
        ---

        ##### Results ###

        ### Next steps
        """,
        """
        ## AI Summary

        ### Background

        ##### Prior work

        ### Methodology

        ### Results ###

        ### Next steps
        """,
        id="parts at other levels",
    ),
    pytest.param(
        "ai-summary-structure",
        """
        # AI Summary

        ## Background

        ### Prior work

        ## Methodology

        ## Results

        ## Next steps
        """,
        """
        ## AI Summary

        ### Background

        #### Prior work

        ### Methodology

        ### Results

        ### Next steps
        """,
        id="the whole summary one level too high",
    ),
    pytest.param(
        "ai-summary-structure",
        """
        ### AI Summary

        ### Background

        ### Methodology

        ### Results

        ### Next steps
        """,
        """
        ## AI Summary

        ### Background

        ### Methodology

        ### Results

        ### Next steps
        """,
        id="the summary's own heading among its parts",
    ),
    pytest.param(
        "ai-summary-structure",
        """
        ## AI Summary
        ## Background

        <!-- epm: ignore[figure-captions] a sketch -->
        ### Next steps

        Text.
        # Detailed report
        """,
        """
        ## AI Summary
        ### Background

        ### Methodology

        ### Results

        <!-- epm: ignore[figure-captions] a sketch -->
        ### Next steps

        Text.
        # Detailed report
        """,
        id="two parts missing before a comment that speaks of the next",
    ),
    pytest.param(
        "ai-summary-structure",
        """
        ## AI Summary

        ### Background

        ### Methodology

        * one

        <details><summary>Report</summary>

        # Detailed report

        </details>
        """,
        """
        ## AI Summary

        ### Background

        ### Methodology

        * one

        ### Results

        ### Next steps

        <details><summary>Report</summary>

        # Detailed report

        </details>
        """,
        id="parts missing before a report that is folded away",
    ),
    pytest.param(
        "ai-summary-structure",
        """
        <!-- epm:clean-result format=v2 -->
        ## AI Summary

        ## Background

        ### Result 1
        """,
        """
        <!-- epm:clean-result format=v2 -->
        ## AI Summary

        ### Background

        ### Methodology

        ### Result 1
        """,
        id="a v2 body",
    ),
    pytest.param(
        "report-structure",
        """
        ## Detailed report

        ### Human summary

        ### Source issues

        ### Setup & hyper-parameters

        #### Model

        ### WandB

        ### Sample outputs

        ### Headline numbers

        ### Artifacts
        """,
        """
        # Detailed report

        ## Human summary

        ## Source issues

        ## Setup & hyper-parameters

        ### Model

        ## WandB

        ## Sample outputs

        ## Headline numbers

        ## Artifacts
        """,
        id="the whole report one level too deep",
    ),
    pytest.param(
        "report-structure",
        """
        # Detailed report

        ### Source issues

        #246

        ## WandB
        """,
        """
        # Detailed report

        ## Human summary

        ## Source issues

        #246

        ## Setup & hyper-parameters

        ## WandB

        ## Headline numbers

        ## Sample outputs

        ## Artifacts
        """,
        id="sections missing from the report",
    ),
    pytest.param(
        "results-shape",
        RESULTS + "**Main takeaways:**\n• one\n  • two\n\n**Confidence: moderate** — why\n",
        RESULTS + "**Main takeaways:**\n- one\n  - two\n\n**Confidence: MODERATE** — why\n",
        id="drawn bullets and a level in small letters",
    ),
]


def page(text: str) -> str:
    return dedent(text).lstrip("\n") if text.startswith("\n") else text


@pytest.mark.parametrize(("slug", "case", "expected"), CASES)
def test_fix(slug: str, case: str, expected: str) -> None:
    before = linted(BY_SLUG[slug], page(case))
    assert any(finding.edits for row in before.rows for finding in row.verdict.findings)
    after, report = fixed(slug, page(case), unsafe=True)
    assert after == page(expected)
    assert not any(row.verdict.findings for row in report.rows), report.rows
    given = page(case).partition("\n\n")[0] + "\n\n" if "Repository:" in case else ""
    assert fixed(slug, given + after, unsafe=True)[0] == after


SKELETONS = [
    pytest.param(
        "human-tldr",
        "<!-- epm:clean-result format=v1 -->\n\n# A page\n\n## AI Summary\n",
        "<!-- epm:clean-result format=v1 -->\n\n# A page\n\n"
        "## Human TL;DR\n\n_To be written by a person._\n\n## AI TL;DR\n\n## AI Summary\n",
        "holds only a placeholder",
        id="human TL;DR with the AI TL;DR",
    ),
    pytest.param(
        "human-tldr",
        "## AI TL;DR\n\n## AI Summary\n",
        "## Human TL;DR\n\n_To be written by a person._\n\n## AI TL;DR\n\n## AI Summary\n",
        "holds only a placeholder",
        id="human TL;DR at the top",
    ),
    pytest.param(
        "ai-tldr",
        "## Human TL;DR\n\nGood.\n## AI Summary\n",
        "## Human TL;DR\n\nGood.\n\n## AI TL;DR\n\n## AI Summary\n",
        "0 words",
        id="AI TL;DR",
    ),
    pytest.param(
        "human-summary",
        "## TL;DR\n\n# Detailed report\n\n## Source issues\n",
        "## TL;DR\n\n# Detailed report\n\n"
        "## Human summary\n\n_To be written by a person._\n\n## Source issues\n",
        "holds only a placeholder",
        id="human summary of a legacy body",
    ),
]


@pytest.mark.parametrize(("slug", "body", "expected", "then"), SKELETONS)
def test_an_empty_section_is_safe_and_still_fails(
    slug: str, body: str, expected: str, then: str
) -> None:
    after, report = fixed(slug, body, unsafe=False)
    assert after == expected
    assert then in report.rows[0].verdict.detail
    assert not any(finding.edits for finding in report.rows[0].verdict.findings)


def test_what_no_other_rule_would_miss_is_not_added_safely() -> None:
    body = "## AI Summary\n\n### Background\n\n### Methodology\n\n### Results\n"
    assert fixed("ai-summary-structure", body, unsafe=False)[0] == body
    after, _ = fixed("ai-summary-structure", body, unsafe=True)
    assert after == body + "\n### Next steps\n"


@pytest.mark.parametrize(
    ("methodology", "expected"),
    [
        (
            "### Methodology\n\n* **Model:** Qwen\n* **Eval:** all\n  - nested\n\nText.\n",
            "### Methodology\n\n* **Model:** Qwen\n* **Eval:** all\n  - nested\n"
            "* **Dataset:** TBD\n* **Stats:** TBD\n\nText.\n",
        ),
        (
            "### Methodology\nText.\n",
            "### Methodology\n\n- **Model:** TBD\n- **Dataset:** TBD\n- **Eval:** TBD\n"
            "- **Stats:** TBD\n\nText.\n",
        ),
    ],
)
def test_bullets_to_fill_in_are_unsafe(methodology: str, expected: str) -> None:
    body = "## AI Summary\n\n" + methodology
    assert fixed("methodology-bullets", body, unsafe=False)[0] == body
    after, report = fixed("methodology-bullets", body, unsafe=True)
    assert after == "## AI Summary\n\n" + expected
    assert "missing or unfilled" in report.rows[0].verdict.detail


@pytest.mark.parametrize(
    "case",
    [
        HERO,
        f"Repository: else/where@1111111:figures/hero.png\n\n{HERO}",
        f"{REPOSITORY}\n\n{RESULTS}![a]({RAW}/main/figures/unknown.png)\n",
    ],
    ids=["no checkout", "a checkout of another repository", "a file that was never committed"],
)
def test_a_hero_that_cannot_be_pinned_is_left_alone(case: str) -> None:
    body, _, _ = stated(case, BY_SLUG["hero-figure"])
    after, report = fixed("hero-figure", case, unsafe=True)
    assert after == body
    assert report.rows[0].verdict.status == "FAIL"


UNCLOSED = ["```\ncode", "<!-- a comment", "<pre>\ncode"]


@pytest.mark.parametrize("end", UNCLOSED)
def test_nothing_is_added_behind_a_block_that_is_never_closed(end: str) -> None:
    body = f"## AI Summary\n\n### Background\n\n### Methodology\n\n### Results\n\n{end}\n"
    after, _ = fixed("ai-summary-structure", body, unsafe=True)
    assert after == body


def test_windows_line_endings_stay() -> None:
    body = "## AI Summary\r\n\r\n## Background\r\n\r\n### Methodology\r\n\r\n### Next steps\r\n"
    after, report = fixed("ai-summary-structure", body, unsafe=True)
    assert "\r\n### Background\r\n" in after
    assert after.count("\n") == after.count("\r\n")
    assert report.rows[0].verdict.status == "PASS"


def test_every_rule_of_a_v1_page_comes_to_rest() -> None:
    rules: tuple[Rule, ...] = tuple(
        BY_SLUG[slug]
        for slug in ("ai-summary-structure", "human-tldr", "ai-tldr", "report-structure")
    )
    body = "## AI Summary\n\n## Methodology\n\n# Detailed report\n\n## WandB\n"
    after, _ = settled(body, lambda text: lint(text, rules=rules), True)
    headings = [line for line in after.splitlines() if line.startswith("#")]
    assert headings == [
        "## Human TL;DR",
        "## AI TL;DR",
        "## AI Summary",
        "### Background",
        "### Methodology",
        "### Results",
        "### Next steps",
        "# Detailed report",
        "## Human summary",
        "## Source issues",
        "## Setup & hyper-parameters",
        "## WandB",
        "## Headline numbers",
        "## Sample outputs",
        "## Artifacts",
    ]
    again, mended = settled(after, lambda text: lint(text, rules=rules), True)
    assert (again, mended) == (after, ())


OUTLINES = st.lists(
    st.builds(
        lambda marks, title, text: f"{marks} {title}\n{text}",
        st.sampled_from(["#", "##", "###", "####"]),
        st.sampled_from(
            [
                *("AI Summary", "Background", "Methodology", "Results", "Result 1", "Next steps"),
                *("Human TL;DR", "AI TL;DR", "TL;DR", "Detailed report", "Human summary"),
                *("Setup & hyper-parameters", "WandB", "Artifacts ##", "Else"),
            ]
        ),
        st.sampled_from(
            [
                *("", "text\n", "\ntext\n\n", "- item\n", "```\ncode\n```\n", "```\ncode\n"),
                *("<!-- a note -->\n", "<details>\n\n", "</details>\n\n", "| a |\n|---|\n"),
                *("**Main takeaways:**\n• one\n", "Confidence: low\n", "Setext\n---\n"),
            ]
        ),
    ),
    max_size=12,
).map("".join)
MENDING = tuple(
    BY_SLUG[slug]
    for slug in (
        *("ai-summary-structure", "human-tldr", "ai-tldr", "report-structure", "human-summary"),
        *("results-shape", "methodology-bullets", "hero-figure"),
    )
)


@settings(max_examples=300, deadline=None)
@given(OUTLINES, st.booleans())
def test_fixes_come_to_rest_and_take_nothing_away(body: str, unsafe: bool) -> None:
    def check(text: str) -> Report:
        return lint(text, rules=MENDING)

    after, _ = settled(body, check, unsafe)
    left = [f for row in check(after).rows for f in row.verdict.findings if f.edits]
    assert all(not finding.safe and not unsafe for finding in left), (after, left)
    kept = {_words(line) for line in after.splitlines()}
    assert {_words(line) for line in body.splitlines()} - {""} <= kept


def _words(line: str) -> str:
    """A line without what a fix may change: marks of headings and bullets, and capitals."""
    return line.strip("#•- \t").casefold()
