"""The trajectory figure, and the hero figure of several seeds: what they show, and how."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from epm.figures.drawing import draw as draw_hero
from epm.figures.plotted import plotted
from epm.figures.traced import Traced, traced
from epm.statistics import analyse
from matplotlib.figure import Figure
from matplotlib.text import Text

from epm.figures import hero, trajectory
from epm.figures.panels import draw
from epm.results import (
    ClusterCount,
    CompleteCondition,
    MissingCondition,
    Rate,
    SeedResult,
    TrainingRecord,
    TrajectoryPoint,
    TwoLevelInterval,
)
from epm_lint.binding.sidecar import faults
from epm_lint.formats import BodyFormat
from epm_lint.markdown.document import Document
from epm_lint.model import Page

TRAINING = TrainingRecord(
    rows=8,
    steps=40,
    tokens=80,
    completion_tokens=16,
    truncated_rows=0,
    first_loss=3,
    final_loss=1,
)
CATEGORIES = ("occupational", "character", "generic_helper")


def rate(rng: Random, chance: float) -> Rate:
    """20 questions, 5 answers each."""
    counts = [sum(rng.random() < chance for _ in range(5)) for _ in range(20)]
    clusters = tuple(
        ClusterCount(cluster=f"q{at}", successes=k, trials=5) for at, k in enumerate(counts)
    )
    return Rate(successes=sum(counts), trials=100, clusters=clusters)


@cache
def given(personas: int, seeds: tuple[int, ...], steps: tuple[int, ...]) -> dict[str, Any]:
    """Made-up conditions, the last of four or more missing, with what was computed from them."""
    conditions: dict[str, CompleteCondition | MissingCondition] = {}
    rng = Random(7)
    for number in range(personas):
        kind = {"category": CATEGORIES[number % 3], "new": number == 1}
        name = f"persona_{'with_a_long_name_' * (number == 2)}{number}"
        if number == 3:
            conditions[name] = MissingCondition(**kind, reason="diverged")
            continue
        chances = {seed: rng.uniform(0.2, 0.9) for seed in seeds}
        ends = {seed: rate(rng, chance) for seed, chance in chances.items()}
        points = [
            TrajectoryPoint(step=step, seed=seed, rate=rate(rng, chances[seed] * step / 50))
            for step in steps
            for seed in seeds
        ]
        points += [TrajectoryPoint(step=40, seed=seed, rate=end) for seed, end in ends.items()]
        start = TrajectoryPoint(step=0, seed=42, rate=Rate(successes=0, trials=20))
        replicates = tuple(
            SeedResult(seed=seed, source=end, bystanders={}, training=TRAINING)
            for seed, end in ends.items()
        )
        conditions[name] = CompleteCondition(
            **kind,
            negatives=(),
            source=Rate.pooled(list(ends.values())),
            bystanders={},
            training=TRAINING,
            replicates=replicates if len(seeds) > 1 else (),
            trajectory=(start, *points) if steps else (),
        )
    cosines = {"3": {name: number / personas for number, name in enumerate(conditions)}}
    statistics = analyse(
        conditions,
        cosines,
        {},
        reference="persona_0",
        primary_layer=3,
        alpha=0.05,
        prediction_gate=0.25,
        seed=0,
    )
    return {"conditions": conditions, "cosines": cosines, "statistics": statistics}


def shown(personas: int, seeds: tuple[int, ...], steps: tuple[int, ...]) -> dict[str, Any]:
    """What `trajectory` is given."""
    whole = given(personas, seeds, steps)
    return {
        "conditions": whole["conditions"],
        "statistics": whole["statistics"],
        "subtitle": "profile pilot · $600$ rows",
    }


SEEDS = (42, 137, 256)
CASES = {
    "twelve": (12, SEEDS, (10, 20, 30)),
    "twelve, one seed": (12, (42,), (10, 20, 30)),
    "one": (1, SEEDS, (20,)),
    "five": (5, (42, 137), tuple(range(2, 40, 2))),
}


@cache
def of(case: str) -> Traced:
    return traced(**shown(*CASES[case]))


@cache
def drawn(case: str) -> Figure:
    return draw(of(case))


def test_same_input_same_bytes_and_a_sidecar(tmp_path: Path) -> None:
    first = trajectory(tmp_path / "a", **shown(*CASES["twelve"]))
    second = trajectory(tmp_path / "b", **shown(*CASES["twelve"]))
    assert [path.name for path in first] == ["trajectory.png", "trajectory.pdf", "trajectory.json"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    told = json.loads(first[2].read_text("utf-8"))
    assert told["png_sha256"] == hashlib.sha256(first[0].read_bytes()).hexdigest()
    canonical = json.dumps(
        told["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    assert told["data_sha256"] == hashlib.sha256(canonical).hexdigest()


def test_without_checkpoints_nothing_is_drawn(tmp_path: Path) -> None:
    assert trajectory(tmp_path / "none", **shown(3, SEEDS, ())) == []
    assert not (tmp_path / "none").exists()


def test_what_is_shown_is_what_was_counted() -> None:
    data, whole = of("twelve"), given(*CASES["twelve"])
    assert data.missing == ["persona_3"]
    assert [panel.persona for panel in data.panels] == [
        name for name in whole["conditions"] if name != "persona_3"
    ]
    condition, statistics = whole["conditions"]["persona_0"], whole["statistics"]
    own = [point for point in data.points if point.persona == "persona_0"]
    assert [point.step for point in own] == [0, 10, 20, 30, 40]
    assert (own[-1].successes, own[-1].trials) == (condition.source.successes, 300)
    interval = statistics.personas["persona_0"].source.clustered
    assert isinstance(interval, TwoLevelInterval)
    assert (own[-1].lower, own[-1].upper) == (interval.lower, interval.upper)
    of_one = [e for e in data.replicates if (e.persona, e.seed) == ("persona_0", 137)]
    assert [each.step for each in of_one] == [10, 20, 30, 40]
    assert of_one[-1].successes == condition.replicates[1].source.successes


def test_one_seed_has_wilsons_band_and_no_lines_of_seeds() -> None:
    data = of("twelve, one seed")
    assert data.interval == "95% Wilson interval"
    assert data.replicates == []
    last = next(p for p in data.points if (p.persona, p.step) == ("persona_0", 40))
    wilson = given(*CASES["twelve, one seed"])["statistics"].personas["persona_0"].source.wilson
    assert (last.lower, last.upper) == (wilson.lower, wilson.upper)


@pytest.mark.parametrize("case", CASES)
def test_panels_share_their_axes_and_hold_all_they_show(case: str) -> None:
    data, figure = of(case), drawn(case)
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in panels] == [
        panel.persona for panel in data.panels
    ]
    assert len({axes.get_ylim() for axes in panels}) == 1
    assert len({axes.get_xlim() for axes in panels}) == 1
    low, high = panels[0].get_ylim()
    assert low <= min(point.lower for point in data.points)
    assert max(point.upper for point in data.points if point.step) <= high
    assert max(point.rate for point in data.points) <= high
    for axes, panel in zip(panels, data.panels, strict=True):
        lines = axes.get_lines()
        assert len(lines) == 2 + len(panel.seeds)
        pooled = [point.rate for point in data.points if point.persona == panel.persona]
        assert list(lines[-2].get_ydata()) == pooled[:2]
        assert list(lines[-1].get_ydata()) == pooled[1:]


@pytest.mark.parametrize("case", CASES)
def test_nothing_leaves_the_page_and_no_words_overlap(case: str) -> None:
    figure = drawn(case)
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height
    titles = figure.findobj(lambda artist: artist.get_gid() == "title")
    labels = [label for axes in figure.axes for label in axes.get_xticklabels()]
    (legend,) = figure.legends
    words = [*figure.texts, *titles, *legend.get_texts(), *labels]
    boxes = [(word.get_text(), word.get_window_extent()) for word in words if shows(word)]
    overlapping = [(a, b) for (a, x), (b, y) in combinations(boxes, 2) if x.overlaps(y)]
    assert not overlapping


def shows(word: Text) -> bool:
    return bool(word.get_text()) and word.get_visible() and word.get_window_extent().width > 1


# ------------------------------------------------------------------ held to the results

COMMIT = "43a303c" + "0" * 33


class Files:
    """A history of one commit."""

    name = "acme/lab"
    is_shallow = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has_commit(self, commit: str) -> bool:
        return COMMIT.startswith(commit)

    def read(self, commit: str, path: str) -> bytes | None:
        return (self.folder / path).read_bytes() if self.has_commit(commit) else None

    def last_commit(self, path: str) -> str | None:
        return COMMIT


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("points", {"successes": 299}),
        ("points", {"trials": 301}),
        ("replicates", {"successes": 98}),
    ],
)
def test_a_count_that_the_results_do_not_hold_is_found(
    tmp_path: Path, where: str, wrong: dict[str, int]
) -> None:
    whole = given(*CASES["five"])
    conditions = {name: each.model_dump() for name, each in whole["conditions"].items()}
    results = {"conditions": conditions, "statistics": whole["statistics"].model_dump(mode="json")}
    results = json.loads(json.dumps(results))
    *_, sidecar = trajectory(tmp_path, **shown(*CASES["five"]))
    url = f"https://raw.githubusercontent.com/acme/lab/{COMMIT}/trajectory.png"
    page = Page(
        Document(f"![rates]({url})"), BodyFormat.V1, results=results, repository=Files(tmp_path)
    )
    assert list(faults(page, ())) == []
    told = json.loads(sidecar.read_text("utf-8"))
    told["data"][where][-1].update(wrong)
    sidecar.write_text(json.dumps(told), "utf-8")
    messages = [fault.message for fault in faults(page, ())]
    ((key, value),) = wrong.items()
    name = told["data"][where][-1]["persona"]
    assert (
        f"'trajectory.png' shows '{key}' {value} for '{name}'; the results hold no such value"
        in messages
    )


# ------------------------------------------------------------------ the hero of several seeds


def several() -> dict[str, Any]:
    """What `hero` is given."""
    return {**given(6, SEEDS, ()), "reference": "persona_0", "subtitle": "profile pilot"}


def test_the_hero_shows_pooled_points_and_every_seed(tmp_path: Path) -> None:
    whole = several()
    data = plotted(**whole)
    assert data.interval == "95% interval by seed and question"
    point = next(point for point in data.points if point.persona == "persona_0")
    interval = whole["statistics"].personas["persona_0"].source.clustered
    assert (point.trials, point.lower, point.upper) == (300, interval.lower, interval.upper)
    marks = [each for each in data.replicates if each.persona == "persona_0"]
    assert [(each.seed, each.trials) for each in marks] == [(seed, 100) for seed in SEEDS]
    assert sum(each.successes for each in marks) == point.successes
    *_, sidecar = hero(tmp_path, **whole)
    assert len(json.loads(sidecar.read_text("utf-8"))["data"]["replicates"]) == 3 * 5


def test_the_hero_says_what_its_small_marks_are() -> None:
    figure = draw_hero(plotted(**several()))
    words = [text.get_text() for text in figure.findobj(Text)]
    assert "one seed (42, 137, 256)" in words
    assert "pooled source rate, 95% interval by seed and question" in words
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height
