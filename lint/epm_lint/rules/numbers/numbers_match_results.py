"""A number on the page is the number in the results, or the page is fiction.

Numbers drift: a run is repeated, a table is tidied by hand, a digit slips. A page that epm rendered
is held to what it was rendered as, which lies beside its results (`rendered.md`) or in the commit
that published them, never to what it says of itself: every number outside of the sections that its
format leaves to people is derived again from the results, or stands as it was rendered, or is a
finding; what else was edited is said by line. Where that record or the results are not at hand, a
manifest in the page can only tell what is wrong, and what is right is SKIP. On any other page,
with the files that it cites at hand (`epm lint page.md --results FILE`: JSON of any shape, CSV, a
log of Inspect, results of lm-eval), a number is *verified* where its words and its value are those
of one pointer, *contradicted* where the words are and the value is not, and *not told apart* where
they fit several values; a value that only occurs in a file is nothing. A picture that is pinned to
a commit of the checkout is held to the one that was rendered, and its data to the results.

Bad:

    <!-- epm:clean-result format=v1 results=results.json -->

    ## AI Summary

    The source rate is 23%.

Good:

    Results: {"schema_version": 2}
    Rendered: as it stands

    <!-- epm:clean-result format=v1 results=results.json -->

    ## AI Summary

    No number is claimed here.

    <!-- epm:numbers v1 eNqrVipKLS7NKSlWslJS0lEqzi8tSk4FcqJjdZTyEnNhzNK8zBIwsxYAl08QPg== -->
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from epm_lint.binding.alignment import Alignment, align, moved_to
from epm_lint.binding.manifest import FILE, MARK, BadManifest, Bound, Manifest, decode, derive
from epm_lint.binding.record import FILE as RENDERED
from epm_lint.binding.record import edited, manifest_of, other_manifests
from epm_lint.binding.sidecar import faults as faults_of_figures
from epm_lint.binding.units import Numeral, Reader, Unit, standing_alone, units
from epm_lint.model import Edit, Finding, Page, RenderedRecord, ResultsFile, Rule, Verdict, option
from epm_lint.page.sections import human_lines
from epm_lint.quoting import quote
from epm_lint.reading.page import read
from epm_lint.values import dataclass

if TYPE_CHECKING:
    from epm_lint.binding.by_words.judging import Standing
    from epm_lint.binding.by_words.standing import Held
    from epm_lint.reading.number import Number
    from epm_lint.reading.page import Reading


@dataclass(frozen=True)
class Options:
    """What can be set."""

    list_unverifiable: bool = option(False, "whether numbers that nothing verifies are listed")


def check(page: Page, options: Options) -> Verdict:
    """Every figure is as it was rendered, and as the results have it."""
    comments = [c for c in page.document.comments if c.text.split()[:1] == [MARK] and not c.quoted]
    if page.record is not None and page.rendered:
        return _held_to_record(page, page.record, comments[0].line if comments else 1)
    rendered = (page.document.marker() or "").startswith("epm:clean-result")
    if not comments and not rendered and not page.rendered:
        return _by_hand(page, options)
    if not comments and (apart := page.document.declared("numbers")):
        return _held_apart(page, apart)
    if len(comments) != 1:
        found = "no numbers manifest" if not comments else f"{len(comments)} numbers manifests"
        line = comments[-1].line if comments else 1
        return Verdict.failed(found, [Finding(found, line, fix="render the page again")])
    try:
        manifest = decode(comments[0].text)
    except BadManifest as error:
        fault = Finding(f"numbers manifest: {error}", comments[0].line, fix="render the page again")
        return Verdict.failed("the numbers manifest cannot be read", [fault])
    return _by_its_own_account(page, manifest, comments[0].line)


def _held_to_record(page: Page, record: RenderedRecord, line: int) -> Verdict:
    """The page is held to what it was rendered as, whatever it says of itself."""
    try:
        manifest = manifest_of(record)
    except BadManifest as error:
        return Verdict.skipped(f"what epm rendered cannot be read: the numbers manifest: {error}")
    human = human_lines(page)
    alignment = _aligned(page, manifest, human)
    again = "render the page again"
    wrong = [
        *_false(page, alignment),
        *_reworded(page, alignment),
        *_forged(page, manifest, line),
        *(Finding(m, at, fix=again) for at, m in other_manifests(record, page.document)),
        *_contradicted_since(page, alignment.new),
        *faults_of_figures(page, manifest.figures),
    ]
    told = {fault.line for fault in wrong}
    wrong += _added(alignment, told)
    odd = [*_other_fences(alignment), *_outdated(page, manifest, line)]
    told = {fault.line for fault in (*wrong, *odd)}
    for sure, edit in _edits(page, record, human, told):
        (wrong if sure else odd).append(edit)
    faults = sorted([*wrong, *odd], key=lambda fault: fault.line)
    held = sum(bool(bound.parts) for bound, _ in alignment.kept)
    if wrong:
        detail = f"{len(wrong)} of {held + len(wrong)} numbers do not hold"
        return Verdict.failed(detail, faults)
    if page.results is None:
        if odd:
            return Verdict.warned(f"edited since epm rendered it; {odd[0].message}", faults)
        return Verdict.skipped(
            f"{held} numbers as rendered; the results are not at hand to derive them again"
        )
    if odd:
        edits = f"{len(odd)} edit(s) since epm rendered it"
        return Verdict.warned(f"{edits}; {held} other numbers derived again, all equal", faults)
    rest = "the rest is" if record.body else "the others are"
    return Verdict.passed(f"{held} numbers derived again, all equal; {rest} as rendered")


def _aligned(page: Page, manifest: Manifest, human: frozenset[int]) -> Alignment:
    """The page's figures beside those rendered; also those that have moved under a human heading.

    What epm rendered does not become a person's by standing there.
    """
    reader = Reader(manifest.names)
    found = units(page.document, page.title, reader, human)
    alignment = align(manifest.units, found)
    if alignment.gone and human:
        everything = units(page.document, None, reader, frozenset())
        theirs = [unit for unit in everything if unit.line in human]
        moved = moved_to(alignment.gone, theirs)
        alignment.kept += moved.kept
        alignment.changed += moved.changed
        alignment.moved += moved.moved
        alignment.renamed += moved.renamed
    return alignment


def _added(alignment: Alignment, told: set[int]) -> Iterator[Finding]:
    """Numbers that somebody wrote outside of what the format leaves to people."""
    for _, figure in alignment.new:
        if figure.line not in told:
            message = f"{_shown(figure.text)} was not rendered, and no result is behind it"
            yield Finding(message, figure.line, fix="write it in a section that is a person's")


def _edits(
    page: Page, record: RenderedRecord, human: frozenset[int], told: set[int]
) -> Iterator[tuple[bool, Finding]]:
    """Lines that are not as rendered, but for those with a finding; whether a number is not."""
    if not record.body:
        return
    for edit in edited(record, page.document, human, page.document.declared("commit")):
        if edit.line in told:
            continue
        if not edit.now:
            message = f"a line that was rendered is gone here: {quote(edit.was)}"
        elif not edit.was:
            message = f"this line was not rendered: {quote(edit.now)}"
        else:
            message = f"edited since it was rendered as {quote(edit.was)}"
        yield edit.changes_digits, Finding(message, edit.line)
    if page.title is not None and record.title and page.title.strip() != record.title:
        yield False, Finding(f"the title was rendered as {quote(record.title)}", 1)


def _held_apart(page: Page, sha256: str) -> Verdict:
    """The page is held to a manifest in a file of its own, which has the hash that it names."""
    text = page.numbers
    if text is None and page.results is None:
        return Verdict.skipped(
            "neither the results nor the file of the numbers manifest is at hand"
        )
    import hashlib  # it loads OpenSSL, which is a tenth of a start

    if text is None or hashlib.sha256(text.encode("utf-8")).hexdigest() != sha256:
        found = f"no {FILE} with the hash {quote(sha256[:12])} is beside the results"
        return Verdict.failed(found, [Finding(found, 1, fix="render the page again")])
    try:
        manifest = decode(text.strip().removeprefix("<!--").removesuffix("-->"))
    except BadManifest as error:
        fault = Finding(f"numbers manifest: {error}", 1, fix="render the page again")
        return Verdict.failed("the numbers manifest cannot be read", [fault])
    return _by_its_own_account(page, manifest, 1)


def _by_its_own_account(page: Page, manifest: Manifest, line: int) -> Verdict:
    """What of a page is wrong by the manifest that it brings along; nothing is right by that."""
    alignment = _aligned(page, manifest, human_lines(page))
    free = sum(not bound.parts for bound, _ in alignment.kept)
    wrong = [
        *_false(page, alignment),
        *_forged(page, manifest, line),
        *_contradicted_since(page, alignment.new),
        *faults_of_figures(page, manifest.figures),
    ]
    odd = [*_reworded(page, alignment), *_other_fences(alignment)]
    odd += _outdated(page, manifest, line)
    faults = sorted([*wrong, *odd], key=lambda fault: fault.line)
    held = sum(bool(bound.parts) for bound, _ in alignment.kept)
    new = f"; {len(alignment.new)} written by hand since" if alignment.new else ""
    if wrong:
        detail = f"{len(wrong)} of {held + len(wrong)} numbers do not hold{new}"
        return Verdict.failed(detail, faults)
    if odd:
        return Verdict.warned(f"{odd[0].message}; {held} other numbers as rendered{new}", faults)
    if page.results is None:
        return Verdict.skipped(
            f"{held} numbers as the page says they were rendered; the results are not at hand to "
            f"derive them again{new}"
        )
    return Verdict.skipped(
        f"{held} numbers equal the results where the page says they are from; what epm rendered is "
        f"not at hand ({RENDERED} beside the results, or the commit that published them), and "
        f"nothing else vouches for the other {free}{new}"
    )


def _by_hand(page: Page, options: Options) -> Verdict:
    """What the results say of the numbers of a page that no manifest binds."""
    files = page.results_files
    if not files and page.results is not None:
        files = (ResultsFile("the results file", page.results),)
    if not files:
        return Verdict.skipped("epm did not render this body, and no results file is at hand")
    from epm_lint.binding.by_words.judging import Standing
    from epm_lint.binding.by_words.shapes import source_of
    from epm_lint.binding.by_words.standing import hold

    sources = [source_of(file.name, file.values) for file in files]
    reading = read(page.document, page.title)
    held = _with_own(hold(reading, sources), reading, page.results)
    several = len(sources) > 1
    counted = {standing: sum(one.standing is standing for one in held) for standing in Standing}
    wrong = [_contradiction(o, several) for o in held if o.standing is Standing.CONTRADICTED]
    cut = [_contradiction(o, several) for o in held if o.standing is Standing.TRUNCATED]
    figures = list(faults_of_figures(page, ()))
    detail = _coverage(counted, len(held), [source.name for source in sources])
    if held and _is_of_epm(page.results):
        detail += "; no sign that epm rendered this page: judged by its words alone"
    listed = [_unverifiable(o) for o in held if o.standing in (Standing.ABSENT, Standing.UNTOLD)]
    found = [*wrong, *cut, *figures, *(listed if options.list_unverifiable else [])]
    found.sort(key=lambda fault: (fault.line, fault.column or 0))
    standings = tuple(map(_standing, held))
    if not counted[Standing.VERIFIED] and not (len(wrong) == 1 or figures):
        hardly = ": it is hardly this page's" if len(wrong) > 1 else ""
        return Verdict.skipped(detail + hardly).with_standings(standings)
    if wrong or figures:
        return Verdict.failed(detail, found).with_standings(standings)
    if found:
        return Verdict.warned(detail, found).with_standings(standings)
    return Verdict.passed(detail).with_standings(standings)


def _with_own(
    held: Sequence[Held], reading: Reading, results: Mapping[str, Any] | None
) -> list[Held]:
    """What is known of epm's own results tells of some numbers what words alone do not."""
    from epm_lint.binding.by_words.judging import Standing
    from epm_lint.binding.by_words.standing import Held
    from epm_lint.binding.handwritten import contradicted

    if results is None or not _is_of_epm(results):
        return list(held)
    wrong = {id(one.number): one for one in contradicted(reading, results)}
    found: list[Held] = []
    for one in held:
        known = wrong.get(id(one.number))
        if known and one.standing in (Standing.ABSENT, Standing.UNTOLD):
            standing = Standing.TRUNCATED if known.truncated else Standing.CONTRADICTED
            one = Held(one.number, standing, known.right, one.source, known.pointer)
        found.append(one)
    return found


def _is_of_epm(results: Mapping[str, Any] | None) -> bool:
    return results is not None and isinstance(results.get("conditions"), Mapping)


def _coverage(counted: Mapping[Standing, int], numbers: int, names: Sequence[str]) -> str:
    """How far the results bear a page out, in words."""
    from epm_lint.binding.by_words.judging import Standing

    if not numbers:
        return "the page gives no number that could be a result"
    it = "them" if len(names) > 1 else "it"
    files = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    wrong = counted[Standing.CONTRADICTED] + counted[Standing.TRUNCATED]
    parts = [f"{counted[Standing.VERIFIED]} of {numbers} numbers found in {files}"]
    parts += [f"{wrong} contradict{'s' * (wrong == 1)} {it}"] if wrong else []
    if untold := counted[Standing.UNTOLD]:
        are, their = ("is", "its") if untold == 1 else ("are", "their")
        parts.append(f"{untold} {are} not told apart by {their} words")
    if absent := counted[Standing.ABSENT]:
        parts.append(f"{absent} {'is' if absent == 1 else 'are'} not in {it}")
    return ", ".join(parts)


def _contradiction(held: Held, several: bool) -> Finding:
    from epm_lint.binding.by_words.judging import Standing

    number = held.number
    says = f"says {_shown(number.raw)}"
    if held.standing is Standing.TRUNCATED:
        says += " (cut off, not rounded)"
    where = quote(held.pointer)
    if held.words:
        where += f" ({_shown(held.words)})"
    where = f"{where} in {quote(held.source)}" if several else where
    message = f"{says}; results say {_shown(held.right)} at {where}"
    fix, uses = f"write {_shown(held.right)}", (held.whole or number,)
    return Finding(message, number.line, column=number.column, fix=fix, uses=uses)


def _put_right(page: Page, line: int, wrong: str, right: str | None) -> tuple[Edit, ...]:
    """The edit that writes the right number, where it is known and the wrong one stands once."""
    source = page.document.lines[line - 1] if line <= len(page.document.lines) else ""
    found = standing_alone(wrong, source)
    if right is None or "=" in wrong + right or len(found) != 1:
        return ()
    return (Edit.within(line, found[0] + 1, wrong, right),)


def _standing(held: Held) -> Mapping[str, Any]:
    """A number with its standing, as the JSON report lists it."""
    from epm_lint.binding.by_words.judging import Standing

    number = held.number
    wrong = held.standing in (Standing.CONTRADICTED, Standing.TRUNCATED)
    value: dict[str, Any] = {"line": number.line, "column": number.column, "text": number.raw}
    value["standing"] = str(Standing.CONTRADICTED if wrong else held.standing)
    if held.standing is not Standing.ABSENT:
        value |= {"file": held.source, "pointer": held.pointer, "value": held.right}
    return value


def _unverifiable(held: Held) -> Finding:
    number = held.number
    return Finding(f"nothing verifies {_shown(number.raw)}", number.line, column=number.column)


def _contradicted_since(page: Page, figures: Sequence[tuple[Unit, Numeral]]) -> Iterator[Finding]:
    """Numbers of a rendered page that nothing binds, and that its results contradict."""
    if page.results is None or not figures:
        return
    from epm_lint.binding.handwritten import contradicted

    written: dict[int, list[str]] = {}
    for _, figure in figures:
        written.setdefault(figure.line, []).append(figure.text)
    for one in contradicted(read(page.document, page.title), page.results, written):
        texts = written.get(one.number.line, ())
        if not one.truncated and any(one.number.raw in text for text in texts):
            says = f"says {_shown(one.number.raw)}; results say {_shown(one.right)}"
            message = f"{says} at {quote(one.pointer)}"
            fix = f"write {_shown(one.right)}"
            column = one.number.column
            yield Finding(message, one.number.line, column=column, fix=fix, uses=(one.number,))


def _forged(page: Page, manifest: Manifest, line: int) -> Iterator[Finding]:
    """Whether the body and its manifest speak of the same results."""
    declared = page.document.declared("sha256")
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
            right = _derived(page, bound) if page.results is not None else None
            yield Finding(
                f"says {_shown(figure.text)}; {_truth(page, bound)}",
                figure.line,
                edits=_put_right(page, figure.line, figure.text, right),
                safe=False,
                uses=_as_read(page, figure),
            )
    for bound, figure in alignment.moved:
        where = f"{_shown(figure.text)} stands where another number was"
        message = f"{where}; {_truth(page, bound)}"
        yield Finding(message, figure.line, uses=_as_read(page, figure))
    for figure in alignment.intruding:
        yield Finding(f"{_shown(figure.text)} stands in a cell that held no such", figure.line)
    for entry, unit in alignment.renamed:
        was, now = _differing(entry.unit.names, unit.names)
        yield Finding(f"names {now} where {was} was, beside the same numbers", unit.line)
    if page.results is not None:
        for bound, figure in alignment.kept:
            if bound.parts and _derived(page, bound) != figure.text:
                stale = f"says {_shown(figure.text)}; {_truth(page, bound)} (stale)"
                fix, uses = "render the page again", _as_read(page, figure)
                yield Finding(stale, figure.line, fix=fix, uses=uses)


def _as_read(page: Page, figure: Numeral) -> tuple[Number, ...]:
    """The numbers that the other rules have at a figure's place, or that look like it beside it."""
    plain = figure.text.lstrip("#=<>≤≥≈~±")
    return tuple(
        number
        for ground in read(page.document, page.title).grounds
        for number in ground.numbers
        if number.line == figure.line and standing_alone(plain, number.raw)
    )


def _reworded(page: Page, alignment: Alignment) -> Iterator[Finding]:
    """Numbers that the template wrote and no result holds: a level, an issue number."""
    for bound, figure in alignment.changed:
        if not bound.parts:
            yield Finding(f"says {_shown(figure.text)}; {_truth(page, bound)}", figure.line)


def _other_fences(alignment: Alignment) -> Iterator[Finding]:
    """Samples that are not as they were rendered."""
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


RULE = Rule(
    "numbers-match-results",
    "Numbers match JSON",
    check,
    Options(),
    everywhere=True,
    doc=__doc__,
)
