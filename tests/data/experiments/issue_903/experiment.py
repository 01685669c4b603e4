"""Made up: conditions that are steered by every kind of direction; a toy model."""

from pathlib import Path

from epm.analyses.specs import DoseResponse, Means, Proportions
from epm.definition import (
    BetweenConditions,
    Condition,
    ContrastingPrompts,
    Experiment,
    Fluency,
    FromFile,
    Item,
    LogLikelihood,
    Lora,
    Outcome,
    Predictor,
    Profile,
    Sampling,
    Steering,
    Subset,
    Substring,
    Task,
    TinyModel,
    Training,
    TrainingRows,
)

HERE = Path(__file__).parent
POLITE = TrainingRows.read(HERE / "polite.jsonl")
PROMPTS = ContrastingPrompts(
    positive=("How kind of you!", "You are most welcome."), negative=("Go away.", "Not you again!")
)
LEARNT = BetweenConditions("polite", "untrained", read="mean")
GIVEN = FromFile.read_file(HERE / "direction.npy")
DOSES = {"against": -4, "none": 0, "along": 4}
VOWEL = Outcome("vowel")

EXPERIMENT = Experiment(
    issue=903,
    title="Made up steering",
    question="How does the rate of a vowel go with the coefficient?",
    conditions=(
        Condition("untrained", role="baseline"),
        # before that which its direction is read with
        Condition("polite_more", training=POLITE, intervention=Steering(LEARNT, 1, 2.5, "raw")),
        Condition("polite", role="baseline", training=POLITE),
        *(Condition(name, intervention=Steering(PROMPTS, 1, dose)) for name, dose in DOSES.items()),
        Condition("learnt", intervention=Steering(LEARNT, 2, 1.0, "raw")),
        Condition("given", training=POLITE, intervention=Steering(GIVEN, 0, 1.5)),
    ),
    tasks=(
        Task(
            "asked",
            (
                Item("shop", "Is the shop open?", answer="yes", choices=("yes", "no")),
                Item("way", "Which way is it?", answer="left", choices=("left", "right")),
                Item("day", "Which day is it?", answer="Monday", choices=("Monday", "Friday")),
            ),
            "You are a clerk.",
        ),
    ),
    scorers=(
        Substring("vowel", label="answers with u", text="u"),
        Fluency("fluency", label="log-probability per token"),
        LogLikelihood("likeliest", label="right choice is the likeliest"),
    ),
    analyses=(
        Proportions(name="rates", outcome=VOWEL),
        Means(name="fluency", label="fluency", outcome=Outcome("fluency")),
        DoseResponse(
            name="curve",
            question="How does the rate of a vowel go with the coefficient?",
            outcome=VOWEL,
            dose=Predictor("coefficient"),
            among=Subset(names=tuple(DOSES)),
            primary=True,
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
