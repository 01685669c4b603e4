"""Correlations of a family of predictors with one outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from epm.analyses.block import Reliability, Verdict
from epm.analyses.context import Context
from epm.analyses.correlation.alike import alike
from epm.analyses.correlation.block import (
    Coefficients,
    CorrelationBlock,
    Pair,
    PermutationTest,
)
from epm.analyses.correlation.coefficients import (
    BY_METHOD,
    bootstrap,
    obstacle,
    ranks,
    standardised,
)
from epm.analyses.correlation.grouped import grouped
from epm.analyses.correlation.pairings import by_chance
from epm.analyses.correlation.spec import Correlation, Method
from epm.analyses.correlation.verdict import verdict
from epm.analyses.data.cases import Cases, FloatArray
from epm.analyses.data.frame import Frame
from epm.analyses.inference.family import corrected
from epm.analyses.inference.reliability import reliability
from epm.definition.analysis import Outcome, Predictor
from epm.values import Unavailable

Found = dict[Method, Coefficients | Unavailable]


def compute(spec: Correlation, frame: Frame, context: Context) -> CorrelationBlock | Unavailable:
    """The correlation of every predictor of the family."""
    names = frame.among(spec.among)
    cases = {x.name: frame.cases((x,), spec.y, names) for x in spec.x}
    entered = [name for name in names if any(name in own.names for own in cases.values())]
    if not entered:
        return Unavailable(unavailable="no condition has both an outcome and a predictor")
    found = _adjusted(_by_chance(_coefficients(spec, cases, context), cases, context, spec))
    same = alike(spec.x, frame, entered)
    block = CorrelationBlock(
        question=spec.question,
        primary=spec.primary,
        n=len(entered),
        left_out={
            name: reason
            for name, reason in next(iter(cases.values())).left_out.items()
            if name not in entered
        },
        metric=spec.y.metric,
        logarithms=tuple(x.name for x in spec.x if x.log),
        outcome={name: y for name in entered if (y := frame.estimate(spec.y, name)) is not None},
        predictors={
            name: _pair(spec, frame, own, found[name], entered) for name, own in cases.items()
        },
        grouped_by=spec.groups,
        alike=same,
        looks=len(spec.x) - sum(len(names) - 1 for names in same),
        reliability=_reliability(spec.y, frame, entered),
    )
    if not spec.primary:
        return block
    on, judged = _verdict(spec, context, found)
    return block.model_copy(update={"verdict": judged, "verdict_on": on})


def _coefficients(
    spec: Correlation, cases: Mapping[str, Cases], context: Context
) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for name, own in cases.items():
        x, y = own.x[:, 0], own.y
        none = obstacle(x, y, names=(name, spec.y.metric))
        found[name] = {method: none or BY_METHOD[method](x, y) for method in spec.methods}
        r = found[name].get("pearson")
        if spec.bootstrap and isinstance(r, Coefficients):
            resampled = bootstrap(x, y, context.seed_for(spec.name, "bootstrap", name))
            intervals = {"bootstrap over conditions": resampled}
            found[name]["pearson"] = r.model_copy(update={"intervals": intervals})
    return found


def _by_chance(
    found: dict[str, Found], cases: Mapping[str, Cases], context: Context, spec: Correlation
) -> dict[str, Found]:
    """Give Pearson's and Spearman's coefficients their permutation tests.

    Predictors that are known for the same conditions share their pairings.
    """
    for method in spec.methods:
        if method == "kendall":
            continue
        by_names: dict[tuple[str, ...], list[str]] = {}
        for x, own in cases.items():
            if isinstance(found[x][method], Coefficients):
                by_names.setdefault(own.names, []).append(x)
        for names, xs in by_names.items():
            columns = [_standardised(cases[x].x[:, 0], method) for x in xs]
            y = _standardised(cases[xs[0]].y, method)
            seed = context.seed_for(spec.name, "permutation", method, *names)
            chance = by_chance(np.array(columns), y, seed)
            for column, x in enumerate(xs):
                known = found[x][method]
                if isinstance(known, Coefficients):
                    test = PermutationTest(
                        p=chance.p(known.coefficient, column),
                        resamples=len(chance.sizes),
                        exact=chance.exact,
                    )
                    found[x][method] = known.model_copy(update={"permutation": test})
    return found


def _standardised(values: FloatArray, method: Method) -> FloatArray:
    return standardised(values if method == "pearson" else ranks(values))


def _adjusted(found: dict[str, Found]) -> dict[str, Found]:
    """Correct p over the family, method by method."""
    for method in next(iter(found.values())):
        known = {x: c for x, own in found.items() if isinstance(c := own[method], Coefficients)}
        for x, adjusted in corrected({x: c.p for x, c in known.items()}).items():
            found[x][method] = known[x].model_copy(update={"adjusted": adjusted})
    return found


def _pair(
    spec: Correlation, frame: Frame, own: Cases, found: Found, entered: Sequence[str]
) -> Pair:
    groups = None
    if spec.groups:
        member = frame.groups(spec.groups, own.names)
        level = {name: group for group, names in member.items() for name in names}
        known = own.only(level)
        groups = (
            grouped(known.x[:, 0], known.y, [level[name] for name in known.names])
            if len(known)
            else Unavailable(unavailable=f"no condition has a {spec.groups}")
        )
    return Pair(
        n=len(own),
        left_out={name: why for name, why in own.left_out.items() if name in entered},
        pearson=found.get("pearson"),
        spearman=found.get("spearman"),
        kendall=found.get("kendall"),
        groups=groups,
    )


def _reliability(
    y: Outcome, frame: Frame, names: Sequence[str]
) -> Reliability | Unavailable | None:
    by_seed = [frame.by_seed(y, name) for name in names]
    return reliability(by_seed) if any(len(own) > 1 for own in by_seed) else None


def _verdict(
    spec: Correlation, context: Context, found: Mapping[str, Found]
) -> tuple[str, Verdict | Unavailable]:
    """On which predictor the verdict is, and what it says."""
    method = spec.methods[0]
    known = {x: c for x, own in found.items() if isinstance(c := own[method], Coefficients)}
    if spec.primary_x is not None:
        on = spec.primary_x
    elif known:
        on = min(known, key=lambda x: (known[x].p, -abs(known[x].coefficient)))
    else:
        on = spec.x[0].name
    own = found[on][method]
    if isinstance(own, Unavailable):
        return on, own
    looks = 1 if spec.primary_x is not None else len(known)
    predictor = next(x for x in spec.x if x.name == on)
    single = spec.primary_x is not None or len(spec.x) == 1
    return on, verdict(
        spec,
        own,
        method,
        looks=looks,
        theirs=_parents(spec, predictor, method, context) if single else None,
        label=context.parent.label if context.parent else "",
    )


def _parents(
    spec: Correlation, x: Predictor, method: Method, context: Context
) -> Coefficients | Unavailable | None:
    if context.parent is None:
        return None
    cases = context.parent.cases((x,), spec.y, spec.among)
    none = obstacle(cases.x[:, 0], cases.y, names=(x.name, spec.y.metric))
    return none or BY_METHOD[method](cases.x[:, 0], cases.y)
