"""What a profile can get wrong: amounts that do not fit, settings of what is not done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from epm.definition.checks.names import Problem, is_number, no_tuples, not_one_of, unknown
from epm.definition.checks.steering import problems_at
from epm.definition.conditions import MarkerRows
from epm.definition.covariates import CentroidCosine
from epm.definition.model import RecordedData
from epm.definition.profile import Profile, Sampling, Training

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment

OF_A_RUN = ("sampling", "training", "rows", "answers")
"""Parts of a profile that say how something is done."""


def problems(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    """What is asked without a way to do it, and ways to do what is not asked."""
    yield from no_tuples("it", profile, ("covariates", "analyses", "gates", "choices"))
    yield from not_one_of("its confidence_cap", profile.confidence_cap, ("HIGH", "MODERATE", "LOW"))
    yield from not_one_of("its dtype", profile.dtype, ("float32", "bfloat16"))
    if not profile.scale.strip():
        yield "its scale is empty", "say in a phrase what it is a scale of: the page prints it"
    if profile.gates and not profile.analyses:
        yield (
            "it has gates, but no analyses of its own, so that they would not be used",
            "move them to the experiment, or give the profile its analyses",
        )
    if isinstance(profile.model, RecordedData):
        yield from _recorded(profile)
    else:
        yield from _run(experiment, profile)


def _recorded(profile: Profile) -> Iterator[Problem]:
    if profile.covariates:
        yield "covariates are computed, but nothing is run", "record them in its data file"
    for name in OF_A_RUN:
        if getattr(profile, name) is not None:
            yield f"it has {name}, but its data are recorded: nothing is run", f"take {name} out"


def _run(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    trained = [each for each in experiment.conditions if each.training]
    if profile.sampling is None:
        yield "a model is run, but nothing is sampled", "give it a Sampling, or RecordedData"
    built = [each for each in trained if isinstance(each.training, MarkerRows)]
    needed = OF_A_RUN[1:] if built else ("training",)
    lacking = [name for name in needed if getattr(profile, name) is None]
    given = [name for name in OF_A_RUN[1:] if getattr(profile, name) is not None]
    if trained and lacking:
        yield (
            f"condition '{(built or trained)[0].name}' is trained, but the profile has no "
            f"{' and no '.join(lacking)}",
            "say how, or take the conditions' training data out",
        )
    if not trained and given:
        yield "it says how to train, but no condition is trained", "take that out"
    elif not built and (idle := [name for name in given if name not in needed]):
        yield (
            f"it has {idle[0]}, but no condition's rows are made of the model's answers",
            f"take {idle[0]} out",
        )
    if profile.sampling:
        yield from _sampling(experiment, profile.sampling)
    if profile.training:
        yield from _training(profile.training)
    if built:
        yield from _rows(experiment, profile)
    yield from _covariates(experiment, profile)
    yield from problems_at(experiment, profile)


def _counts(
    where: str, settings: object, names: tuple[str, ...], least: int = 1
) -> Iterator[Problem]:
    """Settings that are no whole number from the least on."""
    for name in names:
        value = getattr(settings, name)
        if type(value) is not int or value < least:
            yield f"{where}.{name} is {value!r}", f"take a whole number, {least} or more"


def _numbers(
    where: str, settings: object, ranges: Mapping[str, tuple[Callable[[float], bool], str]]
) -> Iterator[Problem]:
    """Settings that are no number, or outside their range."""
    for name, (inside, remedy) in ranges.items():
        value = getattr(settings, name)
        if not (is_number(value) and inside(value)):
            yield f"{where}.{name} is {value!r}", remedy


def _sampling(experiment: Experiment, sampling: Sampling) -> Iterator[Problem]:
    yield from _counts("sampling", sampling, ("completions", "max_new_tokens", "batch_size"))
    yield from _counts("sampling", sampling, ("off_target_completions",), least=0)
    aimless = [each.name for each in experiment.conditions if each.target is None]
    if not sampling.off_target_completions and 0 < len(aimless) < len(experiment.conditions):
        yield (
            f"condition '{aimless[0]}' has no target and off-target tasks are left out, so it is "
            "asked nothing",
            "give it a target, or raise sampling.off_target_completions",
        )
    yield from _numbers(
        "sampling",
        sampling,
        {
            "temperature": (lambda t: t >= 0, "take 0 or more"),
            "top_p": (lambda p: 0 < p <= 1, "take more than 0, and at most 1"),
        },
    )
    if sampling.off_target_items is not None:
        yield from _counts("sampling", sampling, ("off_target_items",))
        task = min(experiment.prompted, key=lambda task: len(task.items), default=None)
        if task and sampling.off_target_items > len(task.items):
            yield (
                f"{sampling.off_target_items} off-target items of the {len(task.items)} of task "
                f"'{task.name}'",
                "lower sampling.off_target_items",
            )


def _training(training: Training) -> Iterator[Problem]:
    names = ("epochs", "batch_size", "accumulation", "max_tokens")
    yield from _counts("training", training, names)
    share = (lambda part: 0 <= part < 1, "take 0 or more, and less than 1")
    yield from _numbers(
        "training",
        training,
        {
            "learning_rate": (lambda rate: rate > 0, "take more than 0"),
            "warmup_ratio": share,
            "weight_decay": (lambda decay: decay >= 0, "take 0 or more"),
        },
    )
    yield from _counts("training.lora", training.lora, ("rank", "alpha"))
    yield from _numbers("training.lora", training.lora, {"dropout": share})
    yield from no_tuples("training.lora", training.lora, ("target_modules",))
    if not training.lora.target_modules:
        yield "training.lora.target_modules is empty", "name what the adapter is put on"


def _rows(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    """Whether there are answers enough for the rows, and room in a sample for the marker."""
    sampling, rows, answers = profile.sampling, profile.rows, profile.answers
    made = (each.training for each in experiment.conditions)
    builder = next(rows for rows in made if isinstance(rows, MarkerRows))
    if sampling is None or rows is None or answers is None:
        return
    yield from _counts("rows", rows, ("positive", "per_negative"))
    yield from _counts("answers", answers, ("questions", "max_tokens"))
    most = max(rows.positive, rows.per_negative)
    if not most <= answers.questions <= len(builder.questions):
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
            f"set answers.max_tokens to at most {sampling.max_new_tokens - room}"
            if sampling.max_new_tokens > room
            else f"set sampling.max_new_tokens to at least {answers.max_tokens + room}",
        )


def _covariates(experiment: Experiment, profile: Profile) -> Iterator[Problem]:
    if profile.covariates and not any(each.target for each in experiment.conditions):
        yield (
            "covariates are computed from the conditions' targets, but no condition has one",
            "give conditions a target, or their covariates by hand",
        )
    evaluated = {task.name for task in experiment.evaluated}
    for condition in experiment.conditions if profile.covariates else ():
        if condition.target in evaluated:
            yield (
                f"covariates are computed from the conditions' targets, but '{condition.target}', "
                f"of condition '{condition.name}', is Inspect's",
                "give the condition another target, or its covariates by hand",
            )
    given = {
        name: condition.name
        for condition in experiment.conditions
        for name in (*condition.covariates, *condition.levels)
    }
    computed: set[str] = set()
    for source in profile.covariates:
        if isinstance(source, CentroidCosine):
            yield from _cosine(experiment, source)
        for name, _ in source.names():
            if name in computed:
                yield f"covariate '{name}' is computed twice", "take one of the two out"
            if name in given:
                yield (
                    f"'{name}' is computed, but condition '{given[name]}' gives it as well",
                    "rename or remove one",
                )
            computed.add(name)


def _cosine(experiment: Experiment, source: CentroidCosine) -> Iterator[Problem]:
    tasks = [task.name for task in experiment.prompted]
    if source.reference not in tasks:
        yield unknown("task", source.reference, tasks, "the reference of its cosines")
    if not source.layers or len(set(source.layers)) < len(source.layers):
        yield f"its cosines are taken at layers {source.layers}", "name each layer once"
    elif min(source.layers) < 0:
        yield f"layer {min(source.layers)} is negative", "count blocks from 0"
