"""Figures: the picture beside a drawing from its data, every point a way to its completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from epm.viewer import html
from epm.viewer.addresses import samples
from epm.viewer.data.figures import Figure, behind_mark, figures_of, of_pair
from epm.viewer.data.run import Run
from epm.viewer.drawing import drawn

_SHOWN = ("name", "group", "x", "value", "lower", "upper", "beside")


def screen(run: Run, path: str) -> str:
    """All figures of a run."""
    shown = [_shown(run, figure) for figure in figures_of(run)]
    return html.page("figures", path, "Figures", run, "figures", figures=shown)


def _shown(run: Run, figure: Figure) -> dict[str, Any]:
    svg, problems = "", list(figure.problems)
    links = dict(_links(run, figure)) if figure.data else {}
    if figure.data:
        try:
            svg = drawn(figure.data, lambda name: links.get(name, ""))
        except ValueError as error:
            problems.append(str(error))
    rows = [
        {**mark, "href": links.get(str(mark["name"]), "")} for mark in _marks(figure.data or {})
    ]
    columns = [name for name in _SHOWN if any(row.get(name) not in (None, "") for row in rows)]
    return {
        "figure": figure,
        "svg": svg,
        "problems": problems,
        "rows": rows,
        "columns": columns,
        "key": list(_key(figure.data or {})),
    }


def _key(data: Mapping[str, Any]) -> Iterator[str]:
    """What is drawn, where its shape does not say it."""
    marks = [*_listed(data, "dots"), *_listed(data, "points")]
    if any(isinstance(mark, dict) and mark.get("replicates") for mark in marks):
        yield "ticks: one seed each"
    if data.get("beside_label"):
        yield f"hollow: {data['beside_label']}"
    for name, style in (("line", "line"), ("compared", "dashed")):
        line = data.get(name)
        if isinstance(line, dict) and line.get("label"):
            band = f" with {line['band_label']}" if line.get("band_label") else ""
            yield f"{style}: {line['label']}{band}"


def _links(run: Run, figure: Figure) -> Iterator[tuple[str, str]]:
    for mark in _marks(figure.data or {}):
        name, value = str(mark["name"]), mark.get("value")
        known = value if isinstance(value, int | float) and "panel" not in mark else None
        selection = behind_mark(run, figure.name, name, known) or of_pair(run, figure.name, name)
        if selection is not None:
            yield name, samples(selection, yes=False)


def _marks(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything that is drawn under a name; malformed data have none."""
    listed = [*_listed(data, "dots"), *_listed(data, "points")]
    expected = data.get("expected")
    for mark in [*listed, *([expected] if isinstance(expected, dict) else [])]:
        if isinstance(mark, dict) and mark.get("name"):
            yield {name: mark[name] for name in _SHOWN if name in mark}
    for panel in _listed(data, "panels"):
        points = _listed(panel, "points") if isinstance(panel, dict) else []
        for point in points:
            if isinstance(point, dict):
                shown = {name: point[name] for name in _SHOWN if name in point}
                yield {**shown, "name": str(panel.get("name", "")), "panel": True}


def _listed(data: Mapping[str, Any], name: str) -> list[Any]:
    found = data.get(name)
    return found if isinstance(found, list) else []
