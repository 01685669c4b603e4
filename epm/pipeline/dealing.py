"""Work is dealt by what it costs, so that all who share it are done at about the same time."""

from __future__ import annotations

from collections.abc import Sequence

from epm.definition import Definition


def chains(definition: Definition, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Replicates that need each other's adapters, together; every other one alone."""
    found: list[set[str]] = []
    every = [each for each in (*definition.trained, *definition.untrained) if each.name in names]
    for replicate in every:
        own = {replicate.name} | {each.name for each in definition.needed(replicate)} & {*names}
        linked = [chain for chain in found if own & chain]
        found = [chain for chain in found if chain not in linked] + [own.union(*linked)]
    order = [each.name for each in every]
    ordered = [tuple(sorted(chain, key=order.index)) for chain in found]
    return sorted(ordered, key=lambda chain: order.index(chain[0]))


def deal(costs: Sequence[float], places: int, ahead: float = 0.0) -> list[list[int]]:
    """Share out indivisible pieces of work, the dearest first, each to who has the least by then.

    The longest share takes at most 4/3 as long as in the best division (Graham 1969, "Bounds on
    multiprocessing timing anomalies").

    Args:
        costs: seconds of each piece.
        places: how many share them.
        ahead: seconds that the first place is busy with something else.

    Returns:
        The pieces' indices by place, in their order; a place may get none.
    """
    shares: list[list[int]] = [[] for _ in range(places)]
    loads = [ahead] + [0.0] * (places - 1)
    for index in sorted(range(len(costs)), key=lambda index: (-costs[index], index)):
        place = loads.index(min(loads))
        shares[place].append(index)
        loads[place] += costs[index]
    return [sorted(share) for share in shares]


def longest(costs: Sequence[float], places: int, ahead: float = 0.0) -> float:
    """Seconds until all who share the work are done."""
    first, *rest = (sum(costs[index] for index in share) for share in deal(costs, places, ahead))
    return max(ahead + first, *rest) if rest else ahead + first
