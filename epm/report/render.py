"""Render the issue body and its title from a run folder."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    StrictUndefined,
    TemplateSyntaxError,
    pass_context,
)

from epm.analyses.block import Block, Scale
from epm.analyses.exclusions.block import ExclusionsBlock
from epm.errors import EpmError
from epm.files import file_sha256, read_json_lines, read_own, write_atomically
from epm.report import companions, excerpts, plan
from epm.report.confidence import answer, confidence, primary
from epm.report.regions import keep_human_regions, outside_is, without_human_text
from epm.report.steering import steered_alike
from epm.results import Results
from epm.results.reading import load
from epm.values import Unavailable
from epm.writing.environment import TRACING_FILTERS, TracingEnvironment
from epm.writing.filters import FILTERS, available, decimals, pooled
from epm.writing.tracing import (
    bare,
    bind,
    calculated,
    capitalized,
    join,
    length,
    mark,
    marked,
    total,
    traced,
    untraced,
)
from epm_lint.binding import record
from epm_lint.binding.formats import write
from epm_lint.binding.manifest import Drawn, Manifest, encode

RESULTS = "results.json"
SAMPLES = "samples.jsonl.gz"
BODY = "body.md"
TITLE = "title.txt"
RECORD = record.FILE
"""What the page was rendered as, to which it is held."""
SKELETON = "clean_result.md.j2"
NARRATIVE = "narrative.md.j2"
TITLE_TEMPLATE = "title.txt.j2"
MOST_STEPS = 6
"""Columns of a table over training; the figure shows every step."""


def templates_folder() -> Path:
    """The packaged copy of `templates/` first, else the checkout's."""
    packaged = Path(__file__).parent.parent / "_templates"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent.parent / "templates"


@dataclass(frozen=True)
class Page:
    """What `render` wrote."""

    title: str
    body: Path
    set_aside: Path | None = None
    """The page before, where it was edited outside of what people write."""


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
    most_sampled: int | None = None
    """Conditions of which samples are shown; None for all."""
    longest_table: int | None = None
    """Characters of a table that are shown; None for all, and then there is no file with them."""
    numbers_apart: bool = False
    """Whether the numbers manifest is a file of its own."""


@dataclass(frozen=True)
class Text:
    """A page that is not written anywhere yet."""

    title: str
    body: str
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """Files that it needs beside the results, by name."""


def render(run: Path, experiment_folder: Path) -> Page:
    """Write `body.md` and `title.txt` into a run folder, keeping what people wrote.

    `rendered.md` beside them has the page without that. A page that was edited elsewhere as well
    is kept under another name.

    Args:
        run: folder with `results.json`, and with samples and rows where there are any.
        experiment_folder: folder with `narrative.md.j2` and `title.txt.j2`; where one is missing,
            the page has the default prose.

    Raises:
        ResultsError: the results are missing or cannot be read.
        EpmError: a template is broken, or asks for something that the results do not have.
    """
    page = compose(run, experiment_folder, Place())
    path, body, set_aside = run / BODY, page.body, None
    if path.exists():
        earlier = path.read_text(encoding="utf-8")
        if _was_edited(run, earlier):
            set_aside = _free(run)
            write_atomically(set_aside, earlier)
        body = keep_human_regions(body, earlier)
    write_atomically(run / RECORD, record.written(page.title, without_human_text(page.body)))
    write_atomically(path, body)
    write_atomically(run / TITLE, page.title + "\n")
    return Page(page.title, path, set_aside)


def _was_edited(run: Path, body: str) -> bool:
    """Whether a page says anything that the next would not keep; not known without its record."""
    try:
        known = record.read((run / RECORD).read_text(encoding="utf-8"), None)
    except OSError:
        return False
    return known is not None and not outside_is(known.body, body)


def _free(run: Path) -> Path:
    """A name that is not taken, and that no folder's lint takes for a page."""
    names = (f"{BODY}.edited{f'-{number}' if number > 1 else ''}" for number in count(1))
    return next(path for path in map(run.joinpath, names) if not path.exists())


def compose(run: Path, experiment_folder: Path, place: Place) -> Text:
    """The page of a run for one place; reads, and writes nothing. Raises as `render` does."""
    results = load(run / RESULTS)
    environment = templates(experiment_folder)
    context = _context(traced(results), run, place)
    try:
        marked_body = environment.select_template([NARRATIVE, SKELETON]).render(context)
        marked_title = environment.get_template(TITLE_TEMPLATE).render(context)
    except EpmError as error:
        raise EpmError(
            f"{error.what} ({_place(error, experiment_folder)})", error.remedy
        ) from error
    except Exception as error:  # whatever a template does wrong is its writer's to mend
        raise EpmError(
            f"the template does not render: {type(error).__name__}: {error} "
            f"({_place(error, experiment_folder)})",
            "mend the template; the results are untouched",
        ) from error
    marked_title = " ".join(marked_title.split())
    names, beside = tuple(results.conditions), {}
    if place.longest_table is not None:
        link = place.files[companions.TABLES].url
        marked_body, tables = companions.cut(marked_body, place.longest_table, link)
        if tables:
            beside[companions.TABLES] = f"# {untraced(marked_title)}\n\n{tables}".encode()
    bound = bind(marked_body, marked_title, names)
    manifest = Manifest(context["results_sha256"], names, bound, tuple(_drawn(run)))
    body, title = untraced(marked_body), untraced(marked_title)
    if place.numbers_apart:
        body, beside[companions.NUMBERS] = companions.numbers_apart(body, encode(manifest))
        return Text(title, f"{body.rstrip()}\n", beside)
    return Text(title, f"{body.rstrip()}\n\n{encode(manifest)}\n", beside)


def _place(error: Exception, experiment_folder: Path) -> str:
    """Template and line that an error comes from: the experiment's own, where it is among them."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.filename or error.name} line {error.lineno}"
    frames = [
        (Path(frame.filename), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.endswith(".j2")
    ]
    own = [frame for frame in frames if frame[0].is_relative_to(experiment_folder)]
    for path, line in reversed(own or frames):
        return f"{path} line {line}"
    return str(experiment_folder)


@cache
def templates(*folders: Path) -> TracingEnvironment:
    """Templates of these folders and of epm, with the filters that write numbers."""
    environment = TracingEnvironment(
        loader=ChoiceLoader([FileSystemLoader(path) for path in (*folders, templates_folder())]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(
        {**TRACING_FILTERS, **FILTERS},
        length=length,
        join=join,
        total=total,
        answer=answer,
        spread=spread,
        named=pass_context(named),
        capitalized=capitalized,
        whole=whole,
        decimals=decimals,
    )
    environment.tests |= {"available": available, "pooled": pooled}
    environment.finalize = marked
    return environment


CONTEXT = frozenset(
    {
        *("results", "results_name", "results_sha256", "place", "identity", "definition"),
        *("profile", "glossary"),
        *("analyses", "unanswered", "primary", "secondary", "rates", "gates", "parent"),
        *(
            "conditions",
            "treatments",
            "compared",
            "tasks",
            "metrics",
            "covariates",
            "seeds",
            "several",
        ),
        *(
            "trained",
            "steered",
            "missing",
            "lost",
            "asked_primary",
            "not_run",
            "unlisted",
            "tasks_apart",
        ),
        *("confidence", "leading_covariate", "shown_factors", "ranked", "named", "unit_of"),
        *("scale_of", "measured_on", "recorded", "imported", "evaluated"),
        *("figures", "excerpts", "side_by_side", "shown_metric", "example", "measured_example"),
        *("environment", "stage_seconds", "shard_count"),
    }
)
"""What the templates of a page are given, by name."""


_UNSAID: Mapping[str, Any] = {
    "question": "",
    "parents": [],
    "choices": [],
    "scorers": [],
    "checkpoints": 0,
}
"""What a definition says, where the results are of an earlier schema or of none."""


def _context(results: Results, run: Path, place: Place) -> dict[str, Any]:
    definition: Any = results.definition or {}
    blocks = {n: b for n, b in results.analyses.items() if isinstance(b, Block)}
    samples = list(_rows(run / SAMPLES))
    leading = primary(results)
    treated = {n: c for n, c in results.conditions.items() if c.role != "baseline"}
    return {
        "results": results,
        "results_name": RESULTS,
        "place": place,
        "results_sha256": file_sha256(run / RESULTS),
        "identity": results.identity,
        "definition": {**_UNSAID, **definition},
        "profile": {"model_name": "", **definition.get("profile", {})},
        "imported": results.provenance.imported,
        "evaluated": results.provenance.evaluated,
        "glossary": definition.get("glossary", {}),
        "analyses": blocks,
        "unanswered": {
            n: b.unavailable for n, b in results.analyses.items() if isinstance(b, Unavailable)
        },
        "primary": leading,
        "secondary": {name: block for name, block in blocks.items() if name not in leading},
        "rates": {
            name: block for name, block in blocks.items() if block.kind in ("proportions", "means")
        },
        "gates": results.gates,
        "parent": results.parent,
        "conditions": results.conditions,
        "treatments": treated,
        "compared": results.conditions if results.provenance.imported else treated,
        "tasks": results.tasks,
        "metrics": results.metrics,
        "covariates": results.covariates,
        "seeds": results.seeds,
        "trained": {n: c for n, c in results.conditions.items() if c.training},
        "steered": steered_alike(results),
        "missing": _missing(results),
        "lost": _lost(results, blocks),
        "asked_primary": [
            name
            for name, spec in definition.get("analyses", {}).items()
            if spec.get("primary") and isinstance(results.analyses.get(name), Unavailable)
        ],
        "not_run": plan.not_run(results),
        "unlisted": plan.unlisted(results),
        "tasks_apart": plan.tasks_apart(results),
        "environment": results.provenance.environments[0],
        "shard_count": calculated(
            len(results.provenance.timing.shards), "length /provenance/timing/shards"
        ),
        "confidence": confidence(results),
        "leading_covariate": leading_covariate(results),
        "shown_factors": _shown_factors(results),
        "ranked": lambda names: ranked(results, names),
        "named": lambda name: _named(results, name),
        "unit_of": lambda name: _unit(results, name),
        "scale_of": lambda metric: scale_of(results, metric),
        "measured_on": lambda block: _measured_on(results, getattr(block, "metric", "")),
        "figures": figures(run, results),
        "stage_seconds": _seconds_by_stage(results),
        "example": _example_rows(run, results),
        "measured_example": _measured_example(results),
        "recorded": isinstance(results.provenance.model, Unavailable),
        "several": len(results.seeds) > 1,
        **_excerpts(results, samples, place),
    }


def spread(values: Iterable[Any], most: int = MOST_STEPS) -> list[Any]:
    """The first of the values, the last, and some evenly between them."""
    found = list(values)
    shown = min(len(found), most)
    return [found[round(i * (len(found) - 1) / max(1, shown - 1))] for i in range(shown)]


def named(context: Any, name: str) -> str:
    """A covariate's label, as a filter."""
    return _named(context["results"], name)


def _named(results: Results, name: str) -> str:
    record = results.covariates.get(name)
    return record.label if record else name.replace("_", " ")


def _unit(results: Results, name: str) -> str:
    """Of what a slope is per unit."""
    record = results.covariates.get(name)
    return (record.unit or record.label) if record else name.replace("_", " ")


def scale_of(results: Results, metric: str) -> Scale:
    """How values of a metric are printed: rates, and scores from 0 to 1, in percent."""
    record = results.metrics[metric]
    if (record.lower, record.upper) == (0, 1):
        return "proportion"
    counted = any(
        measured.kind == "count"
        for by_task in results.measurements.values()
        for by_metric in by_task.values()
        for measured in by_metric.get(metric, {}).values()
    )
    return "proportion" if counted else "plain"


def _measured_on(results: Results, metric: str) -> list[str]:
    """The tasks that a metric was measured on, as code, where it was not measured on all."""
    measured = {
        task
        for by_task in results.measurements.values()
        for task, by_metric in by_task.items()
        if metric in by_metric
    }
    some = measured and len(measured) < len(results.tasks) and not _tasks_of_their_own(results)
    return [f"`{task}`" for task in results.tasks if some and task in measured]


def _tasks_of_their_own(results: Results) -> bool:
    return any(condition.target for condition in results.conditions.values())


def whole(value: float) -> str:
    """A sum of yes-or-no scores, which is whole."""
    return mark(write(bare(value), "number:0"), value, "number:0")


def leading_covariate(results: Results) -> str:
    """The predictor of the first primary analysis that has one; '' where none has."""
    definition: Any = results.definition or {}
    for name in primary(results):
        x = definition.get("analyses", {}).get(name, {}).get("x")
        for predictor in x if isinstance(x, list) else [x]:
            found = predictor.get("name") if isinstance(predictor, dict) else None
            if any(found in condition.covariates for condition in results.conditions.values()):
                return str(found)
    return ""


def ranked(results: Results, names: Iterable[str]) -> list[str]:
    """Conditions by the leading covariate, highest first; as they come where there is none."""
    by = leading_covariate(results)

    def key(name: str) -> float:
        return -float(results.conditions[name].covariates.get(by, float("inf")))

    return sorted(names, key=key) if by else list(names)


def _shown_factors(results: Results) -> list[str]:
    """Factors in words that tell some conditions apart and hold others together."""
    levels: dict[str, list[str]] = {}
    for condition in results.conditions.values():
        for name, level in condition.factors.items():
            if isinstance(level, str):
                levels.setdefault(name, []).append(level)
    return [name for name, found in levels.items() if 1 < len(set(found)) < len(found)][:2]


def _missing(results: Results) -> dict[str, str]:
    """Reason by condition, for those without any measurement."""
    return {
        name: "; ".join(dict.fromkeys(condition.missing.values())) or "not measured"
        for name, condition in results.conditions.items()
        if not results.measurements.get(name)
    }


def _lost(results: Results, blocks: Mapping[str, Block]) -> list[tuple[str, str, dict[str, int]]]:
    """Condition, metric, and answers without a score by reason, where no analysis tells of them."""
    told = {
        (condition, block.metric)
        for block in blocks.values()
        if isinstance(block, ExclusionsBlock)
        for condition in block.conditions
    }
    found: dict[tuple[str, str], dict[str, list[SimpleNamespace]]] = {}
    for condition, by_task in results.measurements.items():
        for by_metric in by_task.values():
            for metric, by_replicate in by_metric.items():
                for measured in by_replicate.values() if metric in results.metrics else ():
                    for reason, times in measured.excluded.items():
                        by_reason = found.setdefault((condition, metric), {})
                        by_reason.setdefault(reason, []).append(SimpleNamespace(count=times))
    return [
        (condition, metric, {reason: total(n, "count") for reason, n in by_reason.items()})
        for (condition, metric), by_reason in found.items()
        if (condition, metric) not in told
    ]


def _excerpts(results: Results, samples: list[dict[str, Any]], place: Place) -> dict[str, Any]:
    """The samples that are shown: by condition, and one item side by side."""
    metrics = [name for name, metric in results.metrics.items() if not metric.near_miss]
    near = next((name for name, metric in results.metrics.items() if metric.near_miss), None)
    # tasks may have metrics of their own, and choices that were weighed have no completions
    scored = {metric for row in samples for metric in row.get("scores", ())}
    metrics = metrics or list(results.metrics)
    shown = next((metric for metric in metrics if metric in scored), next(iter(metrics), ""))
    samples = [row for row in samples if shown in row.get("scores", ())]
    if not samples:
        return {"excerpts": {}, "side_by_side": [], "shown_metric": shown}
    seed, longest = results.provenance.seeds["experiment"], place.longest_sample
    own: dict[str, list[dict[str, Any]]] = {}
    for row in samples:
        own.setdefault(row["condition"], []).append(row)
    chosen = {
        name: excerpts.choose(own.get(name, []), name, condition.target, shown, seed, longest)
        for name, condition in results.conditions.items()
        if condition.role != "baseline"
    }
    sampled = [(name, found) for name, found in chosen.items() if found]
    return {
        "excerpts": dict(sampled[: place.most_sampled]),
        "side_by_side": excerpts.side_by_side(
            samples,
            results.conditions,
            shown,
            near,
            seed,
            min(longest, excerpts.LONGEST_SIDE_BY_SIDE),
        ),
        "shown_metric": shown,
    }


def figures(run: Path, results: Results) -> dict[str, str]:
    """The figures of a run by analysis, the one that leads the page first."""
    definition: Any = results.definition or {}
    there = {p.stem: f"figures/{p.name}" for p in sorted((run / "figures").glob("*.png"))}
    first = [definition.get("figure") or "", *primary(results), *there]
    ordered = dict.fromkeys(name for name in first if name in there)
    return {name: there[name] for name in ordered}


def _drawn(run: Path) -> Iterator[Drawn]:
    """The figures of a run, with the hashes that their sidecars give."""
    for path in sorted((run / "figures").glob("*.json")):
        try:
            sidecar = json.loads(read_own(path, within=run).decode("utf-8"))
        except ValueError:
            continue
        if {"data_sha256", "png_sha256"} <= sidecar.keys():
            yield Drawn(f"{path.stem}.png", sidecar["data_sha256"], sidecar["png_sha256"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if os.path.lexists(path):
        yield from read_json_lines(path)


def _example_rows(run: Path, results: Results) -> list[dict[str, Any]]:
    """The first row of each task in the first trained condition's training file."""
    condition = next((name for name, c in results.conditions.items() if c.training), "")
    by_task: dict[str, dict[str, Any]] = {}
    for row in _rows(run / "rows" / f"{condition}.jsonl"):
        if "messages" in row:
            return _example_conversations(run / "rows" / f"{condition}.jsonl")
        by_task.setdefault(str(row.get("task", row.get("persona"))), row)
    return [
        {**row, "answer": excerpts.printable(excerpts.shorten(row["answer"], 300))}
        for row in islice(by_task.values(), 2)
    ]


def _example_conversations(path: Path) -> list[dict[str, Any]]:
    """The first two rows of a file of conversations."""
    return [
        {
            "messages": [
                {**turn, "content": excerpts.printable(excerpts.shorten(turn["content"], 300))}
                for turn in row["messages"]
            ]
        }
        for row in islice(_rows(path), 2)
    ]


def _measured_example(results: Results) -> dict[str, Any]:
    """The first measurement, as the results hold it, with three of its items."""
    for condition, by_task in results.measurements.items():
        for task, by_metric in by_task.items():
            for metric, by_replicate in by_metric.items():
                for name, measured in by_replicate.items():
                    value = measured.model_dump(mode="json")
                    if len(value.get("items", ())) > 3:
                        value["items"] = dict(islice(value["items"].items(), 3)) | {"...": "..."}
                    return {condition: {task: {metric: {name: value}}}}
    return {}


def _seconds_by_stage(results: Results) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for timing in results.provenance.timing.stages:
        seconds[timing.stage] = seconds.get(timing.stage, 0.0) + float(timing.seconds)
    return seconds
