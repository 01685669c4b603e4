"""A number on the page is the number in the results, or the page is fiction.

Numbers drift: a run is repeated, a table is tidied by hand, a digit slips. A page that epm rendered
carries a manifest of all its figures and what each came from; each is derived again from the
results file and held against what the page says now.

Bad:

    <!-- epm:clean-result format=v1 results=results.json -->

    ## AI Summary

    The source rate is 23%.

Good:

    <!-- epm:clean-result format=v1 results=results.json -->

    ## AI Summary

    No number is claimed here.

    <!-- epm:numbers v1 eNqrVipKLS7NKSlWslJS0lEqzi8tSk4FcqJjdZTyEnNhzNK8zBIwsxYAl08QPg== -->
"""

from __future__ import annotations

from collections.abc import Iterator

from lint.binding.alignment import Alignment, align
from lint.binding.manifest import MARK, BadManifest, Bound, Manifest, decode, derive
from lint.binding.units import Reader, units
from lint.model import Finding, Page, Rule, Verdict
from lint.quoting import quote


def check(page: Page) -> Verdict:
    """Every figure is as it was rendered, and as the results have it."""
    comments = [c for c in page.document.comments if c.text.split()[:1] == [MARK]]
    rendered = (page.document.marker() or "").startswith("epm:clean-result")
    if not comments and not rendered:
        return Verdict.skipped("epm did not render this body: no manifest binds its numbers")
    if len(comments) != 1:
        found = "no numbers manifest" if not comments else f"{len(comments)} numbers manifests"
        line = comments[-1].line if comments else 1
        return Verdict.failed(found, [Finding(found, line, fix="render the page again")])
    try:
        manifest = decode(comments[0].text)
    except BadManifest as error:
        fault = Finding(f"numbers manifest: {error}", comments[0].line, fix="render the page again")
        return Verdict.failed("the numbers manifest cannot be read", [fault])
    return _held(page, manifest, comments[0].line)


def _held(page: Page, manifest: Manifest, line: int) -> Verdict:
    alignment = align(manifest.units, units(page.document, page.title, Reader(manifest.names)))
    wrong = [*_false(page, alignment), *_forged(page, manifest, line)]
    odd = [*_reworded(page, alignment), *_outdated(page, manifest, line)]
    faults = sorted([*wrong, *odd], key=lambda fault: fault.line)
    held = sum(bool(bound.parts) for bound, _ in alignment.kept)
    new = f"; {len(alignment.new)} written by hand since" if alignment.new else ""
    if wrong:
        detail = f"{len(wrong)} of {held + len(wrong)} numbers do not hold{new}"
        return Verdict.failed(detail, faults)
    if page.results is None and held:
        detail = f"{held} numbers as rendered; the results file is not at hand to derive them again"
        return Verdict.warned(detail + new, faults)
    if odd:
        return Verdict.warned(f"{held} numbers derived again, all equal; {odd[0].message}", faults)
    return Verdict.passed(f"{held} numbers derived again, all equal{new}")


def _forged(page: Page, manifest: Manifest, line: int) -> Iterator[Finding]:
    """Whether the body and its manifest speak of the same results."""
    words = (page.document.marker() or "").split()
    declared = next((w.removeprefix("sha256=") for w in words if w.startswith("sha256=")), None)
    if declared is not None and declared != manifest.results_sha256:
        yield Finding(
            f"the first line names results {quote(declared[:12])}, the numbers manifest "
            f"{quote(manifest.results_sha256[:12])}",
            line,
            fix="render the page again",
        )


def _outdated(page: Page, manifest: Manifest, line: int) -> Iterator[Finding]:
    if page.results_sha256 not in {None, manifest.results_sha256}:
        yield Finding(
            "the results file has changed since this body was rendered",
            line,
            fix="render the page again",
        )


def _false(page: Page, alignment: Alignment) -> Iterator[Finding]:
    """Numbers of the results that were changed, moved, or are no longer what the results hold."""
    for bound, figure in alignment.changed:
        if bound.parts:
            yield Finding(f"says {_shown(figure.text)}; {_truth(page, bound)}", figure.line)
    for bound, figure in alignment.moved:
        where = f"{_shown(figure.text)} stands where another number was"
        yield Finding(f"{where}; {_truth(page, bound)}", figure.line)
    for figure in alignment.intruding:
        yield Finding(f"{_shown(figure.text)} stands in a cell that held no such", figure.line)
    for entry, unit in alignment.renamed:
        was, now = _differing(entry.unit.names, unit.names)
        yield Finding(f"names {now} where {was} was, beside the same numbers", unit.line)
    if page.results is not None:
        for bound, figure in alignment.kept:
            if bound.parts and _derived(page, bound) != figure.text:
                stale = f"says {_shown(figure.text)}; {_truth(page, bound)} (stale)"
                yield Finding(stale, figure.line, fix="render the page again")


def _reworded(page: Page, alignment: Alignment) -> Iterator[Finding]:
    """What the template wrote and no result holds: a level, an issue number, a sample."""
    for bound, figure in alignment.changed:
        if not bound.parts:
            yield Finding(f"says {_shown(figure.text)}; {_truth(page, bound)}", figure.line)
    for figure in alignment.fences:
        yield Finding("this code block is not as it was rendered", figure.line)


def _differing(was: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, str]:
    pairs = [(old, new) for old, new in zip(was, now, strict=False) if old != new]
    old, new = pairs[0] if pairs else (was[-1], now[-1])
    return quote(old), quote(new)


def _derived(page: Page, bound: Bound) -> str | None:
    try:
        return derive(bound, page.results)
    except ValueError:
        return None


def _truth(page: Page, bound: Bound) -> str:
    if not bound.parts or page.results is None:
        return f"it was rendered as {_shown(bound.figure.text)}"
    where = ", ".join(dict.fromkeys(part.pointer for part in bound.parts))
    derived = _derived(page, bound)
    if derived is None:
        return f"the results hold nothing at {quote(where)}"
    return f"results say {_shown(derived)} at {quote(where)}"


def _shown(text: str) -> str:
    return quote(text.lstrip("=")).strip("'")


RULE = Rule("numbers-match-results", "Numbers match JSON", check, doc=__doc__)
