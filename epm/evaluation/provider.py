"""Our conditions as models of Inspect: `epm/<condition>`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from epm.definition import Sampling
from epm.errors import EpmError
from epm.evaluation.batches import Batches, Question, with_limits
from epm.sampling import Completion
from epm.sampling.samples import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput

NAME = "epm"

UNHEARD = (
    *("best_of", "frequency_penalty", "presence_penalty", "logit_bias", "top_k", "logprobs"),
    *("top_logprobs", "prompt_logprobs", "response_schema", "extra_body", "modalities"),
)
"""Settings of a question that would change its answer, and that our engines do not have."""


@dataclass(frozen=True)
class Answering:
    """What answers while a task is evaluated."""

    task: str
    batches: Batches
    sampling: Sampling
    """For what the task leaves open."""
    subjects: Mapping[str, Subject]
    """By the names of replicates, and of conditions, which are their first."""
    contents: Mapping[str, str]
    """Of each subject: hash of what its answers depend on."""


_ANSWERING: ContextVar[Answering | None] = ContextVar("_ANSWERING", default=None)


@contextmanager
def answering(by: Answering) -> Iterator[None]:
    """Let `epm/<condition>` be a model for a while."""
    register()
    before = _ANSWERING.set(by)
    try:
        yield
    finally:
        _ANSWERING.reset(before)


def model(name: str, *, grades: bool = False) -> Model:
    """A condition, or a replicate of one, as a model of Inspect.

    Args:
        name: one of those that answer now.
        grades: whether it grades others' answers; a grade is no sample of what a model may say,
            and so has temperature 0 where the task sets none.
    """
    from inspect_ai.model import GenerateConfig, get_model

    by = _now()
    config = GenerateConfig(
        temperature=0.0 if grades else by.sampling.temperature,
        top_p=by.sampling.top_p,
        max_tokens=by.sampling.max_new_tokens,
    )
    return get_model(f"{NAME}/{name}", config=config, memoize=False, grades=grades)


def _now() -> Answering:
    if (by := _ANSWERING.get()) is None:
        raise EpmError(
            f"'{NAME}/…' is a model only while `epm run` evaluates a task",
            "name the task in an experiment's definition: tasks=(InspectTask(…),)",
        )
    return by


@cache
def register() -> None:
    """Make `epm` a provider of models for Inspect, once."""
    from inspect_ai.model import GenerateConfig, ModelAPI, modelapi

    class ConditionAPI(ModelAPI):
        """A condition of the experiment that is being run."""

        def __init__(
            self,
            model_name: str,
            base_url: str | None = None,
            api_key: str | None = None,
            config: GenerateConfig = GenerateConfig(),  # noqa: B008 - as in ModelAPI
            **model_args: Any,
        ) -> None:
            by = _now()
            if model_name not in by.subjects:
                raise by.batches.failed(
                    f"task '{by.task}' asks the model '{NAME}/{model_name}', which no condition is",
                    f"there is {', '.join(by.subjects)}",
                )
            super().__init__(model_name, None, None, [], config)
            self._grades = bool(model_args.get("grades"))

        @property
        def base_url(self) -> str:
            """What the answers depend on: those that Inspect keeps are kept apart by it."""
            return _now().contents[self.model_name]

        @base_url.setter
        def base_url(self, value: object) -> None:
            """There is no server."""

        async def generate(
            self, input: list[ChatMessage], tools: Any, tool_choice: Any, config: GenerateConfig
        ) -> ModelOutput:
            by = _now()  # Inspect may have kept this from another task
            question = _question(by, self.model_name, input, tools, config)
            answers = await by.batches.answer(replace(question, grades=self._grades))
            return _output(self.model_name, answers, config.stop_seqs or ())

        def max_connections(self) -> int:
            return _now().sampling.batch_size

        def connection_key(self) -> str:
            return f"{NAME}/{self.model_name}"

        def collapse_user_messages(self) -> bool:
            return True

        def collapse_assistant_messages(self) -> bool:
            return True

    modelapi(NAME)(ConditionAPI)


def _question(
    by: Answering,
    condition: str,
    messages: Sequence[ChatMessage],
    tools: Sequence[Any],
    config: GenerateConfig,
) -> Question:
    """What is asked of a condition.

    Raises:
        EpmError: it cannot be asked that.
    """
    from inspect_ai.log._samples import sample_active

    try:
        _refuse(tools, config)
        turns = tuple((message.role, _text(message)) for message in messages)
    except EpmError as error:
        raise by.batches.failed(f"task '{by.task}': {error.what}", error.remedy) from None
    sample = sample_active()
    place = (str(sample.sample.id), str(sample.epoch)) if sample else ()
    seed = () if config.seed is None else (f"seed {config.seed}",)
    return Question(
        by.subjects[condition],
        by.task,
        (*place, *seed),
        turns,
        with_limits(by.sampling, config.temperature, config.top_p, config.max_tokens),
        config.num_choices or 1,
    )


def _refuse(tools: Sequence[Any], config: GenerateConfig) -> None:
    if tools:
        raise EpmError(
            f"it gives the model tools ({tools[0].name}), and conditions have none",
            "take a task without tools",
        )
    for name in UNHEARD:
        if getattr(config, name, None) not in (None, False):
            raise EpmError(f"it sets {name}, which is not to be had here", f"leave {name} out")


def _text(message: ChatMessage) -> str:
    if message.role == "tool" or getattr(message, "tool_calls", None):
        raise EpmError("it has turns of tools, and conditions have none", "take one without tools")
    content = message.content
    for part in content if isinstance(content, list) else ():
        if part.type not in ("text", "reasoning"):
            raise EpmError(f"it shows the model {part.type}, and conditions read text", "take text")
    return message.text


def _output(name: str, answers: Sequence[Completion], stops: Sequence[str]) -> ModelOutput:
    from inspect_ai.model import (
        ChatCompletionChoice,
        ChatMessageAssistant,
        ModelOutput,
        ModelUsage,
    )

    choices = []
    for answer in answers:
        ends = [at for stop in stops if stop and (at := answer.text.find(stop)) >= 0]
        choices.append(
            ChatCompletionChoice(
                message=ChatMessageAssistant(
                    content=answer.text[: min(ends)] if ends else answer.text,
                    model=name,
                    source="generate",
                ),
                stop_reason="stop" if ends or answer.finish == "stop" else "max_tokens",
            )
        )
    tokens = sum(answer.tokens for answer in answers)
    return ModelOutput(
        model=name,
        choices=choices,
        usage=ModelUsage(output_tokens=tokens, total_tokens=tokens),
    )
