"""The hero figure: source rate against cosine, and the correlation by layer.

`plotted` decides what is shown, `drawing` shows it and nothing else, with names placed by `labels`;
`hero` writes the files.
"""

from epm.figures.hero import hero

__all__ = ["hero"]
