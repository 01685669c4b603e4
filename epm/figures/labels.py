"""The names of the points, placed where they can be read."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from epm.figures.plotted import Plotted
from epm.figures.style import DPI, GREY, INK
from epm.statistics.points import FloatArray

NAME_LENGTH = 32
"""Characters of a persona's name that a label shows."""


def name_points(axes: Axes, data: Plotted) -> None:
    """Name every point, clear of the other names, points, intervals and the frame."""
    if not data.points:
        return
    to_pixel = axes.transData
    point = DPI / 72
    at = to_pixel.transform([(p.cosine, p.rate) for p in data.points])
    low = to_pixel.transform([(p.cosine, p.lower) for p in data.points])
    high = to_pixel.transform([(p.cosine, p.upper) for p in data.points])
    radius = np.array([[7.5 if p.new else 4.5] for p in data.points]) * point
    line = np.empty((0, 2))
    if data.band:
        line = to_pixel.transform(list(zip(data.band.cosine, data.band.predicted, strict=True)))
    texts = [
        axes.text(
            *(p.cosine, p.rate, _shown(p.persona)),
            ha="center",
            va="center",
            size=9,
            color=INK,
            gid="label",
            zorder=6,
        )
        for p in data.points
    ]
    extents = [text.get_window_extent() for text in texts]
    centres = place_labels(
        at,
        np.array([(e.width + 3 * point, e.height) for e in extents]),
        markers=np.hstack([at - radius, at + radius]),
        bars=np.hstack([low - 1.5 * point, high + 1.5 * point]),
        line=np.hstack([line - point, line + point]),
        frame=np.array(axes.bbox.extents),
        step=2 * point,
    )
    for text, anchor, centre, extent in zip(texts, at, centres, extents, strict=True):
        half = np.array([extent.width, extent.height]) / 2
        near = np.clip(anchor, centre - half, centre + half)
        text.set_position(tuple(to_pixel.inverted().transform(centre)))
        if np.hypot(*(near - anchor)) > 12 * point:
            leader = to_pixel.inverted().transform([anchor, near])
            axes.plot(*leader.T, color=GREY, lw=0.7, zorder=2.5)


def _shown(persona: str) -> str:
    return persona if len(persona) <= NAME_LENGTH else persona[: NAME_LENGTH - 1] + "…"


def place_labels(
    anchors: FloatArray,
    sizes: FloatArray,
    *,
    markers: FloatArray,
    bars: FloatArray,
    line: FloatArray,
    frame: FloatArray,
    step: float,
) -> FloatArray:
    """Find a place for every label; deterministic, by coordinate descent from several orders.

    Each label may stand at 24 bearings and 10 distances from its point. A place costs most for
    lying on another label or over the frame, less for a marker, an interval, a leader line that
    crosses something, another's neighbourhood or the fitted line, and a little for its distance.

    Args:
        anchors: shape (N, 2), the points, in pixels.
        sizes: shape (N, 2), width and height of the labels.
        markers: shape (N, 4), boxes of the points as x0, y0, x1, y1.
        bars: shape (N, 4), boxes of their intervals.
        line: shape (M, 4), boxes along the fitted line.
        frame: shape (4,), the box to stay in.
        step: unit of distance, in pixels.

    Returns:
        Shape (N, 2), the centres of the labels.
    """
    n = len(anchors)
    angles = np.arange(24) * (2 * np.pi / 24)
    bearing = np.column_stack([np.cos(angles), np.sin(angles)])
    reach = np.array([3.0, 4.5, 6, 8, 11, 15, 20, 26, 33, 41])
    offset = (reach[:, None, None] * step * bearing).reshape(-1, 2)
    sides = np.tile(bearing, (len(reach), 1))
    centres = anchors[:, None] + offset + sides * sizes[:, None] / 2
    boxes = np.concatenate([centres - sizes[:, None] / 2, centres + sizes[:, None] / 2], axis=-1)
    ends = np.clip(anchors[:, None], boxes[..., :2], boxes[..., 2:])
    along = np.linspace(0, 1, 12)[:, None]
    leaders = anchors[:, None, None] + along * (ends - anchors[:, None])[:, :, None]
    paths = np.concatenate([leaders, leaders], axis=-1)

    outside = (boxes[..., :2] < frame[:2]) | (boxes[..., 2:] > frame[2:])
    fixed = 1000.0 * outside.any(axis=-1) + 0.5 * np.repeat(reach, len(bearing))
    others = ~np.eye(n, dtype=bool)[:, None]
    beside = bars + np.array([-3, -3, 3, 3]) * step
    fixed += 12 * (_overlap(boxes[:, :, None], beside) & others).sum(axis=-1)
    for obstacles, on, crossed in ((markers, 120, 25), (bars, 80, 6)):
        fixed += on * _overlap(boxes[:, :, None], obstacles).sum(axis=-1)
        hit = _overlap(paths[:, :, :, None], obstacles).any(axis=2)
        fixed += crossed * (hit & others).sum(axis=-1)
    fixed += 4 * _overlap(boxes[:, :, None], line).any(axis=-1)

    best, least = np.zeros(n, dtype=int), np.inf
    for order in (np.arange(n), *np.argsort(anchors, axis=0).T):
        chosen, total = fixed.argmin(axis=1), np.inf
        for _ in range(20):
            before, total = total, 0.0
            for i in order:
                cost = fixed[i].copy()
                rest = order[order != i]
                there = boxes[rest, chosen[rest]]
                cost += 1000 * _overlap(boxes[i][:, None], there).sum(axis=-1)
                cost += 40 * _overlap(paths[i][:, :, None], there).any(axis=1).sum(axis=-1)
                lines = paths[rest, chosen[rest]]
                cost += 40 * _overlap(boxes[i][:, None, None], lines).any(axis=-1).sum(axis=-1)
                far = ends[rest, chosen[rest]]
                crossing = _cross(anchors[i], ends[i][:, None], anchors[rest], far)
                cost += 40 * crossing.sum(axis=-1)
                chosen[i] = cost.argmin()
                total += cost[chosen[i]]
            if total >= before:
                break
        if total < least:
            best, least = chosen, total
    return np.asarray(centres[np.arange(n), best])


def _overlap(a: FloatArray, b: FloatArray) -> NDArray[np.bool_]:
    """Whether boxes x0, y0, x1, y1 (last axis) share an inner point; the rest broadcasts."""
    apart = (a[..., :2] >= b[..., 2:]) | (b[..., :2] >= a[..., 2:])
    return np.asarray(~apart.any(axis=-1))


def _cross(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> NDArray[np.bool_]:
    """Whether the segments from a to each b and from c to d cross."""

    def side(p: FloatArray, q: FloatArray, r: FloatArray) -> FloatArray:
        u, v = q - p, r - p
        return np.asarray(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    return np.asarray((side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0))
