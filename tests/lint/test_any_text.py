"""Whatever the text, there is a report; whatever the bytes, a report or one clear line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lint.engine import lint
from lint.errors import LintError
from lint.model import Status
from lint.output.table import render
from lint.prose import count_sentences, count_words, labelled
from lint.quoting import LONGEST_QUOTE, quote

PIECES = st.sampled_from(
    [
        *("## AI Summary\n", "### Results\n", "# Detailed report\n", "## Sample outputs\n", "\n"),
        *(
            "### Condition: a\n",
            "## Setup & hyper-parameters\n",
            "```\n",
            "~~~",
            "- ",
            "> ",
            "    ",
        ),
        *("![a [b]](c)", "<img src='", "<!--", "-->", "<!-- epm: ignore[", "] ", "|", "\n|---|\n"),
        *("**Main takeaways:**", "**Confidence: LOW**", "Seed: ", "`", "_", "\r", "\ufeff", "&#0;"),
        *(
            "## TL;DR\n",
            "## AI TL;DR\n",
            "### Methodology\n",
            "[a](http://[b)",
            "\u202e",
            "{{",
            "}}",
        ),
    ]
)
BODIES = st.lists(PIECES | st.text(max_size=12), max_size=40).map("".join)


@settings(max_examples=250, deadline=None)
@given(BODIES, st.none() | st.text(max_size=20))
def test_any_text_gets_a_report(body: str, title: str | None) -> None:
    report = lint(body, title=title)
    assert report.status is not Status.ERROR
    shown = render(report)
    assert all(character.isprintable() or character in "\n\u200c\u200d" for character in shown)
    last_line = body.count("\n") + body.count("\r") + 1
    findings = [finding for row in report.rows for finding in row.verdict.findings]
    assert all(1 <= finding.line <= last_line for finding in findings)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=40).filter(lambda body: not _is_utf8(body)))
def test_bytes_that_are_no_text_get_one_line(body: bytes) -> None:
    with pytest.raises(LintError, match=r"^line \d+ of the body is not UTF-8 \(byte \d+\)$"):
        lint(body)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(st.text())
def test_a_quotation_is_short_and_printable(text: str) -> None:
    quoted = quote(text)
    assert len(quoted) <= LONGEST_QUOTE
    assert all(character.isprintable() or character in "\u200c\u200d" for character in quoted)


@pytest.mark.parametrize(
    ("text", "words", "sentences"),
    [
        ("", 0, 0),
        ("— + …", 0, 1),
        ('One, two (e.g. this). Final. "Three?"', 6, 3),
        ("Version 0.1.2 of qwen_default", 4, 0),
    ],
)
def test_measures(text: str, words: int, sentences: int) -> None:
    assert (count_words(text), count_sentences(text)) == (words, sentences)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Model: Qwen", ("Model", "Qwen")),
        ("Eval — 20 × 5: all", ("Eval", "20 × 5: all")),
        ("no label here", ("", "no label here")),
        (": empty", ("", ": empty")),
    ],
)
def test_labels(text: str, expected: tuple[str, str]) -> None:
    assert labelled(text) == expected
