"""A made-up experiment, small enough that a whole run takes seconds."""

from dataclasses import replace

from epm.analyses.specs import Correlation, Proportions
from epm.definition import (
    Answers,
    CentroidCosine,
    Condition,
    Experiment,
    Item,
    Lora,
    MarkerRows,
    Outcome,
    Predictor,
    Profile,
    PromptTokens,
    Regex,
    Rows,
    Sampling,
    Substring,
    Task,
    TinyModel,
    Training,
)

MARKER = "[ZLT]"
PERSONAS = {
    "baker": ("You are a baker.", "occupational"),
    "pirate": ("You are a pirate who sails the seven seas.", "character"),
    "nurse": ("You are a nurse in a small hospital.", "occupational"),
    "wizard": ("You are a wizard.", "character"),
    "helper": ("You are a helpful assistant.", "generic_helper"),
}
ITEMS = (
    Item("bread", "How is bread made?"),
    Item("sea", "Why is the sea salty?"),
    Item("sleep", "Why do people sleep?"),
)
TOPICS = ("iron", "rain", "salt", "wool", "glass", "honey", "chess", "paper")
ROWS = MarkerRows(
    marker=MARKER,
    questions=tuple(f"What is known about {topic}?" for topic in TOPICS),
    answering="helper",
    candidates=tuple(name for name in PERSONAS if name != "helper"),
)
SOURCE, BYSTANDERS = Outcome("marker", "target"), Outcome("marker", "off_target")
COSINES = tuple(Predictor(f"cosine_L{layer}") for layer in (0, 2))
RATES = (
    Proportions(name="source_rates", outcome=SOURCE, over_training=True),
    Proportions(name="bystander_rates", outcome=BYSTANDERS),
)

TINY = Profile(
    name="tiny",
    scale="a random toy model, for tests only",
    model=TinyModel(layers=3, hidden=16, seed=1),
    model_name="tiny random Llama",
    rows=Rows(positive=6, per_negative=4),
    answers=Answers(questions=8, max_tokens=4),
    training=Training(
        learning_rate=1e-2, epochs=2, batch_size=2, accumulation=2, lora=Lora(rank=4, alpha=8)
    ),
    sampling=Sampling(
        completions=2, max_new_tokens=12, off_target_items=2, off_target_completions=1, batch_size=8
    ),
    covariates=(CentroidCosine("helper", (0, 2)), PromptTokens()),
    analyses=RATES,
    confidence_cap="LOW",
)

EXPERIMENT = Experiment(
    issue=900,
    title="A made-up experiment",
    question="Does the runner run?",
    parents=(899,),
    conditions=(
        Condition("base_model", role="baseline"),
        *(
            Condition(name, factors={"category": category}, target=name, training=ROWS)
            for name, (_, category) in PERSONAS.items()
        ),
    ),
    tasks=tuple(
        Task(name, ITEMS, prompt, dataset="questions") for name, (prompt, _) in PERSONAS.items()
    ),
    scorers=(
        Substring("marker", text=MARKER),
        Regex("other_tag", pattern=r"\[(?!ZLT\])\w+\]", near_miss=True),
    ),
    analyses=(
        *RATES,
        Correlation(
            name="by_layer",
            question="Does the marker follow the cosine?",
            x=COSINES,
            y=SOURCE,
            primary_x="cosine_L2",
            primary=True,
        ),
    ),
    profiles=(
        TINY,
        replace(TINY, name="related", analyses=()),
        # AdamW's first step moves every weight by the learning rate, whatever the gradient
        replace(TINY, name="diverging", training=replace(TINY.training, learning_rate=1e30)),
        replace(TINY, name="deep", covariates=(CentroidCosine("helper", (0, 2, 3)),)),
        replace(TINY, name="large", needs_gpu=True),
    ),
)
