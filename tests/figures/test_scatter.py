"""An outcome against a predictor: points, names, lines and marks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_charts import CHARTS, drawn, found, points, scatter_chart, values

from epm.figures import draw
from epm.figures.charts import Axis, Line, ScatterChart, ScatterPoint
from epm.figures.style import styled

SHOWN = [name for name, chart in CHARTS.items() if isinstance(chart, ScatterChart) and chart.points]


@pytest.mark.parametrize("name", SHOWN)
def test_every_point_is_shown_where_it_is(name: str) -> None:
    chart, figure = CHARTS[name], drawn(name)
    assert isinstance(chart, ScatterChart)
    marks = found(figure, "value")
    assert [float(mark.get_xdata()[0]) for mark in marks] == [p.x for p in chart.points]
    assert [values(mark, upright=True) for mark in marks] == [[p.value] for p in chart.points]
    stars = [mark.get_marker() == "*" for mark in marks]
    assert stars == [point.marked for point in chart.points]
    bars = [
        [min([p.value, *p.bounds]), max([p.value, *p.bounds])] for p in chart.points if p.bounds
    ]
    assert [values(bar, upright=True) for bar in found(figure, "interval")] == bars
    large = [p for p in chart.points if len(chart.points) <= 60 or p.emphasised]
    seeds = [p.replicates for p in large if p.replicates]
    assert [values(mark, upright=True) for mark in found(figure, "replicate")] == seeds
    beside = [[p.value, p.beside] for p in chart.points if p.beside is not None]
    assert [values(each, upright=True) for each in found(figure, "joined")] == beside
    for gid, line in (("line", chart.line), ("compared", chart.compared)):
        drawn_lines = found(figure, gid)
        assert [list(each.get_xdata()) for each in drawn_lines] == ([line.x] if line else [])
        assert [list(each.get_ydata()) for each in drawn_lines] == ([line.y] if line else [])
    axes = figure.axes[0]
    assert all(axes.get_xlim()[0] < p.x < axes.get_xlim()[1] for p in chart.points)
    low, high = axes.get_ylim()
    assert all(low < value < high for p in chart.points for value in p.estimates)


@pytest.mark.parametrize("name", ["1 points", "3 points", "12 points", "30 points"])
def test_up_to_thirty_all_are_named(name: str) -> None:
    chart = CHARTS[name]
    assert isinstance(chart, ScatterChart)
    shown = ["".join(text.get_text().split()) for text in found(drawn(name), "label")]
    assert sorted(shown) == sorted(point.name for point in chart.points)


def test_past_thirty_those_that_matter_are_named() -> None:
    chart = CHARTS["200 points"]
    assert isinstance(chart, ScatterChart)
    shown = {"".join(text.get_text().split()) for text in found(drawn("200 points"), "label")}
    spoken = [point for point in chart.points if point.emphasised]
    assert len(spoken) == 29
    assert len(shown & {point.name for point in spoken}) >= 25
    own = [replace(p, emphasised=i < 3, marked=False) for i, p in enumerate(points(200))]
    few = scatter_chart(200, points=own)
    shown = {"".join(text.get_text().split()) for text in found(draw(few), "label")}
    top = max(few.points, key=lambda point: point.value)
    ends = {min(few.points, key=lambda p: p.x).name, max(few.points, key=lambda p: p.x).name}
    assert {point.name for point in few.points[:3]} | {top.name} | ends <= shown | {""}
    assert len(shown) <= 3 + 4 + 2 + 4


@pytest.mark.parametrize("name", SHOWN)
def test_names_lie_on_no_point_and_inside_the_frame(name: str) -> None:
    chart, figure = CHARTS[name], drawn(name)
    assert isinstance(chart, ScatterChart)
    axes = figure.axes[0]
    with styled():
        boxes = [text.get_window_extent() for text in found(figure, "label")]
    at = [
        mark.get_transform().transform((point.x, point.value))
        for mark, point in zip(found(figure, "value"), chart.points, strict=True)
    ]
    for box in boxes:
        assert axes.bbox.x0 - 1 <= box.x0 <= box.x1 <= axes.bbox.x1 + 1
        assert axes.bbox.y0 - 1 <= box.y0 <= box.y1 <= axes.bbox.y1 + 1
        assert not [point for point in at if box.contains(*point)]


def test_names_that_find_no_room_are_counted() -> None:
    crowd = [ScatterPoint(f"persona_with_a_rather_long_name_{i}" * 2, 0.5, x=1) for i in range(30)]
    figure = draw(ScatterChart("", "", Axis("dose"), Axis("score"), crowd, ""))
    (note,) = found(figure, "note")
    missing = 30 - len(found(figure, "label"))
    assert missing > 0
    assert f"{missing} names have no room." in note.get_text()


def test_the_parents_line_is_dashed_and_ours_is_not() -> None:
    figure = drawn("12 points")
    ((ours,), (theirs,)) = found(figure, "line"), found(figure, "compared")
    assert (ours.is_dashed(), theirs.is_dashed()) == (False, True)
    assert ours.get_color() != theirs.get_color()
    (band,) = found(figure, "band")
    chart = CHARTS["12 points"]
    assert isinstance(chart, ScatterChart)
    assert chart.line is not None
    edges = {round(float(y), 9) for path in band.get_paths() for _, y in path.vertices}
    assert edges >= {round(value, 9) for value in (*chart.line.lower, *chart.line.upper)}
    words = [text.get_text() for each in figure.legends for text in each.get_texts()]
    assert words[:3] == ["our fit", "its 95% band", "#122"]
    assert words[-1] == "not in the fit"


def test_the_parents_line_widens_no_axis_beyond_our_points() -> None:
    far = Line("#122", [-100.0, 100.0], [0.9, 0.1])
    chart = scatter_chart(12, line=None, compared=far)
    low, high = draw(chart).axes[0].get_xlim()
    assert -0.8 < low < high < 1.2


def test_points_at_one_x_stand_side_by_side_and_keep_their_x() -> None:
    figure = drawn("points at one x")
    marks = found(figure, "value")
    assert {float(mark.get_xdata()[0]) for mark in marks} == {2.0}
    pixels = [mark.get_transform().transform((2.0, 0.0))[0] for mark in marks]
    assert len({round(pixel) for pixel in pixels}) == len(marks)
    (note,) = found(figure, "note")
    assert "side by side" in note.get_text()


def test_places_on_the_axis_are_marked_and_named() -> None:
    figure = drawn("12 points")
    assert sorted(line.get_xdata()[0] for line in found(figure, "at")) == [0.2, 0.21]
    assert {text.get_text() for text in found(figure, "mark")} == {"EC50", "half"}
    far = draw(scatter_chart(12, marks=[(40.0, "EC50"), (-40.0, "floor")]))
    assert not found(far, "at")
    assert far.axes[0].get_xlim() == pytest.approx(figure.axes[0].get_xlim())
    assert {text.get_text() for text in found(far, "mark")} == {"EC50 →", "← floor"}
