"""A run's page as GitHub shows it, its bound numbers underlined, its findings in the margin."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from epm.viewer import html
from epm.viewer.data.discussion import Discussion
from epm.viewer.data.run import Run
from epm.viewer.markdown import MarginMark, Numbers, Shown, linked, render
from epm.viewer.screens.issue import comments
from epm.viewer.screens.lint import marks

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp")


def screen(run: Run, path: str, about: Discussion | None) -> str:
    """The page, with a table of contents, what the linter says and what was said on GitHub."""
    numbers = Numbers(
        (line, slot, text, key, f"numbers.html#{key}") for line, slot, text, key in run.numbers.at
    )
    shown = _shown(run, numbers, marks(run)) if run.body is not None else None
    heading = linked(run.title, numbers)
    return html.page(
        "page",
        path,
        run.title,
        run,
        "index",
        shown=shown,
        heading=heading,
        numbers=run.numbers,
        about=about,
        comments=comments(about),
    )


def _shown(run: Run, numbers: Numbers, findings: list[MarginMark]) -> Shown:
    return render(
        run.body or "",
        marks=findings,
        numbers=numbers,
        picture=lambda address: picture(run, address),
    )


def picture(run: Run, address: str) -> str | None:
    """A figure of the run, wherever its address says that it was published."""
    try:
        name = unquote(urlsplit(address).path).rpartition("/")[2]
        there = name.lower().endswith(_PICTURES) and (run.folder / "figures" / name).is_file()
    except (OSError, ValueError):  # no address, or no name that a file can have
        return None
    return f"figures/{quote(name)}" if there else None
