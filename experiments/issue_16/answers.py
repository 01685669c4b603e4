"""What is measured of an answer beside its hedges."""

from epm.definition import Excluded


def words(completion, item):
    """How many words it has: an arm that writes more has more room for a hedge."""
    count = len(completion.split())
    return float(count) if count else Excluded("empty")
