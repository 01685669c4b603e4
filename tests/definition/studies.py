"""Two definitions small enough to read at a glance, for tests that change one thing in them."""

from epm.analyses.specs import Correlation, Proportions
from epm.definition import (
    Answers,
    CentroidCosine,
    Condition,
    Exact,
    Experiment,
    Gate,
    Item,
    MarkerRows,
    Number,
    Outcome,
    Predictor,
    Profile,
    Regex,
    Rows,
    Sampling,
    Subset,
    Substring,
    Task,
    TinyModel,
    Training,
)

NAMES = tuple("abcdef")
ITEMS = (Item("one", "What's one?"), Item("two", "What is two?"))
BUILDER = MarkerRows(
    marker="[M]",
    questions=("What is three?", "What is four?"),
    answering="a",
    candidates=tuple("abcde"),
)

SMALL = Profile(
    name="small",
    scale="made up",
    model=TinyModel(layers=2, hidden=8, seed=1),
    model_name="toy",
    rows=Rows(positive=2, per_negative=1),
    answers=Answers(questions=2, max_tokens=4),
    training=Training(learning_rate=1e-3),
    sampling=Sampling(off_target_items=1),
    covariates=(CentroidCosine("a", (0, 1)),),
    confidence_cap="LOW",
)

RATES = Proportions(name="rates", outcome=Outcome("marker", "target"))
BY_LAYER = Correlation(
    name="by_layer", x=(Predictor("cosine_L0"), Predictor("length")), y=Outcome("marker", "target")
)

TRAINED = Experiment(
    issue=7,
    title="Made up",
    question="Is it?",
    conditions=(
        Condition("base", role="baseline", covariates={"length": 0}),
        *(
            Condition(
                name,
                factors={"kind": "vowel" if name in "ae" else "consonant", "rank": rank},
                covariates={"length": rank / 2},
                target=name,
                training=BUILDER,
            )
            for rank, name in enumerate(NAMES)
        ),
    ),
    tasks=tuple(Task(name, ITEMS, f"You are {name}.", dataset="questions") for name in NAMES),
    scorers=(
        Substring("marker", text="[M]"),
        Regex("other_tag", pattern=r"\[(?!M\])\w\]", near_miss=True),
    ),
    analyses=(RATES, BY_LAYER),
    gates=(Gate("enough", "rates", "conditions/a/estimate", at_least=0.1),),
    profiles=(SMALL,),
)
"""Six adapters, each taught a marker under its own system prompt."""

PANEL = Experiment(
    issue=8,
    title="Arms and prompts",
    question="Does a terse system prompt cost accuracy?",
    conditions=(
        Condition("plain", factors={"style": "plain"}),
        Condition("terse", factors={"style": "terse"}),
    ),
    tasks=(
        Task("sums", (Item("2+2", "What is 2 + 2?", answer="4"), Item("3+3", "3 + 3 =", "6"))),
        Task("words", (Item("cat", "Spell cat."), Item("dog", "Spell dog."), Item("owl", "Owl?"))),
    ),
    scorers=(Exact("correct"), Number("length", lower=0, upper=10)),
    analyses=(
        Proportions(
            name="accuracy",
            outcome=Outcome("correct", ("sums",)),
            among=Subset(where=(("style", "terse"),)),
        ),
    ),
    profiles=(
        Profile(
            name="full",
            scale="full scale",
            model=TinyModel(layers=2, hidden=8, seed=1),
            model_name="toy",
            sampling=Sampling(completions=3, max_new_tokens=8),
            confidence_cap="HIGH",
            dtype="float32",
        ),
    ),
)
"""Two arms of an untrained model, without targets."""
