"""Where names are written, so that they can be read: apart from each other and from the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

STEP = 2.0
"""Unit of distance in points."""
BEARINGS = 24
REACH = (3.0, 4.5, 6, 8, 11, 15, 20, 26, 33, 41, 52, 66)
"""Directions and distances from its point at which a label is tried."""
OVER_LABEL = 1000.0
"""What it costs to lie on another label, on a point or over the frame: never chosen but in need."""


def spread(
    targets: Sequence[float], sizes: Sequence[float], low: float, high: float
) -> list[float]:
    """Places as near to the targets as intervals of these sizes can be without overlapping.

    The sum of squared distances is least, by pooling adjacent violators; then all are moved inside
    the ends, as far as there is room.

    Args:
        targets: where the middles would be if each were alone, in any order.
        sizes: lengths of the intervals.
        low: the lower end of the room.
        high: its upper end.

    Source: Barlow, Bartholomew, Bremner and Brunk (1972), Statistical Inference under Order
    Restrictions, section 1.2.
    """
    order = sorted(range(len(targets)), key=lambda i: (targets[i], i))
    before, total = [], 0.0
    for i in order:  # where each middle is when all intervals stand close
        before.append(total + sizes[i] / 2)
        total += sizes[i]
    pools: list[tuple[float, int]] = []
    for i, offset in zip(order, before, strict=True):
        mean, count = targets[i] - offset, 1
        while pools and pools[-1][0] >= mean:
            other, others = pools.pop()
            mean = (mean * count + other * others) / (count + others)
            count += others
        pools.append((mean, count))
    starts = [mean for mean, count in pools for _ in range(count)]
    free = max(low, high - total)
    placed = [0.0] * len(targets)
    for i, offset, start in zip(order, before, starts, strict=True):
        placed[i] = min(max(start, low), free) + offset
    return placed


@dataclass(frozen=True)
class Obstacles:
    """What labels keep clear of: boxes x0, y0, x1, y1 in points of type, shape (M, 4) each."""

    marks: FloatArray
    """Of the points; those of the labels come first, in their order."""
    bars: FloatArray
    """Of their intervals, in the same order."""
    small: FloatArray
    """Of the small marks: seeds, and what is compared with."""
    lines: FloatArray
    """Along lines and curves."""


def place(
    anchors: FloatArray, sizes: FloatArray, obstacles: Obstacles, frame: FloatArray
) -> tuple[FloatArray, list[int]]:
    """Find a place for every label that has one; deterministic.

    Each label may stand in 24 directions and at 12 distances from its point. A place costs most for
    lying on another label, on a point or over the frame; less for an interval, a small mark, a
    leader line that crosses something, another's neighbourhood or a line; and a little for its
    distance. The sum is made small by coordinate descent from several orders. Labels that lie on
    something even so are given up, the last ones first, until the others are clear.

    Args:
        anchors: shape (N, 2), the points, in points of type; the most important first.
        sizes: shape (N, 2), width and height of the labels.
        obstacles: what they keep clear of.
        frame: shape (4,), the box to stay in.

    Returns:
        The centres of the labels, shape (N, 2), and which of them have a place, in their order.
    """
    search = _Search(anchors, sizes, obstacles, frame)
    kept = list(range(len(anchors)))
    while True:
        chosen = search.choose(kept)
        blocked = search.blocked(kept, chosen)
        if not blocked:
            return search.centres[np.arange(len(anchors)), chosen], kept
        given_up = set(blocked[len(blocked) // 2 :])
        kept = [i for i in kept if i not in given_up]


class _Search:
    """All places of all labels, with what each costs; index i is the label, j its place."""

    def __init__(
        self,
        anchors: FloatArray,
        sizes: FloatArray,
        obstacles: Obstacles,
        frame: FloatArray,
    ) -> None:
        angles = np.arange(BEARINGS) * (2 * np.pi / BEARINGS)
        bearing = np.column_stack([np.cos(angles), np.sin(angles)])
        reach = np.array(REACH)
        offset = (reach[:, None, None] * STEP * bearing).reshape(-1, 2)
        sides = np.tile(bearing, (len(reach), 1))
        half = sizes[:, None] / 2
        self.anchors = anchors
        self.centres = anchors[:, None] + offset + sides * half
        self.boxes = np.concatenate([self.centres - half, self.centres + half], axis=-1)
        self.ends = np.clip(anchors[:, None], self.boxes[..., :2], self.boxes[..., 2:])
        outside = (self.boxes[..., :2] < frame[:2]) | (self.boxes[..., 2:] > frame[2:])
        self.hard: FloatArray = np.asarray(OVER_LABEL * outside.any(axis=-1), float)
        self.soft: FloatArray = np.tile(0.5 * np.repeat(reach, BEARINGS), (len(anchors), 1))
        for i in range(len(anchors)):
            self._weigh(i, obstacles)
        self.fixed = self.hard + self.soft
        ends = self.boxes[..., :2].min(axis=1), self.boxes[..., 2:].max(axis=1)
        whole = np.concatenate(ends, axis=-1)
        self.near = _overlap(whole[:, None], whole[None])
        """Whether labels can meet at all, shape (N, N); the points lie amid their places."""
        np.fill_diagonal(self.near, False)

    def _weigh(self, i: int, obstacles: Obstacles) -> None:
        """Add what the places of a label cost for what they lie on, or have a leader cross."""
        own = self.boxes[i]
        around = np.concatenate([own[:, :2].min(axis=0), own[:, 2:].max(axis=0)])

        def near(boxes: FloatArray) -> NDArray[np.intp]:
            return np.flatnonzero(_overlap(around, boxes))

        def over(boxes: FloatArray) -> FloatArray:
            return np.asarray(_overlap(own[:, None], boxes).sum(axis=-1), float)

        def crossed(boxes: FloatArray) -> FloatArray:
            meeting = _meets(self.anchors[i], self.ends[i][:, None], boxes)
            return np.asarray(meeting.sum(axis=-1), float)

        marks, bars = near(obstacles.marks), near(obstacles.bars)
        small, lines = obstacles.small[near(obstacles.small)], obstacles.lines
        others = obstacles.bars[bars[bars != i]]
        neighbourhoods = others + np.array([-3, -3, 3, 3]) * STEP
        self.hard[i] += OVER_LABEL * over(obstacles.marks[marks])
        self.soft[i] += 80 * over(obstacles.bars[bars]) + 60 * over(small)
        self.soft[i] += 30 * np.minimum(over(lines[near(lines)]), 1) + 12 * over(neighbourhoods)
        self.soft[i] += 25 * crossed(obstacles.marks[marks[marks != i]])
        self.soft[i] += 6 * crossed(others) + 4 * crossed(small)

    def choose(self, kept: Sequence[int]) -> NDArray[np.intp]:
        """A place for each of these labels, at little cost together."""
        best, least = np.asarray(self.fixed.argmin(axis=1)), np.inf
        if not kept:
            return best
        among = np.array(kept)
        for order in (among, *(among[np.argsort(a, kind="stable")] for a in self.anchors[among].T)):
            chosen, total = np.asarray(self.fixed.argmin(axis=1)), np.inf
            for _ in range(20):
                before, total = total, 0.0
                for i in order:
                    cost = self._cost(i, order[self.near[i, order]], chosen)
                    chosen[i] = cost.argmin()
                    total += cost[chosen[i]]
                if total >= before:
                    break
            if total < least:
                best, least = chosen, total
        return best

    def _cost(self, i: int, rest: NDArray[np.intp], chosen: NDArray[np.intp]) -> FloatArray:
        there, far = self.boxes[rest, chosen[rest]], self.ends[rest, chosen[rest]]
        cost = self.fixed[i] + OVER_LABEL * _overlap(self.boxes[i][:, None], there).sum(axis=-1)
        cost += 40 * _meets(self.anchors[i], self.ends[i][:, None], there).sum(axis=-1)
        cost += 40 * _meets(self.anchors[rest], far, self.boxes[i][:, None]).sum(axis=-1)
        crossing = _cross(self.anchors[i], self.ends[i][:, None], self.anchors[rest], far)
        return np.asarray(cost + 40 * crossing.sum(axis=-1))

    def blocked(self, kept: Sequence[int], chosen: NDArray[np.intp]) -> list[int]:
        """Those of these labels that lie on another, on a point or over the frame."""
        among = np.array(kept, dtype=int)
        boxes = self.boxes[among, chosen[among]]
        over = _overlap(boxes[:, None], boxes[None])
        np.fill_diagonal(over, False)
        bad = np.asarray(over).any(axis=-1) | (self.hard[among, chosen[among]] > 0)
        return [i for i, it in zip(kept, bad, strict=True) if it]


# numpy reduces a last axis of two far slower than it combines two arrays
def _overlap(a: FloatArray, b: FloatArray) -> NDArray[np.bool_]:
    """Whether boxes x0, y0, x1, y1 (last axis) share an inner point; the rest broadcasts."""
    across = (a[..., 0] < b[..., 2]) & (b[..., 0] < a[..., 2])
    return np.asarray(across & (a[..., 1] < b[..., 3]) & (b[..., 1] < a[..., 3]))


def _meets(start: FloatArray, ends: FloatArray, boxes: FloatArray) -> NDArray[np.bool_]:
    """Whether segments enter boxes; start and end x, y, and x0, y0, x1, y1, the rest broadcasts."""
    along = ends - start
    along = np.where(along == 0, 1e-9, along)
    enters, leaves = np.zeros(1), np.ones(1)
    for axis in (0, 1):
        low = (boxes[..., axis] - start[..., axis]) / along[..., axis]
        high = (boxes[..., axis + 2] - start[..., axis]) / along[..., axis]
        enters = np.maximum(enters, np.minimum(low, high))
        leaves = np.minimum(leaves, np.maximum(low, high))
    return np.asarray(enters < leaves)


def _cross(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> NDArray[np.bool_]:
    """Whether the segments from a to each b and from c to d cross."""

    def side(p: FloatArray, q: FloatArray, r: FloatArray) -> FloatArray:
        u, v = q - p, r - p
        return np.asarray(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    return np.asarray((side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0))
