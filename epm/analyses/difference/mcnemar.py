"""McNemar's test, by each rule that makes an item's answers one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
from scipy import stats

from epm.analyses.difference.block import McNemar

Key = tuple[str, ...]
Epochs = Mapping[str, tuple[int, float]]
"""How many answers and how many successes, by epoch; '' where epochs are not told apart."""

Answers = dict[Key, dict[str, tuple[int, float]]]
"""The same by item."""


def by_rule(
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    by_dataset: bool,
    counted: bool,
    success_from: float | None,
) -> dict[str, McNemar]:
    """McNemar's test of the items that both sides answered, by rule.

    The test wants one yes or no a side and item. Where each item was asked once that is its
    answer. Where it was asked in epochs, several rules can make it one, and they answer different
    questions: the answer of epoch k; whether any epoch succeeds; whether all do. The last two are
    given of items that have all their answers on both sides. Epochs are never stacked as if they
    were pairs of their own.

    Args:
        a: rows of `Frame.rows` of one run, items known.
        b: of the other side.
        by_dataset: whether items are the same in all tasks of a data set.
        counted: whether scores are yes or no, 1 and 0.
        success_from: score from which on a numeric answer is a success; None gives no test.

    Returns:
        Tests by rule: 'the answer', 'epoch 1', 'any epoch', 'all epochs', 'any answer' and
        'all answers'; a rule that no pair meets is left out.
    """
    if not counted and success_from is None:
        return {}
    threshold = None if counted else success_from
    keys = ["dataset", "item"] if by_dataset else ["task", "item"]
    ours, theirs = _answers(a, keys, threshold), _answers(b, keys, threshold)
    both = [key for key in ours if key in theirs]
    epochs = sorted(
        {epoch for side in (ours, theirs) for found in side.values() for epoch in found},
        key=lambda epoch: (len(epoch), epoch),
    )
    rules: dict[str, McNemar | None] = {}
    if epochs == [""]:
        most = max(found[""][0] for side in (ours, theirs) for found in side.values())
        if most == 1:
            rules["the answer"] = _test(ours, theirs, both, _all)
            return {rule: test for rule, test in rules.items() if test}
        whole, word = [key for key in both if _asked(ours, theirs, key, most)], "answer"
    else:
        for epoch in epochs:
            once = [key for key in both if _once(ours, theirs, key, epoch)]
            a_then, b_then = (
                {key: {epoch: side[key][epoch]} for key in once} for side in (ours, theirs)
            )
            rules[f"epoch {epoch}"] = _test(a_then, b_then, once, _all)
        full = [key for key in both if {*ours[key]} == {*theirs[key]} == {*epochs}]
        whole, word = (full if len(epochs) > 1 else []), "epoch"
    rules[f"any {word}"] = _test(ours, theirs, whole, _any)
    rules[f"all {word}s"] = _test(ours, theirs, whole, _all)
    return {rule: test for rule, test in rules.items() if test}


def _answers(rows: pd.DataFrame, keys: list[str], threshold: float | None) -> Answers:
    """Answers by item and epoch; numeric ones only where each is known by itself."""
    found: Answers = {}
    columns = [rows[name] for name in (*keys, "epoch", "n", "total")]
    for *key, epoch, n, total in zip(*columns, strict=True):
        if threshold is not None and n > 1:
            continue
        successes = float(total) if threshold is None else float(total >= threshold)
        before = found.setdefault(tuple(map(str, key)), {}).get(str(epoch), (0, 0.0))
        found[tuple(map(str, key))][str(epoch)] = (before[0] + int(n), before[1] + successes)
    return found


def _asked(ours: Answers, theirs: Answers, key: Key, times: int) -> bool:
    return all(side[key][""][0] == times for side in (ours, theirs))


def _once(ours: Answers, theirs: Answers, key: Key, epoch: str) -> bool:
    return all(side[key].get(epoch, (0, 0.0))[0] == 1 for side in (ours, theirs))


def _any(epochs: Epochs) -> bool:
    return any(successes > 0 for _, successes in epochs.values())


def _all(epochs: Epochs) -> bool:
    return all(successes == n for n, successes in epochs.values())


def _test(
    ours: Answers,
    theirs: Answers,
    keys: list[Key],
    rule: Callable[[Epochs], bool],
) -> McNemar | None:
    pairs = [(rule(ours[key]), rule(theirs[key])) for key in keys]
    return mcnemar(pairs) if pairs else None


def mcnemar(pairs: list[tuple[bool, bool]]) -> McNemar:
    """McNemar's exact test and its mid-p version.

    With b and c pairs that disagree one way and the other, p is that of min(b, c) of b + c fair
    coins, two-sided; mid-p counts half of the probability of the very outcome.

    Source: McNemar (1947), Psychometrika 12, 153-157; Fagerland, Lydersen and Laake (2013), BMC
    Med. Res. Methodol. 13, 91, for mid-p. By scipy's binomial distribution.
    """
    only_a = sum(x and not y for x, y in pairs)
    only_b = sum(y and not x for x, y in pairs)
    fewer, discordant = min(only_a, only_b), only_a + only_b
    exact = float(stats.binomtest(fewer, discordant).pvalue) if discordant else 1.0
    tail = float(stats.binom.cdf(fewer, discordant, 0.5))
    mid = 2 * tail - float(stats.binom.pmf(fewer, discordant, 0.5))
    return McNemar(
        pairs=len(pairs),
        only_a=only_a,
        only_b=only_b,
        p_exact=min(1.0, exact),
        p_mid=min(1.0, mid) if discordant else 1.0,
    )
