"""The numbers of a page that are bound to its results, and where each of them is printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from epm.linting import records
from epm.viewer.addresses import fragment
from epm.viewer.data import words
from epm.viewer.data.behind import Behind, behind
from epm.viewer.data.run import Run
from epm_lint.binding.alignment import align
from epm_lint.binding.manifest import BadManifest, Bound, BoundPart, Manifest, decode
from epm_lint.binding.pointers import resolve
from epm_lint.binding.record import manifest_of
from epm_lint.binding.units import Numeral, Reader, units
from epm_lint.markdown.document import Document


@dataclass(frozen=True)
class Printed:
    """A place of the page where a number stands."""

    line: int
    kind: str
    text: str
    excerpt: str


@dataclass(frozen=True)
class Part:
    """A stretch of a printed number, and what it was written from."""

    pointer: str
    words: str
    stored: str
    written: str
    form: str
    formula: str
    behind: Behind
    fragment: str
    """The completions, as the samples screen has them in its address; '' for none."""


@dataclass
class Number:
    """A number as it is printed, with all places where the same values are."""

    key: str
    text: str
    parts: list[Part]
    places: list[Printed] = field(default_factory=list)
    was: str = ""
    """As it was rendered, where the page now says something else."""


@dataclass
class PageNumbers:
    """All of a page, and how to find them in it."""

    numbers: list[Number] = field(default_factory=list)
    at: list[tuple[int, int, str, str]] = field(default_factory=list)
    """Line, slot, text and key of every figure, in the order of the page."""
    why: str = ""
    """Why no number is bound; '' where some are."""


def numbers_of(run: Run) -> PageNumbers:
    """What the manifest binds, as far as the page still has it."""
    if run.body is None:
        return PageNumbers(why="there is no page here")
    manifest = _manifest(run)
    if isinstance(manifest, str):
        return PageNumbers(why=manifest)
    if not run.raw:
        return PageNumbers(why=f"its numbers lead nowhere: {run.no_results}")
    document = Document(run.body)
    found = units(document, run.title, Reader(manifest.names))
    lines = {id(figure): (unit.line, unit.kind) for unit in found for figure in unit.figures}
    aligned = align(manifest.units, found)
    matched = [*aligned.kept, *aligned.changed, *aligned.moved]
    matched.sort(key=lambda pair: (lines[id(pair[1])][0], pair[1].line, pair[1].start))
    collected = PageNumbers()
    known: dict[Any, Number] = {}
    parts: dict[BoundPart, Part] = {}
    for bound, figure in matched:
        if not bound.parts:
            continue
        line, kind = lines[id(figure)]
        number = _number(run, bound, figure, known, parts)
        excerpt = document.lines[figure.line - 1].strip()[:160] if figure.line > 0 else run.title
        number.places.append(Printed(figure.line, kind, figure.text, excerpt))
        collected.at.append((line, figure.slot, figure.text, number.key))
    collected.numbers = list(known.values())
    if not collected.numbers:
        collected.why = "no number of this page was written from its results"
    return collected


def _manifest(run: Run) -> Manifest | str:
    """What the page was rendered with, or why that is not known."""
    record = records.beside(run.body_file.parent) or records.beside(run.folder)
    try:
        if record is not None:
            return manifest_of(record)
        comments = [c for c in Document(run.body or "").comments if "epm:numbers" in c.text[:20]]
        if comments:
            return decode(comments[-1].text)
    except BadManifest as error:
        return f"the numbers manifest cannot be read: {error}"
    return "epm did not render this page, or its numbers manifest is not here: nothing is bound"


def _number(
    run: Run,
    bound: Bound,
    figure: Numeral,
    known: dict[Any, Number],
    parts: dict[BoundPart, Part],
) -> Number:
    same = figure.text == bound.figure.text
    identity = (figure.text, same, tuple((p.pointer, p.form, p.index) for p in bound.parts))
    if identity not in known:
        of = [_part(run, bound, each, parts) for each in bound.parts]
        was = "" if same else bound.figure.text
        known[identity] = Number(f"n{len(known) + 1}", figure.text, of, was=was)
    return known[identity]


def _part(run: Run, bound: Bound, part: BoundPart, parts: dict[BoundPart, Part]) -> Part:
    if part in parts:
        return parts[part]
    try:
        stored = repr(resolve(run.raw, part.pointer))
    except ValueError:
        stored = "the results hold nothing there"
    given = behind(run, part.pointer)
    of_text = part.index >= 0
    selection = given.selection if given.found is not None else None
    parts[part] = Part(
        part.pointer,
        words.pointer(part.pointer),
        stored,
        bound.figure.text[part.start : part.end],
        "as a word of that text" if of_text else words.form(part.form),
        words.formula(run.raw, part.pointer),
        given,
        fragment(selection, _shown(given)) if selection else "",
    )
    return parts[part]


def _shown(given: Behind) -> str:
    """Which of its completions a number is about; sums have no k to be seen."""
    return given.of if given.counts or given.of != "k" else "n"


def printed_with(numbers: list[Number]) -> dict[str, list[tuple[Number, Printed]]]:
    """By pointer, every place where a number from there is printed."""
    found: dict[str, list[tuple[Number, Printed]]] = {}
    for number in numbers:
        for pointer in dict.fromkeys(part.pointer for part in number.parts):
            found.setdefault(pointer, []).extend((number, place) for place in number.places)
    return found


def as_data(numbers: list[Number]) -> Iterator[dict[str, Any]]:
    """What the panel of the page shows, for its script."""
    places = printed_with(numbers)
    for number in numbers:
        yield {
            "key": number.key,
            "text": number.text,
            "was": number.was,
            "parts": [_as_data(part) for part in number.parts],
            "places": [
                {"line": place.line, "kind": place.kind, "text": place.text, "key": other.key}
                for pointer in dict.fromkeys(part.pointer for part in number.parts)
                for other, place in places[pointer]
            ],
        }


def _as_data(part: Part) -> dict[str, Any]:
    given = part.behind
    return {
        "pointer": part.pointer,
        "words": part.words,
        "stored": part.stored,
        "written": part.written,
        "form": part.form,
        "formula": part.formula,
        "k": given.k,
        "n": given.n,
        "counts": given.counts,
        "of": given.of,
        "named": given.named,
        "why": given.why,
        "found": given.found._asdict() if given.found else None,
        "agrees": given.agrees,
        "fragment": part.fragment,
    }
