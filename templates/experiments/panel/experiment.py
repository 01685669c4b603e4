"""A panel: one model as it is, asked the same items under several system prompts."""

from epm.analyses.specs import Difference, Proportions
from epm.definition import (
    Choice,
    Condition,
    Experiment,
    Item,
    LogLikelihood,
    Outcome,
    Profile,
    Sampling,
    Task,
    TinyModel,
)

# The arms: a name, and the system prompt that the items are asked under.
PROMPTS = {
    "plain": "You are a helpful assistant.",
    "brief": "You answer in one word.",
    "careful": "You think about the question before you answer.",
}
# Items have an id, a prompt, and where there is a right answer, that; `choices` make it a quiz.
ITEMS = (
    Item("sky", "Which colour has a clear sky?", answer="blue", choices=("blue", "green")),
    Item("ice", "Is ice warm or cold?", answer="cold", choices=("warm", "cold")),
    Item("two", "What is two and two?", answer="four", choices=("three", "four", "five")),
    Item("sun", "Where does the sun rise?", answer="east", choices=("east", "west")),
)
RIGHT = Outcome("right", "target")  # each arm on its own prompt

EXPERIMENT = Experiment(
    issue=310,
    title="System prompts and right answers",
    question="Does the system prompt change how often the answer is right?",
    conditions=tuple(Condition(name, target=name) for name in PROMPTS),
    # `dataset` says that the arms are asked the same items, so that they are compared in pairs.
    tasks=tuple(Task(name, ITEMS, prompt, dataset="quiz") for name, prompt in PROMPTS.items()),
    scorers=(
        LogLikelihood("right", label="right choice is the likeliest"),  # nothing is drawn for it
        Choice("stated", label="right choice is stated"),  # read from the answers
    ),
    # Analyses are named before the run. `relevant` is the smallest effect that would matter.
    analyses=(
        Proportions(name="rates", label="right choices", outcome=RIGHT),
        Difference(name="effect", outcome=RIGHT, against="plain", primary=True, relevant=0.1),
    ),
    # One scale of the experiment; for a real model add another, with model=SMOLLM2_135M or --model.
    profiles=(
        Profile(
            name="toy",
            scale="a random toy model, to see that everything runs",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            sampling=Sampling(completions=2, max_new_tokens=16, off_target_completions=0),
            confidence_cap="LOW",
        ),
    ),
)
