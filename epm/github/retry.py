"""How long to wait before another try, and when to give up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from epm import retry_after
from epm.errors import EpmError

_LONGEST_STEP = 30.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The bounds on waiting, for each thing that is asked of GitHub."""

    longest: float = 120.0
    """Seconds that one thing may take with all its tries; what would take longer is given up."""
    first: float = 1.0
    """Seconds before the second try; doubled each time, to 30 at most."""
    unsaid: float = 60.0
    """Seconds after a rate limit that does not say for how long: GitHub asks for a minute."""
    answer: int = 15
    """Seconds to wait for one answer."""
    between_requests: float = 0.25
    between_writes: float = 1.0
    """GitHub's advice against secondary limits."""

    def start(self) -> Wait:
        """The clock of one thing."""
        return Wait(self)


@dataclass(slots=True)
class Wait:
    """The tries of one thing."""

    policy: RetryPolicy
    _began: float = field(default_factory=time.monotonic)
    _tries: int = 0

    def before_next(self, trouble: str, asked: float | None = None, limited: bool = False) -> None:
        """Sleep, or give up if that would pass the bound.

        Args:
            trouble: what went wrong, for the error.
            asked: seconds that GitHub asks for.
            limited: by a rate limit, also where it does not say for how long.
        """
        backoff = min(self.policy.first * 2**self._tries, _LONGEST_STEP)
        least = (self.policy.unsaid if limited else 0.0) if asked is None else asked
        delay = max(least, backoff)
        self._tries += 1
        spent = time.monotonic() - self._began
        if spent + delay > self.policy.longest:
            asks = f" and asks to wait {asked:.0f} s" if asked else ""
            raise EpmError(
                f"{trouble}{asks}; given up after {spent:.0f} s and {self._tries} "
                f"{'try' if self._tries == 1 else 'tries'} (at most {self.policy.longest:.0f} s)",
                "run the same command again later: nothing is written twice",
            )
        time.sleep(delay)


def asked_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds until another try is welcome, if an answer says so."""
    now = now or datetime.now(UTC)
    if said := headers.get("retry-after", "").strip():
        return retry_after.seconds(said, now)
    reset = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining", "").strip() == "0" and reset.isdecimal():
        # the second in which it is reset is not over when it begins
        return max(0.0, float(reset[:12]) - now.timestamp()) + 1
    return None
