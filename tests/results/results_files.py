"""Results made up in memory: small, and whole."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from epm.results import (
    ConditionRecord,
    Count,
    CovariateRecord,
    Environment,
    GateRecord,
    Hardware,
    Identity,
    Mean,
    Measurement,
    MetricRecord,
    Provenance,
    Reported,
    Results,
    Scalar,
    TaskRecord,
    Timing,
    Tracking,
    TrainingRecord,
    Unavailable,
    replicate,
)

NONE = Unavailable(unavailable="made up")
PROVENANCE = Provenance(
    environments=(
        Environment(
            command="pytest",
            epm_version="0",
            git=NONE,
            hardware=Hardware(cpu="made up", cores=1, memory_gib=1, gpu="none"),
            python="3",
            libraries={},
        ),
    ),
    model=NONE,
    engine=NONE,
    seeds={"experiment": 42},
    files={},
    timing=Timing(finished_at="2026-01-01T00:00:00+00:00", total_seconds=1, stages=()),
)
TRAINING = TrainingRecord(
    rows=6,
    steps=4,
    tokens=60,
    completion_tokens=9,
    truncated_rows=0,
    first_loss=3,
    final_loss=1,
)


def made_up(**changes: Any) -> Results:
    """One condition, measured on one task by one metric under two seeds."""
    count = Count(items={"q1": (1, 5), "q2": (2, 5)})
    values: dict[str, Any] = {
        "identity": Identity(
            slug="issue-1",
            issue=1,
            title="Made up",
            profile="tiny",
            scale="made up",
            full_scale=False,
            fingerprint="0123456789ab",
        ),
        "metrics": {"marker": MetricRecord(label="marker rate")},
        "covariates": {"cosine": CovariateRecord(label="cosine")},
        "conditions": {
            "villain": ConditionRecord(target="villain", covariates={"cosine": 0.5}),
        },
        "tasks": {"villain": TaskRecord(items=("q1", "q2"))},
        "measurements": {"villain": {"villain": {"marker": {"seed=1": count, "seed=2": count}}}},
        "provenance": PROVENANCE,
        "tracking": Tracking(mode="off", state="off", detail="switched off"),
    }
    return Results(**{**values, **changes})


# ------------------------------------------------------------------ any results

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
FLOATS = st.floats(-1e9, 1e9)
EXCLUDED = st.dictionaries(NAMES, st.integers(1, 9), max_size=2)
TALLIES = st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4)
SUMS = SCORES.map(lambda scores: (sum(scores), sum(s * s for s in scores), len(scores)))


def measured(items: tuple[str, ...]) -> st.SearchStrategy[Measurement]:
    """A measurement of some of the items, or of none that is known."""
    of = st.sampled_from(items) if items else NAMES
    return st.one_of(
        st.builds(Count, items=st.dictionaries(of, TALLIES, min_size=1), excluded=EXCLUDED),
        st.builds(Count, total=TALLIES, excluded=EXCLUDED),
        st.builds(Mean, items=st.dictionaries(of, SUMS, min_size=1), excluded=EXCLUDED),
        st.builds(Mean, total=SUMS),
        st.builds(Scalar, value=FLOATS, excluded=EXCLUDED),
        st.builds(
            Reported,
            value=FLOATS,
            stderr=st.none() | st.floats(0, 9),
            n=st.none() | st.integers(1, 9),
        ),
    )


REPLICATES = st.sampled_from(
    ["all", replicate(seed=42), replicate(seed=42, step=30), replicate(epoch=2)]
)


@st.composite
def any_results(draw: st.DrawFn) -> Results:
    """Several conditions, tasks and metrics, any of which may be missing."""
    tasks = draw(
        st.dictionaries(
            NAMES,
            st.builds(
                TaskRecord,
                items=st.lists(NAMES, unique=True, max_size=3).map(tuple),
                dataset=TEXTS,
                system_prompt=st.none() | TEXTS,
            ),
            min_size=1,
            max_size=3,
        )
    )
    metrics = draw(
        st.dictionaries(
            NAMES,
            st.builds(MetricRecord, label=TEXTS, lower=st.none() | FLOATS, near_miss=st.booleans()),
            min_size=1,
            max_size=2,
        )
    )
    conditions = draw(
        st.dictionaries(
            NAMES,
            st.builds(
                ConditionRecord,
                role=st.sampled_from(["treatment", "baseline"]),
                target=st.none() | st.sampled_from([*tasks]),
                factors=st.dictionaries(NAMES, TEXTS | FLOATS, max_size=2),
                covariates=st.dictionaries(NAMES, FLOATS, max_size=2),
                training=st.dictionaries(REPLICATES, st.just(TRAINING), max_size=2),
                missing=st.dictionaries(REPLICATES, NAMES, max_size=1),
            ),
            min_size=1,
            max_size=3,
        )
    )
    measurements = {
        condition: {
            task: {
                metric: draw(
                    st.dictionaries(REPLICATES, measured(tasks[task].items), min_size=1, max_size=2)
                )
                for metric in draw(st.sets(st.sampled_from([*metrics])))
            }
            for task in draw(st.sets(st.sampled_from([*tasks])))
        }
        for condition in draw(st.sets(st.sampled_from([*conditions])))
    }
    return made_up(
        tasks=tasks,
        metrics=metrics,
        conditions=conditions,
        measurements=measurements,
        analyses={"relation": NONE},
        gates=draw(
            st.dictionaries(
                NAMES,
                st.builds(
                    GateRecord,
                    analysis=st.just("relation"),
                    number=NAMES,
                    value=FLOATS | st.booleans() | st.just(NONE),
                    at_most=st.none() | FLOATS,
                    passed=st.none() | st.booleans(),
                ),
                max_size=1,
            )
        ),
    )
