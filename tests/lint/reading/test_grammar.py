"""The grammar is what its document says."""

from pathlib import Path

import pytest

import epm_lint.reading
from epm_lint.markdown.document import Document
from epm_lint.reading.page import Reading, read
from epm_lint.reading.statements import Arithmetic, CellClaim, CountedClaim, Statement
from epm_lint.reading.text.passages import passages

GRAMMAR = Path(epm_lint.reading.__file__).with_name("GRAMMAR.md").read_text(encoding="utf-8")
NAMES = "| Persona | Kind |\n|---|---|\n" + "".join(
    f"| {name} | x |\n" for name in ("librarian", "helpful_assistant", "qwen_default")
)
OF_TABLES = {CountedClaim, CellClaim}
"""Forms that need a table to be claims about."""


def said(text: str) -> list[str]:
    return [statement.describe() for statement in read(Document(text)).statements]


def examples() -> list[tuple[str, list[str]]]:
    found = []
    for code in GRAMMAR.split("```\n")[1::2]:
        for example in code.strip().split("\n\n"):
            text, *read_as = example.split("\n")
            found.append((text, [line.removeprefix("=> ") for line in read_as]))
    return found


@pytest.mark.parametrize(("text", "read_as"), examples())
def test_an_example_is_read_as_it_says(text: str, read_as: list[str]) -> None:
    assert said(f"{text}\n\n{NAMES}") == ([] if read_as == ["nothing"] else read_as)


def test_every_form_has_an_example() -> None:
    shown = {line.split()[0] for _, read_as in examples() for line in read_as}
    forms = {form.__name__ for form in set(Statement.__subclasses__()) - OF_TABLES}
    assert forms == shown - {"nothing"}


@pytest.mark.parametrize("wrap", ["so **{}** then", "(see {})", "- {}", "> x\n\n{}"])
@pytest.mark.parametrize("text", ["ρ=−0.74 (p < .01)", "23% [15.8%, 32.2%]", "200 + 400 = 600"])
def test_what_stands_around_makes_no_difference(text: str, wrap: str) -> None:
    assert said(wrap.format(text)) == said(text) != []


@pytest.mark.parametrize(
    "text",
    [
        "**ρ**=−0.74 (**p** < .01)",
        "ρ\u2009=\u2009−0.74 (p\u00a0<\u00a0.01)",
        "ρ=`−0.74` (p < `.01`)",
        "_ρ_ = −0.74\n(p < .01)",
        "$\\rho = -0.74$ ($p < .01$)",
        "$\\rho$ = $-0.74$ (p $<$ .01)",
    ],
)
def test_marks_spaces_and_tex_make_no_difference(text: str) -> None:
    (found,) = said(text)
    assert found.replace("−", "-") == "Correlation coefficient=-0.74 method=spearman p=.01"


@pytest.mark.parametrize(
    "text",
    [
        "An independent reviewer read 3 significant digits of 12 outputs.",
        "Version 5.23.0 (2026-05-05) of Qwen2.5-7B at #246, seeds 137, 256.",
        "within-category fits; inside the house; a confident tone",
        "He drops the tests of 12 personas; the cosine falls.",
        "top_p=0.95, T=1.0, r=32, α=64",
        "# alone is no number, nor is ¤, and neither is a 0,31 of another country",
    ],
)
def test_what_says_nothing(text: str) -> None:
    found = read(Document(text)).statements
    assert [s.describe() for s in found if type(s).__name__ != "SampleSize"] == []


def test_a_block_quote_is_someone_elses() -> None:
    assert [s.quoted for s in read(Document("> all significant")).statements] == [True]


def test_a_product_is_worked_out() -> None:
    (found,) = read(Document("600 = 200 + 2 × 200 − 3 × 5")).statements
    assert isinstance(found, Arithmetic)
    assert (found.value, found.total and found.total.value) == (585, 600)


def test_places_are_those_of_the_passage() -> None:
    reading = Reading(tuple(passages(Document("It **is** so: `ρ`=−0.74 (p < .01), and more."))))
    (found,) = reading.statements
    assert found.text == found.passage.text[found.start : found.end] == "ρ=−0.74 (p < .01)"
