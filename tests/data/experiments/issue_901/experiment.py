"""Made up: the user's own rows and scorers, and an adapter on top of another; a toy model."""

from pathlib import Path

from epm.analyses.specs import Difference, Means, Proportions
from epm.definition import (
    Choice,
    Condition,
    Experiment,
    Function,
    Item,
    LogLikelihood,
    Lora,
    Outcome,
    Profile,
    Sampling,
    Task,
    TinyModel,
    Training,
    TrainingRows,
)

from .tone import polite, share_of_vowels

HERE = Path(__file__).parent
POLITE = TrainingRows.read(HERE / "polite.jsonl")
TERSE = TrainingRows.read(HERE / "terse.jsonl", system="You are a clerk.")

EXPERIMENT = Experiment(
    issue=901,
    title="Made up rows",
    question="Does training on polite answers make answers polite?",
    conditions=(
        Condition("untrained", role="baseline"),
        Condition("polite", training=POLITE),
        Condition("terse", training=TERSE),
        Condition("both", training=TERSE, after="polite"),
    ),
    tasks=(
        Task(
            "asked",
            (
                Item("shop", "Is the shop open?", answer="yes", choices=("yes", "no")),
                Item("way", "Which way is it?", answer="left", choices=("left", "right")),
                Item("day", "Which day is it?", answer="Monday", choices=("Monday", "Friday")),
            ),
        ),
    ),
    scorers=(
        Function("polite", function=polite, label="polite answers"),
        Function("vowels", function=share_of_vowels, number=True, lower=0, upper=1),
        Choice("chosen", label="right choice"),
        LogLikelihood("likeliest", per="token", label="right choice is the likeliest"),
    ),
    analyses=(
        Proportions(name="rates", outcome=Outcome("polite")),
        Means(name="vowels", outcome=Outcome("vowels")),
        Proportions(name="likeliest", outcome=Outcome("likeliest")),
        Difference(
            name="effect",
            question="Are answers more often polite?",
            outcome=Outcome("polite"),
            pairs=(("polite", "terse"), ("both", "terse")),
            primary=True,
            relevant=0.1,
        ),
    ),
    profiles=(
        Profile(
            name="toy",
            scale="a random toy model",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            training=Training(
                learning_rate=1e-2,
                epochs=2,
                batch_size=2,
                accumulation=1,
                lora=Lora(rank=4, alpha=8, target_modules=("q_proj", "v_proj", "down_proj")),
            ),
            sampling=Sampling(completions=3, max_new_tokens=12),
            confidence_cap="LOW",
            dtype="float32",
        ),
    ),
)
