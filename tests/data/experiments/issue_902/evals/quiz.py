"""Tasks of Inspect's, of the shapes that are published: a multiple choice, and a grader."""

from typing import Any

from inspect_ai import Epochs, Task, task
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import Score, Target, accuracy, choice, includes, model_graded_qa, scorer
from inspect_ai.solver import (
    Generate,
    TaskState,
    generate,
    multiple_choice,
    solver,
    system_message,
)
from words import ADDENDS, question


@task
def sums(first: int = 1) -> Task:
    """A multiple choice; what a toy says is right where it has an e."""
    return Task(
        dataset=[
            Sample(
                id=f"q{n}",
                input=question(n + first - 1),
                choices=["none", str(2 * n), "many"],
                target="B",
                metadata={"half": n % 2},
            )
            for n in ADDENDS
        ],
        solver=[system_message("You are a clerk."), multiple_choice(max_tokens=9)],
        scorer=[choice(), letters()],
    )


@task
def graded() -> Task:
    """Answers that another model grades, each of them twice."""
    return Task(
        dataset=[Sample(id=f"q{n}", input=question(n), target=str(2 * n)) for n in ADDENDS],
        solver=generate(max_tokens=6),
        scorer=model_graded_qa(grade_pattern=r"([CI])"),
        epochs=Epochs(2),
    )


@scorer(metrics=[accuracy()])
def letters() -> Any:
    """How many letters there are, where there are any."""

    async def score(state: TaskState, target: Target) -> Score:
        found = [each for each in state.output.completion if each.isalpha()]
        return Score(value=len(found)) if found else Score.unscored(reason="no_letters")

    return score


@task
def unscored() -> Task:
    """Without a scorer."""
    return Task(dataset=[Sample(input="Why?")], solver=generate())


@task
def self_graded() -> Task:
    """Without a grader."""
    return Task(dataset=[Sample(input="Why?", target="So.")], scorer=model_graded_qa())


@task
def with_tools() -> Task:
    """With a tool."""
    from inspect_ai.solver import use_tools
    from inspect_ai.tool import think

    return Task(
        dataset=[Sample(input="Why?", target="e")],
        solver=[use_tools(think()), generate()],
        scorer=includes(),
    )


def no_task() -> None:
    """Not decorated."""


@task
def logprobs() -> Task:
    """Asks for log-probabilities."""
    return Task(
        dataset=[Sample(input="Why?", target="e")],
        solver=generate(logprobs=True),
        scorer=includes(),
    )


@task
def images() -> Task:
    """Shows a picture."""
    from inspect_ai.model import ChatMessageUser, ContentImage

    picture = ContentImage(image="data:image/png;base64,iVBORw0KGgo=")
    return Task(
        dataset=[Sample(input=[ChatMessageUser(content=[picture])], target="e")],
        solver=generate(),
        scorer=includes(),
    )


@solver
def asking(name: str) -> Any:
    """Asks another model."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output = await get_model(name).generate("Why?")
        return state

    return solve


@task
def other_model() -> Task:
    """Asks a model that is no condition."""
    return Task(
        dataset=[Sample(input="Why?", target="e")], solver=asking("epm/nobody"), scorer=includes()
    )


@solver
def breaking() -> Any:
    """Fails for one sample, and asks of another without end."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.sample_id == "broken":
            raise RuntimeError(f"{__file__} cannot be read")
        state = await generate(state)
        while state.sample_id == "endless":
            state = await generate(state)
        return state

    return solve


@task
def failing() -> Task:
    """One answer, one error, and one that is stopped."""
    return Task(
        dataset=[Sample(id=n, input="Why?", target="e") for n in ("fine", "broken", "endless")],
        solver=breaking(),
        scorer=includes(),
        token_limit=60,
    )


@task
def own_model() -> Task:
    """Says itself who answers."""
    return Task(
        dataset=[Sample(input="Why?", target="e")], scorer=includes(), model="mockllm/model"
    )


@task
def stopped(seed: int | None = None, stop: str = "e") -> Task:
    """Two answers at once, up to a letter."""
    return Task(
        dataset=[Sample(id=n, input=question(n), target="e") for n in ADDENDS],
        solver=generate(stop_seqs=[stop], num_choices=2, seed=seed),
        scorer=includes(),
    )
