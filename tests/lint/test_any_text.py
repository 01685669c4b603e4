"""Whatever the text, there is a report; whatever the bytes, a report or one clear line."""

import gc
import json
import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epm_lint.engine import lint
from epm_lint.errors import LintError
from epm_lint.fixes import applied, settled
from epm_lint.model import Status
from epm_lint.output import concise, github, junit, markdown, sarif
from epm_lint.output import json as as_json
from epm_lint.output.table import render
from epm_lint.page.prose import count_sentences, count_words, labelled
from epm_lint.quoting import LONGEST_QUOTE, quote

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


@settings(max_examples=60, deadline=None)
@given(BODIES)
def test_any_text_has_every_output(body: str) -> None:
    report = lint(body)
    (file,) = json.loads(as_json.render([report]))["files"]
    assert [check["rule"] for check in file["checks"]] == [row.rule.slug for row in report.rows]
    assert json.loads(sarif.render([report]))["version"] == "2.1.0"
    assert ElementTree.fromstring(junit.render([report])).tag == "testsuites"  # noqa: S314 - our own
    assert all(line.startswith("::") for line in github.render([report]).splitlines())
    assert all(c.isprintable() or c in "\n\u200c\u200d" for c in concise.render([report]))
    assert len(markdown.render([report])) <= 65_536


@settings(max_examples=60, deadline=None)
@given(BODIES)
def test_to_mend_twice_is_to_mend_once(body: str) -> None:
    report = lint(body)
    for unsafe in (False, True):
        after, mended = applied(body, report, unsafe)
        assert (after == body) or mended
        once, _ = settled(body, lint, unsafe)
        assert settled(once, lint, unsafe)[0] == once


def test_a_fix_may_bring_an_unknown_format_to_light() -> None:
    """Found by the fuzzer: what hid the word from the format's reader is mended away."""
    body = "<!--epm: \0format=v9-->\n"
    assert lint(body).status is not Status.ERROR
    mended = settled(body, lint)[0]
    assert mended == "<!--epm: format=v9-->\n"
    assert lint(mended).rows[-1].rule.slug == "page-format"


SUMMARY = "## AI Summary\n\n### Results\n\n"
REPORT = "# Detailed report\n\n## Setup & hyper-parameters\n\n## Sample outputs\n\n"
HOSTILE = {
    "suppressions": (SUMMARY, "<!-- epm: ignore[hero-figure] y -->\n\n"),
    "brackets": (SUMMARY, "["),
    "quotes": ("", ">"),
    "lists": ("", "- a\n"),
    "headings": ("", "# A\n## B\n### C\n"),
    "images": (SUMMARY, "![a](b)\n\n"),
    "numbers": (SUMMARY, "- p=0.03, N=12, 20 × 5 = 100, 3/4 (75%)\n"),
    "digits": (SUMMARY, "1"),
    "references": (SUMMARY, "#12 GH-3 "),
    "footnotes": (SUMMARY, "[^1] "),
    "acronyms": (SUMMARY, "Alpha Beta (AB) "),
    "conditions": (REPORT, "### Condition: a (3/4)\n\n```\nx\n```\n"),
    "rows": (REPORT + "| a | b |\n|---|---|\n", "| seed | TODO |\n"),
    "folds": (SUMMARY, "<details>\n\n"),
    "comments": (SUMMARY, "<!-- "),
    "emphasis": (SUMMARY, "*a _b "),
    "backticks": (SUMMARY, "` `` "),
}


@pytest.fixture
def without_collector() -> Iterator[None]:
    """Collecting garbage costs by the heap of the whole test process, not by the body."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_cost_grows_as_the_body_does(kind: str, without_collector: None) -> None:
    opening, piece = HOSTILE[kind]
    measured = []
    # a machine that is busy with other work slows one try, not three
    for _ in range(3):
        costs = []
        for size in (12_000, 48_000):
            body = opening + piece * (size // len(piece))
            started = time.process_time()
            assert lint(body, seconds=60).status is not Status.ERROR
            costs.append(time.process_time() - started)
        # linear is 4, quadratic 16; what is quick either way is left to the noise
        if costs[1] < max(9 * costs[0], 0.5):
            return
        measured.append(costs)
    pytest.fail(str(measured))


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
