"""The map: how rows of a table, or places in a JSON file, become measurements.

A TOML file. Each `[[measure]]` says what one metric is and where its numbers stand:

    issue = 311
    [[measure]]
    metric = "hit"
    condition = "coefficient {coefficient}"   # columns in braces
    item = "{prompt}"
    score = "hit"                             # a column of yes-or-no answers, or of numbers
    factors = ["coefficient"]                 # columns that are numbers or words of the condition
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from epm.errors import EpmError, suggest
from epm.files import read_own

FIELD = re.compile(r"\{([^{}]+)\}")
"""A column in a template."""

_COMPARISON = re.compile(
    r"\s*(?P<column>[\w./ %-]+?)\s*(?P<sign><=|>=|==|!=|<|>)\s*(?P<value>.+?)\s*"
)

Column = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Part):
    """One metric, and where its numbers stand."""

    metric: Column
    """Its name in the results."""
    label: str = ""
    """On the page; empty stands for the name."""
    unit: str = ""
    lower: FiniteFloat | None = None
    upper: FiniteFloat | None = None
    """Ends of the scale of a number."""

    at: str = ""
    """JSON only: where its rows lie, as in '/steering/*'; `{*1}` is what the first star is."""
    columns: str = ""
    """JSON only: where the names of the columns lie, when rows are arrays."""
    where: str = ""
    """Rows that count, as in 'split == test'; empty takes all."""

    condition: Column
    task: str = "answers"
    item: str = ""
    cluster: str = ""
    """What items belong to where that is more than themselves."""
    seed: str = ""
    epoch: str = ""
    step: str = ""
    """Templates with columns in braces: `{arm}`, `layer {layer}`."""

    score: str = ""
    """Column of yes-or-no answers (0 and 1, true and false, yes and no) or of numbers."""
    success: str = ""
    """Or a comparison that makes it yes or no, as in 'aligned < 30 and coherent >= 50'."""
    successes: str = ""
    trials: str = ""
    """Or columns that hold k and n."""
    value: str = ""
    stderr: str = ""
    n: str = ""
    """Or a number that stands for itself, with its standard error and how many it is of."""

    excluded: str = ""
    """Column that says why a row has no score."""
    scored: tuple[str, ...] = ("ok",)
    """What that column says of a row that has one; an empty cell says so too."""

    factors: tuple[str, ...] = ()
    """Columns that are one number or word for each condition."""
    covariates: tuple[str, ...] = ()
    """Columns that are one number for each condition."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [bool(self.score), bool(self.success), bool(self.successes), bool(self.value)]
        if sum(ways) != 1:
            raise ValueError(
                "name one of score, success, successes (with trials), or value: where its numbers "
                "stand"
            )
        if bool(self.successes) != bool(self.trials):
            raise ValueError("successes and trials go together")
        if (self.stderr or self.n) and not self.value:
            raise ValueError("stderr and n go with value")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ValueError(f"lower {self.lower:g} is not below upper {self.upper:g}")
        if self.cluster and not self.item:
            raise ValueError("a cluster is of items: name the item's column as well")
        if self.success:
            comparisons(self.success)
        if self.where:
            comparisons(self.where)
        return self


class Map(_Part):
    """The whole file."""

    issue: PositiveInt | None = None
    title: str = ""
    baseline: str = ""
    """Condition that the others are compared with."""
    model: str = ""
    """That all of it was measured on, where it was one."""
    labels: dict[str, str] = Field({})
    """What a covariate is called on the page."""
    measure: Annotated[tuple[Measure, ...], Field(min_length=1)]


Comparison = tuple[str, str, float | str]
"""Column, sign, value."""


@cache  # it is asked for again with every row
def comparisons(text: str) -> tuple[Comparison, ...]:
    """Read 'aligned < 30 and coherent >= 50'.

    Raises:
        ValueError: a part of it is no comparison.
    """
    found: list[Comparison] = []
    for part in text.split(" and "):
        match = _COMPARISON.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no comparison such as 'aligned < 30'")
        value = match["value"].strip("'\"")
        try:
            found.append((match["column"], match["sign"], float(value)))
        except ValueError:
            if match["sign"] not in ("==", "!="):
                raise ValueError(f"{part!r} compares with a word; take == or !=") from None
            found.append((match["column"], match["sign"], value))
    return tuple(found)


def read(path: Path) -> Map:
    """Read a map.

    Raises:
        EpmError: it is missing, no TOML, or says something that a map does not have.
    """
    try:
        raw = tomllib.loads(read_own(path).decode("utf-8"))
    except FileNotFoundError:
        raise EpmError(
            f"there is no map {path}", "`epm import table FILE --suggest` prints one"
        ) from None
    except (OSError, ValueError) as error:
        raise EpmError(f"the map {path} cannot be read: {error}", "mend it there") from None
    try:
        return Map.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        steps = [str(step) for step in first["loc"]]
        where = ".".join(steps) or "its top"
        if first["type"] == "extra_forbidden":
            known = Measure.model_fields if "measure" in steps else Map.model_fields
            what, remedy = f"{where} is no word of a map", suggest(steps[-1], list(known))
        else:
            what = f"{where}: {first['msg'].removeprefix('Value error, ')}"
            remedy = "docs/importing.md has the words of a map"
        raise EpmError(f"the map {path}: {what}", remedy) from None
