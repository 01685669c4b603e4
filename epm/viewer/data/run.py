"""One run, read as far as it can be; every part says for itself what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.errors import EpmError
from epm.files import read_own
from epm.linting.bodies import Given, body_at
from epm.linting.settings import Settings
from epm.privacy import public
from epm.report.render import BODY, RESULTS, TITLE
from epm.results import Results
from epm.results.imported import MADE_BY
from epm.results.reading import load
from epm.sampling.samples import CHECKPOINTS, SAMPLES
from epm.viewer.data.completions import Completions, completions_of, has_any
from epm.viewer.data.shards import Shard, packed, shards_of
from epm.viewer.data.tally import Tally
from epm_lint import strict_json
from epm_lint.engine import LARGEST_BODY
from epm_lint.model import Report

if TYPE_CHECKING:
    from epm.viewer.data.numbers import PageNumbers

_WATCHED = (
    RESULTS,
    SAMPLES,
    CHECKPOINTS,
    BODY,
    TITLE,
    "rendered.md",
    "numbers.txt",
    "inventory.json",
)


class Run:
    """A folder with results, completions, figures and a page; any of them may be missing."""

    def __init__(self, key: str, folder: Path, body: Path | None = None) -> None:
        """Name a run.

        Args:
            key: its place in the viewer's addresses, two steps of them.
            folder: where it lies.
            body: its page, where that is another file than the folder's own.
        """
        self.key = key
        self.folder = folder
        self.body_file = body or folder / BODY
        self._packed: dict[int, str] = {}

    def stamp(self) -> str:
        """Changes whenever a file of the run does."""
        files = [self.folder / name for name in _WATCHED]
        files += [self.body_file, *sorted((self.folder / "figures").glob("*"))]
        files += sorted(self.folder.glob(f"*/*/{SAMPLES}"))
        if not (self.folder / RESULTS).exists():  # its finished stages are counted
            files += sorted(self.folder.glob("*/**/manifest.json"))
        seen = []
        for file in files:
            try:
                status = file.stat()
                seen.append(f"{file}:{status.st_mtime_ns}:{status.st_size}")
            except OSError:
                continue
        return hashlib.sha256("\n".join(seen).encode("utf-8", "replace")).hexdigest()[:16]

    # ------------------------------------------------------------------ results

    @cached_property
    def _loaded(self) -> tuple[Results | None, str]:
        if not (self.folder / RESULTS).exists():
            return None, self._why_no_results()
        try:
            return load(self.folder / RESULTS), ""
        except EpmError as error:
            return None, self._shortened(str(error))

    def _why_no_results(self) -> str:
        stages = [path for path in self.folder.glob("*/**/manifest.json") if path.is_file()]
        begun = stages or any(self.folder.glob("*/**/samples.jsonl.gz"))
        if begun or (self.folder / "definition.json").is_file():
            finished = f"{len(stages)} finished stage{'' if len(stages) == 1 else 's'}"
            return (
                "this run is still being written, or was interrupted: there are no results yet "
                f"({finished})"
            )
        return f"there is no {RESULTS} here"

    @property
    def results(self) -> Results | None:
        """Its results, those of schema 1 in the form of today; None where there are none."""
        return self._loaded[0]

    @property
    def no_results(self) -> str:
        """Why there are no results; '' where there are."""
        return self._loaded[1]

    @cached_property
    def raw(self) -> Mapping[str, Any]:
        """The results as the file has them, which is what a page's pointers name."""
        try:
            value = strict_json.loads(read_own(self.folder / RESULTS))
        except (OSError, ValueError, RecursionError, EpmError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def schema(self) -> int | None:
        """The version that the file says it has."""
        version = self.raw.get("schema_version")
        return version if isinstance(version, int) else None

    @property
    def notices(self) -> list[str]:
        """What a reader of any screen of this run should know first."""
        found = [self.no_results] if self.no_results else []
        if self.results and self.schema == 1:
            found.append(
                "these results are of schema 1; they are shown in today's form, and the page's own "
                "pointers are those of the file"
            )
        return found

    # ------------------------------------------------------------------ page

    @cached_property
    def body(self) -> str | None:
        """The page's text; None where there is none that can be read."""
        try:
            content = read_own(self.body_file, LARGEST_BODY + 1)
        except (OSError, EpmError):
            return None
        return None if len(content) > LARGEST_BODY else content.decode("utf-8", "replace")

    @cached_property
    def title(self) -> str:
        """The issue's title, else what the results call it, else the run's name."""
        try:
            written = read_own(self.folder / TITLE, 10_000).decode("utf-8", "replace").strip()
        except (OSError, EpmError):
            written = ""
        return written or (self.results.identity.title if self.results else "") or self.key

    @property
    def name(self) -> str:
        """The run among those of its issue."""
        return self.key.partition("/")[2]

    @property
    def issue(self) -> str:
        """The experiment, as the command line names it."""
        return self.key.partition("/")[0]

    @property
    def identity(self) -> tuple[str, str, int | None]:
        """Experiment, profile and issue, by which GitHub's issues are found."""
        if self.results:
            known = self.results.identity
            return known.slug, known.profile, known.issue
        digits = self.issue.rpartition("-")[2]
        return self.issue, "", int(digits) if digits.isascii() and digits.isdecimal() else None

    @cached_property
    def _linted(self) -> tuple[Report | None, tuple[str, ...]]:
        said: list[str] = []
        if self.body is None:
            return None, ()
        try:
            configuration = Settings().of(self.folder)
            body = body_at(str(self.body_file), Given(), configuration, said.append)
            return body.report(), tuple(self._shortened(line) for line in said)
        except EpmError as error:
            return None, (f"this page cannot be linted: {self._shortened(str(error))}",)

    @property
    def report(self) -> Report | None:
        """What the linter says of the page; None where there is no page, or it cannot be linted."""
        return self._linted[0]

    @property
    def lint_notices(self) -> tuple[str, ...]:
        """What a reader of the report should know."""
        return self._linted[1]

    def _shortened(self, line: str) -> str:
        return public(line.replace(f"{self.folder}/", "").replace(str(self.folder), "the run"))

    @cached_property
    def numbers(self) -> PageNumbers:
        """What of the page is bound to the results."""
        from epm.viewer.data.numbers import numbers_of

        return numbers_of(self)

    # ------------------------------------------------------------------ completions

    @cached_property
    def completions(self) -> Completions:
        """Every completion that can be read."""
        return completions_of(self.folder, self.results)

    @cached_property
    def has_completions(self) -> bool:
        """Whether there is any; known before all were read."""
        return has_any(self.folder)

    @cached_property
    def tally(self) -> Tally:
        """The same, counted."""
        return Tally(self.completions.rows)

    @cached_property
    def shards(self) -> list[Shard]:
        """The same, in the parts that a page loads."""
        return shards_of(self.completions.rows)

    def shard(self, number: int) -> str | None:
        """The script of one part, made once; None where there is no such part."""
        if number >= len(self.shards):
            return None
        if number not in self._packed:
            self._packed[number] = packed(self.key, self.shards[number], list(self.metrics))
        return self._packed[number]

    @cached_property
    def metrics(self) -> dict[str, str]:
        """What each metric is called, those first that the results describe."""
        known = self.results.metrics if self.results else {}
        called = {name: record.label for name, record in known.items()}
        scored = {name for row in self.completions.rows for name in row.scores}
        return called | {name: name for name in sorted(scored - called.keys())}

    @property
    def no_completions(self) -> str:
        """Why there is no completion to be seen; '' where there are some."""
        if self.has_completions:
            return ""
        if self.completions.problems:
            return "; ".join(self.completions.problems)
        provenance = self.results.provenance if self.results else None
        if provenance and provenance.imported:
            made_by = MADE_BY[provenance.imported.source]
            return f"these results were imported from {made_by} without completions"
        if provenance and SAMPLES in provenance.files:
            return f"the completions are not here: {SAMPLES} was too large to be published"
        if self.results:
            return "nothing was sampled: the measurements are recorded ones"
        return f"there is no {SAMPLES} here"

    @cached_property
    def prompts(self) -> dict[str, dict[str, str]]:
        """What is asked, by task and item, where the definition has it."""
        definition = (self.results.definition if self.results else None) or {}
        tasks, datasets = _members(definition, "tasks"), _members(definition, "datasets")
        found: dict[str, dict[str, str]] = {}
        for task in tasks:
            items = _members(datasets, str(_members(tasks, task).get("dataset") or task))
            asked = {item: _members(items, item).get("prompt") for item in items}
            found[task] = {item: text for item, text in asked.items() if isinstance(text, str)}
        return found


def _members(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that is an object; an empty one where it is none."""
    member = value.get(name)
    return member if isinstance(member, Mapping) else {}
