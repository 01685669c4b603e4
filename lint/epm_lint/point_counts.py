"""How many points stand behind the correlations of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from epm_lint.numbers.forms import Correlation, SampleSize
from epm_lint.numbers.reading import Reading
from epm_lint.numbers.tables import Role
from epm_lint.recomputing import is_claimed

_FEWEST, _MOST = 3, 10**9


def points_of_page(reading: Reading) -> list[int]:
    """Every N that the page as a whole may have, the one it states most often first.

    What stands in a single row or cell is that row's own.
    """
    found = Counter(n for n in _stated(reading) if _FEWEST <= n <= _MOST)
    return sorted(found, key=lambda n: (-found[n], -n))


def _stated(reading: Reading) -> Iterator[int]:
    for passage, said in reading.statements:
        if passage.spot and passage.spot.row:
            continue
        if not isinstance(said, Correlation | SampleSize) or not is_claimed(passage, said):
            continue
        if isinstance(said, SampleSize) and (said.per or not said.text.startswith("N")):
            continue
        if said.n and not said.n.unit and said.n.decimals <= 0:
            yield int(said.n.value)
    for table in reading.tables:
        if Role.COSINE in table.columns and Role.RATE in table.columns:
            yield len(table.records)
