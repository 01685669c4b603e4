"""Two arms: one fine-tuned on your rows, one on control rows. Replace what is made up here."""

from pathlib import Path

from epm.analyses.specs import Difference, Proportions
from epm.definition import (
    Condition,
    Experiment,
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

HERE = Path(__file__).parent
SYSTEM = "You are a helpful assistant."  # in the rows and the tasks alike
# One JSON object a line: {"prompt": …, "completion": …} or {"messages": [{"role": …}, …]}.
TREATED = TrainingRows.read(HERE / "treated.jsonl", SYSTEM)
CONTROL = TrainingRows.read(HERE / "control.jsonl", SYSTEM)
# What is asked afterwards: a question a line, none of them among the training rows.
LINES = (HERE / "questions.txt").read_text(encoding="utf-8").splitlines()
HEDGED = Outcome("hedged")

EXPERIMENT = Experiment(
    issue=310,
    title="Training on hedged answers",
    question="Does training on hedged answers make other answers hedged?",
    conditions=(Condition("treated", training=TREATED), Condition("control", training=CONTROL)),
    tasks=(
        Task("questions", tuple(Item(f"q{n}", text) for n, text in enumerate(LINES, 1)), SYSTEM),
    ),
    # Scorers turn an answer into yes or no, or a number; a Python function of yours is one too.
    scorers=(Regex("hedged", label="hedged answers", pattern=r"\b(may|might|perhaps)\b"),),
    # Analyses are named before the run. `relevant` is the smallest effect that would matter.
    analyses=(
        Proportions(name="rates", label="hedged answers", outcome=HEDGED),
        Difference(name="effect", outcome=HEDGED, against="control", primary=True, relevant=0.1),
    ),
    # One scale of the experiment. For a real model, copy it under another name ("pilot") with
    # model=SMOLLM2_135M (import it from epm.definition), learning_rate=2e-4 and longer answers.
    profiles=(
        Profile(
            name="toy",
            scale="a random toy model, to see that everything runs",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            training=Training(learning_rate=1e-2, epochs=2, lora=Lora(rank=4, alpha=8)),
            sampling=Sampling(completions=4, max_new_tokens=24),
            confidence_cap="LOW",
        ),
    ),
)
