"""Real rows and samples for the page, chosen by seed and disclosed as such."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epm.definition import derive_seed
from epm.results import ConditionRecord

Row = Mapping[str, Any]
"""A line of `samples.jsonl.gz`."""

LONGEST = 360
"""Characters of a completion that are shown; not its middle: the marker is at its end."""

LONGEST_SIDE_BY_SIDE = 200
"""The same, where answers stand side by side."""

WITH, WITHOUT = 2, 2
FEWEST = 3
MOST_SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class Excerpt:
    """A sample as it is shown."""

    condition: str
    task: str
    item: str
    text: str
    fence: str
    scores: dict[str, Any]
    """By metric; an exclusion is a text, its reason."""
    seed: int | None = None
    """Of the replicate, where its samples say so."""
    role: str = ""
    """What it is an example of, in words."""


def shorten(text: str, longest: int = LONGEST) -> str:
    """Text with its middle left out where it is long; '(empty)' for none."""
    text = text.strip()
    if len(text) <= longest:
        return text or "(empty)"
    head = longest * 2 // 3
    return f"{text[:head].rstrip()} […] {text[-(longest - head) :].lstrip()}"


def fence_for(text: str) -> str:
    """A backtick fence longer than any run of backticks in the text."""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return "`" * max(3, longest + 1)


def printable(text: str) -> str:
    """Text without control and bidirectional characters, which a reader could not see."""
    hidden = {
        *(0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
        # fillers, joiners and variation selectors, which show nothing of their own
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0xE0100, 0xE01F0)),
    }
    return "".join(
        c
        if c == "\n" or (c.isprintable() and ord(c) not in hidden)
        else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


def choose(
    rows: Sequence[Row], condition: str, task: str | None, metric: str, seed: int, longest: int
) -> list[Excerpt]:
    """Samples of one condition at random, some of either score.

    Args:
        rows: samples of all conditions, as in `samples.jsonl.gz`.
        condition: theirs.
        task: theirs; None takes any.
        metric: yes-or-no scores are shown as two of each; of numbers, some at random.
        seed: the experiment's.
        longest: characters of each that are shown.
    """
    own = [r for r in rows if r["condition"] == condition and task in (None, r["task"])]
    random.Random(derive_seed(seed, "excerpts", condition)).shuffle(own)  # noqa: S311
    hits = [row for row in own if row["scores"].get(metric) is True]
    others = [row for row in own if row["scores"].get(metric) is not True]
    chosen = hits[:WITH] + others[:WITHOUT]
    chosen += (hits[WITH:] + others[WITHOUT:])[: max(0, FEWEST - len(chosen))]
    return [_excerpt(row, longest) for row in chosen]


def side_by_side(
    rows: Sequence[Row],
    conditions: Mapping[str, ConditionRecord],
    metric: str,
    near_miss: str | None,
    seed: int,
    longest: int,
) -> list[Excerpt]:
    """Answers to one item that bear on the story: untrained, on target, off target, near miss.

    Where no condition has a target, one answer of each of the first four conditions to one item.
    The item and the condition are the first, in an order drawn by seed, for which most are there.
    """
    shuffled = list(rows)
    random.Random(derive_seed(seed, "side by side")).shuffle(shuffled)  # noqa: S311
    if not any(record.target for record in conditions.values()):
        return _by_condition(shuffled, list(conditions), longest)
    untrained: dict[tuple[str, str], Row] = {}
    of_adapter: dict[tuple[str, str, Any], list[Row]] = {}
    for row in shuffled:
        of_adapter.setdefault((row["condition"], row["item"], row.get("seed")), []).append(row)
        if conditions[row["condition"]].role == "baseline":
            untrained.setdefault((row["item"], row["task"]), row)
    found: list[tuple[str, Row]] = []
    for start in shuffled:
        target = conditions[start["condition"]].target
        if target is None or start["task"] != target or start["scores"].get(metric) is not True:
            continue
        same = of_adapter[start["condition"], start["item"], start.get("seed")]
        off = [row for row in same if row["task"] != target]
        wanted = [
            ("untrained", untrained.get((start["item"], target))),
            ("on its target", start),
            ("off target", _scored(off, metric)),
            ("near miss, off target", _scored(off, near_miss)),
        ]
        shown = [(role, row) for role, row in wanted if row]
        if len(shown) > len(found):
            found = shown
        if len(found) == MOST_SIDE_BY_SIDE:
            break
    return [_excerpt(row, longest, role) for role, row in found]


def _scored(rows: Sequence[Row], metric: str | None) -> Row | None:
    """The first that the metric counts."""
    return next((row for row in rows if metric and row["scores"].get(metric) is True), None)


def _by_condition(rows: Sequence[Row], conditions: list[str], longest: int) -> list[Excerpt]:
    shown = conditions[:MOST_SIDE_BY_SIDE]
    for start in rows:
        same = [r for r in rows if (r["task"], r["item"]) == (start["task"], start["item"])]
        each = [next((r for r in same if r["condition"] == name), None) for name in shown]
        if all(each):
            return [_excerpt(row, longest) for row in each if row]
    return []


def _excerpt(row: Row, longest: int, role: str = "") -> Excerpt:
    text = printable(shorten(row["text"], longest))
    return Excerpt(
        row["condition"],
        row["task"],
        row["item"],
        text,
        fence_for(text),
        row["scores"],
        row.get("seed"),
        role,
    )
