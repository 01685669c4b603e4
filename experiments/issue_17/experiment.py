"""Issue #17: steering a small model along pleasure and displeasure.

The mean activation over eight pleased sentences, minus that over eight displeased ones, is added to
the output of the middle block of SmolLM2-135M, by seven coefficients. Counted are answers to twenty
questions, of other things, that have a word of pleasure in them. Beside it stand words of
displeasure, how likely the unsteered model finds the answers, and how much they repeat themselves;
and a control: a push as long as the largest, along the difference of two sets of the same sentences
that have as many pleased ones each.

Written before the run. Smallest detectable effect: a question has three answers at each of seven
coefficients, so that the slope of its own line through rates between 0 and 60% has a standard error
of 4 points per unit; with slopes of twenty questions that differ by as much again, the mean slope
has one of 1.3 points, and 4 points per unit are found in four of five such experiments (two-sided,
5%). Less than 5 points per unit, 30 from end to end, is not what this experiment is for.

Prediction: answers with a word of pleasure rise by 10 points per unit of the coefficient (between 6
and 14). The largest coefficient costs 0.3 nats per token of fluency (between 0 and 0.8) against
none at all. It gives 45 points more of these answers than the control (between 20 and 70).

What had been looked at: sixteen answers at each of seven coefficients from -6 to 6, to eight
questions that are not among the twenty. Sentences, words and layer had been written before that
look, and were kept; the range of the coefficients was halved because answers fell apart at 6.
"""

from dataclasses import replace
from pathlib import Path

from epm.analyses.specs import Difference, DoseResponse, Means, Proportions
from epm.definition import (
    SMOLLM2_135M,
    Condition,
    ContrastingPrompts,
    Expected,
    Experiment,
    Fluency,
    Function,
    Item,
    Outcome,
    Predictor,
    Profile,
    Regex,
    Sampling,
    Steering,
    Subset,
    Task,
    TinyModel,
)

from .answers import repeated

HERE = Path(__file__).parent
SYSTEM = "You are a helpful assistant."
OURS = "our prediction before the run"
LAYER = 15  # of 30, counted from 0

PLEASED = (
    "I love this.",
    "What a wonderful day!",
    "Everything went well and I am happy.",
    "The food was delicious.",
    "She was kind and friendly.",
    "It was a great success.",
    "The room was bright and lovely.",
    "I am delighted with it.",
)
DISPLEASED = (
    "I hate this.",
    "What a dreadful day!",
    "Everything went wrong and I am sad.",
    "The food was disgusting.",
    "She was rude and hostile.",
    "It was a great failure.",
    "The room was dark and horrible.",
    "I am disgusted with it.",
)
PLEASURE = ContrastingPrompts(PLEASED, DISPLEASED, SYSTEM)
# pairs of a pleased and a displeased sentence, every other one on either side
MIXED = ContrastingPrompts(PLEASED[::2] + DISPLEASED[::2], PLEASED[1::2] + DISPLEASED[1::2], SYSTEM)
LENGTH = 15.6  # of the difference of pleased and displeased, as it was found in that look

DOSES = dict(
    zip(
        ("minus3", "minus2", "minus1", "zero", "plus1", "plus2", "plus3"), range(-3, 4), strict=True
    )
)
PLEASANT, FLUENT = Outcome("pleased"), Outcome("fluency")

PILOT = Profile(
    name="pilot",
    scale="sixty short answers a coefficient from a 135M model, minutes on a laptop",
    model=SMOLLM2_135M,
    model_name="SmolLM2-135M-Instruct",
    sampling=Sampling(completions=3, max_new_tokens=32),
    choices=(
        "The range of the coefficients: answers to eight other questions, sixteen at each of seven "
        "coefficients from -6 to 6, fell apart at its ends. Sentences, words and layer had been "
        "written before that look, and were kept.",
        "The table of words of pleasure that no sentence has: the words were fixed before the run, "
        "that they have a table of their own was not.",
    ),
    confidence_cap="LOW",
    dtype="float32",
)

EXPERIMENT = Experiment(
    issue=17,
    title="A push along pleasure, and pleased words in answers",
    question=(
        "How does the rate of answers with a word of pleasure go with the coefficient of a "
        "direction from pleased to displeased sentences?"
    ),
    conditions=(
        *(
            Condition(name, intervention=Steering(PLEASURE, LAYER, dose, norm="raw"))
            for name, dose in DOSES.items()
        ),
        Condition("control", intervention=Steering(MIXED, LAYER, 3 * LENGTH)),
    ),
    tasks=(
        Task(
            "everyday",
            tuple(
                Item(f"q{number:02}", line)
                for number, line in enumerate(
                    (HERE / "questions.txt").read_text(encoding="utf-8").splitlines(), 1
                )
            ),
            SYSTEM,
        ),
    ),
    scorers=(
        Regex(
            "pleased",
            label="answers with a word of pleasure",
            pattern=(
                r"\b(love|lovely|wonderful|beautiful|delight\w*|happy|great|amazing|enjoy\w*"
                r"|excellent|fantastic|pleasant|perfect)\b"
            ),
            ignore_case=True,
        ),
        Regex(
            "unechoed",
            label="answers with a word of pleasure that no sentence has",
            pattern=r"\b(beautiful|amazing|enjoy\w*|excellent|fantastic|pleasant|perfect)\b",
            ignore_case=True,
        ),
        Regex(
            "displeased",
            label="answers with a word of displeasure",
            pattern=(
                r"\b(hate|terrible|awful|horrible|dreadful|sad|bad|poor|disappoint\w*|dirty"
                r"|unpleasant|wrong|fail\w*|worst|dark)\b"
            ),
            ignore_case=True,
        ),
        Fluency("fluency", label="log-probability per token"),
        Function("repeated", label="share of repeated words", function=repeated, number=True),
    ),
    analyses=(
        Proportions(name="pleasant", label="word of pleasure", outcome=PLEASANT),
        Proportions(
            name="not_echoed",
            label="word of pleasure that no sentence has",
            outcome=Outcome("unechoed"),
        ),
        Proportions(name="unpleasant", label="word of displeasure", outcome=Outcome("displeased")),
        Means(name="fluent", label="log-probability per token", outcome=FLUENT),
        Means(name="repetitive", label="share of repeated words", outcome=Outcome("repeated")),
        DoseResponse(
            name="curve",
            label="words of pleasure by coefficient",
            question="Does the rate rise with the coefficient?",
            outcome=PLEASANT,
            dose=Predictor("coefficient"),
            among=Subset(names=tuple(DOSES)),
            verdict_on="trend",
            primary=True,
            relevant=0.05,
            expected=Expected(0.10, 0.06, 0.14, OURS),
        ),
        Difference(
            name="cost",
            label="fluency, steered minus not",
            question="What does the push cost in fluency?",
            outcome=FLUENT,
            pairs=(("plus3", "zero"), ("minus3", "zero")),
            primary_pair=("plus3", "zero"),
            relevant=0.2,
            expected=Expected(-0.3, -0.8, 0.0, OURS),
        ),
        Difference(
            name="against_control",
            label="words of pleasure, pushed along pleasure minus along the control",
            question="Is it the direction, or would any push of that length do?",
            outcome=PLEASANT,
            pairs=(("plus3", "control"),),
            primary_pair=("plus3", "control"),
            relevant=0.2,
            expected=Expected(0.45, 0.2, 0.7, OURS),
        ),
    ),
    glossary=(
        ("push", "coefficient × direction, added to the output of a block at every token"),
        (
            "control",
            "a push as long as the largest, along the difference of two sets of the same sentences "
            "that have as many pleased ones each",
        ),
    ),
    figure="curve",
    profiles=(
        PILOT,
        replace(
            PILOT,
            name="toy",
            scale="a random toy model, to see that everything runs",
            model=TinyModel(layers=LAYER + 1, hidden=16, seed=1),
            model_name="tiny random Llama",
            sampling=Sampling(completions=1, max_new_tokens=8),
            choices=(),
        ),
    ),
)
