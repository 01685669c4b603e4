"""Tasks of Inspect's, of the shapes that are published: a multiple choice, and a grader."""

from typing import Any

from inspect_ai import Epochs, Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Target, accuracy, choice, includes, model_graded_qa, scorer
from inspect_ai.solver import TaskState, generate, multiple_choice, system_message
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
        scorer=model_graded_qa(grade_pattern=r"([CcIi])"),
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
