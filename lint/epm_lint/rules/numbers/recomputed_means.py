"""A mean of whole numbers can have few values, and its standard error follows from its SD and n.

Recomputed are standard errors, SD/√n; confidence intervals of a mean, by t; means and SDs of lists
and of seeds in columns; means of n whole-number answers (GRIM: Brown & Heathers 2017, Social
Psychological and Personality Science 8, 363-369) where the page says the scale and how many gave
them; their SDs (GRIMMER: Anaya 2016, PeerJ Preprints 4:e2400v1), and those of answers that are 0 or
1 (DEBIT: Heathers & Brown 2019). A mean outside its scale is an error, all else a doubt.

Bad:

    On a scale from 1 to 5 in whole points, 30 judges gave a mean of 5.47.

Good:

    On a scale from 1 to 5 in whole points, 30 judges gave a mean of 3.47.
"""

from __future__ import annotations

from math import sqrt

from epm_lint.model import Page, Rule, Verdict
from epm_lint.reading.number import Number, count_of
from epm_lint.reading.page import read
from epm_lint.reading.ranges import Range
from epm_lint.reading.statements import Mean, MeanOfList, Qualifier
from epm_lint.rules.tally import Tally, shown, shown_interval
from epm_lint.statistics.answers import Outcome
from epm_lint.statistics.consistency import mean as possible
from epm_lint.statistics.means import (
    binary_sd,
    grimmer,
    interval,
    mean_of,
    spread_of,
    standard_error,
)

_FIX = "correct the one that is wrong"
_MOST = 5_000
_NOT_BY_T = (Qualifier.RESAMPLED, Qualifier.CLUSTERED, Qualifier.MODELLED, Qualifier.UNKNOWN)


def check(page: Page) -> Verdict:
    """Every mean, SD and standard error can be."""
    tally = Tally("mean")
    for said in read(page.document, page.title).claimed(Mean, MeanOfList):
        if isinstance(said, Mean):
            _mean(said, tally)
        elif isinstance(said, MeanOfList):
            _list(said, tally)
    return tally.verdict()


def _mean(said: Mean, tally: Tally) -> None:
    n = count_of(said.n)
    if _leaves_scale(said, tally):
        return
    plain = not said.has(*_NOT_BY_T)
    if n and said.sd and said.se and plain:
        answer = standard_error(said.se, said.sd, n)
        message = f"says SE {shown(said.se)}; {shown(said.sd)}/√{n} is {answer.right}"
        outcome = Outcome.CONSISTENT if answer.outcome is Outcome.TRUNCATED else answer.outcome
        tally.hold(said.se, outcome, message, _FIX, binding=said.binding, uses=(said.sd, said.n))
    if n and n > 1 and said.interval is not None and (said.sd or said.se):
        if plain:
            _interval(said, n, tally)
        else:
            tally.leave("resampled or modelled intervals")
    if n and said.binary and said.sd:
        answer = binary_sd(said.sd, said.mean, n)
        message = (
            f"says SD {shown(said.sd)}; of answers that are 0 or 1 with mean "
            f"{shown(said.mean)} it is {answer.right}"
        )
        tally.hold(said.sd, answer.outcome, message, _FIX, binding=said.binding, uses=(said.mean,))
    if n and said.grain and n <= _MOST:
        _whole(said, n, tally)


def _leaves_scale(said: Mean, tally: Tally) -> bool:
    low, high = said.lowest, said.highest
    if low is None or high is None or high > 1000 or said.mean.unit:
        return False
    fits = low <= said.mean.range.high and said.mean.range.low <= high
    if fits:
        return False
    message = f"says {shown(said.mean)}; the scale ends at {float(low):g} and {float(high):g}"
    tally.hold(said.mean, Outcome.INCONSISTENT, message, "correct the mean or the scale", sure=True)
    return True


def _interval(said: Mean, n: int, tally: Tally) -> None:
    assert said.interval  # noqa: S101
    if said.se is not None:
        error = said.se.range
    else:
        assert said.sd  # noqa: S101
        error = Range(float(said.sd.range.low) / sqrt(n), float(said.sd.range.high) / sqrt(n))
    low, high = said.interval.ends
    level = float(said.level.value) if said.level else 0.95
    if not 0.5 < level < 1 or low.value > high.value:
        return
    answer = interval(low, high, said.mean, error, n, level)
    message = f"says {shown_interval(said.interval)}; that of {shown(said.mean)} is {answer.right}"
    outcome = Outcome.CONSISTENT if answer.outcome is Outcome.TRUNCATED else answer.outcome
    uses = (high, said.mean, said.sd, said.se, said.n)
    tally.hold(said.interval.low, outcome, message, _FIX, binding=said.binding, uses=uses)


def _whole(said: Mean, n: int, tally: Tally) -> None:
    """GRIM and GRIMMER: of n answers, in whole or half points, of so many items each."""
    assert said.grain  # noqa: S101
    grains = n * said.items / said.grain
    if grains.denominator != 1:
        return
    answer = possible(said.mean, int(grains))
    unit = "whole numbers" if said.grain == 1 else "answers"
    message = f"says {shown(said.mean)}, which no {n * said.items} {unit} give; {answer.right} is"
    fix = "correct the mean, or say what its n is"
    tally.hold(said.mean, answer.outcome, message, fix, binding=said.binding, uses=(said.n,))
    if answer.is_right and said.sd and said.grain == 1 and said.items == 1:
        spread = grimmer(said.sd, said.mean, n)
        message = (
            f"says SD {shown(said.sd)}, which no {n} whole numbers of mean {shown(said.mean)} "
            f"have; {spread.right} is"
        )
        tally.hold(
            said.sd, spread.outcome, message, _FIX, binding=said.binding, uses=(said.mean, said.n)
        )


def _list(said: MeanOfList, tally: Tally) -> None:
    values: list[Number] = list(said.values)
    answer = mean_of(said.mean, values)
    message = f"says {shown(said.mean)}; the mean of {len(values)} values is {answer.right}"
    tally.hold(said.mean, answer.outcome, message, _FIX, binding=said.binding, uses=values)
    if said.spread is not None and answer.is_right and len(values) > 1:
        spread = spread_of(said.spread, values, said.spread_kind)
        message = (
            f"says ± {shown(said.spread).lstrip('±')}; of {len(values)} values it is {spread.right}"
        )
        tally.hold(said.spread, spread.outcome, message, _FIX, binding=said.binding, uses=values)


RULE = Rule("recomputed-means", "Means recomputed", check, everywhere=True, doc=__doc__)
