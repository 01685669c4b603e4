"""Each way of writing a number, and each thing that is no result."""

from fractions import Fraction

import pytest

from epm_lint.markdown.document import Document
from epm_lint.reading.number import Kind, Number
from epm_lint.reading.page import read
from epm_lint.reading.statements import Span


def of(markdown: str) -> list[Number]:
    return list(read(Document(markdown)).numbers)


def span_in(text: str) -> Span | None:
    (ground,) = read(Document(text)).grounds
    found = [o for o in ground.operands if o.high is not None]
    return Span(found[0].number, found[0].high) if len(found) == 1 else None


def kinds(markdown: str) -> list[tuple[str, str]]:
    return [(number.raw, number.kind) for number in of(markdown)]


@pytest.mark.parametrize(
    ("text", "value", "decimals", "unit", "sign"),
    [
        ("0.031", "0.031", 3, "", ""),
        (".05", "0.05", 2, "", ""),
        ("1.20", "1.20", 2, "", ""),
        ("-0.62", "-0.62", 2, "", "-"),
        ("−0.62", "-0.62", 2, "", "−"),
        ("–0.62", "-0.62", 2, "", "–"),
        ("+0.389", "0.389", 3, "", "+"),
        ("±41 pp", "41", 0, "pp", "±"),
        ("1,000", "1000", 0, "", ""),
        ("12,345.6", "12345.6", 1, "", ""),
        ("10\u2009000", "10000", 0, "", ""),
        ("10\u00a0000", "10000", 0, "", ""),
        ("1e-4", "0.0001", 4, "", ""),
        ("1e−4", "0.0001", 4, "", ""),
        ("2.5E+3", "2.5E+3", -2, "", ""),
        ("1.2×10⁻³", "0.0012", 4, "", ""),
        ("1.2 × 10^-3", "0.0012", 4, "", ""),
        ("3×10³", "3E+3", -3, "", ""),
        ("10⁻³", "0.001", 3, "", ""),
        ("5k", "5E+3", -3, "", ""),
        ("23%", "23", 0, "%", ""),
        ("23\u202f%", "23", 0, "%", ""),
        ("23 percent", "23", 0, "%", ""),
        ("-10.1%", "-10.1", 1, "%", "-"),
        ("12 percentage points", "12", 0, "pp", ""),
        ("41pp", "41", 0, "pp", ""),
        ("3.4×", "3.4", 1, "×", ""),
        ("3.4 times", "3.4", 1, "×", ""),
        ("2.5-fold", "2.5", 1, "×", ""),
    ],
)
def test_a_number_as_written(text: str, value: str, decimals: int, unit: str, sign: str) -> None:
    for around in ("{}", "about {} there", "({})", "x={},"):
        (number,) = (n for n in of(around.format(text)) if n.kind is Kind.PLAIN)
        assert number.raw == text
        assert number.bare().value == Fraction(value)
        assert (number.decimals, number.unit, number.sign) == (decimals, unit, sign)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#246, acme/lab#12 and GH-7", ["issue"] * 3),
        ("issues 80 and 92", ["issue"] * 2),
        ("2026-05-05, 2026-05-05T10:00:00Z, 5 May 2026, May 5, 2026, 5/5/2026", ["date"] * 5),
        ("in 2024, as in (since 2019)", ["date"] * 2),
        ("at 14:30 or 2 pm", ["time"] * 2),
        ("43a303c and 4983b337a6c5 and c6a0700e92d7c286b50ea05762371d55944ab8c7", ["hash"] * 3),
        ("commit 1234567", ["hash"]),
        ("v1.2, 5.23.0, 2.13.0+cpu, v3 and Python 3.11", ["version"] * 5),
        ("torch 2.9", ["version"]),
        ("L20, L10/L15/L25, layer 20", ["layer"] * 5),
        ("layers 10, 15, 20 and 25", ["layer"] * 4),
        ("Section 3.2, §4, Figure 2, Table 1, step 3, line 41", ["section"] * 6),
        ("Qwen2.5-7B-Instruct, seed42, H100, gpt-4, issue_246, bf16", ["identifier"] * 6),
        ("https://x.org/a/5?b=0.23 and www.x.org/7", ["url"] * 2),
        ("figures/issue_246/hero.png, run7.json, ./a/b2", ["file"] * 3),
        ("a 7B and a 0.5B model", ["model-size"] * 2),
        ("the 3rd and the 12th", ["ordinal"] * 2),
        ("two things: (1) this and (2) that", ["item"] * 2),
        ("seed 42, seeds 137, 256 and 7", ["setting"] * 4),
        ("lr=1e-5, dropout 0.05, T=1.0, top_p=0.95, max_new=512, r=32, α=64", ["setting"] * 7),
        ("3 epochs", ["setting"]),
        (
            "80GB, 23.5 GiB, ~20 min, 16s, 0.4 GPU-hr, 2 cores, 1× H100",
            [*["measure"] * 7, "identifier"],
        ),
        ("95% CI, the 95% prediction interval, α=0.05", ["level"] * 3),
        ("12/12, 23 / 100, 12 of 12, 31 out of 100", ["fraction"] * 4),
    ],
)
def test_what_a_number_is_for(text: str, expected: list[str]) -> None:
    assert [kind for _, kind in kinds(text)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "the value (5) alone",
        "4 layers, 12 personas, 600 rows",
        "in 2000 rows",
        "Marker 12",
        "95% of them",
        "the rate of 23%",
        "r=0.32",
        "4/5/6",
        "1:3",
        "`0.031`",
        "`p = 0.031`",
    ],
)
def test_unknown_stays_plain(text: str) -> None:
    found = kinds(text)
    assert found
    assert {kind for _, kind in found} == {"plain"}


def test_code_is_no_result_unless_it_is_the_number() -> None:
    assert kinds("`f(x + 42)`, `epm run --n 7 --out a`, `41%`") == [
        ("42", "identifier"),
        ("7", "identifier"),
        ("41%", "plain"),
    ]


def test_code_blocks_and_comments_are_left_out() -> None:
    assert not of("```\n0.5\n```\n\n    0.6\n\n<!-- 0.7 -->\n")


@pytest.mark.parametrize(
    ("text", "raws"),
    [
        ("5–10", ["5", "10"]),
        ("5-10 words", ["5", "10"]),
        ("8–12% and 3.4×4", ["8", "12%", "3.4", "4"]),
        ("x5 (4×4×1)", ["x5", "4", "4", "1"]),
        ("N-12, 10-persona, non-0", ["N-12", "10", "non-0"]),
        ("a – 5 b", ["5"]),
        ("p=.05.", [".05"]),
        ("ρ=−0.74,", ["−0.74"]),
        ("200 + 400 = 600", ["200", "400", "600"]),
    ],
)
def test_where_a_number_ends(text: str, raws: list[str]) -> None:
    assert [number.raw for number in of(text)] == raws


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[15.8%, 32.2%]", ("15.8%", "32.2%")),
        ("(15.8, 32.2)", ("15.8", "32.2")),
        ("95% CI 22.8–40.6", ("22.8", "40.6")),
        ("95% CI from 22.8 to 40.6", ("22.8", "40.6")),
        ("[−10%, 72%]", ("−10%", "72%")),
        ("between 5 and 10", ("5", "10")),
        ("5–10", ("5", "10")),
        ("F(1, 8) and (5, 11)", None),
        ("from 23% to 35%", None),
        ("23%, 31%", None),
    ],
)
def test_spans(text: str, expected: tuple[str, str] | None) -> None:
    found = span_in(text)
    assert (found and (found.low.raw, found.high.raw)) == expected


def test_fraction() -> None:
    (number,) = of("31 of 100")
    assert (number.fraction, number.value) == ((31, 100), Fraction("0.31"))


@pytest.mark.parametrize(
    ("text", "relation"), [("p < .01", "<"), ("≤5", "≤"), ("~20", "≈"), ("5", "")]
)
def test_relation(text: str, relation: str) -> None:
    assert of(text)[0].relation == relation
