"""When a service says that another try is welcome."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds(said: str, now: datetime | None = None) -> float | None:
    """Seconds from now, as a `Retry-After` says it: a whole number of them, or a date.

    None where it says neither; 0 where the date is past.
    """
    said = said.strip()
    if said.isascii() and said.isdecimal() and len(said) < 9:
        return float(said)
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
