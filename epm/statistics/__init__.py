"""Counts and cosines in, statistics out: pure functions on numpy, scipy and statsmodels.

`analyse` is the entry; the other modules are its vocabulary, one subject each. A number that its
data cannot support comes back as an `Unavailable` with the reason, never as an exception and never
as NaN. Importing this package costs about a second; only the stage and the figure need it.
"""

from epm.statistics.analysis import analyse

__all__ = ["analyse"]
