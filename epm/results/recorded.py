"""Measurements that were made elsewhere, as a file beside the experiment's definition.

A JSON object with `measurements` as `results.json` has them, and where there are any `covariates`
(condition -> name -> value) and `tasks` that the definition does not have:

    {"about": "Table 2 of …",
     "covariates": {"villain": {"cosine_L20": -0.407}},
     "measurements": {"villain": {"villain": {"marker": {
         "all": {"kind": "count", "total": [57, 100]}}}}}}
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from epm.errors import ResultsError
from epm.files import read_own
from epm.results.conditions import TaskRecord
from epm.results.measurements import Measurements
from epm.values import Value
from epm_lint import strict_json


class RecordedMeasurements(Value):
    """The whole file."""

    about: str = ""
    """Where the numbers come from."""
    covariates: dict[str, dict[str, float]] = Field({})
    tasks: dict[str, TaskRecord] = Field({})
    measurements: Measurements


def read(path: Path) -> RecordedMeasurements:
    """Read a file of recorded measurements.

    Raises:
        ResultsError: it is missing, no JSON, or breaks the form.
    """
    try:
        return RecordedMeasurements.model_validate(strict_json.loads(read_own(path)))
    except FileNotFoundError:
        raise ResultsError(f"no recorded measurements at {path}", "restore the file") from None
    except (OSError, RecursionError) as error:
        raise ResultsError(f"{path} cannot be read: {error}", "mend the file") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = "/" + "/".join(str(part) for part in first["loc"])
        raise ResultsError(
            f"{path} is no file of recorded measurements, at {where}: {first['msg']}",
            "mend it there; epm/results/recorded.py shows the form",
        ) from None
    except ValueError as error:
        raise ResultsError(f"{path} is not readable JSON: {error}", "mend the file") from None
