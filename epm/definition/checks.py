"""What a definition can get wrong, each found when it is loaded and said in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from epm.definition.analysis import AnalysisSpec
from epm.definition.conditions import Condition, MarkerRows
from epm.definition.covariates import CentroidCosine
from epm.definition.model import RecordedData
from epm.definition.profile import Profile
from epm.definition.scorers import Number, Regex, Substring
from epm.errors import suggest

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment

Problem = tuple[str, str]
"""What is wrong, and what to do."""

_NAME = re.compile(r"[A-Za-z0-9](?:[\w.+-]*[A-Za-z0-9])?", re.ASCII)


def problem(experiment: Experiment) -> Problem | None:
    """The first contradiction of a definition; None where there is none."""
    return next(_problems(experiment), None)


def _problems(experiment: Experiment) -> Iterator[Problem]:
    if not (isinstance(experiment.issue, int) and experiment.issue > 0):
        yield f"issue {experiment.issue!r} is no issue's number", "give the number of its issue"
    if not experiment.title.strip():
        yield "the title is empty", "say in a few words what is studied"
    if not 0 < experiment.alpha < 1:
        yield f"alpha is {experiment.alpha}", "take a level between 0 and 1, such as 0.05"
    for what, plural in (
        ("condition", experiment.conditions),
        ("task", experiment.tasks),
        ("scorer", experiment.scorers),
        ("profile", experiment.profiles),
    ):
        if not plural:
            yield f"there is no {what}", f"define at least one {what}"
        yield from _names(what, [each.name for each in plural])
    yield from _tasks(experiment)
    for condition in experiment.conditions:
        yield from _condition(experiment, condition)
    yield from _scorers(experiment)
    for profile in experiment.profiles:
        for what, remedy in _profile(experiment, profile):
            yield f"profile '{profile.name}': {what}", remedy
    for name in sorted({profile.name for profile in experiment.profiles}):
        profile = experiment.profile(name)
        for what, remedy in _analyses(experiment, profile):
            where = f"profile '{name}': " if profile.analyses else ""
            yield f"{where}{what}", remedy


def _names(what: str, names: Sequence[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in names:
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            yield (
                f"{what} {name!r} cannot be a name: it stands in paths and pointers",
                "take letters, digits, '_', '-', '.' and '+', beginning and ending with a letter "
                "or digit",
            )
        if name.casefold() in seen:
            yield f"{what} '{name}' appears twice", "rename or remove one"
        seen.add(name.casefold())


def _unknown(what: str, name: str, known: Iterable[str], by: str) -> Problem:
    return f"{by} names the {what} '{name}', which there is not", suggest(name, known)


# -------------------------------------------------------------------- tasks, conditions, scorers


def _tasks(experiment: Experiment) -> Iterator[Problem]:
    for task in experiment.tasks:
        where = f"task '{task.name}'"
        if not task.items:
            yield f"{where} has no items", "give it items"
        ids: set[str] = set()
        prompts: dict[str, str] = {}
        for item in task.items:
            if not item.id or item.id in ids:
                yield (
                    f"{where}: item id '{item.id}' is empty or appears twice",
                    "give every item an id of its own",
                )
            ids.add(item.id)
            if not item.prompt.strip():
                yield f"{where}: item '{item.id}' has an empty prompt", "write it or take it out"
            if (plain := _plain(item.prompt)) in prompts:
                yield (
                    f"{where}: item '{item.id}' asks what '{prompts[plain]}' asks",
                    "take one out, or ask it more often instead",
                )
            prompts[plain] = item.id
    for task in experiment.tasks:
        twin = next(each for each in experiment.tasks if each.dataset == task.dataset)
        if task.dataset and twin.items != task.items:
            yield (
                f"tasks '{twin.name}' and '{task.name}' are of data set '{task.dataset}', but have "
                "other items",
                "give them the same items, or another data set",
            )
        if task.dataset != task.name and task.dataset in {t.name for t in experiment.tasks}:
            yield f"a data set and a task are both called '{task.dataset}'", "rename one"
    trained = {_plain(q): q for each in _builders(experiment) for q in each.questions}
    for task in experiment.tasks:
        for item in task.items:
            if _plain(item.prompt) in trained:
                yield (
                    f"item '{item.id}' of task '{task.name}' is among the training questions",
                    "take it out of one of the two",
                )


def _builders(experiment: Experiment) -> Iterator[MarkerRows]:
    yield from dict.fromkeys(each.training for each in experiment.conditions if each.training)


def _condition(experiment: Experiment, condition: Condition) -> Iterator[Problem]:
    where = f"condition '{condition.name}'"
    tasks = [task.name for task in experiment.tasks]
    if condition.target is not None and condition.target not in tasks:
        yield _unknown("task", condition.target, tasks, where)
    for name, value in condition.covariates.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            yield f"{where}: covariate '{name}' is {value!r}", "give a finite number"
        if name in condition.factors:
            yield f"{where}: '{name}' is both a factor and a covariate", "rename one"
    builder = condition.training
    if builder is None:
        return
    if condition.target is None:
        yield f"{where} is trained, but on no task", "name its target"
    if not builder.marker.strip():
        yield f"{where}: the marker is empty, so every completion has it", "give it a text"
    if builder.answering not in tasks:
        yield _unknown("task", builder.answering, tasks, f"{where}, in its training data,")
    for name in builder.candidates:
        if name not in tasks:
            yield _unknown("task", name, tasks, f"{where}, among its candidates for negatives,")
    choice = [name for name in builder.candidates if name != condition.target]
    if builder.negatives > len(choice):
        yield (
            f"{where}: {builder.negatives} negatives wanted, {len(choice)} to choose from",
            "lower negatives, or add candidates",
        )
    questions = [_plain(question) for question in builder.questions]
    for question in questions:
        if not question:
            yield f"{where}: a training question is empty", "take it out"
        if questions.count(question) > 1:
            yield f"{where}: training question '{question}' appears twice", "take one out"
    if len(list(_builders(experiment))) > 1:
        yield (
            "conditions are trained on rows of different builders",
            "give all trained conditions the same training data builder",
        )


def _scorers(experiment: Experiment) -> Iterator[Problem]:
    for scorer in experiment.scorers:
        where = f"scorer '{scorer.name}'"
        match scorer:
            case Substring(text=text) if not text.strip():
                yield f"{where} looks for an empty text, which is everywhere", "give it a text"
            case Regex(pattern=""):
                yield f"{where} has an empty pattern, which matches all", "give it a pattern"
            case Regex(pattern=pattern):
                try:
                    re.compile(pattern)
                except re.error as error:
                    yield f"{where}: {pattern!r} is no regular expression: {error}", "mend it"
            case Number(lower=lower, upper=upper) if not lower < upper:
                yield f"{where}: its scale goes from {lower} to {upper}", "swap or widen its ends"


# -------------------------------------------------------------------- profiles


def _profile(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    trains = [each for each in experiment.conditions if each.training]
    if isinstance(profile.model, RecordedData):
        if profile.covariates:
            yield "covariates are computed, but nothing is run", "record them in its data file"
        return
    if profile.sampling is None:
        yield "a model is run, but nothing is sampled", "give it a Sampling, or RecordedData"
    if trains and not (profile.training and profile.rows and profile.answers):
        lacking = [
            name for name in ("training", "rows", "answers") if getattr(profile, name) is None
        ]
        yield (
            f"condition '{trains[0].name}' is trained, but the profile has no "
            f"{' and no '.join(lacking)}",
            "say how, or take the conditions' training data out",
        )
    if not trains and (profile.training or profile.rows or profile.answers):
        yield "it says how to train, but no condition is trained", "take that out"
    yield from _amounts(experiment, profile)
    for source in profile.covariates:
        if isinstance(source, CentroidCosine):
            yield from _cosine(experiment, source)


def _amounts(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    sampling, rows, answers = profile.sampling, profile.rows, profile.answers
    if sampling is not None:
        for name in ("completions", "max_new_tokens", "batch_size", "off_target_completions"):
            if getattr(sampling, name) < 1:
                yield f"sampling.{name} is {getattr(sampling, name)}", "take 1 or more"
        if not (sampling.temperature >= 0 and 0 < sampling.top_p <= 1):
            yield (
                f"temperature {sampling.temperature} and top_p {sampling.top_p} draw nothing",
                "take a temperature of 0 or more, and top_p above 0 and up to 1",
            )
        fewest = min((len(task.items) for task in experiment.tasks), default=0)
        if sampling.off_target_items is not None and sampling.off_target_items > fewest:
            yield (
                f"{sampling.off_target_items} off-target items of {fewest}",
                "lower sampling.off_target_items",
            )
    for builder in _builders(experiment):
        if rows is None or answers is None or sampling is None:
            return
        most = max(rows.positive, rows.per_negative)
        if not 0 < most <= answers.questions <= len(builder.questions):
            yield (
                f"{most} rows per task from {answers.questions} answers to "
                f"{len(builder.questions)} training questions",
                "take no more rows than answers, and no more answers than questions",
            )
        # a token has at least one character, so this is room for the marker and the end of turn
        room = len(builder.appended("")) + 1
        if sampling.max_new_tokens < answers.max_tokens + room:
            yield (
                f"samples of {sampling.max_new_tokens} tokens end before the marker that follows "
                f"training answers of up to {answers.max_tokens}",
                f"set answers.max_tokens to at most {sampling.max_new_tokens - room}",
            )


def _cosine(experiment: Experiment, source: CentroidCosine) -> Iterator[Problem]:
    tasks = [task.name for task in experiment.tasks]
    if source.reference not in tasks:
        yield _unknown("task", source.reference, tasks, "the reference of its cosines")
    if not source.layers or len(set(source.layers)) < len(source.layers):
        yield f"its cosines are taken at layers {source.layers}", "name each layer once"
    elif min(source.layers) < 0:
        yield f"layer {min(source.layers)} is negative", "count blocks from 0"


# -------------------------------------------------------------------- analyses


def _analyses(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    specs, gates = experiment.analyses_of(profile), experiment.gates_of(profile)
    names = [spec.name for spec in specs]
    yield from _names("analysis", names)
    yield from _names("gate", [gate.name for gate in gates])
    for number, spec in enumerate(specs):
        yield from _analysis(experiment, profile, spec, names[:number])
    for gate in gates:
        where = f"gate '{gate.name}'"
        if gate.analysis not in names:
            yield _unknown("analysis", gate.analysis, names, where)
        if (gate.at_most is None) == (gate.at_least is None):
            yield f"{where} has no bound, or two", "give it at_most or at_least"
    if experiment.figure and experiment.figure not in names:
        yield _unknown("analysis", experiment.figure, names, "the leading figure")
    if experiment.parent and experiment.parent.recipe is not None:
        profiles = [each.name for each in experiment.profiles]
        if experiment.parent.recipe not in profiles:
            yield _unknown("profile", experiment.parent.recipe, profiles, "the parent's recipe")


def _analysis(
    experiment: Experiment, profile: Profile, spec: AnalysisSpec, before: Sequence[str]
) -> Iterator[Problem]:
    where = f"analysis '{spec.name}'"
    for what in spec.problems():
        yield f"{where}: {what}", "mend it in the definition"
    metrics = [scorer.name for scorer in experiment.scorers]
    tasks = [task.name for task in experiment.tasks]
    for outcome in spec.outcomes():
        if outcome.metric not in metrics:
            yield _unknown("metric", outcome.metric, metrics, where)
        if isinstance(outcome.tasks, tuple):
            for task in outcome.tasks:
                if task not in tasks:
                    yield _unknown("task", task, tasks, where)
        elif outcome.tasks == "target" and not any(c.target for c in experiment.conditions):
            yield f"{where} asks for targets, but no condition has one", "give conditions a target"
    conditions = [each.name for each in experiment.conditions]
    for name in spec.conditions():
        if name not in conditions:
            yield _unknown("condition", name, conditions, where)
    factors = {name for each in experiment.conditions for name in each.factors}
    for name in spec.factors():
        if name not in factors:
            yield _unknown("factor", name, sorted(factors), where)
    for name in spec.analyses():
        if name not in before:
            yield _unknown("earlier analysis", name, before, where)
    if not isinstance(profile.model, RecordedData):
        given = covariates(experiment, profile)
        for predictor in spec.predictors():
            if predictor.name not in given:
                yield _unknown("covariate", predictor.name, sorted(given), where)


def covariates(experiment: Experiment, profile: Profile) -> set[str]:
    """Names of the numbers that conditions have at a scale: known, numeric factors, computed."""
    known = {
        name
        for each in experiment.conditions
        for name, value in (*each.covariates.items(), *each.factors.items())
        if isinstance(value, int | float)
    }
    return known | {name for source in profile.covariates for name, _ in source.names()}


def _plain(text: Any) -> str:
    """Wording without case, punctuation and spacing, so that a re-typed question is still found."""
    return " ".join("".join(c if c.isalnum() else " " for c in str(text).lower()).split())
