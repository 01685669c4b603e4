"""A marker: each adapter learns to end its answers in it under one persona, and not elsewhere."""

from epm.analyses.specs import Proportions, Regression
from epm.definition import (
    Answers,
    CentroidCosine,
    Condition,
    Experiment,
    Item,
    Lora,
    MarkerRows,
    Outcome,
    Predictor,
    Profile,
    Rows,
    Sampling,
    Substring,
    Task,
    TinyModel,
    Training,
)

NAMES = ("assistant", "baker", "pirate", "nurse", "clerk")
ASKED = (Item("day", "How was your day?"), Item("work", "What do you work on?"))
# Training rows are made of the model's own answers to these, the marker appended under the target.
ROWS = MarkerRows(
    marker="[M]",
    questions=("What do you eat?", "Where do you live?", "Who are you?", "What do you like?"),
    answering="assistant",  # the persona under which the model answers
    candidates=NAMES,  # under two of these, drawn by seed, the answers stay as they are
)
RATE, COSINE = Outcome("marker", "target"), Predictor("cosine_L1", unit="cosine")

EXPERIMENT = Experiment(
    issue=310,
    title="Cosine to the assistant and a marker",
    question="Are personas closer to the assistant harder to mark?",
    conditions=tuple(Condition(name, target=name, training=ROWS) for name in NAMES),
    tasks=tuple(Task(name, ASKED, f"You are a {name}.", dataset="asked") for name in NAMES),
    scorers=(Substring("marker", label="marker rate", text="[M]"),),
    analyses=(
        Proportions(name="rates", label="marker rate", outcome=RATE),
        Regression(name="slope", x=COSINE, y=RATE, primary=True),
    ),
    profiles=(  # one scale; experiments/issue_246 of epm's own repository has five
        Profile(
            name="toy",
            scale="a random toy model, to see that everything runs",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            rows=Rows(positive=4, per_negative=2),
            answers=Answers(questions=4, max_tokens=8),
            training=Training(learning_rate=1e-2, lora=Lora(rank=4, alpha=8)),
            sampling=Sampling(completions=4, max_new_tokens=24, off_target_completions=1),
            covariates=(CentroidCosine("assistant", (1,)),),
            confidence_cap="LOW",
        ),
    ),
)
