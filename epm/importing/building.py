"""The builder: what a script of one's own measured, said in the words of the results.

results = ResultsBuilder(issue=311)
results.condition("control", role="baseline")
results.task("prompts")
results.metric("kind", label="kindness", lower=0, upper=100)
results.measure("control", "prompts", "kind", scores={"p1": [80, 75]}, excluded={"refused": 1})
folder = results.write()
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any, get_args

from epm import discovery
from epm.definition.analysis import AnalysisSpec, Gate
from epm.definition.conditions import Role
from epm.definition.imported import ImportedExperiment
from epm.errors import EpmError, resources, suggest
from epm.importing.folder import GIVEN, Import, repository, write
from epm.importing.gathering import Cell, Gathering, is_score
from epm.pipeline import inventory
from epm.privacy import command_line
from epm.results import CovariateRecord, MetricRecord, Reported, Scalar
from epm.results.imported import ImportedModel

Score = bool | int | float

Scores = Mapping[Any, Score | Sequence[Score]] | Sequence[Score]
"""One of each item or several; a bare sequence where items are not known."""

Counts = Mapping[Any, tuple[int, int]] | tuple[int, int]
"""(k, n) of each item, or of all."""

Means = Mapping[Any, tuple[float, float, int]] | tuple[float, float, int]
"""(mean, standard deviation, n) of each item, or of all; the deviation with n - 1."""


_MOST = 10**18
"""Below it are counts and the numbers of items."""


class ResultsBuilder:
    """Gathers what a script measured, and writes it as a run folder.

    Conditions, tasks and metrics are described before they are measured, so that a slip in a name
    is noticed. Numbers may be numpy's. Every method raises an `EpmError` of one line that names the
    field and what was expected, and then has changed nothing.
    """

    def __init__(
        self,
        issue: int | None = None,
        *,
        title: str = "",
        experiment: str = "",
        files: Iterable[str | PathLike[str]] = (),
    ) -> None:
        """Nothing is measured yet.

        Args:
            issue: that the page is for; an experiment knows its own.
            title: of the page; empty says what was compared.
            experiment: definition that is held, `experiments/issue_311` as 'issue-311'.
            files: what the numbers come from, as `(__file__, "answers.jsonl")`; their hashes stand
                on the page.

        Raises:
            EpmError: no such experiment or file, no issue.
        """
        where = "ResultsBuilder"
        experiment = _optional(where, "experiment", experiment)
        self._began = time.monotonic()
        self._loaded = (
            discovery.load_imported(experiment, discovery.experiments_folder(Path.cwd()))
            if experiment
            else None
        )
        held = self._loaded.experiment if self._loaded else None
        self._issue = _positive(where, "issue", held.issue if held and issue is None else issue)
        if held and held.issue != self._issue:
            raise _unexpected(where, "issue", issue, f"{held.issue}, which {experiment} is of")
        self._title = _optional(where, "title", title)
        self._files = _files(where, files)
        self._gathering = Gathering()
        self._models: dict[str, ImportedModel] = {}
        self._tasks: dict[str, Mapping[str, str]] = {}
        self._metrics: dict[str, MetricRecord] = {}
        self._covariates: dict[str, CovariateRecord] = {}
        self._conditions: dict[str, None] = {}
        self._analyses: tuple[AnalysisSpec, ...] = ()
        self._gates: tuple[Gate, ...] = ()

    def condition(
        self,
        name: str,
        *,
        role: Role = "treatment",
        factors: Mapping[str, str | float] | None = None,
        covariates: Mapping[str, float] | None = None,
        model: str = "",
        revision: str = "",
    ) -> None:
        """Describe a condition; one that is not measured is on the page as one that was not run.

        Args:
            name: the condition.
            role: a baseline is what the others are compared with.
            factors: what sets it apart, words or numbers, as `{"coefficient": 4}`.
            covariates: numbers known of it.
            model: that was run.
            revision: of the model.
        """
        where = _new("condition", name, self._conditions)
        if not isinstance(role, str) or role not in get_args(Role):
            raise _unexpected(where, "role", role, " or ".join(map(repr, get_args(Role))))
        levels = {
            _text(where, "a factor's name", each): value
            if isinstance(value := _native(given), str)
            else _number(where, f"factor {each!r}", value)
            for each, given in _mapping(where, "factors", factors).items()
        }
        numbers = {
            _text(where, "a covariate's name", each): _number(where, f"covariate {each!r}", value)
            for each, value in _mapping(where, "covariates", covariates).items()
        }
        if both := levels.keys() & numbers.keys():
            raise EpmError(f"{where}: {min(both)!r} is both a factor and a covariate", "rename one")
        known = _optional(where, "model", model)
        version = _optional(where, "revision", revision)
        self._conditions[name] = None
        self._gathering.condition(name, role)
        for each, level in levels.items():
            self._gathering.factor(name, each, level, where)
        for each, number in numbers.items():
            self._gathering.covariate(name, each, number, where)
        if known:
            self._models[name] = ImportedModel(name=known, revision=version)

    def task(self, name: str, *, clusters: Mapping[Any, Any] | None = None) -> None:
        """Describe a task.

        Args:
            name: the task.
            clusters: what an item belongs to, by item, where that is more than itself: a passage, a
                question asked in several wordings.
        """
        where = _new("task", name, self._tasks)
        self._tasks[name] = {
            _item(where, item): _item(where, cluster)
            for item, cluster in _mapping(where, "clusters", clusters).items()
        }

    def metric(
        self,
        name: str,
        *,
        label: str = "",
        unit: str = "",
        lower: float | None = None,
        upper: float | None = None,
    ) -> None:
        """Describe a metric.

        Args:
            name: the metric.
            label: on the page; empty stands for the name.
            unit: of its values, as 'points'.
            lower: end of its scale, where a number has one.
            upper: the other end.
        """
        where = _new("metric", name, self._metrics)
        ends = [
            None if end is None else _number(where, field, end)
            for field, end in (("lower", lower), ("upper", upper))
        ]
        if None not in ends and not ends[0] < ends[1]:  # type: ignore[operator]
            raise _unexpected(where, "upper", upper, f"a number above {lower}")
        self._metrics[name] = MetricRecord(
            label=_optional(where, "label", label) or name.replace("_", " "),
            unit=_optional(where, "unit", unit),
            lower=ends[0],
            upper=ends[1],
        )

    def covariate(self, name: str, *, label: str, unit: str = "") -> None:
        """Say what a covariate of the conditions is called on the page, and its unit."""
        where = _new("covariate", name, self._covariates)
        self._covariates[name] = CovariateRecord(
            label=_text(where, "label", label), unit=_optional(where, "unit", unit)
        )

    def measure(
        self,
        condition: str,
        task: str,
        metric: str,
        *,
        scores: Scores | None = None,
        counts: Counts | None = None,
        means: Means | None = None,
        value: float | None = None,
        stderr: float | None = None,
        n: int | None = None,
        excluded: Mapping[str, int] | None = None,
        seed: int | str | None = None,
        epoch: int | str | None = None,
        step: int | None = None,
    ) -> None:
        """Say what was measured of one condition on one task by one metric, in one replicate.

        Args:
            condition: one that was described.
            task: the same.
            metric: the same.
            scores: yes-or-no answers, which are counted, or numbers, which are averaged.
            counts: or k successes of n.
            means: or a mean, its standard deviation and n.
            value: or a number that stands for itself.
            stderr: standard error of the value.
            n: how many answers the value is of.
            excluded: how many answers have no score, by reason.
            seed: of the training or the run; names the replicate, as the next two do.
            epoch: which of several times that items were asked.
            step: of the optimiser, where checkpoints were measured.
        """
        where = f"measure({_shown(condition)}, {_shown(task)}, {_shown(metric)})"
        for what, name, known in (
            ("condition", condition, [*self._conditions]),
            ("task", task, [*self._tasks]),
            ("metric", metric, [*self._metrics]),
        ):
            if not isinstance(name, str):
                raise _unexpected(where, f"the {what}", name, "its name")
            if name not in known:
                raise EpmError(
                    f"{where}: the {what} {name!r} was not described", suggest(name, known)
                )
        cell = _cell(where, scores, counts, means, value, stderr, n)
        for reason, lost in _mapping(where, "excluded", excluded).items():
            field = f"excluded, {reason!r},"
            cell.exclude(_text(where, "a reason", reason), _positive(where, field, lost))
        if not (cell.scored or cell.excluded):
            raise EpmError(
                f"{where}: no answer", "expected scores, counts, means, a value, or excluded"
            )
        named = {
            name: _item(where, label)
            for name, label in (("seed", seed), ("epoch", epoch), ("step", step))
            if label is not None
        }
        self._gathering.add(condition, task, metric, named, cell, where)
        clusters = self._tasks[task]
        for item in cell.items:
            self._gathering.item(task, item, clusters.get(item, ""), where)

    def analyse(self, *analyses: AnalysisSpec, gates: Iterable[Gate] = ()) -> None:
        """Name what is asked, before anything else of it is looked at.

        Without this, and without an experiment, the page has the analyses that suit the
        measurements, and says that none was named beforehand.

        Args:
            analyses: of `epm.analyses.specs`.
            gates: criteria over their numbers.
        """
        where = "analyse"
        if self._loaded:
            raise EpmError(
                f"{where}: the analyses are those of {self._loaded.experiment.slug}",
                "add it there, or leave `experiment` out",
            )
        for each in analyses:
            if not isinstance(each, AnalysisSpec):
                raise _unexpected(where, "an analysis", each, "one of epm.analyses.specs")
        criteria = tuple(_several(where, "gates", gates, "several, as gates=(Gate(…),)"))
        for gate in criteria:
            if not isinstance(gate, Gate):
                raise _unexpected(where, "a gate", gate, "an epm.definition.Gate")
        both = (*self._analyses, *analyses), (*self._gates, *criteria)
        self._asked(*both)
        self._analyses, self._gates = both

    def _asked(
        self, analyses: tuple[AnalysisSpec, ...], gates: tuple[Gate, ...], title: str = ""
    ) -> ImportedExperiment | None:
        if self._loaded:
            return self._loaded.experiment
        if not (analyses or gates):
            return None
        title = self._title or title or "results"
        return ImportedExperiment(self._issue, title, analyses=analyses, gates=gates)

    def write(self) -> Path:
        """Analyse what was measured, and write it under `runs/`.

        Returns:
            The run folder, for `epm render --run`; the same measurements make the same one.

        Raises:
            EpmError: nothing was measured, or an analysis names what there is not.
        """
        if not self._gathering.cells:
            raise EpmError("write: nothing was measured", "expected a call of `measure` before it")
        labels = dict(self._covariates)
        for name in self._gathering.covariates:
            labels.setdefault(name, CovariateRecord(label=name.replace("_", " ")))
        found = self._gathering.found(self._metrics, labels, self._files, self._models)
        experiment = self._asked(self._analyses, self._gates, found.title)
        home = self._loaded.folder if self._loaded else None
        given = Import(
            source="python",
            found=found,
            issue=self._issue,
            title=self._title or (experiment.title if experiment else found.title),
            command=command_line(["python", *sys.argv]),
            repository=repository(home),
            experiment=experiment,
            home=home,
        )
        for note in found.notes:
            print(f"epm: {note}", file=sys.stderr)  # noqa: T201
        with resources("the import", given.folder):
            folder = write(given, self._began)
            inventory.write(folder)
        return folder


# ------------------------------------------------------------------ what is given


def _unexpected(where: str, field: str, value: object, expected: str) -> EpmError:
    return EpmError(f"{where}: {field} is {_shown(value)}", f"expected {expected}")


def _shown(value: object) -> str:
    """On one line, and short; a number of 4,301 digits is none that Python writes."""
    try:
        return f"{value!r:.60}".partition("\n")[0]
    except Exception:
        return f"of type {type(value).__name__}"


def _new(what: str, name: object, known: Iterable[str]) -> str:
    """Where a message is from; the name is one, and new."""
    where = f"{what}({_shown(name)})"
    if _text(where, "name", name) in known:
        raise EpmError(f"{where}: it was described before", "describe it once")
    return where


def _native(value: Any) -> Any:
    """A number as Python has it, where it is numpy's."""
    return value.item() if type(value).__module__ == "numpy" and not value.shape else value


def _text(where: str, field: str, value: object) -> str:
    if not (isinstance(value, str) and value.strip() and value.isprintable()):
        raise _unexpected(where, field, value, "a text that can be printed")
    return value


def _optional(where: str, field: str, value: object) -> str:
    """A text, or an empty one."""
    return value if isinstance(value, str) and not value else _text(where, field, value)


def _several(where: str, field: str, value: object, expected: str) -> list[Any]:
    if isinstance(value, str) or not _listed(value):
        raise _unexpected(where, field, value, expected)
    return list(value)  # type: ignore[call-overload,no-any-return]


def _item(where: str, value: object) -> str:
    """Ids are texts or numbers."""
    value = _native(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= _MOST:
            raise _unexpected(where, "an id", value, "a text, or a number of up to 18 digits")
        return str(value)
    return _text(where, "an id", value)


def _number(where: str, field: str, value: object) -> float:
    value = _native(value)
    if not is_score(value):
        raise _unexpected(where, field, value, "a finite number")
    return float(value)


def _positive(where: str, field: str, value: object) -> int:
    value = _native(value)
    if not (isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST):
        raise _unexpected(where, field, value, "a whole number, 1 or more")
    return value


def _mapping(where: str, field: str, value: object) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _unexpected(where, field, value, "a dict")
    return value


def _files(where: str, paths: Iterable[str | PathLike[str]]) -> dict[str, Path]:
    expected = "several, as files=(__file__,)"
    found: dict[str, Path] = {}
    for each in _several(where, "files", paths, expected):
        if not (isinstance(each, str | PathLike) and "\0" not in str(each)):
            raise _unexpected(where, "files", paths, expected)
        path = Path(each)
        if not path.is_file():
            raise EpmError(f"{where}: files names {each}, which there is not", "expected a file")
        if path.name == GIVEN:
            raise EpmError(f"{where}: a file is called {GIVEN}", "rename it: the run has its own")
        if path.name in found:
            raise EpmError(f"{where}: two files are called {path.name}", "rename one")
        found[path.name] = path
    return found


# ------------------------------------------------------------------ scores


def _cell(
    where: str, scores: Any, counts: Any, means: Any, value: Any, stderr: Any, n: Any
) -> Cell:
    ways = {"scores": scores, "counts": counts, "means": means, "value": value}
    given = [name for name, way in ways.items() if way is not None]
    if len(given) > 1:
        raise EpmError(f"{where}: {' and '.join(given)} are given", "expected one of them")
    if value is None and not (stderr is None and n is None):
        raise EpmError(f"{where}: stderr or n without a value", "expected value beside them")
    cell = Cell()
    if scores is not None:
        cell.scores |= {
            item: _scores(own, given) for item, own, given in _parts(where, "scores", scores)
        }
    elif counts is not None:
        cell.counts += [
            (i, *_count(own, given)) for i, own, given in _parts(where, "counts", counts)
        ]
    elif means is not None:
        cell.sums += [(i, *_sums(own, given)) for i, own, given in _parts(where, "means", means)]
    elif value is not None:
        cell.values.append(_value(where, value, stderr, n))
    return cell


def _parts(where: str, field: str, given: Any) -> Iterator[tuple[str, str, Any]]:
    """Item, where it stands for a message, and what is said of it; '' stands for all."""
    if not isinstance(given, Mapping):
        yield "", f"{where}: {field}", given
        return
    seen: set[str] = set()
    for key, own in given.items():
        item = _item(where, key)
        if item in seen:
            raise EpmError(f"{where}: {field} has item {item!r} twice", "expected ids that differ")
        seen.add(item)
        yield item, f"{where}: {field} of item {item!r}", own


def _scores(where: str, given: Any) -> list[bool | float]:
    given = _native(given)
    several = given if _listed(given) else [given]
    found = [_native(score) for score in several]
    for score in found:
        if not is_score(score):
            raise EpmError(
                f"{where}: a score is {_shown(score)}",
                "expected yes or no, or a finite number; what has none is counted in `excluded`",
            )
    if not found:
        raise EpmError(f"{where}: there is none", "expected a score or several")
    return found


def _count(where: str, given: Any) -> tuple[int, int]:
    match _listed(given) and [_native(each) for each in given]:
        case [int(k), int(n)] if 0 <= k <= n and 0 < n < _MOST:
            return int(k), int(n)
    raise EpmError(
        f"{where}: {_shown(given)} is no count", "expected (k, n): whole numbers, k of n, n above 0"
    )


def _sums(where: str, given: Any) -> tuple[float, float, int]:
    """Sum, sum of squares and n from mean, standard deviation and n."""
    match _listed(given) and [_native(each) for each in given]:
        case [int() | float() as mean, int() | float() as deviation, int(n)] if (
            is_score(mean) and is_score(deviation) and deviation >= 0 and 0 < n < _MOST
        ):
            if n == 1 and deviation:
                raise EpmError(f"{where}: one answer deviates by {deviation:g}", "expected 0")
            squares = mean * mean * n + deviation * deviation * (n - 1)
            if not isfinite(squares):
                raise EpmError(f"{where}: too large to be squared", "expected another unit")
            return mean * n, squares, n
    raise EpmError(
        f"{where}: {_shown(given)} is no mean",
        "expected (mean, standard deviation, n): finite numbers, n whole and above 0",
    )


def _value(where: str, value: object, stderr: object, n: object) -> Reported | Scalar:
    number = _number(where, "value", value)
    if stderr is None and n is None:
        return Scalar(value=number)
    error = None if stderr is None else _number(where, "stderr", stderr)
    if error is not None and error < 0:
        raise _unexpected(where, "stderr", stderr, "0 or more")
    return Reported(value=number, stderr=error, n=None if n is None else _positive(where, "n", n))


def _listed(value: object) -> bool:
    listed = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    return listed and getattr(value, "shape", None) != ()  # as an array of no dimension has it
