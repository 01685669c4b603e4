"""A p-value follows from its statistic and N; half of psychology's papers hold one that does not.

Recomputed, as statcheck does (Nuijten et al. 2016, Behavior Research Methods 48, 1205-1226), are
two-sided p-values of r and ρ, t = r·√(df / (1 - r²)) with df = N - 2, one less for each covariate
of a partial correlation; of t and z; the upper tails of F and χ²; one-sided ones where the page
says so; that of an estimate whose interval and df stand in its row, as both are made of one
standard error; the tests of two counts (z, χ², Fisher's), of wins against losses, and McNemar's.
Statistics are any value that rounds to what is printed. All operands stand together or in one row:
what is said elsewhere is never taken. ρ may have the p of R (AS 89) as well as that of t; one of
fewer than ten points is left alone, and so are permutation, bootstrap, clustered and modelled
p-values; a corrected one is at least the raw one, and that times the tests where they are told. A p
on the wrong side of 0.05 is an error, any other that does not follow a doubt.

Bad:

    The relation is significant (r=-0.51, p=0.031, N=11).

Good:

    The relation is not significant (r=-0.51, p=0.109, N=11).
"""

from __future__ import annotations

from epm_lint.model import Page, Rule, Verdict
from epm_lint.reading.page import read
from epm_lint.reading.statements import (
    Comparison,
    Correlation,
    Determination,
    Estimate,
    Split,
    Statement,
    Test,
)
from epm_lint.rules.numbers.recomputed_p_values.from_counts import comparison, split
from epm_lint.rules.numbers.recomputed_p_values.from_intervals import of_its_interval
from epm_lint.rules.numbers.recomputed_p_values.from_statistics import (
    correlation,
    determination,
    estimate,
    test,
)
from epm_lint.rules.tally import Tally


def check(page: Page) -> Verdict:
    """Every p is that of its statistic."""
    tally = Tally("p-value")
    for said in read(page.document, page.title).claimed(Statement):
        match said:
            case Test() if said.p is not None:
                test(said, said.p, tally)
            case Correlation() if said.p is not None:
                correlation(said, said.p, tally)
            case Determination() if said.p is not None and said.n is not None:
                determination(said, said.p, said.n, tally)
            case Estimate() if said.p is not None and said.se is not None:
                estimate(said, said.p, said.se, tally)
            case Estimate(p=p, df=df, interval=span) if p and df and span:
                of_its_interval(said, p, df, span, tally)
            case Comparison():
                comparison(said, tally)
            case Split():
                split(said, tally)
    return tally.verdict()


RULE = Rule("recomputed-p-values", "p-values recomputed", check, everywhere=True, doc=__doc__)
