"""A made-up experiment, small enough that a whole run takes seconds."""

from dataclasses import replace

from epm.definition import (
    Experiment,
    Lora,
    Marker,
    Persona,
    Profile,
    Question,
    Rows,
    Sampling,
    TinyModel,
    Training,
)

TINY = Profile(
    name="tiny",
    scale="a random toy model, for tests only",
    model=TinyModel(layers=3, hidden=16, seed=1),
    model_name="tiny random Llama",
    rows=Rows(source=6, per_negative=4),
    answered=8,
    answer_tokens=4,
    first_sentence=False,
    training=Training(
        learning_rate=1e-2, epochs=2, batch_size=2, accumulation=2, lora=Lora(rank=4, alpha=8)
    ),
    sampling=Sampling(
        completions=2,
        max_new_tokens=12,
        bystander_questions=2,
        bystander_completions=1,
        batch_size=8,
    ),
    layers=(0, 2),
    primary_layer=2,
    confidence_cap="LOW",
)

EXPERIMENT = Experiment(
    issue=900,
    title="A made-up experiment",
    question="Does the runner run?",
    parents=(899,),
    personas=(
        Persona("baker", "You are a baker.", "occupational"),
        Persona("pirate", "You are a pirate who sails the seven seas.", "character"),
        Persona("nurse", "You are a nurse in a small hospital.", "occupational"),
        Persona("wizard", "You are a wizard.", "character"),
        Persona("helper", "You are a helpful assistant.", "generic_helper"),
    ),
    reference="helper",
    new=("helper",),
    marker=Marker("[ZLT]"),
    evaluation_questions=(
        Question("bread", "How is bread made?"),
        Question("sea", "Why is the sea salty?"),
        Question("sleep", "Why do people sleep?"),
    ),
    training_questions=tuple(
        f"What is known about {topic}?"
        for topic in ("iron", "rain", "salt", "wool", "glass", "honey", "chess", "paper")
    ),
    answering="helper",
    profiles=(
        TINY,
        # AdamW's first step moves every weight by the learning rate, whatever the gradient
        replace(TINY, name="diverging", training=replace(TINY.training, learning_rate=1e30)),
        replace(TINY, name="deep", layers=(0, 2, 3)),
        replace(TINY, name="large", needs_gpu=True),
    ),
)
