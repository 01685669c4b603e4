"""The grammar is what its document says."""

from pathlib import Path

import pytest

import epm_lint.numbers
from epm_lint.markdown.document import Document
from epm_lint.numbers.forms import Arithmetic, Correlation, Statement
from epm_lint.numbers.reading import read
from epm_lint.numbers.statements import FORMS, parse

NAMES = ("librarian", "helpful_assistant", "qwen_default")
GRAMMAR = Path(epm_lint.numbers.__file__).with_name("GRAMMAR.md").read_text(encoding="utf-8")


def examples() -> list[tuple[str, list[str]]]:
    found = []
    for code in GRAMMAR.split("```\n")[1::2]:
        for example in code.strip().split("\n\n"):
            text, *read_as = example.split("\n")
            found.append((text, [line.removeprefix("=> ") for line in read_as]))
    return found


@pytest.mark.parametrize(("text", "read_as"), examples())
def test_an_example_is_read_as_it_says(text: str, read_as: list[str]) -> None:
    said = [statement.describe() for statement in parse(text, names=NAMES)]
    assert said == ([] if read_as == ["nothing"] else read_as)


def test_every_form_has_an_example() -> None:
    shown = {line.split()[0] for _, read_as in examples() for line in read_as}
    assert {form.__name__ for form in Statement.__subclasses__()} == shown - {"nothing"}
    assert len(FORMS) == 16


@pytest.mark.parametrize("wrap", ["{}", "so **{}** then", "(see {})", "- {}", "> x\n\n{}"])
@pytest.mark.parametrize("text", ["ρ=−0.74 (p < .01)", "23% [15.8%, 32.2%]", "200 + 400 = 600"])
def test_what_stands_around_makes_no_difference(text: str, wrap: str) -> None:
    said = [s.describe() for _, s in read(Document(wrap.format(text))).statements]
    assert said == [statement.describe() for statement in parse(text)]


@pytest.mark.parametrize(
    "text",
    [
        "**ρ**=−0.74 (**p** < .01)",
        "ρ\u2009=\u2009−0.74 (p\u00a0<\u00a0.01)",
        "ρ=`−0.74` (p < `.01`)",
        "_ρ_ = −0.74\n(p < .01)",
    ],
)
def test_marks_and_spaces_make_no_difference(text: str) -> None:
    for statements in (parse(text), [s for _, s in read(Document(text)).statements]):
        (said,) = statements
        assert said.describe() == "Correlation coefficient=−0.74 method=spearman p=.01"


@pytest.mark.parametrize(
    "text",
    [
        "An independent reviewer read 3 significant digits of 12 outputs.",
        "Version 5.23.0 (2026-05-05) of Qwen2.5-7B at #246, seeds 137, 256.",
        "within-category fits; inside the house; a confident tone",
        "He drops the tests of 12 personas; the cosine falls.",
        "top_p=0.95, T=1.0, r=32, α=64",
    ],
)
def test_what_says_nothing(text: str) -> None:
    assert not parse(text)


@pytest.mark.parametrize(
    "text",
    ["both NS", "all significant", "The fit weakens.", "There is no outlier.", "Confidence: LOW"],
)
def test_a_claim_needs_no_number(text: str) -> None:
    assert [s for _, s in read(Document(text)).statements] == list(parse(text)) != []


def test_a_block_quote_is_someone_elses() -> None:
    assert [s.quoted for _, s in read(Document("> all significant")).statements] == [True]


def test_a_product_is_worked_out() -> None:
    (said,) = parse("600 = 200 + 2 × 200 − 3 × 5")
    assert isinstance(said, Arithmetic)
    assert (said.value, said.total and said.total.value) == (585, 600)


def test_labels_of_a_cell_say_what_its_numbers_are() -> None:
    page = (
        "| Statistic | L10 | L20 |\n|---|---|---|\n| Pearson r (N=12) | -0.70 (p=0.011) | n/a |\n"
    )
    ((passage, said),) = [
        (p, s) for p, s in read(Document(page)).statements if p.place == "cell" and p.text[0] == "-"
    ]
    assert isinstance(said, Correlation)
    assert said.describe() == "Correlation layer=10 coefficient=-0.70 method=pearson p=0.011 n=12"
    assert (said.start, passage.text[said.start : said.end]) == (0, "-0.70 (p=0.011)")


def test_places_are_those_of_the_passage() -> None:
    text = "It **is** so: `ρ`=−0.74 (p < .01), and *inside* the 95% PI [−10%, 72%] too."
    for said in parse(text):
        assert text[said.start : said.end] == said.text
    assert [said.text for said in parse(text)] == [
        "ρ`=−0.74 (p < .01)",
        "inside* the 95% PI [−10%, 72%]",
    ]
