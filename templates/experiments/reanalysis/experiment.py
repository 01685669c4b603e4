"""A re-analysis: nothing is run, the counts were recorded elsewhere and lie in a file."""

from pathlib import Path

from epm.analyses.specs import Correlation, Proportions, Regression
from epm.definition import (
    Condition,
    Experiment,
    Item,
    Outcome,
    Predictor,
    Profile,
    RecordedData,
    Substring,
    Task,
)
from epm.files import file_sha256

# `measurements` by condition, task, metric and replicate: [k, n] by item, or "total": [k, n].
# `covariates` are what else is known of each condition.
DATA = Path(__file__).parent / "measurements.json"
HITS = Outcome("hit")
LENGTH = Predictor("length", label="prompt length", unit="word")

EXPERIMENT = Experiment(
    issue=310,
    title="Prompt length and hits",
    question="Do longer prompts hit more often?",
    # The names of the file.
    conditions=tuple(Condition(f"prompt_{name}") for name in "abcdefgh"),
    tasks=(Task("recorded", tuple(Item(f"i{n}", f"Item {n} of the paper") for n in range(1, 4))),),
    scorers=(Substring("hit", label="hits", text="as counted in the paper"),),
    # Analyses are named before the data are looked at; `relevant` is the smallest slope, here in
    # rate per word, that would matter.
    analyses=(
        Proportions(name="rates", label="hits", outcome=HITS),
        Regression(name="slope", x=LENGTH, y=HITS, primary=True, relevant=0.01),
        Correlation(name="relation", x=(LENGTH,), y=HITS),
    ),
    profiles=(
        Profile(
            name="recorded",
            scale="recomputed from made-up counts",
            model=RecordedData(DATA.name, file_sha256(DATA)),
            model_name="the paper's model",
            confidence_cap="LOW",  # MODERATE or HIGH, once the data are real
        ),
    ),
)
