"""Names find a place where they can be read, or none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from epm.figures.labels import FloatArray, Obstacles, place, spread

FRAME = np.array([0.0, 0.0, 1200.0, 900.0])
NONE = np.empty((0, 4))


def obstacles(anchors: FloatArray, radius: float = 8) -> Obstacles:
    boxes = np.hstack([anchors - radius, anchors + radius])
    return Obstacles(boxes, boxes, NONE, NONE)


def boxes(centres: FloatArray, sizes: FloatArray) -> FloatArray:
    return np.hstack([centres - sizes / 2, centres + sizes / 2])


def meeting(a: FloatArray, b: FloatArray) -> np.ndarray:
    """Which boxes of the first overlap which of the second, but for rounding errors."""
    apart = (a[:, None, :2] >= b[None, :, 2:] - 1e-6) | (b[None, :, :2] >= a[:, None, 2:] - 1e-6)
    return ~apart.any(axis=-1)


@pytest.mark.parametrize("number", [1, 2, 20, 30])
def test_a_crowd_is_placed_apart(number: int) -> None:
    rng = np.random.default_rng(5)
    anchors = rng.uniform((200, 200), (1000, 700), (number, 2))
    sizes = np.column_stack([rng.uniform(60, 160, number), np.full(number, 22)])
    centres, kept = place(anchors, sizes, obstacles(anchors), FRAME)
    assert kept == list(range(number))
    placed = boxes(centres, sizes)
    assert not (meeting(placed, placed) & ~np.eye(number, dtype=bool)).any()
    assert not meeting(placed, obstacles(anchors).marks).any()


@settings(max_examples=15, deadline=None)
@given(arrays.arrays(float, (12, 2), elements=st.floats(0, 300)), st.floats(20, 250))
def test_what_is_kept_overlaps_nothing(anchors: FloatArray, wide: float) -> None:
    sizes = np.tile([wide, 25.0], (12, 1))
    frame = np.array([0.0, 0.0, 300.0, 300.0])
    centres, kept = place(anchors, sizes, obstacles(anchors), frame)
    placed = boxes(centres, sizes)[kept]
    assert not (meeting(placed, placed) & ~np.eye(len(kept), dtype=bool)).any()
    assert not meeting(placed, obstacles(anchors).marks).any()
    assert (placed[:, :2] >= -1e-6).all()
    assert (placed[:, 2:] <= 300 + 1e-6).all()


def test_the_first_are_named_where_there_is_no_room_for_all() -> None:
    anchors = np.full((40, 2), 450.0)
    sizes = np.tile([300.0, 50.0], (40, 1))
    _, kept = place(anchors, sizes, obstacles(anchors), FRAME)
    assert 0 in kept
    assert len(kept) < 40
    assert max(kept) < 30


def test_a_label_keeps_off_bars_and_lines_where_it_can() -> None:
    anchors = np.array([[600.0, 450.0]])
    sizes = np.array([[120.0, 25.0]])
    bars = np.array([[597.0, 200, 603, 700]])
    level = np.linspace(0, 1200, 200)
    line = np.column_stack([level - 3, np.full(200, 447), level + 3, np.full(200, 453)])
    around = Obstacles(obstacles(anchors).marks, bars, NONE, line)
    centres, kept = place(anchors, sizes, around, FRAME)
    assert kept == [0]
    placed = boxes(centres, sizes)
    assert not meeting(placed, bars).any()
    assert not meeting(placed, line).any()


intervals = st.lists(st.tuples(st.floats(-50, 50), st.floats(0.1, 5)), max_size=12)


@given(intervals)
def test_spread_intervals_do_not_overlap_and_stay_in_order(
    pairs: list[tuple[float, float]],
) -> None:
    targets, sizes = [a for a, _ in pairs], [b for _, b in pairs]
    placed = spread(targets, sizes, -100, 100)
    order = sorted(range(len(pairs)), key=lambda i: (targets[i], i))
    for a, b in pairwise(order):
        assert placed[b] - placed[a] >= (sizes[a] + sizes[b]) / 2 - 1e-9
    assert all(
        p - s / 2 >= -100 - 1e-9 and p + s / 2 <= 100 + 1e-9
        for p, s in zip(placed, sizes, strict=True)
    )


def test_spread_moves_no_more_than_it_must() -> None:
    assert spread([0, 10, 20], [2, 2, 2], -50, 50) == [0, 10, 20]
    assert spread([0, 0], [2, 2], -50, 50) == [-1, 1]
    assert spread([5, 0, 0], [2, 2, 2], -50, 50) == [5, -1, 1]
    assert spread([0, 0], [2, 2], 0, 50) == [1, 3]
    assert spread([], [], 0, 1) == []
