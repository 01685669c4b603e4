"""Page formats: what they say, the files they are read from, and which one a page has."""

from epm_lint.formats.format import HUMAN, AskedSection, Asks, Format, Label, Limit
from epm_lint.formats.recognition import Recognised, format_of
from epm_lint.formats.shipped import NAMES, PLAIN, shipped

__all__ = [
    "HUMAN",
    "NAMES",
    "PLAIN",
    "AskedSection",
    "Asks",
    "Format",
    "Label",
    "Limit",
    "Recognised",
    "format_of",
    "shipped",
]
