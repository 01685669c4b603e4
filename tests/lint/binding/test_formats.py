"""How numbers are written."""

import pytest

from epm_lint.binding.formats import write


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.6214, "number:2", "-0.62"),
        (-0.001, "number:2", "0.00"),
        (0.7474, "signed:3", "+0.747"),
        (0.23, "percent", "23%"),
        (0.1584, "percent:1", "15.8%"),
        (0.41, "points", "41"),
        (0.0312, "pvalue", "=0.031"),
        (0.00137, "pvalue", "=0.0014"),
        (2e-5, "pvalue", "<0.0001"),
        (1e-5, "setting", "1e-5"),
        (12345, "thousands", "12,345"),
        (12, "plain", "12"),
        (3.14, "seconds", "3.1"),
        (13.9, "seconds", "14"),
        (401.8, "minutes", "6.7"),
    ],
)
def test_written(value: float, form: str, text: str) -> None:
    assert write(value, form) == text


@pytest.mark.parametrize(
    ("value", "form"),
    [("x", "percent"), (1, "hex"), (1, "percent:x"), (1, "percent:999"), (True, "plain")],
)
def test_refused(value: object, form: str) -> None:
    with pytest.raises(ValueError, match=r"format|numbers"):
        write(value, form)
