"""The words of the linter: what a rule is given, what it answers, what a report holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from epm_lint.formats.format import Format
from epm_lint.markdown.document import Document
from epm_lint.values import StrEnum, dataclass

if TYPE_CHECKING:
    from epm_lint.reading.number import Number
    from epm_lint.reading.page import Reading


class Status(StrEnum):
    """A verdict's outcome, from the least to the most severe."""

    SKIP = "SKIP"
    PASS = "PASS"  # noqa: S105
    AWAITING = "AWAITING"
    """A person has still to write: no fault of a draft, but it cannot be published as ready."""
    WARN = "WARN"
    FAIL = "FAIL"
    ERROR = "ERROR"

    @property
    def severity(self) -> int:
        """The place in the order of severity."""
        return list(Status).index(self)

    @property
    def exit_code(self) -> int:
        """0 where nothing fails, 1 for a failure, 2 where a rule itself broke."""
        return {Status.FAIL: 1, Status.ERROR: 2}.get(self, 0)


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace a stretch of the source; lines and columns count from 1, in code points."""

    line: int
    column: int
    end_line: int
    end_column: int
    """The first column that stays."""
    text: str

    @classmethod
    def insert(cls, line: int, text: str) -> Edit:
        """Put text, which ends in a newline, before a line; or after the last one."""
        return cls(line, 1, line, 1, text)

    @classmethod
    def within(cls, line: int, column: int, old: str, new: str) -> Edit:
        """Write `new` where a line holds `old`."""
        return cls(line, column, line, column + len(old), new)


@dataclass(frozen=True, slots=True)
class Consequence:
    """A finding that follows from another one."""

    rule: str
    message: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, where it is and how to mend it."""

    message: str
    line: int
    end_line: int | None = None
    column: int | None = None
    """Given only where it is exact."""
    fix: str | None = None
    """What to do, in words."""
    edits: tuple[Edit, ...] = ()
    """The fix as changes of the source, where it is mechanical."""
    safe: bool = True
    """Whether the edits leave what the page says as it is; if not, a person looks first."""
    uses: tuple[Number, ...] = field(default=(), compare=False, repr=False)
    """The numbers that it holds against each other; one of them is wrong."""
    follows: tuple[Consequence, ...] = ()
    """What else does not agree, and would if this were mended."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule's answer; every status carries a detail."""

    status: Status
    detail: str
    findings: tuple[Finding, ...] = ()
    recomputed: tuple[Number, ...] = field(default=(), compare=False, repr=False)
    """The numbers that were held against others."""
    left_alone: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    """How many statements were read and not recomputed, by the reason."""
    standings: tuple[Mapping[str, Any], ...] = field(default=(), compare=False, repr=False)
    """What a results file says of each number of the page, for reports that machines read."""

    def with_numbers(self, used: tuple[Number, ...], left: Mapping[str, int]) -> Verdict:
        """The same verdict, with the numbers that it rests on."""
        return Verdict(self.status, self.detail, self.findings, used, left, self.standings)

    def with_standings(self, standings: tuple[Mapping[str, Any], ...]) -> Verdict:
        """The same verdict, with what is known of each number."""
        return replace(self, standings=standings)

    @classmethod
    def passed(cls, detail: str) -> Verdict:
        """The body does what the rule asks."""
        return cls(Status.PASS, detail)

    @classmethod
    def skipped(cls, reason: str) -> Verdict:
        """The rule has nothing to say about this body."""
        return cls(Status.SKIP, reason)

    @classmethod
    def advised(cls, detail: str, findings: Iterable[Finding] = ()) -> Verdict:
        """The body does what the rule asks; what it might do better is remarked on."""
        return cls(Status.PASS, detail, tuple(findings))

    @classmethod
    def awaiting(cls, detail: str, findings: Iterable[Finding] = ()) -> Verdict:
        """A person has still to write."""
        return cls(Status.AWAITING, detail, tuple(findings))

    @classmethod
    def warned(cls, detail: str, findings: Iterable[Finding] = ()) -> Verdict:
        """Worth a look, but no reason to hold the body back."""
        return cls(Status.WARN, detail, tuple(findings))

    @classmethod
    def failed(cls, detail: str, findings: Iterable[Finding] = ()) -> Verdict:
        """The body does not do what the rule asks."""
        return cls(Status.FAIL, detail, tuple(findings))


class Repository(Protocol):
    """A checkout at hand; answers from its history alone, without the network."""

    @property
    def name(self) -> str | None:
        """`owner/name` on its host, if it has one."""

    @property
    def is_shallow(self) -> bool:
        """Whether older history was left out, so that a commit may exist and not be here."""

    def has_commit(self, commit: str) -> bool:
        """Whether the commit, which may be abbreviated, is in the history."""

    def read(self, commit: str, path: str) -> bytes | None:
        """A file as of a commit; None where there is none, or where it may not be read."""

    def last_commit(self, path: str) -> str | None:
        """The full hash of the commit that last changed a file."""


@dataclass(frozen=True, slots=True)
class RenderedRecord:
    """A page as epm rendered it, kept where the page cannot reach: see `binding.record`."""

    body: str
    """Empty where the manifest alone was kept."""
    title: str
    manifest: str
    """The text of the comment that holds the numbers manifest."""
    inline: bool = False
    """Whether the page itself has that comment."""


@dataclass(frozen=True, slots=True)
class ResultsFile:
    """A results file of any shape that a page may cite, as its JSON or its rows stand."""

    name: str
    """As messages give it."""
    values: Any


@dataclass(frozen=True, slots=True)
class Page:
    """A body with what is known about it; all that a rule may look at."""

    document: Document
    format: Format
    title: str | None = None
    created: date | None = None
    labels: Container[str] = frozenset()
    issue: int | None = None
    """The issue's own number, to tell a reference to itself."""
    beside: Container[str] = frozenset()
    """Which relative names are files beside the body; the caller tells, as rules touch no disk."""
    results: Mapping[str, Any] | None = None
    """The results file that the body reports, as its JSON stands."""
    results_sha256: str | None = None
    results_files: tuple[ResultsFile, ...] = ()
    """All files that the user has named for it, that one included; of any shape."""
    numbers: str | None = None
    """The file beside the results that the body's first line names by its hash."""
    tables: str | None = None
    """The file beside the results with the tables that the body is too long for."""
    rendered: bool = False
    """Whether epm has rendered the page."""
    record: RenderedRecord | None = None
    """What it was rendered as, from where the page cannot change it."""
    repository: Repository | None = None


T = TypeVar("T")


def option(default: T, about: str) -> T:
    """A field of a rule's options: its default, and what it sets."""
    declared: T = field(default=default, metadata={"about": about})
    return declared


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: a pure function and where it applies."""

    slug: str
    title: str
    check: Callable[..., Verdict]
    """`check(page)`, or `check(page, options)` where the rule has options."""
    options: Any = None
    """A frozen dataclass whose fields are made by `option`, with its values for this run."""
    everywhere: bool = False
    """Whether every page is held to it; else those whose format asks for it."""
    since: date | None = None
    """Bodies created before are left alone."""
    configured: frozenset[str] = field(default=frozenset(), compare=False)
    """The options that a configuration has set: what a format sets does not change them."""
    doc: str | None = None
    """Why the rule is there, with a Bad and a Good example: its module's docstring."""

    @property
    def family(self) -> str:
        """`structure`, `links`, `markup`, `claims` or `numbers`: the folder that it lies in."""
        return self.check.__module__.split(".")[-2] if "." in self.check.__module__ else ""


@dataclass(frozen=True, slots=True)
class Row:
    """A rule's verdict on one body."""

    rule: Rule
    verdict: Verdict
    asked: bool = True
    """Whether the page's format asks for the rule at all."""


@dataclass(frozen=True, slots=True)
class NumbersRead:
    """What became of the numbers of a page."""

    read: int
    """Those that count or measure; names with digits are none."""
    bound: int
    """Those that belong to a statement."""
    recomputed: int
    """Those that were held against others."""
    left_alone: Mapping[str, int]
    """How many statements were understood and not recomputed, by the reason."""


def _without_numbers(verdict: Verdict) -> Verdict:
    findings = tuple(replace(finding, uses=()) for finding in verdict.findings)
    left_alone = dict(verdict.left_alone)
    return replace(verdict, findings=findings, recomputed=(), left_alone=left_alone)


@dataclass(frozen=True, slots=True)
class Report:
    """All verdicts on one body."""

    path: str
    format: str
    """The name of the page's format."""
    rows: tuple[Row, ...]
    reading: Reading | None = field(default=None, compare=False, repr=False)
    """The page's numbers as they were read, if a rule asked for them."""

    counted: NumbersRead | None = field(default=None, compare=False, repr=False)
    """What became of the numbers, where the page as it was read is not kept."""

    def without_reading(self) -> Report:
        """The same report to hand over to another process: it holds no page, only what was said."""
        rows = tuple(replace(row, verdict=_without_numbers(row.verdict)) for row in self.rows)
        return Report(self.path, self.format, rows, counted=self.numbers)

    @property
    def numbers(self) -> NumbersRead | None:
        """How many numbers were read, bound, recomputed and left alone; None if none was asked."""
        if self.reading is None:
            return self.counted
        used = {(id(n.passage), n.start) for row in self.rows for n in row.verdict.recomputed}
        left: Counter[str] = Counter()
        for row in self.rows:
            left.update(row.verdict.left_alone)
        return NumbersRead(self.reading.read, self.reading.bound, len(used), dict(left))

    @property
    def awaiting(self) -> tuple[Row, ...]:
        """The rows on what a person has still to write."""
        return tuple(row for row in self.rows if row.verdict.status is Status.AWAITING)

    @property
    def awaiting_first(self) -> tuple[Row, ...]:
        """All rows, those on what a person has still to write before the others."""
        others = (row for row in self.rows if row.verdict.status is not Status.AWAITING)
        return (*self.awaiting, *others)

    @property
    def status(self) -> Status:
        """The most severe status of all rows; SKIP where no rule applied."""
        statuses = (row.verdict.status for row in self.rows)
        return max(statuses, key=lambda status: status.severity, default=Status.SKIP)

    @property
    def counts(self) -> dict[Status, int]:
        """How many rows have each status, the most severe first."""
        counted = Counter(row.verdict.status for row in self.rows)
        return {status: counted[status] for status in reversed(Status)}
