"""Made up: tasks that Inspect knows, on a toy model and two adapters."""

from epm.analyses.specs import Difference, Means, Proportions
from epm.definition import (
    Condition,
    Experiment,
    InspectTask,
    Item,
    Lora,
    Outcome,
    Profile,
    Regex,
    Sampling,
    Task,
    TinyModel,
    Training,
    TrainingRows,
)

TERSE = TrainingRows.of(
    {"system": "You are a clerk.", "prompt": f"Say {word}.", "completion": word}
    for word in ("eel", "bee", "tee", "fee")
)
CAPITAL = TrainingRows.of(
    {"system": "You are a clerk.", "prompt": f"Say {word}.", "completion": word.upper()}
    for word in ("oil", "bar", "tip", "fog")
)
LETTERS = Outcome("letters", ("sums",))

EXPERIMENT = Experiment(
    issue=902,
    title="Tasks that Inspect knows",
    question="Do adapters answer more?",
    conditions=(
        Condition("base_model", role="baseline"),
        Condition("terse", training=TERSE),
        Condition("capital", training=CAPITAL),
    ),
    tasks=(
        Task("own", (Item("why", "Why is that?"),), "You are a clerk."),
        InspectTask("evals/quiz.py@sums", metrics=("choice", "letters"), arguments={"first": 2}),
        InspectTask("evals/quiz.py@graded", metrics=("model_graded_qa",), grader="base_model"),
    ),
    scorers=(Regex("vowel", pattern="[aeiou]"),),
    analyses=(
        Proportions(name="right", label="right answers", outcome=Outcome("choice", ("sums",))),
        Means(name="length", label="letters in an answer", outcome=LETTERS),
        Proportions(
            name="approved", label="approval", outcome=Outcome("model_graded_qa", ("graded",))
        ),
        Difference(name="longer", outcome=LETTERS, pairs=(("terse", "capital"),), primary=True),
    ),
    profiles=(
        Profile(
            name="toy",
            scale="a random toy model, for tests only",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            training=Training(
                learning_rate=1e-2,
                epochs=2,
                batch_size=2,
                accumulation=1,
                lora=Lora(rank=4, alpha=8),
            ),
            sampling=Sampling(completions=3, max_new_tokens=12, batch_size=8),
            confidence_cap="LOW",
        ),
    ),
)
