"""Questions that many samples ask at once, answered by an engine in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from epm.definition import Item, Sampling, canonical_json, derive_seed
from epm.errors import EpmError
from epm.sampling import Completion, Engine, Prompt, SamplingRequest
from epm.sampling.samples import Subject

SETTLED = 0.02
"""Seconds without a new question after which those that wait are answered."""


@dataclass(frozen=True)
class Question:
    """A conversation that somebody waits to have continued."""

    subject: Subject
    """Who answers."""
    task: str
    place: tuple[str, ...]
    """Of the sample: id and epoch."""
    turns: tuple[tuple[str, str], ...]
    sampling: Sampling
    completions: int = 1
    grades: bool = False
    """Whether it is about the answer of another."""


@dataclass(eq=False)
class _Asked:
    question: Question
    number: int
    """How often the sample has asked this very question before."""
    answers: list[Completion] | None = None

    @property
    def prompt(self) -> Prompt:
        """As the engine takes it; its name is all that its chance depends on beside the seed."""
        question = self.question
        name = canonical_json([*question.place, [list(t) for t in question.turns], self.number])
        item = Item(name, question.turns[-1][1])
        return Prompt(question.task, None, item, question.completions, question.turns)


@dataclass
class Batches:
    """Collects questions, and has them answered together.

    What is answered does not depend on what it is answered with: each completion's chance is its
    own. The engine blocks the event loop, because all that wait there wait for it.
    """

    engine: Engine
    limit: int
    """Questions that are answered at once without waiting for more."""
    on_answers: Callable[[Question, list[Completion]], None]
    failure: BaseException | None = None
    """Why the engine can answer no more."""
    _waiting: list[_Asked] = field(default_factory=list)
    _seen: Counter[tuple[str, str, tuple[str, ...], tuple[tuple[str, str], ...]]] = field(
        default_factory=Counter
    )

    def failed(self, what: str, remedy: str) -> EpmError:
        """Answer no more, and say why: the first reason is the one that the run ends with."""
        error = EpmError(what, remedy)
        self.failure = self.failure or error
        return error

    async def answer(self, question: Question) -> list[Completion]:
        """The completions of a question.

        Raises:
            EpmError: the engine cannot answer; nor will it answer anything else.
        """
        import anyio

        key = (question.subject.replicate.name, question.task, question.place, question.turns)
        asked = _Asked(question, self._seen[key])
        self._seen[key] += 1
        self._waiting.append(asked)
        try:
            while asked.answers is None:
                if self.failure is not None:
                    raise self.failure
                before = len(self._waiting)
                if before < self.limit:
                    await anyio.sleep(SETTLED)
                if asked.answers is None and len(self._waiting) == before:
                    self._answer()
        finally:
            if asked in self._waiting:  # cancelled: by a limit of the sample, or by the user
                self._waiting.remove(asked)
        return asked.answers

    def _answer(self) -> None:
        """Answer all that wait."""
        waiting, self._waiting = self._waiting, []
        groups: dict[Sampling, list[_Asked]] = {}
        for asked in waiting:
            groups.setdefault(asked.question.sampling, []).append(asked)
        try:
            for sampling, group in groups.items():
                self._answer_alike(sampling, group)
        except BaseException as error:
            self.failure = error
            raise

    def _answer_alike(self, sampling: Sampling, group: list[_Asked]) -> None:
        by_subject: dict[str, list[_Asked]] = {}
        for asked in group:
            by_subject.setdefault(asked.question.subject.replicate.name, []).append(asked)
        requests = [_request(name, of_one) for name, of_one in by_subject.items()]
        for answered in self.engine.sample(requests, sampling, lambda *_: None):
            for name, completions in answered.items():
                left = iter(completions)
                for asked in by_subject[name]:
                    asked.answers = [next(left) for _ in range(asked.question.completions)]
                    self.on_answers(asked.question, asked.answers)


def _request(name: str, asked: list[_Asked]) -> SamplingRequest:
    subject = asked[0].question.subject
    replicate = subject.replicate
    return SamplingRequest(
        name,
        subject.adapter,
        tuple(each.prompt for each in asked),
        derive_seed(replicate.seed, "evaluate", replicate.condition),
        subject.merged,
        subject.steering,
    )


def with_limits(
    sampling: Sampling,
    temperature: float | None,
    top_p: float | None,
    max_tokens: int | None,
) -> Sampling:
    """The profile's sampling, but for what the task says itself."""
    given = {"temperature": temperature, "top_p": top_p, "max_new_tokens": max_tokens}
    return replace(sampling, **{name: v for name, v in given.items() if v is not None})  # type: ignore[arg-type]
