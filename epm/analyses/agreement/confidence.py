"""How far scores that two judges disagree on can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from epm.analyses.agreement.block import AgreementBlock
from epm.analyses.limits import Limit
from epm.values import Unavailable
from epm.writing.filters import number

SUBSTANTIAL = 0.61
"""κ from which agreement is called substantial: Landis and Koch (1977), Biometrics 33, 159-174."""


def limits(block: AgreementBlock) -> Iterator[Limit]:
    """Agreement below what is usually called substantial."""
    kappa = block.overall.kappa
    if not isinstance(kappa, Unavailable) and kappa.estimate < SUBSTANTIAL:
        yield (
            "MODERATE",
            f"{block.first} and {block.second} agree to κ={number(kappa.estimate)} only",
        )
