"""Read a results file, of this schema or of an earlier one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from epm.errors import ResultsError
from epm.files import read_own
from epm.results import SCHEMA_VERSION, Results
from epm.results.upgrade import upgraded
from epm_lint import strict_json


def load(path: Path) -> Results:
    """Read a results file; one of schema 1 is upgraded in memory, and stays as it is on disk.

    Raises:
        ResultsError: the file is missing, no JSON, of an unknown version, or breaks the schema.
    """
    try:
        raw: Any = strict_json.loads(read_own(path))
    except FileNotFoundError:
        raise ResultsError(f"no results file at {path}", "finish the run with `epm run`") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path} is not readable JSON: {error}", "run `epm run` again") from None
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    version = version if type(version) is int else 0
    if version > SCHEMA_VERSION:
        raise ResultsError(
            f"{path} has schema version {version}; this epm reads up to {SCHEMA_VERSION}",
            "upgrade epm (`pip install -U epm-bot`)",
        )
    try:
        return Results.model_validate(upgraded(raw) if version == 1 else raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = "/" + "/".join(str(part) for part in first["loc"])
        raise ResultsError(
            f"{path} breaks the results schema at {where}: {first['msg']}",
            "it was edited by hand or written by another tool; run `epm run` again",
        ) from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ResultsError(
            f"{path} says it has schema version 1, but lacks a part of it: {error}",
            "it was edited by hand or written by another tool; restore it",
        ) from None


def json_schema() -> str:
    """The schema as a JSON Schema document."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Results.model_json_schema(),
        "title": f"epm results, schema version {SCHEMA_VERSION}",
    }
    return json.dumps(schema, indent=1) + "\n"
