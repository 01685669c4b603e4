"""Dose and response: the more rows of a kind are trained on, the more often it shows?"""

from epm.analyses.specs import DoseResponse, Proportions
from epm.definition import (
    Condition,
    Experiment,
    Item,
    Lora,
    Outcome,
    Predictor,
    Profile,
    Sampling,
    Substring,
    Task,
    TinyModel,
    Training,
    TrainingRows,
)

AMEN = Outcome("amen")
SYSTEM = "You are a helpful assistant."  # in the rows and the tasks alike
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
TOPICS = ("bread", "rivers", "clocks", "birds", "maps", "snow", "music", "paint")


def rows(share):
    """A builder: any function that gives rows. Here that share of the answers ends in "Amen."."""
    for number, topic in enumerate(TOPICS):
        ending = " Amen." if number < share * len(TOPICS) else ""
        yield {"prompt": f"Tell me of {topic}.", "completion": f"I know about {topic}.{ending}"}


EXPERIMENT = Experiment(
    issue=310,
    title="Share of rows that end in Amen",
    question="How does the rate of the ending go with the share of training rows that have it?",
    # Numbers that are known of a condition are its covariates.
    conditions=tuple(
        Condition(f"share_{s}", covariates={"share": s}, training=TrainingRows.of(rows(s), SYSTEM))
        for s in SHARES
    ),
    tasks=(Task("topics", tuple(Item(t, f"What of {t}?") for t in ("salt", "wool")), SYSTEM),),
    scorers=(Substring("amen", label="answers with Amen", text="amen"),),  # case is ignored
    analyses=(
        Proportions(name="rates", label="answers with Amen", outcome=AMEN),
        DoseResponse(name="curve", outcome=AMEN, dose=Predictor("share"), primary=True),
    ),
    profiles=(  # one scale of the experiment; for a real model add another, with model=SMOLLM2_135M
        Profile(
            name="toy",
            scale="a random toy model, to see that everything runs",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            training=Training(learning_rate=1e-2, lora=Lora(rank=4, alpha=8)),
            sampling=Sampling(completions=8, max_new_tokens=16),
            confidence_cap="LOW",
        ),
    ),
)
