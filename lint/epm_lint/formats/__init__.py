"""Page formats: what they say, the files they are read from, and which one a page has."""

from epm_lint.formats.format import HUMAN, Asks, Format, Label, Limit, Section
from epm_lint.formats.recognition import Recognised, format_of
from epm_lint.formats.shipped import NAMES, PLAIN, shipped

__all__ = [
    "HUMAN",
    "NAMES",
    "PLAIN",
    "Asks",
    "Format",
    "Label",
    "Limit",
    "Recognised",
    "Section",
    "format_of",
    "shipped",
]
