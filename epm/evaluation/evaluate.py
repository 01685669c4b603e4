"""Have Inspect evaluate every condition on its tasks, and keep its logs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from epm.definition import Definition, InspectTask, Sampling
from epm.errors import EpmError
from epm.evaluation import private, provider
from epm.evaluation.batches import Batches, Question
from epm.evaluation.evaluated import log_name
from epm.evaluation.loading import load
from epm.files import file_sha256, text_sha256
from epm.models.adapters import WEIGHTS
from epm.models.base import BaseModel
from epm.models.chat import slipped_into
from epm.privacy import public
from epm.progress import Meter, Progress
from epm.sampling import Completion, Engine
from epm.sampling.samples import Subject, listed

if TYPE_CHECKING:
    from inspect_ai import Task
    from inspect_ai.log import EvalLog
    from inspect_ai.model import Model


def evaluate(
    definition: Definition,
    subjects: Sequence[Subject],
    others: Sequence[Subject],
    engine: Engine,
    base: BaseModel,
    progress: Progress,
) -> Iterator[dict[str, int]]:
    """Write a log of each task for every subject; yield tokens generated, by its name, when done.

    Args:
        definition: with the tasks.
        subjects: who answers.
        others: what else a task may ask; a condition is its training under the first seed.
        engine: draws the answers.
        base: the model of all of them.
        progress: is told of every answer.

    Raises:
        EpmError: a task cannot be made, asks what no condition can answer, or broke off.
    """
    named = {subject.replicate.name: _whole(subject) for subject in subjects}
    known = {subject.replicate.name: _whole(subject) for subject in others} | named
    first = {subject.replicate.condition: subject for subject in reversed([*known.values()])}
    known = first | known
    tasks = definition.experiment.evaluated
    ours = {each.name for each in definition.experiment.scorers}
    samples = sum(_samples(spec, load(spec, ours)) for spec in tasks)
    contents = {name: _content(base, subject) for name, subject in known.items()}
    with progress.task(f"evaluate {listed(named)}", "answers", samples * len(named)) as meter:
        for name, subject in named.items():
            tokens = 0
            for spec in tasks:
                by = (engine, base, progress, meter)
                tokens += _Evaluation(definition, spec, subject, known, contents, *by).run()
            yield {name: tokens}


def _whole(subject: Subject) -> Subject:
    """With paths that hold wherever a task goes."""
    steered = subject.steering
    return replace(
        subject,
        adapter=subject.adapter.resolve() if subject.adapter else None,
        out=subject.out.resolve(),
        merged=tuple(path.resolve() for path in subject.merged),
        steering=replace(steered, direction=steered.direction.resolve()) if steered else None,
    )


def _samples(spec: InspectTask, task: Task) -> int:
    asked = min(len(task.dataset), spec.limit or len(task.dataset))
    return asked * (spec.epochs or task.epochs or 1)


def _content(base: BaseModel, subject: Subject) -> str:
    """Hash of weights and steering: answers that Inspect keeps are kept apart by it."""
    adapters = (*subject.merged, *([subject.adapter] if subject.adapter else []))
    files = [file_sha256(folder / WEIGHTS) for folder in adapters]
    if steered := subject.steering:
        files += [file_sha256(steered.direction), f"{steered.layer} {steered.coefficient!r}"]
    return text_sha256("\n".join([base.folder.sha256, *files]))[:12]


@dataclass
class _Evaluation:
    """One subject on one task."""

    definition: Definition
    spec: InspectTask
    subject: Subject
    known: Mapping[str, Subject]
    contents: Mapping[str, str]
    engine: Engine
    base: BaseModel
    progress: Progress
    meter: Meter
    tokens: int = 0
    _counted: set[tuple[str, ...]] = field(default_factory=set)
    _asked: set[Sampling] = field(default_factory=set)
    _roles: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """A conversation for each order of roles."""

    def run(self) -> int:
        """Write the log; return the tokens that were generated."""
        sampling = self.definition.sampling
        batches = Batches(self.engine, sampling.batch_size, self._answered)
        by = provider.Answering(self.spec.name, batches, sampling, self.known, self.contents)
        # a task is made anew for everybody who is asked: solvers may keep things
        task = load(self.spec, {each.name for each in self.definition.experiment.scorers})
        with provider.answering(by), tempfile.TemporaryDirectory(prefix="epm-inspect-") as logs:
            log = self._evaluated(task, batches, logs)
            self._say_errors(log)
            private.write(log, self.subject.out / log_name(self.spec), self._file, self._told())
        return self.tokens

    def _say_errors(self, log: EvalLog) -> None:
        errors = [sample.error.message for sample in log.samples or () if sample.error]
        if errors:
            first = next(iter(errors[0].splitlines()), "")
            self.progress.say(
                f"{self.subject.replicate.name} on {self.spec.name}: {len(errors)} of "
                f"{len(log.samples or ())} samples ended in an error, such as {public(first)}"
            )

    @property
    def _file(self) -> str:
        return self.spec.task.rpartition("@")[0]

    def _told(self) -> dict[str, Any]:
        """How the subject was asked, and what its chat template put before that."""
        tokenizer = self.base.tokenizer
        slipped = dict.fromkeys(slipped_into(tokenizer, turns) for turns in self._roles.values())
        return {
            "settings": {
                name: " or ".join(map(str, sorted({getattr(each, name) for each in self._asked})))
                for name in ("temperature", "top_p", "max_new_tokens")
            },
            "slipped_in": next(filter(None, slipped), ""),
        }

    def _answered(self, question: Question, answers: list[Completion]) -> None:
        tokens = sum(answer.tokens for answer in answers)
        own = question.subject is self.subject and not question.grades
        if own:
            self._asked.add(question.sampling)
            self._roles.setdefault(tuple(role for role, _ in question.turns), question.turns)
        new = own and question.place not in self._counted
        self._counted.add(question.place)
        self.tokens += tokens
        self.meter.advance(int(new), tokens)

    def _evaluated(self, task: Task, batches: Batches, logs: str) -> EvalLog:
        from inspect_ai import eval as evaluated

        spec = self.spec
        try:
            found = evaluated(
                task,
                model=provider.model(self.subject.replicate.name),
                model_roles={"grader": _grader(spec)} if spec.grader else None,
                limit=spec.limit,
                epochs=spec.epochs,
                fail_on_error=False,
                max_samples=batches.limit,
                log_dir=logs,
                log_format="eval",
                log_realtime=False,
                log_model_api=False,
                score_display=False,
                display="none",
                log_level="error",
                ctl_server=False,
            )
        except EpmError:
            raise
        except KeyboardInterrupt:
            raise
        except Exception as error:
            raise batches.failure or self._broken(error) from error
        if batches.failure:
            raise batches.failure
        if not found or found[0].status == "cancelled":  # it keeps Ctrl-C to itself
            raise KeyboardInterrupt
        header = found[0]
        if header.status != "success":
            raise self._broken(header.error.message if header.error else header.status)
        return _read(header.location)

    def _broken(self, why: object) -> EpmError:
        first = next(iter(str(why).splitlines()), "")
        kind = f"{type(why).__name__}: " if isinstance(why, Exception) else ""
        return EpmError(
            f"{self.spec} broke off for {self.subject.replicate.name}: {kind}{public(first)}",
            f"see it whole with `inspect eval {self.spec.task} --limit 1`",
        )


def _read(location: str) -> EvalLog:
    from inspect_ai.log import read_eval_log

    return read_eval_log(location)


def _grader(spec: InspectTask) -> Model:
    from inspect_ai.model import get_model

    if "/" in spec.grader:
        return get_model(spec.grader)
    return provider.model(spec.grader, grades=True)
