"""The figure at the head of the results shows the same picture for ever.

A branch moves on, and the picture under the claim changes with it: the figure's address names a
commit. In a local draft the file lies beside the body; publishing pins it.

Bad:

    ## AI Summary

    ### Results

    ![Source rate against cosine](https://raw.githubusercontent.com/acme/lab/main/figures/hero.png)

Good:

    ## AI Summary

    ### Results

    ![Source rate](https://raw.githubusercontent.com/acme/lab/43a303c/figures/hero.png)
"""

import re
from collections.abc import Container
from typing import Literal
from urllib.parse import unquote, urlsplit

from lint.anatomy import results
from lint.blocks import Figure
from lint.model import Finding, Page, Rule, Verdict
from lint.quoting import quote

_COMMIT = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE)


def check(page: Page) -> Verdict:
    """The first figure of the results is pinned to a commit, or lies beside the draft."""
    sections = results(page)
    figure = next((figure for section in sections for figure in section.figures), None)
    if figure is None:
        where = [Finding("no figure here", section.line) for section in sections[:1]]
        return Verdict.failed("no image in Results" if sections else "no Results section", where)
    kind, detail = _judge(figure, page.beside)
    fault = Finding(f"hero figure {quote(figure.url)}", figure.line, fix=_FIXES.get(kind))
    match kind:
        case "pinned":
            return Verdict.passed(detail)
        case "local":
            return Verdict.warned(detail, [fault])
    return Verdict.failed(detail, [fault])


Kind = Literal["pinned", "local", "branch", "page", "absent", "foreign"]

_FIXES = {
    "local": "publish the page",
    "branch": "name the commit: …/<sha>/… in place of the branch",
    "page": "append ?raw=true",
    "absent": "put the file beside the body, or correct the name",
    "foreign": "commit the figure and link to it at that commit",
}


def _judge(figure: Figure, beside: Container[str]) -> tuple[Kind, str]:
    try:
        url = urlsplit(figure.url)
    except ValueError:
        return "foreign", "the address of the figure cannot be read"
    if not url.scheme and not url.netloc:
        name = unquote(url.path).removeprefix("./")
        if name in beside:
            return "local", "a local file; publishing pins it to a commit"
        return "absent", f"no such file beside the body: {quote(name)}"
    steps = url.path.strip("/").split("/")
    match url.netloc.casefold(), steps:
        case "raw.githubusercontent.com", [_, _, ref, _, *_]:
            return _by_ref(ref)
        case "github.com" | "www.github.com", [_, _, "blob", ref, _, *_]:
            if "raw=true" not in url.query.split("&"):
                return "page", "the address shows a page about the image, not the image"
            return _by_ref(ref)
        case "github.com" | "www.github.com", [_, _, "raw", ref, _, *_]:
            return _by_ref(ref)
    return "foreign", "not a file in a repository at a commit"


def _by_ref(ref: str) -> tuple[Kind, str]:
    if _COMMIT.fullmatch(ref):
        return "pinned", f"pinned to {ref[:7]}"
    return "branch", f"not pinned to a commit: {quote(ref)} is a branch or a tag"


RULE = Rule("hero-figure", "Hero figure", check, doc=__doc__)
