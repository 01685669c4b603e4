"""How a screen becomes a page: one template each, and everything escaped."""

from __future__ import annotations

import re
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
    made.filters |= {
        "breakable": breakable,
        "visible": visible,
        "parted": parted,
        "sentence": sentence,
    }
    return made


def breakable(name: str) -> Markup:
    """A name or a pointer that may go on in the next line after an underscore or a slash."""
    return Markup("<wbr>").join(escape(part) for part in re.findall(r"[^_/]*[_/]|[^_/]+", name))


def sentence(said: str) -> str:
    """A notice that stands for itself: a capital, where it begins with a word, and a full stop."""
    first = said.split(" ", 1)[0]
    begun = said[:1].upper() + said[1:] if first.isalpha() else said
    return begun if begun.endswith((".", "!", "?", "…")) else f"{begun}."


def parted(title: str) -> tuple[str, str]:
    """The scale that a title of ours begins with in brackets, '' for none, and the rest."""
    scale, closed, rest = title.partition("] ")
    return (scale[1:], rest) if closed and scale.startswith("[") else ("", title)


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
