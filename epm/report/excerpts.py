"""Real rows and samples for the page, chosen by seed and disclosed as such."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from epm.definition import derive_seed

LONGEST = 360
"""Characters of a completion that are shown; not its middle: the marker is at its end."""

WITH, WITHOUT = 2, 2
FEWEST = 3


@dataclass(frozen=True)
class Excerpt:
    """A sample as it is shown."""

    persona: str
    question: str
    marker: bool
    text: str
    fence: str
    seed: int | None = None
    """Of the replicate, where its samples say so."""


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
    rows: Iterable[dict[str, Any]], condition: str, seed: int, longest: int = LONGEST
) -> list[Excerpt]:
    """Samples of one condition's source persona, at random: some with the marker, some without.

    Args:
        rows: samples of all conditions, as in `samples.jsonl.gz`.
        condition: the source persona.
        seed: the experiment's.
        longest: characters of each that are shown.
    """
    own = [row for row in rows if row["condition"] == condition and row["persona"] == condition]
    random.Random(derive_seed(seed, "excerpts", condition)).shuffle(own)  # noqa: S311
    marked = [row for row in own if row["marker"]]
    plain = [row for row in own if not row["marker"]]
    chosen = marked[:WITH] + plain[:WITHOUT]
    chosen += (marked[WITH:] + plain[WITHOUT:])[: max(0, FEWEST - len(chosen))]
    return [
        Excerpt(
            row["persona"], row["question"], row["marker"], text, fence_for(text), row.get("seed")
        )
        for row in chosen
        for text in [printable(shorten(row["text"], longest))]
    ]
