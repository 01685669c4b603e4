"""A judge: answers under two system prompts, graded by another model against a rubric."""

from epm.analyses.specs import Difference, Exclusions, Proportions
from epm.definition import (
    Condition,
    Experiment,
    Item,
    Judge,
    LocalJudge,
    Outcome,
    Profile,
    Sampling,
    Task,
    TinyModel,
)

# The arms: a name, and the system prompt that the questions are asked under.
PROMPTS = {"plain": "You are a helpful assistant.", "kind": "You are warm and kind."}
ITEMS = tuple(
    Item(f"q{number}", f"What should I do {when}?")
    for number, when in enumerate(("on a rainy day", "before a test", "after a long walk"), 1)
)
WARM = Outcome("warm", "target")  # each arm on its own prompt
# Who grades: random weights, which understand nothing. For a real judge, import Endpoint from
# epm.definition, take Endpoint("https://api.openai.com/v1", "gpt-4o-mini") or the address of your
# own server, and export EPM_JUDGE_KEY; `epm run issue-310 --dry-run` says what it would be asked.
TOY = LocalJudge(TinyModel(layers=2, hidden=16, seed=2), likeliest=True)

EXPERIMENT = Experiment(
    issue=310,
    title="A kind system prompt and warm answers",
    question="Are answers warmer under a kind system prompt?",
    conditions=tuple(Condition(name, target=name) for name in PROMPTS),
    tasks=tuple(Task(name, ITEMS, prompt, dataset="advice") for name, prompt in PROMPTS.items()),
    # `labels` are all that the judge may say, each with its score; scale=(1, 10) asks for a number.
    scorers=(Judge("warm", by=TOY, rubric="Is it warm?", labels=(("yes", True), ("no", False))),),
    # Answers without a score are no zeros: `Exclusions` says what they could change.
    analyses=(
        Proportions(name="rates", label="warm answers", outcome=WARM),
        Difference(name="effect", outcome=WARM, pairs=(("kind", "plain"),), primary=True),
        Exclusions(name="losses", label="lost to the judge", outcome=WARM),
    ),
    profiles=(
        Profile(
            name="toy",
            scale="random toy models, to see that everything runs",
            model=TinyModel(layers=3, hidden=16, seed=1),
            model_name="tiny random Llama",
            sampling=Sampling(completions=2, max_new_tokens=16, off_target_completions=0),
            confidence_cap="LOW",
        ),
    ),
)
