"""Any imported results: measurements of every form, with a definition or with none."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from any_study import ENVIRONMENTS, Finished, figures
from hypothesis import strategies as st

from epm.analyses.specs import (
    BestOf,
    Correlation,
    Difference,
    DoseResponse,
    Exclusions,
    Influence,
    LeaveOneOut,
    Means,
    MixedModel,
    PartialCorrelation,
    Proportions,
    Regression,
)
from epm.definition import (
    AnalysisSpec,
    Condition,
    Gate,
    ImportedExperiment,
    Outcome,
    Predictor,
    Subset,
)
from epm.importing import asked
from epm.importing.folder import Import, assembled
from epm.importing.found import Found
from epm.importing.gathering import Cell, Gathering
from epm.results import CovariateRecord, MetricRecord, Reported, Scalar
from epm.results.imported import ImportedModel, ImportedTask, ReportedNumber

NAMES = st.sampled_from(
    [
        *("gpt-mini", "coefficient -3.2", "acme/model (high)", "base", "none", "a | b", "n/a"),
        *("`x`", "*bold*", "#12", "@user", "naïve", "模型", "nan", "_underlined_", "7"),
    ]
)

METRICS = st.sampled_from(
    ["accuracy", "acc (strict-match)", "kind*", "f1|macro", "score_1", "regard, mean", "a - b"]
)

ITEMS = st.sampled_from(["q{}", "{}", "what is {}?", "a|{}"])

FORMS = ("count", "mean", "count total", "mean total", "scalar", "reported")

LOST = st.sampled_from(["refused", "not parsed", "transport error | 503", "*cut* short"])

NUMBERS = st.sampled_from([-3.2, 0.0, 0.5, 1.0, 2.0, 4.0, 1e4])


@st.composite
def imported(draw: st.DrawFn) -> Finished:
    """An import, analysed by a definition that was drawn or by what suits it."""
    found = draw(founds())
    experiment = draw(st.none() | experiments(found))
    source = draw(st.sampled_from(["inspect", "lm-eval", "table", "json", "python"]))
    given = Import(
        source=source,
        found=found,
        issue=311,
        title=found.title,
        command=f"epm import {source} files",
        repository=Path(),
        experiment=experiment,
    )
    if experiment is not None:
        asked.check(experiment, found, given.conditions)
    files = {name: sha256(name.encode()).hexdigest() for name in ("data.jsonl", "more.csv")}
    results = assembled(given, files, draw(ENVIRONMENTS), time.monotonic())
    return Finished(results, dict(figures(results)))


# ------------------------------------------------------------------ measurements


@st.composite
def founds(draw: st.DrawFn) -> Found:
    """One to five conditions on one to three tasks, by one to three metrics."""
    conditions = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    tasks = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    metrics = {name: draw(metric(name)) for name in draw(several(METRICS))}
    forms = {name: draw(st.sampled_from(FORMS)) for name in metrics}
    gathering = Gathering()
    describe(draw, gathering, conditions)
    wording, clustered = draw(ITEMS), draw(st.booleans())
    replicates = draw(st.sampled_from(REPLICATES))
    items = {task: draw(st.integers(1, 6)) for task in tasks}
    for place in [(c, t, m) for c in conditions for t in tasks for m in metrics]:
        if draw(st.integers(0, 9)) == 0:
            continue  # not all are measured on all
        for labels in replicates:
            named = [wording.format(n) for n in range(items[place[1]])]
            cell = draw(cells(forms[place[2]], named, metrics[place[2]]))
            if cell.scored or cell.excluded:
                gathering.add(*place, labels, cell, "")
                for n, item in enumerate(cell.items):
                    gathering.item(place[1], item, f"passage {n // 2}" if clustered else "", "")
    if not gathering.cells:
        cell = Cell(counts=[("", 1, 2)])
        gathering.add(conditions[0], tasks[0], next(iter(metrics)), {}, cell, "")
    for task in tasks:
        gathering.item(task, "", "", "")
    known = {name: CovariateRecord(label=f"{name} of it") for name in gathering.covariates}
    found = gathering.found(metrics, known, {}, draw(models(conditions)))
    return replace(found, **draw(told_by_the_tool(found)))


REPLICATES: list[list[dict[str, str]]] = [
    [{}],
    [{}],
    [{"seed": "7"}],
    [{"seed": "1"}, {"seed": "2"}, {"seed": "3"}],
    [{"epoch": "1"}, {"epoch": "2"}],
    [{"seed": "1", "step": "10"}, {"seed": "1", "step": "20"}, {"seed": "1"}],
]


def several(names: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(names, min_size=1, max_size=3, unique=True)


def metric(name: str) -> st.SearchStrategy[MetricRecord]:
    """With a scale from 0 to 10, or with none."""
    return st.builds(
        MetricRecord,
        label=st.sampled_from([name.replace("_", " "), f"rate of {name}, as judged"]),
        lower=st.just(0.0),
        upper=st.sampled_from([1.0, 10.0]),
        unit=st.sampled_from(["", "points"]),
    ) | st.just(MetricRecord(label=name))


def describe(draw: st.DrawFn, gathering: Gathering, conditions: Sequence[str]) -> None:
    """Roles, factors and covariates, as some have them."""
    kinds = draw(st.sets(st.sampled_from(["style", "dose", "length", "cosine"])))
    baseline = draw(st.sampled_from(["", conditions[0]]))
    for name in conditions:
        gathering.condition(name, "baseline" if name == baseline else "treatment")
        if "style" in kinds:
            level = draw(st.sampled_from(["plain", "terse", "a | b"]))
            gathering.factor(name, "style", level, "")
        if "dose" in kinds:
            gathering.factor(name, "dose", draw(NUMBERS), "")
        for covariate in sorted(kinds & {"length", "cosine"}):
            if draw(st.integers(0, 5)):
                gathering.covariate(name, covariate, draw(NUMBERS), "")


@st.composite
def cells(draw: st.DrawFn, form: str, items: Sequence[str], record: MetricRecord) -> Cell:
    """What one replicate has, of which answers may be lost, or all."""
    cell = Cell()
    if draw(st.integers(0, 3)) == 0:
        cell.exclude(draw(LOST), draw(st.integers(1, 4)))
    if draw(st.integers(0, 14)) == 0:
        return cell
    top = record.upper or 10.0
    scores = st.sampled_from([0.0, 0.25 * top, 0.5 * top, top])
    match form:
        case "count":
            n = draw(st.integers(1, 3))
            cell.counts += [(item, draw(st.integers(0, n)), n) for item in items]
        case "count total":
            n = draw(st.integers(1, 40))
            cell.counts.append(("", draw(st.integers(0, n)), n))
        case "mean":
            for item in items:
                cell.scores[item] = draw(st.lists(scores, min_size=1, max_size=3))
            cell.scores[items[0]].append(0.5 * top)
        case "mean total":
            own = draw(st.lists(scores, min_size=1, max_size=6))
            cell.sums.append(("", sum(own), sum(score**2 for score in own), len(own)))
        case "scalar":
            cell.values.append(Scalar(value=draw(scores)))
        case _:
            error = draw(st.none() | st.sampled_from([0.0, 0.01 * top, top]))
            n = draw(st.none() | st.integers(1, 99))
            cell.values.append(Reported(value=draw(scores), stderr=error, n=n))
    return cell


def models(conditions: Sequence[str]) -> st.SearchStrategy[dict[str, ImportedModel]]:
    """Of all conditions, of some, or of none."""
    one = st.builds(
        ImportedModel,
        name=st.sampled_from(["acme/model", "x | y"]),
        revision=st.sampled_from(["", "a09a35458c702b33eeacc393d103063234e8bc28"]),
        arguments=st.sampled_from([{}, {"dtype": "bfloat16"}]),
    )
    return st.dictionaries(st.sampled_from(list(conditions)), one)


@st.composite
def told_by_the_tool(draw: st.DrawFn, found: Found) -> dict[str, Any]:
    """Evaluations, numbers and notes, as importers find them beside the measurements."""
    condition, task = next(iter(found.conditions)), next(iter(found.tasks))
    evaluation = ImportedTask(condition=condition, task=task, epochs=2, items_run=3, created="x")
    number = ReportedNumber(condition=condition, task=task, name="acc, none", value=0.51, ours=0.5)
    return {
        "evaluations": draw(st.sampled_from([(), (evaluation,)])),
        "reported": draw(st.sampled_from([(), (number,), (replace_ours(number),)])),
        "notes": draw(st.sampled_from([(), ("2 of 9 rows are left out.",)])),
    }


def replace_ours(number: ReportedNumber) -> ReportedNumber:
    return number.model_copy(update={"ours": None, "why": "it is a mean over groups"})


# ------------------------------------------------------------------ definitions


@st.composite
def experiments(draw: st.DrawFn, found: Found) -> ImportedExperiment:
    """Some of all that can be asked of what was found; a condition may be missing."""
    names, metrics = list(found.conditions), list(found.metrics)
    outcome = Outcome(draw(st.sampled_from(metrics)))
    pair = (names[-1], names[0])
    numbers = sorted(asked.numbers_of(found.conditions.values()))
    among = Subset(names=tuple(draw(st.sampled_from([names, names[:1], names[1:] or names]))))
    candidates: list[AnalysisSpec] = [
        Proportions(name="rates", outcome=outcome, among=among, by_task=draw(st.booleans())),
        Means(name="means", outcome=outcome, among=among, by_task=draw(st.booleans())),
        Means(name="held", outcome=outcome, among=among, reference=0.5, relevant=0.1),
        Difference(name="pairs", outcome=outcome, among=among, relevant=0.1),
        Exclusions(name="lost", outcome=outcome, among=among, by_task=draw(st.booleans())),
        DoseResponse(name="steps", outcome=outcome, among=among, dose="step", log1p=True),
    ]
    if pair[0] != pair[1]:
        candidates += [
            Difference(name="one_pair", outcome=outcome, pairs=(pair,), by_task=True, average=True)
        ]
    if numbers:
        x = Predictor(numbers[0])
        candidates += [
            Correlation(name="relation", x=tuple(map(Predictor, numbers)), y=outcome, among=among),
            DoseResponse(name="curve", outcome=outcome, dose=x, among=among),
            Regression(name="slope", x=x, y=outcome, among=among, predict=(names[0],)),
            Influence(name="influence", x=x, y=outcome, among=among),
            LeaveOneOut(name="folds", x=x, y=outcome, among=among),
            MixedModel(name="model", outcome=outcome, x=x, among=among),
        ]
    if numbers[1:]:
        both = Predictor(numbers[0]), Predictor(numbers[1])
        candidates += [
            PartialCorrelation(name="beside", x=both[0], y=outcome, given=both[1:], among=among),
            BestOf(name="best", x=both, y=outcome, among=among),
        ]
    wanted = draw(
        st.lists(st.sampled_from(candidates), min_size=1, max_size=4, unique_by=lambda s: s.name)
    )
    leading = draw(st.sets(st.sampled_from([each.name for each in wanted]), max_size=2))
    gate = Gate("enough", wanted[0].name, "n", at_least=draw(st.sampled_from([1, 99])))
    missing = Condition("never run") if draw(st.booleans()) else None
    return ImportedExperiment(
        issue=311,
        title=draw(st.sampled_from(["Doses and answers", "Whether `x` | y"])),
        question=draw(st.sampled_from(["", "Does it?"])),
        conditions=(missing,) if missing else (),
        analyses=tuple(replace(each, primary=each.name in leading) for each in wanted),
        gates=draw(st.sampled_from([(), (gate,)])),
        parents=draw(st.sampled_from([(), (12,)])),
        glossary=draw(st.sampled_from([(), (("dose", "how much of it is given"),)])),
        choices=draw(st.sampled_from([(), ("The dose was chosen by outcome.",)])),
        confidence_cap=draw(st.sampled_from(["HIGH", "LOW"])),
    )
