"""Figures: the picture beside a drawing from its data, every point a way to its completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from epm.viewer import html
from epm.viewer.addresses import samples
from epm.viewer.data.figures import Figure, figures_of
from epm.viewer.data.marks import Mark, behind_mark, mark_of
from epm.viewer.data.run import Run
from epm.viewer.drawing import drawn

_SHOWN = ("name", "group", "x", "value", "lower", "upper", "beside")


def screen(run: Run, path: str) -> str:
    """All figures of a run."""
    shown = [_shown(run, figure) for figure in figures_of(run)]
    return html.page("figures", path, "Figures", run, "figures", figures=shown)


def _shown(run: Run, figure: Figure) -> dict[str, Any]:
    svg, problems = "", list(figure.problems)
    marks = [*_marks(figure.data or {})]
    links: dict[Mark, str] = {}
    whys: dict[str, list[str]] = {}
    for mark, _ in marks:
        found = behind_mark(run, figure.name, mark)
        if isinstance(found, str):
            whys.setdefault(found, []).append(_named(mark))
        else:
            links[mark] = samples(found)
    if figure.data:
        try:
            svg = drawn(figure.data, lambda one, panel: links.get(mark_of(one, panel), ""))
        except ValueError as error:
            problems.append(str(error))
    rows = [{**row, "name": _named(mark), "href": links.get(mark, "")} for mark, row in marks]
    columns = [name for name in _SHOWN if any(row.get(name) not in (None, "") for row in rows)]
    return {
        "figure": figure,
        "svg": svg,
        "problems": problems,
        "rows": rows,
        "columns": columns,
        "without": _without(whys, len(marks)) if not run.no_completions else [],
        "key": list(_key(figure.data or {})),
    }


def _without(whys: Mapping[str, list[str]], marks: int) -> list[str]:
    """Which points have no completions, and why."""
    said = []
    for why, names in whys.items():
        which = "any point" if len(names) == marks > 1 else ", ".join(names)
        said.append(f"No completions behind {which}: {why}.")
    return said


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


def _named(mark: Mark) -> str:
    """A mark that its place names is called after that."""
    if mark.panel or not mark.name:
        at = f"at {mark.x:g}" if mark.x is not None else ""
        return f"{mark.panel} {at}".strip() or "a point"
    return mark.name


def _marks(data: Mapping[str, Any]) -> Iterator[tuple[Mark, dict[str, Any]]]:
    """Everything that is drawn, and what of it the table has; malformed data have nothing."""
    for one in [*_listed(data, "dots"), *_listed(data, "points")]:
        if isinstance(one, dict):
            yield mark_of(one), _row(one)
    if isinstance(expected := data.get("expected"), dict):
        yield mark_of(expected, foretold=True), _row(expected)
    for panel in _listed(data, "panels"):
        for one in _listed(panel, "points") if isinstance(panel, dict) else []:
            if isinstance(one, dict):
                yield mark_of(one, str(panel.get("name", ""))), _row(one)


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in _SHOWN if name in one}


def _listed(data: Mapping[str, Any], name: str) -> list[Any]:
    found = data.get(name)
    return found if isinstance(found, list) else []
