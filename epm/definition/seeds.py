"""Choices that every machine makes alike."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any, TypeVar

T = TypeVar("T")


def derive_seed(base: int, *labels: str) -> int:
    """A 63-bit seed for one purpose, the same on every machine.

    sha256 over the base seed and the labels; `hash()` would change with every process.
    """
    digest = hashlib.sha256(json.dumps([base, *labels]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def canonical_json(value: Any) -> str:
    """JSON with one spelling per value, for hashing."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def seeded_choice(candidates: list[T], wanted: int, seed: int, *labels: str) -> list[T]:
    """Some of the candidates, in drawn order, by a seed derived from the labels."""
    # random.Random(int).sample draws the same on every platform and Python since 3.2
    rng = random.Random(derive_seed(seed, *labels))  # noqa: S311 - not cryptography
    return rng.sample(candidates, wanted)
