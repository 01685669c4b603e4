"""An interval of a rate follows from the count and n: seven of twelve on one page did not.

Recomputed is each interval beside a rate or a count whose n stands with it: Wilson's score
interval, (p + z²/2n ± z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n) (Wilson 1927, JASA 22, 209-212), and
Clopper-Pearson's (1934), Wald's, Jeffreys', mid-p and t intervals, with a correction for continuity
or for several comparisons where that is named. One without a name must be one of them. Some count
that rounds to the rate has to give it; an end whose digits were cut off is said to be truncated. A
standard error or a ± beside a rate is held to √(p(1-p)/n). An n that the page gives once for all
cells is used where the method is named, and then only a doubt. The interval of a correlation is
Fisher's (1921), that of a difference of two counts Newcombe's (1998) or Wald's. Intervals clustered
by question, or by seed and question, are recomputed from the counts of a results file at hand:
Wilson's at the effective sample size (Korn and Graubard 1998, Survey Methodology 24, 193-201; two
ways: Cameron, Gelbach and Miller 2011, J. Bus. Econ. Stat. 29, 238-249). Bootstrap, prediction and
credible intervals and those of a model are not recomputed, but like all others their ends come in
order, and an interval holds its own estimate.

Bad:

    | Persona | k/n | Rate | Wilson 95% CI |
    |---|---|---|---|
    | villain | 57/100 | 57% | [66.3%, 47.2%] |

Good:

    | Persona | k/n | Rate | Wilson 95% CI |
    |---|---|---|---|
    | villain | 57/100 | 57% | [47.2%, 66.3%] |
"""

from __future__ import annotations

from epm_lint.binding.clustered import clustered_intervals
from epm_lint.model import Page, Rule, Verdict
from epm_lint.reading.page import Reading, read
from epm_lint.reading.statements import (
    Comparison,
    Correlation,
    Estimate,
    Inside,
    Mean,
    Prediction,
    Proportion,
)
from epm_lint.rules.numbers.recomputed_intervals.ends import FIX, estimate, in_order, key
from epm_lint.rules.numbers.recomputed_intervals.of_coefficients import (
    comparison,
    correlation,
    rank_correlations,
)
from epm_lint.rules.numbers.recomputed_intervals.of_predictions import predicted_rows, prediction
from epm_lint.rules.numbers.recomputed_intervals.of_rates import proportion
from epm_lint.rules.tally import Tally, shown_interval


def check(page: Page) -> Verdict:
    """Every interval is that of its rate and n."""
    tally = Tally("interval")
    reading = read(page.document, page.title)
    judged: set[tuple[int, int, int]] = set()
    for said in reading.claimed(Proportion, Correlation, Comparison, Prediction):
        match said:
            case Proportion():
                proportion(said, tally, judged)
            case Correlation() if said.interval is not None:
                correlation(said, said.interval, tally, judged)
            case Comparison() if said.interval is not None:
                comparison(said, said.interval, tally, judged)
            case Prediction():
                prediction(said, tally)
    rank_correlations(list(reading.claimed(Correlation)), tally)
    left = _clustered(page, reading, tally, judged)
    for said in reading.statements:
        match said:
            case Estimate() if said.interval is not None and said.is_claimed:
                estimate(said, said.value, said.interval, tally, judged)
            case Mean() if said.interval is not None and said.is_claimed:
                estimate(said, said.mean, said.interval, tally, judged)
            case Inside() if said.interval is not None and not said.quoted:
                in_order(said, said.interval, tally, judged)
    predicted_rows(reading, tally)
    for _ in range(left):
        tally.leave("clustered intervals of no counts at hand")
    return tally.verdict()


def _clustered(
    page: Page, reading: Reading, tally: Tally, judged: set[tuple[int, int, int]]
) -> int:
    """Hold clustered intervals to the results; how many those say nothing of."""
    left = 0
    for held in clustered_intervals(page.results or {}, reading):
        if not held.right:
            left += 1
            continue
        judged.add(key(held.span))
        says = shown_interval(held.span)
        message = f"says {says}; clustered, the counts of the results give {held.right}"
        tally.hold(held.span.low, held.outcome, message, FIX, uses=(held.span.high,))
    return left


RULE = Rule("recomputed-intervals", "Intervals recomputed", check, everywhere=True, doc=__doc__)
