"""The strongest of a family of predictors, by the permutation distribution of the largest |r|."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Literal

import numpy as np

from epm.analyses.best_of.block import BestOfBlock, Candidate, Choice
from epm.analyses.best_of.spec import BestOf
from epm.analyses.block import Effect, Verdict
from epm.analyses.context import Context
from epm.analyses.correlation.block import Coefficients
from epm.analyses.correlation.coefficients import (
    PERFECT,
    constant,
    counted,
    interval,
    pearson,
    ranks,
    spearman,
    standardised,
)
from epm.analyses.correlation.pairings import ByChance, by_chance
from epm.analyses.correlation.power import detectable_beyond
from epm.analyses.correlation.verdict import foretold
from epm.analyses.data.cases import FloatArray
from epm.analyses.data.frame import Frame
from epm.analyses.inference.verdict import judge, quantile
from epm.values import LEVEL, Unavailable

LEAST = 5
"""The fewest conditions whose pairings can make p less than 0.05."""


def compute(spec: BestOf, frame: Frame, context: Context) -> BestOfBlock | Unavailable:
    """Which predictor leads by Pearson's r and by Spearman's rho, corrected for the choice."""
    cases = frame.cases(spec.x, spec.y, frame.among(spec.among))
    n = len(cases)
    if n < LEAST:
        return Unavailable(
            unavailable=f"{counted(n)} with an outcome and all predictors, {LEAST} needed"
        )
    if constant(cases.y):
        return Unavailable(unavailable=f"{spec.y.metric} is the same in all {counted(n)}")
    columns = {x.name: cases.x[:, i] for i, x in enumerate(spec.x)}
    varying = {name: values for name, values in columns.items() if not constant(values)}
    if len(varying) < 2:
        return Unavailable(unavailable="fewer than two predictors vary")
    seed = context.seed_for(spec.name, "permutation")
    chance = by_chance(_family(varying, by_rank=False), standardised(cases.y), seed)
    by_rank = by_chance(_family(varying, by_rank=True), standardised(ranks(cases.y)), seed)
    block = BestOfBlock(
        question=spec.question,
        primary=spec.primary,
        n=n,
        left_out=cases.left_out,
        metric=spec.y.metric,
        logarithms=tuple(x.name for x in spec.x if x.log),
        left_out_predictors={
            name: f"it is the same in all {counted(n)}" for name in columns if name not in varying
        },
        pairings=len(chance.sizes),
        exact=chance.exact,
        pearson=choice(varying, cases.y, chance, "pearson"),
        spearman=choice(varying, cases.y, by_rank, "spearman"),
    )
    if not spec.primary:
        return block
    return block.model_copy(update={"verdict": _verdict(spec, block)})


def choice(
    family: Mapping[str, FloatArray],
    y: FloatArray,
    chance: ByChance,
    method: Literal["pearson", "spearman"],
) -> Choice | Unavailable:
    """The family by one kind of coefficient.

    Pairings of the outcome with the conditions' predictors keep how the predictors go together.
    Of each pairing the largest |r| of the family is taken: the share of pairings where it is as
    large as an observed |r| is that one's p, corrected over the family in a single step, Westfall
    and Young (1993), Resampling-Based Multiple Testing, section 2.3. With c the 95% quantile over
    pairings of max_j |atanh r_j|·sqrt(N-3), the interval

        tanh(atanh r ± c/sqrt(N-3))

    holds for all members of the family at once, hence for the one picked: Hochberg and Tamhane
    (1987), Multiple Comparison Procedures, section 2.2. That r itself is too large on average, as
    the largest of several, it does not correct. Conditions are taken as exchangeable.

    Args:
        family: predictors by name, shape (N,) each, none of them constant.
        y: shape (N,).
        chance: their correlations over pairings, in the same order.
        method: which coefficient; `chance` is of the same.
    """
    found: dict[str, Coefficients] = {}
    for name, x in family.items():
        own = pearson(x, y) if method == "pearson" else spearman(x, y)
        if isinstance(own, Unavailable):
            return own
        found[name] = own
    leads = max(found, key=lambda name: abs(found[name].coefficient))
    largest = np.arctanh(np.minimum(chance.largest, PERFECT))
    n = len(y)
    critical = float(np.quantile(largest, LEVEL)) * sqrt(n - 3)
    return Choice(
        candidates={
            name: Candidate(
                coefficient=own.coefficient,
                p=chance.p(own.coefficient, column),
                corrected_p=chance.p(own.coefficient),
            )
            for column, (name, own) in enumerate(found.items())
        },
        leads=leads,
        critical=critical,
        interval=interval(
            found[leads].coefficient, (critical / quantile((1 + LEVEL) / 2, None)) ** 2, n - 3
        ),
        alone=found[leads].interval,
    )


def _family(columns: Mapping[str, FloatArray], *, by_rank: bool) -> FloatArray:
    return np.array(
        [standardised(ranks(values) if by_rank else values) for values in columns.values()]
    )


def _verdict(spec: BestOf, block: BestOfBlock) -> Verdict | Unavailable:
    """On the one that leads by Pearson's r; its interval and p know of the choice."""
    found = block.pearson
    if isinstance(found, Unavailable):
        return found
    own = found.candidates[found.leads]
    effect = Effect(
        estimate=own.coefficient,
        se=Unavailable(unavailable="the interval is by the largest of the family"),
        df=None,
        interval=found.interval,
        p=own.corrected_p,
    )
    return judge(
        spec,
        effect,
        unit="",
        scale="plain",
        smallest=detectable_beyond(found.critical, block.n),
        expected=foretold(own.coefficient, found.interval, spec),
    )
