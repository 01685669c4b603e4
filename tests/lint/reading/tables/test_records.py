"""Tables as records."""

from epm_lint.markdown.document import Document
from epm_lint.reading.page import read
from epm_lint.reading.tables.columns import Role, column_of
from epm_lint.reading.tables.records import TableReading

RATES = """\
| Persona | Cosine (L20) | Source rate | k/n | Wilson 95% CI | n | Category |
|---|---|---|---|---|---|---|
| qwen_default (new) | +0.714 | 31% | 31/100 | [22.8%, 40.6%] | 100 | helper |
| villain | -0.407 | missing | n/a | n/a | 100 | character |
"""
LAYERS = """\
| Statistic | L10 | L25 |
|---|---|---|
| Pearson r (N=12) | -0.703 (p=0.011) | -0.574 (p=0.051) |
| — Holm / Bonferroni | p=0.032 / p=0.043 | p=0.062 / p=0.204 |
"""
PULL = """\
| Persona | Cook's distance | Leverage | Studentised residual | High leverage? | r without it |
|---|---|---|---|---|---|
| librarian | 0.414 | 0.110 | +4.27 | no | -0.848 (p=0.0010) |
"""


def table(source: str) -> TableReading:
    (found,) = read(Document(source)).tables
    return found


def test_columns_by_their_headers() -> None:
    assert table(RATES).columns == (
        Role.NAME,
        Role.COSINE,
        Role.RATE,
        Role.COUNT,
        Role.INTERVAL,
        Role.N,
        Role.NAME,
    )
    assert table(PULL).columns == (
        Role.NAME,
        Role.COOK,
        Role.LEVERAGE,
        Role.RESIDUAL,
        Role.VERDICT,
        Role.CORRELATION,
    )


def test_a_row_is_a_record() -> None:
    first, second = table(RATES).records
    assert (first.label, first.line) == ("qwen_default", 3)
    rate, count, interval = (first.get(role) for role in (Role.RATE, Role.COUNT, Role.INTERVAL))
    assert rate
    assert rate.number
    assert (rate.number.raw, rate.number.unit) == ("31%", "%")
    assert count
    assert count.number
    assert count.number.fraction == (31, 100)
    assert interval
    assert interval.span
    assert (interval.method, interval.span.high.raw) == ("wilson", "40.6%")
    missing = second.get(Role.RATE)
    assert missing
    assert missing.number is None


def test_a_row_may_say_what_its_cells_are() -> None:
    pearson, adjusted = table(LAYERS).records
    assert [(e.role, e.layer) for e in pearson.entries] == [
        (Role.CORRELATION, 10),
        (Role.CORRELATION, 25),
    ]
    assert [s.describe() for s in pearson.entries[1].statements] == [
        "Correlation binding=row layer=25 coefficient=-0.574 method=pearson p=0.051 n=12"
    ]
    assert (adjusted.under, adjusted.entries[0].role) == ("Pearson r (N=12)", Role.ADJUSTED_P)
    assert [s.describe() for s in adjusted.entries[0].statements] == [
        "PValue qualifiers=corrected layer=10 p=0.032 correction=holm",
        "PValue qualifiers=corrected layer=10 p=0.043 correction=bonferroni",
    ]


def test_yes_and_no() -> None:
    (record,) = table(PULL).records
    said = record.get(Role.VERDICT)
    assert said
    assert said.affirms is False


def test_roles_of_other_labels() -> None:
    labels = {
        "95% prediction interval": Role.INTERVAL,
        "VIF (cosine, log length)": Role.VIF,
        "Layer": Role.LAYER,
        "Learning rate": Role.OTHER,
        "p": Role.P,
        "ρ": Role.CORRELATION,
        "R²": Role.MEASURE,
        "Predicted": Role.PREDICTED,
    }
    assert {label: column_of(label).role for label in labels} == labels


def test_the_card_names_nobody() -> None:
    card = "## Setup\n\n| Personas | 12 |\n|---|---|\n| Prompts | 20 |\n\n## Rates\n\n"
    assert read(Document(card + RATES)).names == ("qwen_default", "villain")
