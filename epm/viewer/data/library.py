"""Find the runs that are to be shown, and keep those that were read until their files change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from epm.checkout import reach
from epm.errors import EpmError
from epm.report.render import BODY, RESULTS
from epm.sampling.samples import SAMPLES
from epm.viewer.data.glance import Glance, glance
from epm.viewer.data.run import Run

_BEGUN = "definition.json"
"""What a run folder holds from its first moment."""
_KEPT = 4
"""Runs whose completions are held in memory."""


class Library:
    """Runs by their keys."""

    def __init__(self, named: Sequence[str], here: Path) -> None:
        """Take what is named.

        Args:
            named: run folders, bodies, and experiments such as issue-246; with none, everything
                in `experiments/` and `runs/`.
            here: the folder that names start from.

        Raises:
            EpmError: something that is named is none of these.
        """
        self._named = tuple(named)
        self._here = here
        self._read: dict[str, tuple[str, Run]] = {}
        self._glances: dict[str, tuple[str, Glance]] = {}
        if self._named:
            self.places()

    @property
    def top(self) -> Path:
        """The folder that `experiments/` and `runs/` lie in."""
        return reach(self._here)[-1]

    def places(self) -> dict[str, tuple[Path, Path | None]]:
        """Key -> folder and, where it is not the folder's own, body; looked for anew each time."""
        found: dict[str, tuple[Path, Path | None]] = {}
        for folder, body in self._found():
            key = _key(folder, body)
            number = 2
            while key in found:
                if found[key] == (folder, body):
                    break
                key, number = f"{_key(folder, body)}-{number}", number + 1
            found.setdefault(key, (folder, body))
        return found

    def run(self, key: str) -> Run | None:
        """A run as its files are now; None where there is no such run."""
        place = self.places().get(key)
        if place is None:
            return None
        run = Run(key, *place)
        return self._fresh(run, run.stamp())

    def runs(self) -> Iterator[Run]:
        """All, in order; each is let go of before the next where there are many."""
        for key, place in self.places().items():
            run = Run(key, *place)
            yield self._fresh(run, run.stamp())

    def glances(self) -> Iterator[Glance]:
        """At all runs, in order; only those are read whose files have changed since the last."""
        for key, place in self.places().items():
            run = Run(key, *place)
            stamp, before = run.stamp(), self._glances.get(key)
            if before is None or before[0] != stamp:
                before = self._glances[key] = stamp, glance(self._fresh(run, stamp))
            yield before[1]

    def _fresh(self, run: Run, stamp: str) -> Run:
        """The run as its files are now: as it was read, where it had this stamp."""
        before = self._read.pop(run.key, None)
        self._read[run.key] = before if before and before[0] == stamp else (stamp, run)
        while len(self._read) > _KEPT:
            self._read.pop(next(iter(self._read)))
        return self._read[run.key][1]

    def _found(self) -> Iterator[tuple[Path, Path | None]]:
        tops = reach(self._here)
        if not self._named:
            for top in tops:
                yield from ((folder, None) for folder in _all_in(top, "*"))
            return
        for name in self._named:
            yield from self._meant(name, tops)

    def _meant(self, name: str, tops: Sequence[Path]) -> Iterator[tuple[Path, Path | None]]:
        path = self._here / name
        try:
            is_file, is_folder = path.is_file(), path.is_dir()
        except (OSError, ValueError):
            is_file = is_folder = False
        if is_file and path.name == RESULTS:
            yield path.resolve().parent, None
        elif is_file:
            yield path.resolve().parent, path.resolve()
        elif is_folder and _is_run(path):
            yield path.resolve(), None
        elif is_folder and (inner := [each for each in sorted(path.glob("*/")) if _is_run(each)]):
            yield from ((each.resolve(), None) for each in inner)
        else:
            slug = name.replace("_", "-")
            issue = [each for top in tops for each in _all_in(top, slug)]
            if not issue:
                raise EpmError(
                    f"{name} is no run, no page, and no experiment with a run",
                    "name a folder with results.json, a body.md, or an issue such as issue-246",
                )
            yield from ((each, None) for each in issue)


def _all_in(top: Path, slug: str) -> Iterator[Path]:
    """Published runs and run folders of experiments, below the top of a checkout."""
    for pattern in (
        f"experiments/{slug.replace('-', '_')}/published/*/",
        f"runs/{slug}/*/",
    ):
        for folder in sorted(top.glob(pattern)):
            if folder.is_dir() and not folder.name.startswith(".") and _is_run(folder):
                yield folder.resolve()


def _is_run(folder: Path) -> bool:
    holds = any((folder / name).exists() for name in (RESULTS, SAMPLES, BODY, _BEGUN))
    return holds or any(folder.glob("*/manifest.json")) or any(folder.glob("*/*/manifest.json"))


def _key(folder: Path, body: Path | None) -> str:
    """Two steps of an address."""
    name, above = folder.name, folder.parent
    if above.name == "published":
        above = above.parent
    if body is not None and body.name != BODY:
        name, above = body.stem, folder
    return f"{_step(above.name.replace('_', '-'))}/{_step(name)}"


def _step(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._=-]+", "-", name).strip(".") or "run"
