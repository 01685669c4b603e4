"""Files that are generated from the code, committed for those who only read."""

from pathlib import Path

import pytest

from epm.files import dump_json
from epm.results.reading import json_schema
from epm_lint.catalogue import render
from epm_lint.configuration import schema
from epm_lint.rules import RULES

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("file", "expected", "command"),
    [
        ("epm/results.schema.json", json_schema(), "epm schema"),
        ("lint/configuration.schema.json", dump_json(schema(RULES)), "epm schema lint"),
        ("lint/README.md", render(RULES), "python -m epm_lint.catalogue"),
    ],
    ids=["the schema of the results", "the schema of the configuration", "the catalogue of rules"],
)
def test_generated(file: str, expected: str, command: str) -> None:
    committed = (ROOT / file).read_text(encoding="utf-8")
    assert committed == expected, f"stale; refresh with: {command} > {file}"
