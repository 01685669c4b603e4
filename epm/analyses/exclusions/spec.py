"""What an analysis of exclusions is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from epm.analyses.pairs import PairsSpec
from epm.definition.analysis import Outcome

ANY_REASON = "any reason"
"""The set of all reasons, for which bounds are always given."""


@dataclass(frozen=True, kw_only=True)
class Exclusions(PairsSpec):
    """How many answers of an outcome have no score, and how far they could move what was found."""

    kind: ClassVar[str] = "exclusions"

    outcome: Outcome
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Named sets of reasons, as in `{"judge failures": ("refused", "not parsed")}`. Bounds are
    given for each, answers lost for other reasons left out, and for all reasons together."""
    by_task: bool = False
    """Whether every task is given by itself as well."""

    def outcomes(self) -> Iterator[Outcome]:
        """The one."""
        yield self.outcome

    def problems(self) -> Iterator[str]:
        """A set of reasons that is empty, or called as the set of all is."""
        yield from super().problems()
        given: Mapping[str, object] = self.reasons
        for name, reasons in given.items():
            if not (isinstance(reasons, tuple) and reasons):
                yield f"its set '{name}' is no tuple of reasons: write ('refused',)"
            if name == ANY_REASON:
                yield f"'{ANY_REASON}' is the set of all reasons, which is always given"
