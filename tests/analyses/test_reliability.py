"""How much of the difference between conditions another set of seeds would show again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pingouin  # type: ignore[import-untyped]
import pytest

from epm.analyses.block import Reliability
from epm.analyses.inference.reliability import reliability
from epm.values import Interval, Unavailable

MARKER = json.loads((Path(__file__).parents[1] / "data" / "mixed_model.json").read_text())["marker"]


def test_it_is_the_intraclass_correlation_of_means() -> None:
    rates = {
        name: {str(seed): sum(row) / 100 for seed, row in enumerate(own["k"])}
        for name, own in MARKER["conditions"].items()
    }
    found = reliability(list(rates.values()))
    assert isinstance(found, Reliability)
    long = pd.DataFrame(
        [(name, seed, rate) for name, own in rates.items() for seed, rate in own.items()],
        columns=["condition", "seed", "rate"],
    )
    table = pingouin.intraclass_corr(long, targets="condition", raters="seed", ratings="rate")
    expected = table[table["Type"].isin(["ICC1k", "ICC(1,k)"])].iloc[0]
    assert found.reliability == pytest.approx(expected["ICC"], abs=1e-6)
    assert isinstance(found.interval, Interval)
    ends = expected[next(name for name in table.columns if name.startswith("CI95"))]
    assert (found.interval.lower, found.interval.upper) == pytest.approx(tuple(ends), abs=0.006)
    assert found.ceiling == pytest.approx(0.53099, abs=1e-5)


@pytest.mark.parametrize(
    ("rates", "reason"),
    [
        ([{"1": 0.2}, {"1": 0.4}], "fewer than two conditions have several seeds"),
        ([{"1": 0.2, "2": 0.4}, {"1": 0.4, "2": 0.2}], "all conditions have the same mean"),
    ],
)
def test_what_seeds_cannot_say(rates: list[dict[str, float]], reason: str) -> None:
    found = reliability(rates)
    assert isinstance(found, Unavailable)
    assert found.unavailable == reason


def test_conditions_that_differ_less_than_their_seeds() -> None:
    found = reliability([{"1": 0.2, "2": 0.8}, {"1": 0.3, "2": 0.8}])
    assert isinstance(found, Reliability)
    assert found.reliability < 0
    assert isinstance(found.ceiling, Unavailable)
