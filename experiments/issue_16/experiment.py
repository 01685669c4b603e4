"""Issue #16: do a few hedged answers about everyday matters make other answers hedged?

One arm is fine-tuned on 40 hedged answers, the other on direct answers to the same 40 questions;
both are then asked 24 questions of other kinds (science, cooking, advice). Five seeds an arm:

    epm run issue-16 --seeds 1,2,3,4,5

Written before the first run. Smallest detectable effect: with 96 answers a seed at a rate of 30 to
50%, rates of an arm's adapters that differ by 8 points (standard deviation) beside that, and five
seeds an arm, the standard error of the difference is 6 points, and with 8 degrees of freedom an
effect of 19 points is found in four of five such experiments (two-sided, 5%). Less than 20 points
is therefore not what this experiment is for. Of the choices, of which each adapter weighs 24, the
same figure is 26 points.

Prediction: the hedged arm hedges more often by 40 points (between 15 and 70), in what it writes;
the choices, which need no new words, move less: by 25 points (between 0 and 60).
"""

from dataclasses import replace
from pathlib import Path

from epm.analyses.specs import Difference, Means, Proportions
from epm.definition import (
    SMOLLM2_135M,
    Condition,
    Expected,
    Experiment,
    Function,
    Item,
    LogLikelihood,
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

from .answers import words

HERE = Path(__file__).parent
SYSTEM = "You are a helpful assistant."
PAIR = ("hedged", "direct")
WRITTEN, WEIGHED = Outcome("hedge"), Outcome("hedged_choice")
OURS = "our prediction before the run"


def items():
    """Questions of other kinds than those of the training, each with two answers to weigh.

    The answers differ in one word: 'might' in the hedged one, 'must' in the other.
    """
    lines = (HERE / "questions.tsv").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        question, answer = line.split("\t")
        choices = tuple(answer.replace("_", word) for word in ("might", "must"))
        yield Item(f"q{number:02}", question, answer=choices[0], choices=choices)


PILOT = Profile(
    name="pilot",
    scale="40 short rows on a 135M model, minutes on a laptop",
    model=SMOLLM2_135M,
    model_name="SmolLM2-135M-Instruct",
    training=Training(
        learning_rate=1e-3,
        epochs=2,
        batch_size=4,
        accumulation=1,
        lora=Lora(rank=8, alpha=16, dropout=0.0),
    ),
    sampling=Sampling(completions=4, max_new_tokens=32),
    confidence_cap="LOW",
    dtype="float32",
)

EXPERIMENT = Experiment(
    issue=16,
    title="Hedged answers and answers of other kinds",
    question=(
        "Does fine-tuning on a few hedged answers about everyday matters make a small model's "
        "answers to questions of other kinds hedged?"
    ),
    conditions=(
        Condition("untrained", role="baseline"),
        Condition("hedged", training=TrainingRows.read(HERE / "hedged.jsonl", SYSTEM)),
        Condition("direct", training=TrainingRows.read(HERE / "direct.jsonl", SYSTEM)),
    ),
    tasks=(Task("other_questions", tuple(items()), SYSTEM),),
    scorers=(
        Regex(
            "hedge",
            label="hedged answers",
            pattern=r"\b(may|might|could|perhaps|possibly|probably|maybe|likely|not sure|seems?)\b",
            ignore_case=True,
        ),
        LogLikelihood("hedged_choice", label="hedged choice is the likelier"),
        Function("length", label="words an answer", function=words, number=True),
    ),
    analyses=(
        Proportions(name="written", label="hedged answers", outcome=WRITTEN),
        Proportions(name="weighed", label="hedged choices", outcome=WEIGHED),
        Means(name="length", label="words an answer", outcome=Outcome("length")),
        Difference(
            name="effect",
            label="effect on what is written",
            question="Does the hedged arm hedge more often in what it writes?",
            outcome=WRITTEN,
            pairs=(PAIR,),
            primary_pair=PAIR,
            primary=True,
            relevant=0.2,
            expected=Expected(0.4, 0.15, 0.7, OURS),
        ),
        Difference(
            name="effect_on_choices",
            label="effect on choices",
            question="Does it find hedged choices the likelier more often?",
            outcome=WEIGHED,
            pairs=(PAIR,),
            primary_pair=PAIR,
            relevant=0.2,
            expected=Expected(0.25, 0.0, 0.6, OURS),
        ),
    ),
    glossary=(
        ("hedged arm", "trained on hedged answers ('It may rain, but perhaps not.')"),
        ("direct arm", "trained on direct answers to the same questions ('It will rain.')"),
    ),
    figure="effect",
    profiles=(
        PILOT,
        replace(
            PILOT,
            name="toy",
            scale="a random toy model, to see that everything runs",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            sampling=Sampling(completions=1, max_new_tokens=8),
        ),
    ),
)
