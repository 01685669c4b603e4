"""Pages and files drawn by seed: the right is found, the wrong is told, chance is nothing."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from any_page import Drawn, drawn

from epm_lint.binding.by_words.judging import Standing
from epm_lint.binding.by_words.shapes import source_of
from epm_lint.binding.by_words.standing import Held, hold
from epm_lint.markdown.document import Document
from epm_lint.reading.page import read

WRONG = (Standing.CONTRADICTED, Standing.TRUNCATED)
FOREIGN = ("quartz", "ember", "lantern", "thistle", "marble", "cobalt", "willow", "saffron")


def held(case: Drawn, values: Any = None) -> list[Held]:
    source = source_of("own.json", case.values if values is None else values)
    return list(hold(read(Document(case.page)), [source]))


def scored(seeds: range) -> Counter[tuple[str, str]]:
    """How many numbers, by what they are and what is said of them."""
    counted: Counter[tuple[str, str]] = Counter()
    for seed in seeds:
        case = drawn(seed)
        left = held(case)
        for cited in case.cited:
            same = (o for o in left if o.number.line == cited.line)
            found = next((o for o in same if o.number.raw.strip("± ") == cited.text), None)
            if found is None:  # the reading takes it for a setting: `lora_r64` 0.442
                continue
            left.remove(found)
            said = "contradicted" if found.standing in WRONG else str(found.standing)
            if said == "contradicted" and cited.way and found.right != cited.should:
                said = "contradicted by another value"
            counted["wrong" if cited.way else "right", said] += 1
        for line, text in case.chance:
            for one in left:
                if one.number.line == line and one.number.raw == text:
                    counted["chance", str(one.standing)] += 1
    return counted


def test_right_wrong_and_chance() -> None:
    counted = scored(range(60))
    of = {kind: sum(n for (k, _), n in counted.items() if k == kind) for kind in ("right", "wrong")}
    assert counted["right", "contradicted"] == 0, counted
    assert counted["wrong", "verified"] == 0, counted
    assert counted["chance", "verified"] == counted["chance", "contradicted"] == 0, counted
    assert counted["right", "verified"] >= 0.97 * of["right"], counted
    assert counted["wrong", "contradicted"] >= 0.95 * of["wrong"], counted


def unrelated(values: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """A file with 1,000 numbers more that have nothing to do with its page, put in several ways."""
    rng = random.Random(seed)
    numbers: list[float] = [
        rng.choice((round(rng.random(), 3), rng.randrange(500), round(100 * rng.random(), 1)))
        for _ in range(1000)
    ]
    named = {f"{rng.choice(FOREIGN)}_{at}": number for at, number in enumerate(numbers)}
    records = [{"gem": name, "weight": number} for name, number in named.items()]
    nested = {a: {f"{b}{i}": numbers[i] for i, b in enumerate(FOREIGN * 15)} for a in FOREIGN}
    return [
        {**values, **named},
        {**values, "zebra": numbers},
        {**values, "zebra": records},
        {**values, "zebra": nested},
        {"zebra": {"mean": named}, **values},
    ]


@pytest.mark.parametrize("seed", range(2))
def test_a_thousand_unrelated_numbers_change_nothing(seed: int) -> None:
    case = next(c for c in map(drawn, range(seed * 50, 400)) if isinstance(c.values, dict))
    before = [(one.standing, one.source, one.pointer, one.right) for one in held(case)]
    for values in unrelated(case.values, seed):
        after = [(one.standing, one.source, one.pointer, one.right) for one in held(case, values)]
        assert after == before
