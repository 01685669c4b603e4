"""The completions of a run, in the order in which they are shown."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from epm.errors import EpmError
from epm.files import open_own
from epm.privacy import public
from epm.results import ONLY, Results, labels, replicate
from epm.sampling.samples import CHECKPOINTS, SAMPLES
from epm.viewer.data.lines import LARGEST, TooLarge, lines

_LARGEST_INTEGER = 2**53
"""Up to which a browser knows every one."""

Score = bool | float | str
"""A text is the reason why there is no score."""


@dataclass(slots=True)
class Completion:
    """One answer, and where it belongs."""

    condition: str
    task: str
    item: str
    replicate: str
    index: int
    text: str
    scores: Mapping[str, Score]
    tokens: int | None = None
    finish: str = ""
    prompt: str | None = None
    """As sent, where the samples file has it."""


@dataclass
class Completions:
    """All that were found, and what kept others from being found."""

    rows: list[Completion] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unscored: bool = False
    """Whether they come from stages of a run that is not finished: nothing has scored them yet."""


def completions_of(folder: Path, results: Results | None) -> Completions:
    """Of a run folder: its samples file, and what else was drawn.

    Of a run that is still being written, what its stages have written so far.
    """
    found = Completions(unscored=_is_unfinished(folder))
    found.rows += _completions(folder, _replicates(results), found.problems)
    found.problems = list(dict.fromkeys(found.problems))
    _sort(found.rows, results)
    return found


def has_any(folder: Path) -> bool:
    """Whether a run folder has a completion: known as soon as one was read."""
    return any(True for _ in _completions(folder, {}, []))


def _is_unfinished(folder: Path) -> bool:
    return not (folder / SAMPLES).is_file() and any(folder.glob(f"sample/*/{SAMPLES}"))


def _completions(
    folder: Path, known: Mapping[tuple[str, str], set[str]], problems: list[str]
) -> Iterator[Completion]:
    """In the order of the files; what keeps some from being read is added to the problems."""
    whole = folder / SAMPLES
    files = [whole] if whole.is_file() else sorted(folder.glob(f"sample/*/{SAMPLES}"))
    checkpoints = folder / CHECKPOINTS
    files += [checkpoints] if checkpoints.is_file() else _unscored_checkpoints(folder)
    for path in files:
        for row in _rows(path, folder, problems):
            try:
                yield _completion(row, known)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
                problems.append(
                    f"{path.relative_to(folder)}: a line that is no completion was left out"
                )


def _unscored_checkpoints(folder: Path) -> list[Path]:
    """As their stages wrote them, where nothing has scored them."""
    return sorted(folder.glob(f"trajectory/*/{SAMPLES}"))


def _rows(path: Path, folder: Path, problems: list[str]) -> Iterator[dict[str, Any]]:
    """Its lines, as far as they can be read."""
    name, count = path.relative_to(folder).as_posix(), 0
    try:
        with open_own(path, within=folder) as stream:
            for line in lines(stream):
                if line and not line.isspace():
                    yield json.loads(line)
                    count += 1
    except TooLarge:
        problems.append(f"{name} is larger than {LARGEST:,} bytes; the rest is left")
    except EOFError:
        problems.append(f"{name} breaks off after {count:,} completions: it was cut, or is written")
    except (OSError, zlib.error) as error:
        problems.append(f"{name} cannot be read after {count:,} completions: {_why(error)}")
    except (ValueError, RecursionError):
        problems.append(f"{name} has a broken line after {count:,} completions; the rest is left")
    except EpmError as error:
        told = str(error).replace(f"{folder}/", "").replace(str(folder), "the run")
        problems.append(public(told))


def _why(error: Exception) -> str:
    return error.strerror or "no gzip" if isinstance(error, OSError) else "damaged"


def _replicates(results: Results | None) -> dict[tuple[str, str], set[str]]:
    """The names that measurements give to replicates, by condition and task."""
    found: dict[tuple[str, str], set[str]] = {}
    for condition, by_task in (results.measurements if results else {}).items():
        for task, by_metric in by_task.items():
            found[condition, task] = {name for by in by_metric.values() for name in by}
    return found


def _completion(row: Mapping[str, Any], known: Mapping[tuple[str, str], set[str]]) -> Completion:
    old = "persona" in row
    condition = _name(str(row["condition"]))
    task = _name(str(row["persona"] if old else row["task"]))
    item = _name(str(row["question"] if old else row["item"]))
    scores = row.get("scores", {"marker": row["marker"]} if "marker" in row else {})
    text = row["text"]
    if not isinstance(text, str) or not isinstance(scores, dict):
        raise ValueError("no text, or no scores")
    index = int(row.get("index", 0))
    if abs(index) > _LARGEST_INTEGER:
        raise ValueError("an index that no browser can tell from the next")
    seed = row.get("seed")
    if seed is not None:
        named = _seeded(seed, row.get("step"))
    else:
        epoch = replicate(epoch=index + 1)
        named = epoch if epoch in known.get((condition, task), ()) else ONLY
    tokens, prompt = row.get("tokens"), row.get("prompt")
    return Completion(
        condition,
        task,
        item,
        named,
        index,
        text,
        {_name(metric): _score(score) for metric, score in scores.items() if score is not None},
        tokens if type(tokens) is int and abs(tokens) <= _LARGEST_INTEGER else None,
        str(row.get("finish", "")),
        prompt if isinstance(prompt, str) else None,
    )


def _score(score: Any) -> Score:
    """As both a page and a sum can have it. Raises ValueError, OverflowError."""
    if isinstance(score, bool | str):
        return score
    if not isinstance(score, int | float) or not math.isfinite(number := float(score)):
        raise ValueError("a score that is no number")
    return score if abs(number) <= _LARGEST_INTEGER else number


@lru_cache(maxsize=10_000)
def _name(name: str) -> str:
    """As an address can have it: half of a surrogate pair cannot stand in one."""
    return name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@lru_cache(maxsize=1_000, typed=True)
def _seeded(seed: Any, step: Any) -> str:
    """The name of a replicate, by which the measurements have it. Raises ValueError."""
    named = _name(replicate(seed=seed) if step is None else replicate(seed=seed, step=step))
    labels(named)
    return named


def _sort(rows: list[Completion], results: Results | None) -> None:
    """By condition, task, item, replicate and index, each in the order of the results."""
    conditions = _order(results.conditions if results else ())
    tasks = _order(results.tasks if results else ())
    items = {
        (task, item): at
        for task, record in (results.tasks.items() if results else ())
        for at, item in enumerate(record.items)
    }
    last = len(items)

    def place(group: tuple[str, str, str, str]) -> tuple[Any, ...]:
        condition, task, item, named = group
        return (
            conditions.get(condition, len(conditions)),
            condition,
            tasks.get(task, len(tasks)),
            task,
            items.get((task, item), last),
            item,
            _numbered(named),
        )

    # places are worked out once for each group: there are many completions and few groups
    groups: dict[tuple[str, str, str, str], list[Completion]] = {}
    for row in rows:
        groups.setdefault((row.condition, row.task, row.item, row.replicate), []).append(row)
    rows.clear()
    for group in sorted(groups, key=place):
        rows += sorted(groups[group], key=_index)


_index = attrgetter("index")


def _order(names: Iterable[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(names)}


@cache
def _numbered(name: str) -> tuple[tuple[str, int, str], ...]:
    """So that seed 7 stands before seed 42."""
    return tuple(
        (label, len(value.lstrip("0")) if value.isascii() and value.isdecimal() else -1, value)
        for label, value in labels(name).items()
    )
