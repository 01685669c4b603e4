"""What every figure is held to, whatever it shows and however much of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_charts import CHARTS, drawn, outside, overlapping, read, words

from epm.figures import draw
from epm.figures.charts import (
    Axis,
    Chart,
    Dot,
    DotChart,
    Line,
    Panel,
    PanelsChart,
    ScatterChart,
    ScatterPoint,
)


@pytest.mark.parametrize("name", CHARTS)
def test_all_words_can_be_read(name: str) -> None:
    figure = drawn(name)
    assert not outside(figure)
    assert not overlapping(read(name))
    assert figure.get_size_inches()[0] == 8.8


@pytest.mark.parametrize("name", CHARTS)
def test_title_subtitle_and_axes_are_there_to_the_last_letter(name: str) -> None:
    chart = CHARTS[name]
    shown = "".join("".join(text for text, _ in words(draw(chart))).split())
    axes = [chart.axis] if isinstance(chart, DotChart) else [chart.x, chart.y]
    empty = not (getattr(chart, "dots", None) or getattr(chart, "points", None))
    wanted = [chart.title, chart.subtitle]
    wanted += [] if empty and not getattr(chart, "panels", None) else [axis.label for axis in axes]
    for text in wanted:
        assert "".join(c for c in text if c.isprintable() and not c.isspace()) in shown


def test_a_chart_of_nothing_says_so() -> None:
    for name in ("no dots", "no points", "no panels"):
        assert next(text for text, _ in read(name)).endswith("to show.")


numbers = st.one_of(
    st.floats(-1e6, 1e6), st.floats(-1e-6, 1e-6), st.integers(-3, 3).map(float), st.just(40_000.0)
)
rates = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5]))
names = st.one_of(st.text(max_size=60), st.sampled_from(["a", "villain", "x" * 80]))


@st.composite
def a_dot(draw: st.DrawFn, value: st.SearchStrategy[float]) -> Dot:
    low, high = sorted((draw(value), draw(value)))
    return Dot(
        draw(names),
        draw(value),
        draw(st.sampled_from([low, None])),
        draw(st.sampled_from([high, None])),
        draw(st.sampled_from(["", "a", "b_c", "d"])),
        draw(st.lists(value, max_size=3)),
        draw(st.one_of(st.none(), value)),
        draw(st.booleans()),
    )


@st.composite
def a_chart(draw: st.DrawFn) -> Chart:
    axis, value = draw(
        st.sampled_from(
            [
                (Axis("score"), numbers),
                (Axis("rate", "proportion"), rates),
                (Axis("gain", "proportion", signed=True), st.floats(-1, 1)),
                (Axis("learning rate", log=True), st.floats(1e-9, 1e9)),
                (Axis("step", log1p=True), st.floats(0, 1e9)),
            ]
        )
    )
    x = Axis(draw(names), signed=draw(st.booleans()))
    dots = draw(st.lists(a_dot(value), max_size=8))
    title, note = draw(st.text(max_size=150)), draw(names)
    at = [draw(numbers) for _ in dots]
    points = [ScatterPoint(**vars(dot), x=place) for dot, place in zip(dots, at, strict=True)]
    match draw(st.sampled_from(["dots", "scatter", "panels"])):
        case "dots":
            reference = draw(st.one_of(st.none(), value))
            expected = draw(st.one_of(st.none(), a_dot(value)))
            rest = (reference, draw(names), expected, note)
            return DotChart(title, "", axis, dots, "95% interval", "beside", *rest)
        case "scatter":
            line = Line("fit", sorted(at), [draw(value) for _ in at])
            marks = [(place, draw(names)) for place in at[:3]]
            rest = (line, None, "beside", marks, "stars", note)
            return ScatterChart(title, "", x, axis, points, "95% interval", *rest)
        case _:
            bare = {"replicates": [], "beside": None}
            points = [ScatterPoint(**(vars(point) | bare)) for point in points]
            points.sort(key=lambda point: point.x)
            parts = [points[::2], points[1::2], []][: len(points)]
            own = [Panel(draw(names), draw(st.sampled_from("ab")), part) for part in parts]
            return PanelsChart(title, "", x, axis, own, "95% interval", note)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(a_chart())
def test_any_chart_can_be_drawn_and_read(chart: Chart) -> None:
    figure = draw(chart)
    assert not outside(figure)
    assert not overlapping(words(figure))
