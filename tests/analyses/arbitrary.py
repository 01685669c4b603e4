"""Measurements of any kind that a run or an import can leave, for properties of all analyses."""

from __future__ import annotations

from hypothesis import strategies as st

from epm.analyses.data.frame import Frame
from epm.results import (
    ConditionRecord,
    Count,
    Joint,
    Mean,
    Measurement,
    MetricRecord,
    Reported,
    Scalar,
    TaskRecord,
    replicate,
)

ITEMS = ("q1", "q2", "q3", "q4")
CONDITIONS = ("one", "two", "three")
REASONS = ("refused", "not parsed")

scores = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1, allow_subnormal=False))
excluded = st.dictionaries(st.sampled_from(REASONS), st.integers(1, 5), max_size=2)
tallies = st.integers(1, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@st.composite
def sums(draw: st.DrawFn) -> tuple[float, float, int]:
    """Sum, sum of squares and number of some scores."""
    values = draw(st.lists(scores, min_size=1, max_size=4))
    return sum(values), sum(value**2 for value in values), len(values)


def by_item(value: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Some of the items, each with a value."""
    return st.dictionaries(st.sampled_from(ITEMS), value, min_size=1)


counts = st.one_of(
    st.builds(Count, items=by_item(tallies), excluded=excluded),
    st.builds(Count, total=tallies, excluded=excluded),
    st.builds(Count, excluded=st.just({"refused": 3})),
)
means = st.one_of(
    st.builds(Mean, items=by_item(sums()), excluded=excluded),
    st.builds(Mean, total=sums(), excluded=excluded),
)
values = st.one_of(
    st.builds(Scalar, value=scores),
    st.builds(
        Reported,
        value=scores,
        stderr=st.one_of(st.none(), st.just(0.0), st.floats(1e-3, 1)),
        n=st.one_of(st.none(), st.integers(1, 50)),
    ),
)
joints = st.lists(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from([1, 2, 5]), st.sampled_from([1, 2, 5])),
    min_size=1,
).map(Joint.of)

replicates = st.sampled_from(
    [
        [replicate()],
        [replicate(epoch=1), replicate(epoch=2)],
        [replicate(seed=0)],
        [replicate(seed=seed) for seed in (0, 1, 2)],
        [replicate(seed=seed, epoch=epoch) for seed in (0, 1) for epoch in (1, 2)],
    ]
)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    """Up to three conditions on up to three tasks, by one metric `score` and a joint one."""
    tasks = {
        "alone": TaskRecord(items=draw(st.sampled_from([(), ITEMS]))),
        "here": TaskRecord(dataset="shared", items=ITEMS),
        "there": TaskRecord(
            dataset="shared", clusters={"q1": "a", "q2": "a", "q3": "b", "q4": "b"}
        ),
    }
    kinds = draw(st.sampled_from([[counts], [means], [values], [counts, means, values]]))
    ends = draw(st.sampled_from([(None, None), (0.0, 1.0)]))
    measurements: dict[str, dict[str, dict[str, dict[str, Measurement]]]] = {}
    for condition in draw(st.lists(st.sampled_from(CONDITIONS), unique=True)):
        measurements[condition] = {
            task: {
                "score": {name: draw(st.one_of(*kinds)) for name in draw(replicates)},
                "one & two": {replicate(): draw(joints)},
            }
            for task in draw(st.lists(st.sampled_from(list(tasks)), unique=True))
        }
    return Frame(
        {
            name: ConditionRecord(target=draw(st.sampled_from([None, "here", "there"])))
            for name in CONDITIONS
        },
        tasks,
        {
            "score": MetricRecord(label="score", lower=ends[0], upper=ends[1]),
            "one & two": MetricRecord(label="both"),
        },
        measurements,
    )


outcome_tasks = st.sampled_from(["all", "target", "off_target", ("here",), ("alone", "there")])
