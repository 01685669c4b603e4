"""Agreement is a table: it has no figure."""

from __future__ import annotations

from epm.analyses.agreement.block import AgreementBlock
from epm.results import Results


def chart(_name: str, _block: AgreementBlock, _results: Results) -> None:
    """None."""
    return
