"""Files that are generated from the code, committed for those who only read."""

from pathlib import Path

from epm.results import json_schema

ROOT = Path(__file__).parent.parent


def test_the_schema_of_the_results() -> None:
    committed = (ROOT / "epm" / "results.schema.json").read_text(encoding="utf-8")
    assert committed == json_schema(), "stale; refresh with: epm schema > epm/results.schema.json"
