"""Small multiples on shared axes, or all conditions over each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sample_charts import CHARTS, GROUPS, drawn, found, panels_chart

from epm.figures import draw
from epm.figures.charts import PanelsChart

NUMBERS = (1, 3, 5, 12, 40)


BOLD = "persona_with_a_long_name_1"
"""The one with an emphasised point."""


def chart_of(number: int) -> PanelsChart:
    chart = CHARTS[f"{number} panels"]
    assert isinstance(chart, PanelsChart)
    return chart


@pytest.mark.parametrize("number", NUMBERS)
def test_panels_share_their_axes_and_show_all_of_their_data(number: int) -> None:
    chart, figure = chart_of(number), drawn(f"{number} panels")
    shown = ["".join(text.get_text().split()) for text in found(figure, "name")]
    assert [name.partition("…")[0] for name in shown] == [
        panel.name[: len(name.partition("…")[0])]
        for panel, name in zip(chart.panels, shown, strict=True)
    ]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    low, high = figure.axes[0].get_ylim()
    for axes, panel in zip(figure.axes, chart.panels, strict=True):
        own = {
            gid: [each for each in axes.lines if each.get_gid() == gid]
            for gid in ("seed", "value", "trace")
        }
        assert [list(line.get_ydata()) for line in own["seed"]] == [seed.y for seed in panel.seeds]
        drawn_points = sorted(pair for line in own["value"] for pair in line.get_xydata().tolist())
        assert drawn_points == sorted([point.x, point.value] for point in panel.points)
        steps = [line.get_xydata().tolist() for line in own["trace"]]
        assert steps == [[[a.x, a.value], [b.x, b.value]] for a, b in pairwise(panel.points)]
        (band,) = [each for each in axes.collections if each.get_gid() == "band"]
        corners = np.vstack([path.vertices for path in band.get_paths()])[:, 1]
        assert corners.min() == pytest.approx(
            min(p.lower for p in panel.points if p.lower is not None)
        )
        assert corners.max() == pytest.approx(
            max(p.upper for p in panel.points if p.upper is not None)
        )
        inside = [*corners, *(point.value for point in panel.points)]
        assert all(low <= value <= high for value in inside)


@pytest.mark.parametrize(("number", "columns"), [(1, 1), (3, 3), (5, 3), (12, 4), (40, 5)])
def test_few_places_stay_empty(number: int, columns: int) -> None:
    figure = drawn(f"{number} panels")
    assert len({round(axes.get_position().x0, 6) for axes in figure.axes}) == columns


def test_a_point_without_an_interval_is_open_and_dotted() -> None:
    axes = drawn("3 panels").axes[0]
    hollow, full = [line for line in axes.lines if line.get_gid() == "value"]
    assert (hollow.get_markerfacecolor(), len(hollow.get_xdata())) == ("white", 1)
    assert len(full.get_xdata()) == 4
    traces = [line.get_linestyle() for line in axes.lines if line.get_gid() == "trace"]
    assert traces == [":", "-", "-", "-"]


def test_the_value_of_an_emphasised_point_is_written() -> None:
    chart = chart_of(12)
    (number,) = found(drawn("12 panels"), "number")
    value = chart.panels[1].points[-1].value
    assert number.get_text() == f"{100 * value:.0f}%"
    assert number.axes is drawn("12 panels").axes[1]


def test_an_empty_panel_says_so() -> None:
    shown = [text.get_text() for text in drawn("an empty panel").axes[-1].texts]
    assert shown == ["no data"]


def test_many_conditions_share_a_panel_a_group() -> None:
    chart, figure = chart_of(200), drawn("200 panels")
    assert len(figure.axes) == len(GROUPS)
    for axes, group in zip(figure.axes, GROUPS, strict=True):
        members = [panel for panel in chart.panels if panel.group == group]
        plain = [
            panel for panel in members if not panel.emphasised and panel is not chart.panels[1]
        ]
        thin = [list(line.get_ydata()) for line in axes.lines if len(line.get_xdata()) == 5]
        assert thin == [[point.value for point in panel.points] for panel in plain]
    names = {"".join(text.get_text().split()) for text in found(figure, "name")}
    assert "persona_4" in names
    for group in GROUPS:
        members = [panel for panel in chart.panels if panel.group == group]
        best = max(members, key=lambda panel: panel.points[-1].value)
        assert best.name in names or any("…" in name for name in names)


def test_what_the_text_speaks_of_is_bold() -> None:
    bold = [t.get_text() for t in found(drawn("12 panels"), "name") if t.get_weight() == "bold"]
    assert ["".join(name.split()) for name in bold] == [
        chart_of(12).panels[1].name,
        chart_of(12).panels[4].name,
    ]


def test_emphasis_that_all_have_is_none() -> None:
    every = [replace(panel, emphasised=True) for panel in chart_of(49).panels]
    figure = draw(panels_chart(49, panels=every))
    assert {text.get_weight() for text in found(figure, "name")} == {"normal"}
    (note,) = found(figure, "note")
    assert note.get_text() == "Of 49 conditions, those that end highest and lowest are named."
