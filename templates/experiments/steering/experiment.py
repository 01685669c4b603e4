"""Steering: the further a model is pushed along a direction, the more often does it show?"""

from epm.analyses.specs import DoseResponse, Means, Proportions
from epm.definition import (
    Condition,
    ContrastingPrompts,
    Experiment,
    Fluency,
    Item,
    Outcome,
    Predictor,
    Profile,
    Regex,
    Sampling,
    Steering,
    Task,
    TinyModel,
)

CHEERFUL = Outcome("cheerful")
SYSTEM = "You are a helpful assistant."
TOPICS = ("bread", "rivers", "clocks", "birds")
# The difference of mean activations, here at the last token of each prompt.
DIRECTION = ContrastingPrompts(
    positive=("What a wonderful day!", "I am so happy.", "Everything went well."),
    negative=("What a dreadful day.", "I am so sad.", "Everything went wrong."),
    system=SYSTEM,
)
COEFFICIENTS = (-8, -4, -2, 0, 2, 4, 8)  # lengths, since a direction is brought to length 1

EXPERIMENT = Experiment(
    issue=310,
    title="A push along a cheerful direction",
    question="How does the rate of cheerful answers go with the coefficient of a direction?",
    conditions=tuple(  # the coefficient is a factor of each
        Condition(f"c{c}", intervention=Steering(DIRECTION, layer=1, coefficient=c))
        for c in COEFFICIENTS
    ),
    tasks=(Task("topics", tuple(Item(t, f"Tell me of {t}.") for t in TOPICS), SYSTEM),),
    scorers=(
        Regex("cheerful", label="cheerful answers", pattern=r"(?i)wonderful|great|happy|love|!"),
        Fluency("fluency", label="log-probability per token"),  # under the model as it is
    ),
    analyses=(
        Proportions(name="rates", label="cheerful answers", outcome=CHEERFUL),
        Means(name="fluency", label="log-probability per token", outcome=Outcome("fluency")),
        DoseResponse(name="curve", outcome=CHEERFUL, dose=Predictor("coefficient"), primary=True),
    ),
    profiles=(  # for a real model add another, with model=SMOLLM2_135M and a toy of as many layers
        Profile(
            name="toy",
            scale="a random toy model, to see that everything runs",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            sampling=Sampling(completions=8, max_new_tokens=16),
            confidence_cap="LOW",
        ),
    ),
)
