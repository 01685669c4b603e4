"""From every number of a page of every shape to what stands behind it, in a browser.

What a panel shows is held against the results file itself: a number that is a k has as many cards
as the file says, each of them counted by the metric; one that is an n has as many that were scored.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from conftest import Site, Tab  # type: ignore[attr-defined]
from playwright.sync_api import expect

from epm.viewer.data.run import Run
from epm_lint.binding.pointers import resolve

HERE = Path(__file__).parent
WALK = (HERE / "walk.js").read_text(encoding="utf-8")
WALK_FIGURES = (HERE / "walk_figures.js").read_text(encoding="utf-8")


def run_of(site: Site, key: str) -> Run:
    """As the site has it."""
    found: Run | None = site.library.run(key)
    assert found is not None
    assert found.report  # a large run is read here, and not while a browser waits
    assert found.numbers.numbers
    return found


WEIGHED = "as by weighing"
WHY_NOT = {
    "two arms, published": (WEIGHED,),
    "steering, published": (WEIGHED,),
    "panel": (WEIGHED,),
    "judge": ("of the same answers together",),
    "steering": (WEIGHED,),
    "reanalysis": ("recorded ones",),
    "own scorers": (WEIGHED,),
    "import of a table": ("imported from a table",),
    "a script's own numbers": ("imported from a script",),
    "schema 1": ("checkpoints",),
    "schema 1, as published": ("too large to be published", "over several conditions"),
}
"""Why counts of a shape have no completions; of those that are not here, all have."""
WITHOUT = (
    *("panel", "reanalysis", "import of a table", "a script's own numbers"),
    "schema 1, as published",
)
"""Shapes that have no completions of what they count."""


class Walked(NamedTuple):
    """What a page had."""

    numbers: int
    counts: int
    with_cards: int


def numbers_lead(tab: Tab, site: Site, key: str, shape: str) -> Walked:
    """Every number to what stands behind it."""
    run = run_of(site, key)
    page = tab().open(f"r/{run.key}/index.html")
    walked = page.evaluate(WALK)
    numbers = {number.key: number for number in run.numbers.numbers}
    assert walked.keys() == numbers.keys()
    counts = with_cards = 0
    for name, number in numbers.items():
        seen = walked[name]
        on_page = any(place.kind != "alt" for place in number.places)
        assert seen["linked"] == on_page, (name, number.text)
        assert seen["seen"], (name, number.text)
        assert seen["heading"].startswith(number.text), (name, seen)
        assert seen["pointers"] == [part.pointer for part in number.parts], name
        for at, part in enumerate(number.parts):
            said = seen["said"][at]
            if part.behind.found is None:
                assert said["none"], part.pointer
                assert len(said["text"].partition("No completions behind this: ")[2]) > 10, said
            else:
                assert said["agrees"], (part.pointer, said["text"])
            which = counted(run, part.pointer)
            if not which:
                continue
            counts += 1
            if part.behind.found is None:
                whys = [part.behind.why, run.no_completions]
                assert any(each in why for each in WHY_NOT.get(shape, ()) for why in whys), (
                    part.pointer,
                    whys,
                )
                continue
            with_cards += 1
            shown = [
                each
                for each in seen["dealt"]
                if each["which"] == which and meant(each["state"]) == meant(part.fragment)
            ]
            assert len(shown) == 1, (part.pointer, seen["dealt"])
            check(shown[0], resolve(run.raw, part.pointer), part.pointer)
        for dealt in seen["dealt"]:
            assert dealt["said"] == dealt["cards"] + dealt["left"] == dealt["size"], (name, dealt)
    assert counts
    assert (with_cards > 0) == (shape not in WITHOUT)
    return Walked(len(numbers), counts, with_cards)


def meant(state: str) -> list[tuple[str, str]]:
    """An address's state, but for which scores are meant."""
    return sorted(pair for pair in parse_qsl(state) if pair[0] != "v")


COUNTS = {"successes": "k", "trials": "n", "scored": "n", "lost": "lost", "asked": "asked"}


def counted(run: Run, pointer: str) -> str:
    """Which completions a pointer counts, by its last step; '' where it is no count of any."""
    steps = pointer.split("/")
    if not pointer.startswith("/") or steps[1] not in OF_COMPLETIONS[run.schema or 0]:
        return ""
    if steps[-2] in ("reasons", "excluded"):
        return f"lost:{steps[-1].replace('~2', ' ')}"
    above = resolve(run.raw, "/".join(steps[:-1]))
    if steps[-1] == "n" and isinstance(above, dict) and "sd" in above:
        return "n"
    return COUNTS.get(steps[-1], "") if "pairs" not in steps or steps[-2] in "ab" else ""


OF_COMPLETIONS = {1: ("conditions", "base_model"), 2: ("analyses", "measurements")}
"""Parts of the results whose counts are of completions, by schema."""


def check(dealt: dict[str, Any], stored: int, pointer: str) -> None:
    """As many cards as the results say, all different, and each as it is counted."""
    cards = dealt["cards"]
    assert cards + dealt["left"] == stored, (pointer, dealt)
    assert dealt["different"] == dealt["main"] == cards, (pointer, dealt)
    if dealt["which"] == "k":
        assert dealt["yes"] == cards, (pointer, dealt)
    if dealt["which"] != "asked":
        assert dealt["lost"] == (cards if dealt["which"].startswith("lost") else 0)


# ---------------------------------------------------------------- figures

POINTS = """() => [...document.querySelectorAll('section.figure')].map((figure) => ({
    id: figure.id,
    rows: [...figure.querySelectorAll('tbody tr')].map((row) => ({
        name: row.querySelector('th').textContent,
        href: row.querySelector('th a')?.getAttribute('href') ?? '',
        text: row.textContent,
    })),
    drawn: [...figure.querySelectorAll('svg.drawn a')].map((one) => one.getAttribute('href')),
    without: [...figure.querySelectorAll('p.note')].map((note) => note.textContent),
}))"""


def points_lead(tab: Tab, site: Site, key: str) -> tuple[int, int]:
    """Each point of each figure to its completions; how many are drawn, and how many lead."""
    run = run_of(site, key)
    watched = tab()
    figures = watched.open(f"r/{run.key}/figures.html").evaluate(POINTS)
    points: list[tuple[str, float]] = []
    drawn = 0
    for figure in figures:
        data = json.loads((run.folder / "figures" / f"{figure['id']}.json").read_text())["data"]
        values = [mark["value"] for mark in marks(data)]
        assert len(figure["rows"]) == len(values), figure["id"]
        drawn += len(values)
        for row, value in zip(figure["rows"], values, strict=True):
            if row["href"]:
                points.append((row["href"], value if " - " not in row["name"] else math.nan))
            else:
                whys = [note for note in figure["without"] if note.startswith("No completions")]
                assert run.no_completions or whys, (figure["id"], row["name"])
        assert sorted(figure["drawn"]) == sorted(
            row["href"] for row in figure["rows"] if row["href"]
        )
    if not points:
        return drawn, 0
    page = watched.open(f"r/{run.key}/{points[0][0]}")
    page.wait_for_selector("#count[data-count]:not([data-count=''])")
    found = page.evaluate(WALK_FIGURES, sorted({href for href, _ in points}))
    for href, value in points:
        scores = [SCORES[each] if each in SCORES else float(each) for each in found[href]["scores"]]
        assert len(scores) == found[href]["said"] > 0, href
        if not math.isnan(value):  # a difference is of two sets of completions
            assert sum(scores) / len(scores) == pytest.approx(value, abs=1e-4), href
    return drawn, len(points)


SCORES = {"yes": 1.0, "no": 0.0}


def marks(data: dict[str, Any]) -> list[dict[str, Any]]:
    """All that a sidecar says is drawn."""
    expected = [data["expected"]] if data.get("expected") else []
    panels = [point for panel in data.get("panels", ()) for point in panel["points"]]
    return [*data.get("dots", ()), *data.get("points", ()), *expected, *panels]


# ---------------------------------------------------------------- findings, Back, compare


def findings_lead(tab: Tab, site: Site, key: str) -> None:
    """Findings to their lines and back; a panel outlives Back and reload."""
    run = run_of(site, key)
    watched = tab()
    page = watched.open(f"r/{run.key}/lint.html")
    there = page.locator("article.finding").evaluate_all(LEADS, "a.line")
    report = run.report
    assert report is not None
    assert len(there) == sum(len(row.verdict.findings) for row in report.rows if row.asked)
    if there:
        page.locator("article.finding a.line").last.click()
        mark = there[-1][0]
        expect(page.locator(f".margin#{mark}")).to_be_in_viewport()
        back = page.locator(".margin").evaluate_all(LEADS, "a")
        assert {(one, f"index.html#{one}") for one, _ in back} == set(map(tuple, there))
        assert all(href == f"lint.html#{one}" for one, href in back)
        page.locator(f".margin#{mark} a").click()
        expect(page.locator(f"article.finding#{mark}")).to_be_in_viewport()
        page.go_back()
        expect(page.locator(f".margin#{mark}")).to_be_in_viewport()
    page = watched.open(f"r/{run.key}/index.html")
    links = page.locator("article.body a.n >> visible=true")
    first, last = links.first, links.last
    texts = [first.text_content() or "", last.text_content() or ""]
    first.click()
    expect(page.locator(".panel h2")).to_contain_text(texts[0])
    last.click()
    expect(page.locator(".panel h2")).to_contain_text(texts[1])
    page.reload()
    expect(page.locator(".panel h2")).to_contain_text(texts[1])
    page.go_back()
    expect(page.locator(".panel h2")).to_contain_text(texts[0])
    page.reload()
    expect(page.locator(".panel h2")).to_contain_text(texts[0])
    page.go_back()
    expect(page.locator(".panel")).to_be_hidden()


LEADS = """(all, link) => all.map(
    (one) => [one.id, one.querySelector(link).getAttribute('href')])"""
