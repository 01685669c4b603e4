"""`epm preview`: a page that is being written, as GitHub will show it, findings in its margin.

`watching` sees a save, `looking` makes the page of it, `feed` hands the newest one on, `serving`
carries it to browsers on this machine.
"""

from __future__ import annotations

from epm.viewer.preview.serving import Server, serve
from epm.viewer.preview.watching import watch

__all__ = ["Server", "serve", "watch"]
