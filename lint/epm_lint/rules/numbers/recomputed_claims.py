"""A sentence that counts or ranks the rows of a table can be counted again.

Held against the table that its section gives are claims such as "six of eight rose by 13 pp or
more", "three rise and three fall", "every task is over 50%", "trivia is best with 80.5%", "the
largest gain is in logic, +8.5 points", "rates run from 44.0% to 80.5%" and "the mean of the six is
82.2%". A claim is bound to a table only if that has as many rows as the claim counts, and one
column that its words name; what does not agree is doubted: the sentence may mean another table.

Bad:

    | Task | Before | After |
    |---|---|---|
    | reading | 38.5 | 44.0 |
    | coding | 63.5 | 61.0 |
    | logic | 50.0 | 58.5 |

    All three tasks improve.

Good:

    | Task | Before | After |
    |---|---|---|
    | reading | 38.5 | 44.0 |
    | coding | 63.5 | 61.0 |
    | logic | 50.0 | 58.5 |

    Two of three tasks improve.
"""

from __future__ import annotations

from epm_lint.model import Finding, Page, Rule, Verdict
from epm_lint.quoting import clip, quote
from epm_lint.reading.page import read
from epm_lint.reading.statements import CellClaim, CountedClaim
from epm_lint.rules.tally import Tally, shown

_MOST_NAMES = 5


def check(page: Page) -> Verdict:
    """The rows of the table do what is said of them."""
    tally = Tally("claim")
    for said in read(page.document, page.title).claimed(CellClaim, CountedClaim):
        if isinstance(said, CountedClaim):
            _counted(said, tally)
        elif isinstance(said, CellClaim):
            _cell(said, tally)
    return tally.verdict()


def _counted(said: CountedClaim, tally: Tally) -> None:
    tally.count += 1
    did = len(said.who)
    if did == said.k:
        return
    who = ", ".join(clip(name, 30) for name in said.who[:_MOST_NAMES]) or "none"
    more = f" and {len(said.who) - _MOST_NAMES} more" * (len(said.who) > _MOST_NAMES)
    message = f"{quote(said.text)}: {did} of the table's {said.n} rows do ({who}{more})"
    tally.add(
        Finding(message, said.line, fix="count again, or say which table is meant"), sure=False
    )


def _cell(said: CellClaim, tally: Tally) -> None:
    tally.count += 1
    tally.used.append(said.number)
    if said.cell is not None:
        return
    right = f" is {clip(said.right, 60)}" if said.right else " is another"
    message = f"says {shown(said.number)}; the {said.what} in the table{right}"
    column = said.number.column
    fix = "correct the one that is wrong"
    found = Finding(message, said.number.line, column=column, fix=fix, uses=(said.number,))
    tally.add(found, sure=False)


RULE = Rule("recomputed-claims", "Counted claims", check, everywhere=True, doc=__doc__)
