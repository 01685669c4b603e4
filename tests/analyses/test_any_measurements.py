"""No measurement makes an analysis fail, give NaN, or lose itself on the way through JSON."""

from __future__ import annotations

from typing import Any

from arbitrary import frames, outcome_tasks
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from epm.analyses.agreement.spec import Agreement
from epm.analyses.computing import compute
from epm.analyses.context import Parent
from epm.analyses.data.frame import Frame
from epm.analyses.difference.spec import Difference
from epm.analyses.exclusions.spec import Exclusions
from epm.analyses.means.spec import Means
from epm.analyses.proportions.spec import Proportions
from epm.analyses.registry import AnalysisBlock
from epm.definition.analysis import AnalysisSpec, Expected, Outcome
from epm.values import Unavailable

BLOCK: TypeAdapter[Any] = TypeAdapter(AnalysisBlock | Unavailable)


def asked(tasks: Any, over: Any, first: bool, second: bool) -> list[AnalysisSpec]:
    """Rates, means, differences and exclusions of one outcome."""
    outcome = Outcome("score", tasks)
    return [
        Proportions(name="proportions", outcome=outcome, by_task=first),
        Means(
            name="means",
            outcome=outcome,
            over=over,
            by_task=first,
            average=second,
            reference=0.5 if first else None,
            primary=first,
        ),
        Difference(
            name="difference",
            outcome=outcome,
            over=over,
            by_task=first,
            average=second,
            shared_seeds=first and second,
            primary=True,
            relevant=0.1,
            expected=Expected(0.1, 0.0, 0.2, "#1") if second else None,
            primary_pair=("two", "one") if second else None,
            success_from=0.5,
        ),
        Exclusions(name="exclusions", outcome=outcome, reasons={"judge": ("refused",)}),
    ]


def answered(specs: list[AnalysisSpec], frame: Frame) -> None:
    """Each is computed, and is the same after a journey through JSON, which has no NaN."""
    parent = Parent("the parent", frame)
    for block in compute(specs, frame, alpha=0.05, seed=1, parent=parent).values():
        assert BLOCK.validate_json(block.model_dump_json()) == block


@settings(max_examples=30)
@given(
    frames(),
    outcome_tasks,
    st.sampled_from(["answers", "items"]),
    st.booleans(),
    st.booleans(),
)
def test_every_analysis_answers_or_says_why_not(
    frame: Frame, tasks: Any, over: Any, first: bool, second: bool
) -> None:
    answered(asked(tasks, over, first, second), frame)


@settings(max_examples=5)
@given(frames(), st.sampled_from(["none", "linear", "quadratic"]))
def test_so_does_agreement(frame: Frame, weights: Any) -> None:
    answered([Agreement(name="agreement", first="one", second="two", weights=weights)], frame)
