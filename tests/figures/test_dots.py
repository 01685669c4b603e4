"""Estimates side by side: a row each, or by rank."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from matplotlib.colors import to_rgba
from sample_charts import CHARTS, dot_chart, dots, drawn, found, values

from epm.figures import draw
from epm.figures.charts import Dot, DotChart

ROWS = [name for name, chart in CHARTS.items() if isinstance(chart, DotChart) and chart.every]


def texts(name: str, gid: str) -> list[str]:
    return ["".join(text.get_text().split()) for text in found(drawn(name), gid)]


@pytest.mark.parametrize("name", ROWS)
def test_every_estimate_is_shown_where_it_is(name: str) -> None:
    chart, figure = CHARTS[name], drawn(name)
    assert isinstance(chart, DotChart)
    shown = list(chart.dots)
    if len(shown) > 60:
        shown.sort(key=lambda dot: -dot.value)
    shown += chart.every[len(chart.dots) :]
    marks = found(figure, "value")
    assert [values(mark) for mark in marks] == [[dot.value] for dot in shown]
    places = [float(mark.get_ydata()[0]) for mark in marks]
    assert places == sorted(places, reverse=True)
    bars = [(min([d.value, *d.bounds]), max([d.value, *d.bounds])) for d in shown if d.bounds]
    assert [tuple(values(bar)) for bar in found(figure, "interval")] == bars
    beside = [d.beside for d in shown if d.beside is not None]
    assert [values(mark) for mark in found(figure, "beside")] == [[value] for value in beside]
    joined = [[d.value, d.beside] for d in shown if d.beside is not None]
    assert [values(line) for line in found(figure, "joined")] == joined
    large = [d for d in shown if len(chart.dots) <= 60 or d.emphasised or d is chart.expected]
    seeds = [d.replicates for d in large if d.replicates]
    assert [values(mark) for mark in found(figure, "replicate")] == seeds
    low, high = figure.axes[0].get_xlim()
    assert all(low <= value <= high for dot in shown for value in dot.estimates)


@pytest.mark.parametrize("name", ["1 dots", "3 dots", "12 dots", "40 dots", "60 dots"])
def test_up_to_sixty_all_are_named_and_written(name: str) -> None:
    chart = CHARTS[name]
    assert isinstance(chart, DotChart)
    assert texts(name, "name") == ["".join(dot.name.split()) for dot in chart.every]
    assert len(texts(name, "number")) == 2 * len(chart.every)


def test_estimate_and_interval_are_written_as_on_a_page() -> None:
    assert texts("gains", "number") == ["+15.6", "[+3.0,+28.1]", "−6.0", "≥−10.0"]
    assert texts("all dots equal", "number") == ["40,000"] * 3
    assert texts("nothing but what was expected", "number") == ["70%", "[60%,80%]"]


@pytest.mark.parametrize(("bold", "ends"), [(4, 5), (29, 4), (35, 1), (37, 0)])
def test_past_sixty_only_what_matters_is_named(bold: int, ends: int) -> None:
    ranked = [
        Dot(f"p{rank}", 0.9 - 0.004 * rank, emphasised=80 <= rank < 80 + bold)
        for rank in range(200)
    ]
    crowd = ranked[::2] + ranked[1::2]
    figure = draw(dot_chart(0, dots=crowd))
    wanted = {dot.name for dot in crowd if dot.emphasised}
    wanted |= {dot.name for dot in ranked[:ends] + ranked[200 - ends :]}
    names = found(figure, "name")[:-1]
    assert {text.get_text() for text in names} == wanted
    heavy = {text.get_text() for text in names if text.get_weight() == "bold"}
    assert heavy == {dot.name for dot in crowd if dot.emphasised}
    (note,) = found(figure, "note")
    said = {5: "those in bold and the 5 highest and lowest are named"}
    said |= {4: "those in bold and the 4 highest and lowest are named"}
    said |= {1: "those in bold and the highest and the lowest are named"}
    said |= {0: "those in bold are named"}
    assert f"200 estimates, ranked; {said[ends]}." in note.get_text()


def test_where_even_those_in_bold_have_no_room_it_is_said() -> None:
    crowd = [replace(dot, emphasised=i > 0) for i, dot in enumerate(dots(150))]
    figure = draw(dot_chart(0, dots=crowd))
    (note,) = found(figure, "note")
    named = len(found(figure, "name")) - 1
    assert f"{149 - named} of those in bold have no name" in " ".join(note.get_text().split())


@pytest.mark.parametrize("number", [5, 70])
def test_emphasis_that_all_have_is_none(number: int) -> None:
    crowd = [replace(dot, emphasised=True) for dot in dots(number)]
    plain = [replace(dot, emphasised=False) for dot in crowd]
    first, second = (draw(dot_chart(0, dots=each)) for each in (crowd, plain))
    assert [t.get_weight() for t in found(first, "name")] == ["normal"] * len(found(second, "name"))


def test_what_was_expected_stands_apart() -> None:
    figure = drawn("12 dots")
    mark = found(figure, "value")[-1]
    assert mark.get_markerfacecolor() == "white"
    assert found(figure, "interval")[-1].is_dashed()
    assert found(figure, "name")[-1].get_style() == "italic"
    places = [float(each.get_ydata()[0]) for each in found(figure, "value")]
    gaps = [a - b for a, b in pairwise(places)]
    assert gaps[-1] > min(gaps[:-1])


def test_the_reference_is_a_line_across_all_rows() -> None:
    (line,) = found(drawn("12 dots"), "reference")
    assert set(line.get_xdata()) == {0.3}
    assert texts("12 dots", "refer") == ["meanofallpersonas"]
    assert not found(drawn("dots without anything"), "reference")


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow() -> None:
    chart = CHARTS["gains"]
    assert isinstance(chart, DotChart)
    small = [Dot(f"run {i}", 0.01 * i, 0.01 * i - 0.05, 0.01 * i + 0.05) for i in range(6)]
    figure = draw(replace(chart, dots=[*small, Dot("wild", 0.02, -9.0, 9.0)]))
    assert [mark.get_marker() for mark in found(figure, "cut")] == ["<", ">"]
    assert not found(draw(replace(chart, dots=small)), "cut")


def legend(figure: object) -> list[str]:
    return [text.get_text() for each in figure.legends for text in each.get_texts()]  # type: ignore


def test_the_legend_names_what_is_drawn_and_nothing_else() -> None:
    groups = ["character", "generic helper", "occupational"]
    always = ["95% interval by seed and question", "one seed", "under the other personas"]
    assert legend(drawn("12 dots")) == always + groups
    assert legend(drawn("dots without anything")) == always[:1]
    assert legend(drawn("all dots equal")) == []


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (["a", "a", "a"], []),
        (["", "", ""], []),
        (["a", "b", "c"], []),
        (["a", "b", "b"], ["a", "b"]),
        (["a", "", ""], ["a"]),
        (list("aabbccddeeffgghi"), ["a", "b", "c", "d", "e", "f", "3 other groups"]),
    ],
)
def test_groups_are_told_apart_where_they_mean_something(
    groups: list[str], told: list[str]
) -> None:
    chart = DotChart(
        *("", "", CHARTS["12 dots"].axis),  # type: ignore[union-attr]
        [Dot(f"run {i}", 0.1, group=group) for i, group in enumerate(groups)],
        "",
    )
    figure = draw(chart)
    assert legend(figure) == told
    marks = found(figure, "value")
    looks = {
        group: (mark.get_marker(), to_rgba(mark.get_markerfacecolor()))
        for group, mark in zip(groups, marks, strict=True)
    }
    assert len({shape for shape, _ in looks.values()}) == (len(told) or 1) or "" in groups
    assert len(set(looks.values())) == (len(told) + ("" in groups) if told else 1)
