"""From rows of counts to the cells of the model, and which random effects the design has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from epm.analyses.data.cases import FloatArray
from epm.analyses.mixed_model.block import Term
from epm.analyses.mixed_model.laplace import Cells
from epm.values import Unavailable

TERMS: tuple[Term, ...] = get_args(Term)

MOST_CELLS = 500_000
"""Conditions × items × squared trainings of one: what an evaluation holds in memory."""

MOST_TOGETHER = 1000
"""Rows of the dense matrix that each evaluation factors: items, or conditions and trainings if they
are fewer."""

DfFrom = Literal["conditions", "trainings", "items", "answers"]


@dataclass(frozen=True)
class Design:
    """What is fitted."""

    cells: Cells
    """With fixed effects (1, z), z the standardised predictor."""
    x: FloatArray
    """Predictor of the conditions, or 1 in the first arm and 0 in the second; shape (C,)."""
    dropped: Mapping[Term, str]
    """Random effects that the design does not have, with the reason."""
    trainings: int | None
    items: int | None
    df: int | None
    df_from: DfFrom

    @property
    def kept(self) -> list[int]:
        """Places of the random effects that it has, among `TERMS`."""
        return [place for place, term in enumerate(TERMS) if term not in self.dropped]

    @property
    def middle(self) -> float:
        """Mean of x over conditions."""
        return float(self.x.mean())

    @property
    def spread(self) -> float:
        """Standard deviation of x over conditions."""
        return float(self.x.std())


def design(rows: pd.DataFrame, x: Mapping[str, float], *, arms: bool) -> Design | Unavailable:
    """Lay the counts out by condition, training and item.

    An effect is left out where the design does not have it: that of the condition where each arm
    is one condition, as it is the difference asked for; that of the training where no condition
    has two; that of the item where items are not known or no two conditions share one; that of the
    item in one condition where it was answered once. Degrees of freedom are those of the largest
    unit that varies by itself: conditions - 2; trainings - 2; items - 1 where both arms have them.

    Args:
        rows: columns condition, training and item ('' where not known), k and n.
        x: predictor of the conditions, in order; 1 and 0 for the arms.
        arms: whether x tells two arms apart.
    """
    conditions = list(x)
    at = np.array(list(x.values()), float)
    if len(conditions) < (2 if arms else 3):
        return Unavailable(unavailable=f"{len(conditions)} conditions: a slope takes three")
    if np.ptp(at) <= 1e-9 * np.max(np.abs(at)):
        return Unavailable(unavailable="all conditions have the same predictor")
    if not 1e-100 < np.ptp(at) < 1e100:
        return Unavailable(unavailable="values of the predictor too close or too far apart")
    sums = rows.groupby(["condition", "training", "item"], sort=False)[["k", "n"]].sum()
    cells = sums.reset_index()
    known = not (cells["item"] == "").any()
    if not known:
        cells = cells.groupby(["condition", "training"], sort=False)[["k", "n"]].sum().reset_index()
        cells["item"] = ""
    condition = cells["condition"].map({name: i for i, name in enumerate(conditions)})
    training = _within(cells["condition"], cells["training"])
    shared = cells.groupby("item")["condition"].nunique().max() > 1
    item = pd.factorize(cells["item"])[0] if shared else _within(cells["condition"], cells["item"])
    shape = (len(conditions), int(training.max()) + 1, int(item.max()) + 1)
    together = min(shape[2], shape[0] * (shape[1] + 1))
    if together > MOST_TOGETHER or np.prod(shape) * shape[1] > MOST_CELLS:
        return Unavailable(
            unavailable=f"too large for a mixed model that is fitted in a minute: {shape[0]} "
            f"conditions, {shape[1]} trainings of one, {shape[2]} items"
        )
    k, n = np.zeros(shape), np.zeros(shape)
    np.add.at(k, (condition, training, item), cells["k"])
    np.add.at(n, (condition, training, item), cells["n"])
    z = (at - at.mean()) / at.std()
    dropped = dict(_dropped(cells, known=known, shared=bool(shared), arms=arms))
    count = cells.groupby("condition")["training"].nunique().sum()
    items = cells.groupby("condition")["item"].nunique()
    several = "training" not in dropped
    df, df_from = _degrees(
        dropped, len(conditions), int(count), shape[2] if shared else None, int(items.sum()), known
    )
    return Design(
        Cells(k, n, np.column_stack([np.ones(len(at)), z])),
        at,
        dropped,
        int(count) if several else None,
        cells["item"].nunique() if known else None,
        df,
        df_from,
    )


def _within(group: pd.Series, value: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Number of each value among those of its group, in the order of their first rows."""
    pairs = pd.DataFrame({"group": group, "value": value})
    first = pairs.drop_duplicates()
    place = first.groupby("group", sort=False).cumcount()
    return pairs.merge(first.assign(place=place), how="left")["place"].to_numpy(np.intp)


def _dropped(
    cells: pd.DataFrame, *, known: bool, shared: bool, arms: bool
) -> list[tuple[Term, str]]:
    found: list[tuple[Term, str]] = []
    by_condition = cells.groupby("condition")
    if arms and cells["condition"].nunique() == 2:
        found.append(("condition", "each arm is one condition"))
    elif by_condition["n"].sum().max() == 1:
        found.append(("condition", "one answer a condition"))
    if by_condition["training"].nunique().max() == 1:
        found.append(("training", "no condition has two trainings that are told apart"))
    elif cells.groupby(["condition", "training"])["n"].sum().max() == 1:
        found.append(("training", "one answer a training"))
    if not known:
        return [*found, ("item", "no counts by item"), ("condition_item", "no counts by item")]
    if cells["item"].nunique() == 1:
        return [*found, ("item", "one item"), ("condition_item", "one item")]
    if not shared:
        found.append(("item", "no two conditions share an item"))
    if cells.groupby(["condition", "item"])["n"].sum().max() == 1:
        found.append(("condition_item", "one answer of a condition to an item"))
    elif by_condition["item"].nunique().max() == 1:
        found.append(("condition_item", "one item a condition"))
    return found


def _degrees(
    dropped: Mapping[Term, str],
    conditions: int,
    trainings: int,
    shared_items: int | None,
    items: int,
    known: bool,
) -> tuple[int | None, DfFrom]:
    if "condition" not in dropped or conditions > 2:
        return conditions - 2, "conditions"
    if "training" not in dropped and trainings > 2:
        return trainings - 2, "trainings"
    if known and shared_items and shared_items > 1:
        return shared_items - 1, "items"
    if known and not shared_items and items > 2:
        return items - 2, "items"
    return None, "answers"
