"""Anything in any argument of the builder: taken whole, or refused in one line."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epm.errors import EpmError
from epm.results import ResultsBuilder

ANYTHING: tuple[Any, ...] = (
    *(None, 3, -1, 2.5, float("nan"), float("inf"), True, 10**400, 10**5000, 1j),
    *("", "x", "\ud800", "a\nb", "\0", "a|<b>", "\u202e", b"x", Path("x"), object(), len),
    *([], ["a"], {}, {"a": 1}, {"x": []}, {b"x": 1}, {1: 10**400}, ("a", 1), [[1]], [10**400]),
    *({"a": (1, 2, 3)}, {"a": (1e308, 1, 2)}, (10**400, 10**400), (1.0, 10**400, 3)),
    *(np.array([1, 2]), np.eye(2), np.float64("nan"), np.datetime64("2020"), np.ma.masked),
)
CALLS: dict[str, dict[str, Any]] = {
    "__init__": {"issue": 311},
    "condition": {"name": "z"},
    "task": {"name": "z"},
    "metric": {"name": "z"},
    "covariate": {"name": "z", "label": "l"},
    "measure": {"condition": "a", "task": "t", "metric": "m"},
    "analyse": {},
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def arguments() -> Iterator[tuple[str, str]]:
    for method in CALLS:
        for name in inspect.signature(getattr(ResultsBuilder, method)).parameters:
            if name not in ("self", "analyses"):
                yield method, name


@pytest.mark.parametrize(("method", "name"), list(arguments()))
def test_every_argument_takes_or_refuses_anything(method: str, name: str) -> None:
    own = ("scores", "counts", "means", "value")
    for given in ANYTHING:
        called = {**CALLS[method], name: given}
        if method == "measure" and name not in own:
            called["value"] = 1.0
        results = ResultsBuilder(311)
        results.condition("a")
        results.task("t")
        results.metric("m")
        try:
            if method == "__init__":
                ResultsBuilder(**called)
            else:
                getattr(results, method)(**called)
        except EpmError:
            continue
        if method == "measure" and name in ("n", "counts", "excluded", "seed"):
            assert (results.write() / "results.json").is_file()
