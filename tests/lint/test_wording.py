"""The words of a page itself, and the issues that they name."""

from datetime import timedelta
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm_lint.engine import lint
from epm_lint.fixes import applied
from epm_lint.markdown.document import Document
from epm_lint.model import Finding, Status
from epm_lint.page.references import linked_issue, references, references_in
from epm_lint.page.wording import own_words, phrases
from epm_lint.rules import (
    acronyms,
    background_motivation,
    bare_references,
    confidence_phrasebook,
    inline_samples,
    source_issues,
    stats_framing,
)

RULES = [
    module.RULE
    for module in (
        acronyms,
        background_motivation,
        bare_references,
        confidence_phrasebook,
        inline_samples,
        source_issues,
        stats_framing,
    )
]
PIECES = st.sampled_from(
    [
        *("#12", "#12 — ", "acme/lab#3", "GH-4", "[#5](", "https://github.com/a/b/issues/6", ")"),
        *("`", "``", "<code>", "</code>", "~~", '"', "“", "”", "'", "‘", "’", "<q>", "</q>"),
        *("PI", "LOO (", "<abbr title='leave-one-out'>", "Cohen's d", "t-test", "no ", " or "),
        *(
            "fairly confident",
            "we ",
            "the model ",
            "is not reported",
            "\n",
            "\n\n",
            "- ",
            "| ",
            "> ",
        ),
        *(
            "## Source issues\n",
            "Source-issues: ",
            "### Background\n",
            "### Result 1\n",
            "İ",
            "&#35;",
        ),
        *("## AI Summary\n\n", "\n|---|---|\n", "```\n", "![#7](a.png)", "*", "_", "\\"),
    ]
)
BODIES = st.lists(PIECES | st.text(max_size=6), max_size=40).map("".join)


@settings(max_examples=250, deadline=None)
@given(BODIES)
def test_no_text_breaks_a_rule(body: str) -> None:
    report = lint("<!-- epm: format=v2 -->\n\n" + body, issue=12, rules=RULES)
    assert report.status is not Status.ERROR
    for block in Document(body).walk_blocks():
        for prose in block.prose:
            for quotations in (True, False):
                words = own_words(prose, quotations=quotations)
                ends = [at for at, c in enumerate(prose.text) if c == "\n"]
                assert len(words) == len(prose.text)
                assert [at for at, c in enumerate(words) if c == "\n"] == ends
            assert all(reference.number > 0 for reference in references(prose))


def mended(body: str, *, unsafe: bool, **given: object) -> tuple[str, list[Finding]]:
    """The body with all edits made, and what is found in it then."""
    form = None if "format=" in body else "v1"
    report = lint(body, rules=RULES, page_format=form, **given)  # type: ignore[arg-type]
    text, _ = applied(body, report, unsafe)
    again = lint(text, rules=RULES, page_format=form, **given)  # type: ignore[arg-type]
    return text, [finding for row in again.rows for finding in row.verdict.findings]


class Checkout:
    """A repository that has a name and nothing else."""

    name = "acme/lab"
    is_shallow = False

    def has_commit(self, commit: str) -> bool:
        return False

    def read(self, commit: str, path: str) -> bytes | None:
        return None

    def last_commit(self, path: str) -> str | None:
        return None


def test_a_bare_reference_is_linked_and_then_stays() -> None:
    body = "<!-- epm: format=v2 -->\n\nAs in #12 and as\n- in #7, #12.\n"
    text, left = mended(body, unsafe=False, repository=Checkout())
    assert text == body.replace(
        "As in #12", "As in [#12](https://github.com/acme/lab/issues/12)"
    ).replace("in #7", "in [#7](https://github.com/acme/lab/issues/7)")
    assert not left


def test_without_a_repository_a_bare_reference_is_left_to_people() -> None:
    body = "<!-- epm: format=v2 -->\n\nAs in #12.\n"
    text, left = mended(body, unsafe=True)
    assert text == body
    assert [finding.column for finding in left] == [7]


def test_an_acronym_is_spelled_out_only_when_a_person_may_look() -> None:
    body = "Inside the 95% PI, by\nLOO. PIs differ.\n"
    assert mended(body, unsafe=False)[0] == body
    text, left = mended(body, unsafe=True)
    assert text == (
        "Inside the 95% prediction interval (PI), by\nleave-one-out (LOO). PIs differ.\n"
    )
    assert not left


def test_an_acronym_that_a_line_holds_twice_is_not_edited() -> None:
    body = "The PIN and the PI.\n"
    text, (finding,) = mended(body, unsafe=True)
    assert text == body
    assert finding.column is None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("#1, (#2); #3's, of-#4: #5", [1, 2, 3, 4, 5]),
        ("acme/lab#6 GH-7 https://github.com/acme/lab/pull/8#discussion_r1", [6, 7, 8]),
        (
            "acme/lab#612345 GH-712345 https://github.com/acme/lab/issues/812345",
            [612345, 712345, 812345],
        ),
        ("result #1, Figure #2, the #3 reason, ranked #4, seeds #5, layer\n#6", []),
        ("the #30 thread and the #2.", [30, 2]),
        ("#fff123 #12ab #0 #000 #123456 a#1 page/#2 &#3; #4.5 #5% #6-7 ##8 XGH-9", []),
    ],
)
def test_what_is_a_reference(text: str, numbers: list[int]) -> None:
    assert [reference.number for reference in references_in(text)] == numbers


@pytest.mark.parametrize(
    ("url", "issue"),
    [
        ("https://github.com/acme/lab/issues/12", (12, "acme/lab")),
        ("https://git.example.org/acme/lab/pull/3/files", (3, "acme/lab")),
        ("../issues/12", (12, None)),
        ("https://github.com/acme/lab/issues", None),
        ("https://github.com/acme/lab/blob/main/issues/12", None),
        ("#issues/12", None),
    ],
)
def test_what_links_to_an_issue(url: str, issue: tuple[int, str | None] | None) -> None:
    assert linked_issue(url) == issue


@pytest.mark.parametrize(
    ("wording", "text", "found"),
    [
        ("effect size", "an Effect-sizes, effect\n  size", ["Effect-sizes", "effect\n  size"]),
        ("effect size", "effect sized, effect `x` size, effect_size, effect size.json", []),
        ("t test", "can't test, a t test", ["t test"]),
        ("t-test", "t–tests and t test", ["t–tests"]),
        ("Mann-Whitney", "Mann Whitney, Mann‑Whitney-U", ["Mann Whitney", "Mann‑Whitney"]),
        ("Cohen's d", "Cohen’s d=0.8, McCohen's d", ["Cohen’s d"]),
    ],
)
def test_phrases(wording: str, text: str, found: list[str]) -> None:
    (block,) = Document(text).preamble
    (prose,) = block.prose
    pattern = phrases((wording,))
    assert [match.group().replace("\n", "\n  ") for match in pattern.finditer(prose.words)] == found


@pytest.mark.parametrize(
    "piece",
    [
        *("#12 ", "As in #12\n", "[#1](../issues/1) ", "no Cohen's d or ", '"', "“a", " 'a", "‘"),
        *("<code>", "<code>a</code>", "~~a", "PI (", "| #1 ", "https://a ", "<abbr ", "<a ", "no "),
        *("GH-", "a/", "fairly ", "a-", "- #1\n", "the a of ", "Source-issues: #1, "),
    ],
)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    def cost(length: int) -> timedelta:
        body = "<!-- epm: format=v2 -->\n## Source issues\n\n### Background\n\n"
        start = process_time()
        lint(body + piece * (length // len(piece)) + " effect size #9 LOO", rules=RULES)
        return timedelta(seconds=process_time() - start)

    assert min(cost(60_000) for _ in range(2)) < timedelta(seconds=3)
