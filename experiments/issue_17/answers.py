"""What is measured of an answer."""

import re

from epm.definition import Excluded


def repeated(completion, item):
    """The share of an answer's words that stood in it before."""
    found = re.findall(r"\w+", completion.lower())
    return 1 - len(set(found)) / len(found) if found else Excluded("no words")
