"""Who says so: what of a verdict is about its making, and not about the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from epm import __version__

_ADDRESS = re.compile(r"https?://[\w.:/@%+-]{3,400}")


@dataclass(frozen=True, slots=True)
class Signature:
    """Of one run of the bot."""

    run_url: str = ""
    """Where it is to be seen."""
    home: str = ""
    """The address of epm's own files at the version that ran."""
    version: str = __version__
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Signature:
        """As the workflow says."""
        server, name, run_id = (
            environment.get(variable, "")
            for variable in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
        )
        run = f"{server}/{name}/actions/runs/{run_id}" if server and name and run_id else ""
        return cls(_sound(run), _sound(environment.get("EPM_HOME", "")))

    def rule(self, slug: str) -> str:
        """The page of a rule; empty where nobody knows its address."""
        return f"{self.home}/lint/README.md#{slug}" if self.home else ""


def _sound(url: str) -> str:
    url = url.strip().rstrip("/")
    return url if _ADDRESS.fullmatch(url) else ""
