"""Which figures were drawn for a page, and which of them it shows."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from epm_lint.binding.manifest import MARK, BadManifest, decode
from epm_lint.model import Page

_FOLDER = "figures"


def shown(page: Page) -> frozenset[str]:
    """The names of the pictures on a page."""
    urls = [figure.url for block in page.document.walk_blocks() for figure in block.figures]
    return frozenset(filter(None, map(_name, urls)))


def drawn(page: Page, names: frozenset[str]) -> frozenset[str]:
    """Those of a page's figures that are known: in its manifest, linked to, or files at hand.

    Args:
        page: the page.
        names: those that figures may have: of the analyses.
    """
    linked = (
        link.url for block in page.document.walk_blocks() for p in block.prose for link in p.links
    )
    coded = (
        span.text for block in page.document.walk_blocks() for p in block.prose for span in p.code
    )
    listed = {_name(url) for url in (*linked, *coded) if f"{_FOLDER}/" in url}
    beside = {name for name in names if f"{_FOLDER}/{name}.png" in page.beside}
    return frozenset(names & {*listed, *_in_manifests(page), *beside, *_committed(page, names)})


def _in_manifests(page: Page) -> Iterator[str]:
    texts = [c.text for c in page.document.comments if c.text.split()[:1] == [MARK]]
    if page.record is not None:
        texts.append(page.record.manifest)
    for text in texts[:2]:
        try:
            yield from (one.name.removesuffix(".png") for one in decode(text).figures)
        except BadManifest:
            continue


def _committed(page: Page, names: frozenset[str]) -> Iterator[str]:
    """Those in the commit that has the results."""
    commit, results = page.document.declared("commit"), page.document.declared("results")
    if page.repository is None or not commit or not results:
        return
    folder = results.rpartition("/")[0]
    for name in sorted(names - shown(page)):
        path = f"{folder}/{_FOLDER}/{name}.png"
        if page.repository.read(commit, path) is not None:
            yield name


def _name(url: str) -> str:
    """Of a picture, without its folder and ending; empty for other files."""
    stem, dot, ending = unquote(url.partition("?")[0]).rpartition("/")[2].rpartition(".")
    return stem if dot and ending.casefold() == "png" else ""
