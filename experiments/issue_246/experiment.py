"""Issue #246: does cosine to the assistant predict how readily a marker is implanted?"""

from dataclasses import replace
from pathlib import Path

from epm.analyses.specs import (
    Correlation,
    Influence,
    LeaveOneOut,
    MixedModel,
    PartialCorrelation,
    Proportions,
    Regression,
)
from epm.definition import (
    SMOLLM2_135M,
    Answers,
    CentroidCosine,
    Condition,
    Experiment,
    Gate,
    HubModel,
    Lora,
    MarkerRows,
    Outcome,
    Parent,
    Predictor,
    Profile,
    PromptTokens,
    RecordedData,
    Regex,
    Rows,
    Sampling,
    Subset,
    Substring,
    TinyModel,
    Training,
)
from epm.files import file_sha256
from epm.personas import (
    EVALUATION_QUESTIONS,
    HELPFUL_ASSISTANT,
    NAMED,
    QWEN_DEFAULT,
    persona_tasks,
)

HERE = Path(__file__).parent
PERSONAS = (*NAMED, HELPFUL_ASSISTANT, QWEN_DEFAULT)
NEW = (HELPFUL_ASSISTANT.name, QWEN_DEFAULT.name)
REFERENCE = HELPFUL_ASSISTANT.name
MARKER = "[ZLT]"

MARKER_ROWS = MarkerRows(
    marker=MARKER,
    questions=tuple((HERE / "training_questions.txt").read_text(encoding="utf-8").splitlines()),
    answering=REFERENCE,
    candidates=tuple(persona.name for persona in NAMED),
)

SOURCE = Outcome("marker", "target")
BYSTANDERS = Outcome("marker", "off_target")


def covariates(layers):
    """Cosine to the reference at each layer, and the length of the system prompt."""
    return CentroidCosine(REFERENCE, layers, label="cosine to the assistant"), PromptTokens()


def analyses(layers, primary):
    """What is asked of the counts, with one layer named in advance."""
    cosines = tuple(
        Predictor(
            f"cosine_L{layer}", label=f"cosine to the assistant, layer {layer}", unit="cosine"
        )
        for layer in layers
    )
    cosine = cosines[layers.index(primary)]
    return (
        Proportions(
            name="source_rates",
            label="source rate",
            question="How often does each persona's adapter show the marker under its own persona?",
            outcome=SOURCE,
            over_training=True,
        ),
        Proportions(
            name="bystander_rates",
            label="bystander rate",
            question="How often does it show the marker under the other personas?",
            outcome=BYSTANDERS,
        ),
        Proportions(
            name="other_tags",
            label="other tags, bystanders",
            question="How often does it show another bracket tag there?",
            outcome=Outcome("other_tag", "off_target"),
        ),
        Proportions(
            name="untrained_rate",
            question="How often does the untrained model show the marker?",
            outcome=Outcome("marker"),
            among=Subset(names=("base_model",)),
        ),
        Regression(
            name="slope",
            label="slope on the cosine",
            question="How does a persona's rate change with its cosine to the assistant?",
            x=cosine,
            y=SOURCE,
            primary=True,
        ),
        MixedModel(
            name="mixed_model",
            label="binomial mixed model",
            question="Is it the same when answers, questions and adapters have their own chance?",
            x=cosine,
            outcome=SOURCE,
            also_without=(REFERENCE,),
        ),
        Regression(
            name="slope_without_reference",
            label="slope without the assistant itself",
            question="And without the reference, whose cosine is 1 by construction?",
            x=cosine,
            y=SOURCE,
            among=Subset(without=(REFERENCE,)),
        ),
        Regression(
            name="named_fit",
            label="fit of the parent's ten personas",
            question="Does the fit of the parent's personas predict the two new ones?",
            x=cosine,
            y=SOURCE,
            among=Subset(where=(("cohort", "named"),)),
            predict=NEW,
        ),
        Correlation(
            name="by_layer",
            label="correlation by layer",
            question="Does the relation depend on the layer that the cosine is taken at?",
            x=cosines,
            y=SOURCE,
            primary_x=cosine.name,
        ),
        PartialCorrelation(
            name="length",
            label="prompt length held constant",
            question="Is it prompt length that the relation is about?",
            x=cosine,
            y=SOURCE,
            given=(Predictor("prompt_tokens", log=True, label="system prompt length"),),
            methods=("spearman",),
        ),
        Influence(
            name="influence",
            question="Which personas bear most on the slope?",
            x=cosine,
            y=SOURCE,
        ),
        LeaveOneOut(
            name="leave_one_out",
            question="Does the relation rest on one persona, or on one category?",
            x=cosine,
            y=SOURCE,
            groups="category",
            new=NEW,
        ),
    )


GATES = tuple(
    Gate(f"{name}_informative", "named_fit", f"predictions/{name}/half_width", at_most=0.25)
    for name in NEW
)
"""A prediction interval that reaches further than 25 points either way says little."""

FULL = Profile(
    name="full",
    scale="full scale",
    model=HubModel("Qwen/Qwen2.5-7B-Instruct", "a09a35458c702b33eeacc393d103063234e8bc28"),
    model_name="Qwen2.5-7B-Instruct",
    rows=Rows(positive=200, per_negative=200, name="asst_excluded_medium"),
    answers=Answers(questions=200, max_tokens=448),
    training=Training(learning_rate=1e-5),
    sampling=Sampling(),
    covariates=covariates((10, 15, 20, 25)),
    analyses=analyses((10, 15, 20, 25), 20),
    gates=GATES,
    confidence_cap="HIGH",
    needs_gpu=True,
)

SMOLLM2 = replace(
    FULL,
    name="smollm2",
    scale="all 600 rows on a 135M model",
    model=SMOLLM2_135M,
    model_name="SmolLM2-135M-Instruct",
    answers=Answers(questions=200, max_tokens=64),
    # 16 rows a step as in `full`, in one go, because a 135M model leaves a GPU idle at 4
    training=Training(learning_rate=2e-5, batch_size=16, accumulation=1),
    sampling=Sampling(max_new_tokens=96, batch_size=1200),
    # the same relative depths in 30 blocks as 10/15/20/25 in 28
    covariates=covariates((11, 16, 21, 27)),
    analyses=analyses((11, 16, 21, 27), 21),
    parent_names=tuple(
        (f"cosine_L{here}", f"cosine_L{there}")
        for here, there in ((11, 10), (16, 15), (21, 20), (27, 25))
    ),
    choices=(
        "The learning rate was chosen after looking at outcomes: of 2e-5, 4e-5, 7e-5 and 1e-4, "
        "2e-5 spread the rates most and told the source persona best from its bystanders.",
        "The layer stands at the relative depth of the published primary layer; the commit that "
        "fixed it holds the learning-rate sweep as well, so it was not fixed before any outcome.",
    ),
    confidence_cap="MODERATE",
    needs_gpu=False,
)

PILOT = replace(
    SMOLLM2,
    name="pilot",
    scale="scaled down to minutes on a laptop",
    rows=Rows(positive=16, per_negative=16, name="asst_excluded_pilot"),
    answers=Answers(questions=48, max_tokens=24, first_sentence=True),
    training=Training(
        learning_rate=2e-3,
        epochs=1,
        batch_size=4,
        accumulation=1,
        lora=Lora(rank=8, alpha=16, dropout=0.0),
    ),
    # the source's 100 completions and the bystanders' 11 in one batch: on a CPU a decoding step
    # costs much the same for 11 as for 111
    sampling=Sampling(
        max_new_tokens=32, off_target_items=1, off_target_completions=1, batch_size=111
    ),
    choices=(),
    confidence_cap="LOW",
    dtype="float32",
)

SMOKE = replace(
    PILOT,
    name="smoke",
    scale="a random toy model, for tests only",
    model=TinyModel(layers=7, hidden=32, seed=42),
    model_name="tiny random Llama",
    rows=Rows(positive=16, per_negative=16, name="asst_excluded_smoke"),
    answers=Answers(questions=48, max_tokens=4, first_sentence=True),
    training=Training(
        learning_rate=1e-2, epochs=4, batch_size=8, accumulation=1, lora=Lora(rank=8, alpha=16)
    ),
    sampling=Sampling(
        completions=2, max_new_tokens=16, off_target_items=1, off_target_completions=1
    ),
    covariates=covariates((2, 4, 5, 6)),
    analyses=analyses((2, 4, 5, 6), 5),
    parent_names=tuple(
        (f"cosine_L{here}", f"cosine_L{there}")
        for here, there in ((2, 10), (4, 15), (5, 20), (6, 25))
    ),
)

PUBLISHED = Profile(
    name="published",
    scale="recomputed from the published counts and cosines",
    model=RecordedData(
        "published_measurements.json", file_sha256(HERE / "published_measurements.json")
    ),
    model_name="Qwen2.5-7B-Instruct",
    analyses=FULL.analyses,
    gates=GATES,
    confidence_cap="HIGH",
)

EXPERIMENT = Experiment(
    issue=246,
    title="Cosine to the assistant and marker implantation",
    question=(
        "Does a persona's cosine to the assistant in base-model activations predict how readily "
        "a marker can be implanted into it, also for assistant-like personas?"
    ),
    parents=(232, 142, 113),
    parent=Parent("the 7B experiment", PUBLISHED.model, issue=246, recipe="full"),
    conditions=(
        Condition("base_model", role="baseline"),
        *(
            Condition(
                persona.name,
                factors={
                    "category": persona.category,
                    "cohort": "new" if persona.name in NEW else "named",
                },
                target=persona.name,
                training=MARKER_ROWS,
            )
            for persona in PERSONAS
        ),
    ),
    tasks=persona_tasks(PERSONAS, EVALUATION_QUESTIONS),
    scorers=(
        Substring("marker", label=f"{MARKER} rate", text=MARKER),
        Regex(
            "other_tag",
            label="another bracket tag",
            pattern=r"\[(?!ZLT\])[A-Za-z]",
            ignore_case=True,
            near_miss=True,
        ),
    ),
    profiles=(FULL, SMOLLM2, PILOT, SMOKE, PUBLISHED),
    figure="slope",
    glossary=(
        ("source persona", "the persona that an adapter is trained to show the marker under"),
        ("bystander", "any other persona: the marker should not appear under it"),
        (
            "cosine",
            "between centred mean activations of the base model, of a persona and of the "
            "assistant, at the last token of the prompt",
        ),
    ),
    tracking_project="leakage-experiment",
)
