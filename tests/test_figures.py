"""The hero figure: its bytes, its sidecar, and that its labels can be read."""

import hashlib
import json
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from epm.figures import hero
from epm.figures.drawing import draw
from epm.figures.labels import place_labels
from epm.figures.plotted import Plotted, plotted
from epm.results import CompleteCondition, MissingCondition, Rate, Unavailable
from epm.statistics import analyse

FIGURES = json.loads(
    (Path(__file__).parent / "data" / "issue_246_published_figures.json").read_text("utf-8")
)


def given(successes: int | None = None, missing: tuple[str, ...] = ()) -> dict[str, Any]:
    """What `hero` is given for the published issue #246, or for a spoilt one."""
    conditions: dict[str, CompleteCondition | MissingCondition] = {}
    for persona, figures in FIGURES["personas"].items():
        kind = {"category": figures["category"], "new": figures["new"]}
        if persona in missing:
            conditions[persona] = MissingCondition(**kind, reason="out of memory")
            continue
        k = figures["successes"] if successes is None else successes
        conditions[persona] = CompleteCondition(
            **kind,
            negatives=(),
            source=Rate(successes=k, trials=FIGURES["trials"]),
            bystanders={},
            training=Unavailable(unavailable="published"),
        )
    cosines = {
        layer: {
            persona: figures["cosine"][layer] for persona, figures in FIGURES["personas"].items()
        }
        for layer in FIGURES["published"]["layers"]
    }
    statistics = analyse(
        conditions,
        cosines,
        {},
        reference=FIGURES["reference"],
        primary_layer=FIGURES["primary_layer"],
        alpha=0.01,
        prediction_gate=0.25,
        seed=0,
    )
    return {
        "conditions": conditions,
        "cosines": cosines,
        "statistics": statistics,
        "reference": FIGURES["reference"],
        "subtitle": "profile published · Qwen2.5-7B-Instruct · $12 × 100$ completions",
    }


EVERY = tuple(FIGURES["personas"])
CASES: dict[str, dict[str, Any]] = {
    "published": {},
    "one missing": {"missing": ("villain",)},
    "all 0%": {"successes": 0},
    "all 100%": {"successes": 100},
    "two left": {"missing": EVERY[2:]},
    "none left": {"missing": EVERY},
}


@cache
def of(case: str) -> Plotted:
    return plotted(**given(**CASES[case]))


@cache
def drawn(case: str) -> Figure:
    return draw(of(case))


def test_same_input_same_bytes(tmp_path: Path) -> None:
    first = hero(tmp_path / "a", **given())
    second = hero(tmp_path / "b", **given())
    assert [path.name for path in first] == ["hero.png", "hero.pdf", "hero.json"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "hero.json",
        "hero.pdf",
        "hero.png",
    ]


def test_sidecar(tmp_path: Path) -> None:
    png, pdf, sidecar = hero(tmp_path, **given())
    told = json.loads(sidecar.read_text("utf-8"))
    assert told["png_sha256"] == hashlib.sha256(png.read_bytes()).hexdigest()
    canonical = json.dumps(
        told["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    assert told["data_sha256"] == hashlib.sha256(canonical).hexdigest()
    librarian = next(p for p in told["data"]["points"] if p["persona"] == "librarian")
    assert (librarian["successes"], librarian["trials"], librarian["rate"]) == (67, 100, 0.67)
    assert b"/CreationDate" not in pdf.read_bytes()


@pytest.mark.parametrize("case", CASES)
def test_every_point_is_named_and_no_names_overlap(case: str) -> None:
    data, figure = of(case), drawn(case)
    axes = figure.axes[0]
    labels = figure.findobj(lambda artist: artist.get_gid() == "label")
    assert [label.get_text() for label in labels] == [point.persona for point in data.points]
    boxes = [label.get_window_extent() for label in labels]
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    at = axes.transData.transform([(p.cosine, p.rate) for p in data.points]) if boxes else []
    for box in boxes:
        assert axes.bbox.x0 <= box.x0
        assert box.x1 <= axes.bbox.x1
        assert not [point for point in at if box.contains(*point)]


@pytest.mark.parametrize("case", CASES)
def test_nothing_leaves_the_page(case: str) -> None:
    figure = drawn(case)
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height
    headings = [
        text.get_window_extent()
        for text in figure.findobj(Text)
        if text.get_text().startswith(("Source rate", "Correlation", "no fit", "profile"))
    ]
    assert len(headings) >= 3
    assert not [pair for pair in combinations(headings, 2) if pair[0].overlaps(pair[1])]


def test_the_band_spans_all_points() -> None:
    data = of("published")
    cosines = [point.cosine for point in data.points]
    assert (data.band.cosine[0], data.band.cosine[-1]) == (min(cosines), max(cosines))
    prediction = given()["statistics"].primary.predictions["helpful_assistant"]
    assert data.band.lower[-1] == pytest.approx(prediction.interval.lower, abs=1e-6)


def test_what_is_unavailable_is_said() -> None:
    equal = of("all 0%")
    assert equal.band is None
    assert equal.whiskers == []
    assert equal.no_fit == "no fit: all rates are equal"
    assert equal.no_correlation == "none at layer 10, 15, 20, 25: all rates are equal"
    assert of("one missing").missing == ["villain"]
    assert (of("published").no_fit, of("published").no_correlation) == ("", "")


def test_a_crowd_is_still_placed_apart() -> None:
    rng = np.random.default_rng(5)
    anchors = rng.uniform((200, 200), (1000, 700), (20, 2))
    sizes = np.column_stack([rng.uniform(60, 160, 20), np.full(20, 22)])
    points = np.hstack([anchors - 8, anchors + 8])
    centres = place_labels(
        anchors,
        sizes,
        markers=points,
        bars=points,
        line=np.empty((0, 4)),
        frame=np.array([0, 0, 1200, 900]),
        step=5,
    )
    apart = np.abs(centres[:, None] - centres) * 2 >= sizes[:, None] + sizes - 1e-9
    assert (apart.any(axis=-1) | np.eye(20, dtype=bool)).all()
