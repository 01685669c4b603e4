"""Render the issue body and its title from a run folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from epm.errors import EpmError
from epm.files import file_sha256, read_json_lines, write_atomically
from epm.report import excerpts
from epm.report.confidence import confidence
from epm.report.filters import FILTERS, available
from epm.report.regions import keep_human_regions
from epm.report.tracing import (
    bind,
    calculated,
    join,
    length,
    marked,
    selected,
    total,
    traced,
    untraced,
)
from epm.results import CompleteCondition, MissingCondition, Results, TrainingRecord, load
from epm_lint.binding.manifest import Drawn, Manifest, encode

RESULTS = "results.json"
SAMPLES = "samples.jsonl.gz"
FIGURE = "figures/hero.png"
TRAJECTORY = "figures/trajectory.png"
BODY = "body.md"
TITLE = "title.txt"
MOST_STEPS = 6
"""Columns of the table over training; the figure shows every step."""


def templates_folder() -> Path:
    """The packaged copy of `templates/` first, else the checkout's."""
    packaged = Path(__file__).parent.parent / "_templates"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent.parent / "templates"


@dataclass(frozen=True)
class Page:
    """What `render` wrote."""

    title: str
    body: Path


@dataclass(frozen=True)
class Location:
    """A file that readers can fetch."""

    path: str
    """In the repository."""
    url: str


@dataclass(frozen=True)
class Place:
    """Where readers find the files of a page; by default beside it, in the run folder."""

    results: str = f"results={RESULTS}"
    """How the first line names the results file."""
    marker: str = ""
    """A second line, by which the page is found again."""
    files: Mapping[str, Location] = field(default_factory=dict)
    """By the name that the templates have for a file."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """Where a file is that cannot be fetched from there, in words."""
    longest_sample: int = excerpts.LONGEST
    """Characters of a completion that are shown."""


@dataclass(frozen=True)
class Text:
    """A page that is not written anywhere yet."""

    title: str
    body: str


def render(run: Path, experiment_folder: Path) -> Page:
    """Write `body.md` and `title.txt` into a run folder, keeping what people wrote.

    Args:
        run: folder with `results.json`, and with samples and rows where there are any.
        experiment_folder: folder with `narrative.md.j2` and `title.txt.j2`.

    Raises:
        ResultsError: the results are missing or cannot be read.
        EpmError: a template is broken, or asks for something that the results do not have.
    """
    page = compose(run, experiment_folder, Place())
    path, body = run / BODY, page.body
    if path.exists():
        body = keep_human_regions(body, path.read_text(encoding="utf-8"))
    write_atomically(path, body)
    write_atomically(run / TITLE, page.title + "\n")
    return Page(page.title, path)


def compose(run: Path, experiment_folder: Path, place: Place) -> Text:
    """The page of a run for one place; reads, and writes nothing. Raises as `render` does."""
    results = load(run / RESULTS)
    environment = templates(experiment_folder)
    context = _context(traced(results), run, place)
    try:
        marked_body = environment.get_template("narrative.md.j2").render(context)
        marked_title = environment.get_template("title.txt.j2").render(context)
    except TemplateError as error:
        file = getattr(error, "filename", None) or experiment_folder
        where = f"{file} line {getattr(error, 'lineno', '?')}"
        raise EpmError(
            f"the template does not render: {type(error).__name__}: {error.message} ({where})",
            "mend the template; the results are untouched",
        ) from error
    marked_title = " ".join(marked_title.split())
    names = tuple(results.conditions)
    bound = bind(marked_body, marked_title, names)
    manifest = Manifest(context["results_sha256"], names, bound, tuple(_drawn(run)))
    body, title = untraced(marked_body), untraced(marked_title)
    return Text(title, f"{body.rstrip()}\n\n{encode(manifest)}\n")


@cache
def templates(*folders: Path) -> SandboxedEnvironment:
    """Templates of these folders and of epm, with the filters that write numbers."""
    environment = SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(path) for path in (*folders, templates_folder())]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(FILTERS, length=length, join=join, total=total)
    environment.tests["available"] = available
    environment.finalize = marked
    return environment


def _context(results: Results, run: Path, place: Place) -> dict[str, Any]:
    complete = {n: c for n, c in results.conditions.items() if isinstance(c, CompleteCondition)}
    missing = {n: c for n, c in results.conditions.items() if isinstance(c, MissingCondition)}
    primary = results.statistics.primary
    definition: Any = results.definition
    samples = list(_rows(run / SAMPLES))
    seed = results.provenance.seeds["experiment"]
    stepped = [name for name in complete if results.statistics.personas[name].trajectory]
    return {
        "results": results,
        "results_name": RESULTS,
        "place": place,
        "results_sha256": file_sha256(run / RESULTS),
        "identity": results.identity,
        "experiment": definition["experiment"],
        "profile": definition["profile"],
        "definition": definition,
        "seeds": results.seeds,
        "several": len(results.seeds) > 1,
        "trainings": list(_trainings(complete.values())),
        "stepped": stepped,
        "shown_steps": _shown_steps(results, stepped),
        "trajectory_figure": TRAJECTORY if stepped and (run / TRAJECTORY).exists() else "",
        "shard_count": calculated(
            len(results.provenance.timing.shards), "length /provenance/timing/shards"
        ),
        "published": definition["profile"]["model"]["kind"] == "none",
        "environment": results.provenance.environments[0],
        "complete": selected(complete, "count /conditions state complete"),
        "missing": selected(missing, "count /conditions state missing"),
        "statistics": results.statistics,
        "primary": primary,
        "layer": results.statistics.layers[str(primary.layer)],
        "cosines": results.cosines[str(primary.layer)],
        "ranked": _by_cosine(results, list(complete)),
        "confidence": confidence(results),
        "excerpts": {
            name: excerpts.choose(samples, name, seed, place.longest_sample) for name in complete
        }
        if samples
        else {},
        "example": _example_rows(run, next(iter(complete), "")),
        "figure": FIGURE if (run / FIGURE).exists() else "",
        "stage_seconds": _seconds_by_stage(results),
    }


def _trainings(conditions: Iterable[CompleteCondition]) -> Iterator[TrainingRecord]:
    """How each adapter was trained; none where the counts are published."""
    for condition in conditions:
        for training in [each.training for each in condition.replicates] or (condition.training,):
            if isinstance(training, TrainingRecord):
                yield training


def _shown_steps(results: Results, stepped: list[str]) -> list[int]:
    """The first step, the last, and some evenly between them."""
    if not stepped:
        return []
    steps = [each.step for each in results.statistics.personas[stepped[0]].trajectory]
    shown = min(len(steps), MOST_STEPS)
    return [steps[round(i * (len(steps) - 1) / max(1, shown - 1))] for i in range(shown)]


def _drawn(run: Path) -> Iterator[Drawn]:
    """The figures of a run, with the hashes that their sidecars give."""
    for path in sorted((run / "figures").glob("*.json")):
        try:
            sidecar = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if {"data_sha256", "png_sha256"} <= sidecar.keys():
            yield Drawn(f"{path.stem}.png", sidecar["data_sha256"], sidecar["png_sha256"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        yield from read_json_lines(path)


def _by_cosine(results: Results, names: list[str]) -> list[str]:
    cosines = results.cosines[str(results.statistics.primary.layer)]
    return sorted(names, key=lambda name: -cosines[name])


def _example_rows(run: Path, condition: str) -> list[dict[str, Any]]:
    """The first row of each persona in a condition's training file."""
    path = run / "rows" / f"{condition}.jsonl"
    by_persona: dict[str, dict[str, Any]] = {}
    for row in _rows(path):
        by_persona.setdefault(row["persona"], row)
    return [
        {**row, "answer": excerpts.printable(excerpts.shorten(row["answer"], 300))}
        for row in islice(by_persona.values(), 2)
    ]


def _seconds_by_stage(results: Results) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for timing in results.provenance.timing.stages:
        seconds[timing.stage] = seconds.get(timing.stage, 0.0) + timing.seconds
    return seconds
