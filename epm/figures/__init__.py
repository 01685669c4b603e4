"""The figures of a run: `hero`, source rate against cosine; `trajectory`, source rate against step.

`plotted` and `traced` decide what is shown, `drawing` and `panels` show it and nothing else, with
names placed by `labels`; `output` writes the files.
"""

from epm.figures.hero import hero
from epm.figures.trajectory import trajectory

__all__ = ["hero", "trajectory"]
