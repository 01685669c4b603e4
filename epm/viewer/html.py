"""How a screen becomes a page: one template each, and everything escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from epm.viewer.carried import carried
from epm.viewer.data.run import Run
from epm_lint.quoting import visible

STATIC = Path(__file__).parent / "static"
"""Style and scripts, which both carriers have as they are."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing but the viewer's own files, whatever a page or a completion says."""

SCREENS = {
    "index": "Page",
    "numbers": "Numbers",
    "matrix": "Matrix",
    "samples": "Samples",
    "figures": "Figures",
    "lint": "Lint",
    "history": "History",
    "files": "Files",
}
"""Of a run, by the name of their file."""


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"policy": POLICY, "screens": SCREENS}
    made.filters |= {"breakable": breakable, "visible": visible}
    return made


def breakable(name: str) -> Markup:
    """A name that may go on in the next line after its underscores."""
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def page(
    template: str, path: str, title: str, run: Run | None = None, screen: str = "", **shown: Any
) -> str:
    """A screen's HTML.

    Args:
        template: its file, without suffixes.
        path: the screen's address, from which links lead to others.
        title: of the page.
        run: whose screen it is.
        screen: which of the run's.
        shown: what the template asks for.
    """
    root = "../" * path.count("/")
    made = _environment().get_template(f"{template}.html.j2")
    return carried(made.render(root=root, title=title, run=run, screen=screen, **shown))
