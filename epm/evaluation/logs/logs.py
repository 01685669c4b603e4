"""Which logs there are, and which of them stands for a model on a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epm.errors import EpmError
from epm.installation import command_for
from epm.privacy import public
from epm.results.imported import in_a_word

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

SUFFIXES = (".eval", ".json")

NAMES = ("*.eval", "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*.json")
"""Of logs in a folder, as inspect_ai has them: other JSON lies there too."""

SAMPLING = (
    *("temperature", "top_p", "top_k", "max_tokens", "seed", "stop_seqs", "system_message"),
    *("frequency_penalty", "presence_penalty", "logit_bias", "num_choices", "best_of"),
    *("reasoning_effort", "reasoning_tokens", "effort"),
)
"""Fields of inspect's generation settings that change what is sampled."""

MODEL_ARGUMENT = "model argument "
"""Before the name of a setting that only one model need have."""


@dataclass(frozen=True, eq=False)
class Log:
    """A log, its samples not yet read."""

    name: str
    """On the page."""
    path: Path
    header: EvalLog
    condition: str
    task: str
    """Its name in the results."""

    @property
    def epochs(self) -> int:
        """How often each item was to be asked."""
        return self.header.eval.config.epochs or 1

    @property
    def cell(self) -> str:
        """As in 'ada-1b on sums'."""
        return f"{self.condition} on {self.task}"


@dataclass(frozen=True)
class Panel:
    """One log for each model on each task, and what became of the others."""

    logs: tuple[Log, ...]
    not_run: Mapping[str, str] = field(default_factory=dict)
    """Reason by condition of which there is no finished log."""
    notes: tuple[str, ...] = ()


def require() -> None:
    """Import inspect_ai.

    Raises:
        EpmError: it is not there.
    """
    try:
        import inspect_ai.log  # noqa: F401
    except ImportError as error:
        raise EpmError(
            f"logs of Inspect are read by inspect_ai, which cannot be imported: {error}",
            command_for("inspect"),
        ) from error


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever inspect_ai raises over a log into one clear line."""
    try:
        yield
    except EpmError:
        raise
    except MemoryError:
        raise
    # zip, codecs, JSON and pydantic each have errors of their own
    except Exception as error:
        first = next(iter(str(error).splitlines()), "")
        raise EpmError(
            f"{name} cannot be read by inspect_ai: {type(error).__name__}: {public(first)}".rstrip(
                ": "
            ),
            "it is damaged or no log of Inspect: mend it, or leave it out",
        ) from error


def find(paths: Sequence[Path]) -> dict[str, Path]:
    """All logs by their names on the page.

    Raises:
        EpmError: there is none, or something else.
    """
    require()
    logs: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted({each for name in NAMES for each in path.rglob(name)})
            if not inside:
                raise EpmError(f"{path} holds no logs of Inspect", "name a folder of .eval files")
            logs += [(each, each.relative_to(path).as_posix()) for each in inside]
        elif not path.exists():
            raise EpmError(f"there is no {path}", "name a log, or a folder of logs")
        elif path.suffix not in SUFFIXES:
            raise EpmError(f"{path} is no log of Inspect", "their names end in .eval or .json")
        else:
            logs.append((path, path.name))
    once = {path.resolve(): (path, name) for path, name in logs}
    found: dict[str, Path] = {}
    for path, name in once.values():
        short = path.name
        alone = sum(other.name == short for other, _ in once.values()) == 1
        named = short if alone else name
        if named in found:
            named = f"{path.parent.name}/{short}"
        if named in found:
            raise EpmError(f"two logs are called {named}", "rename one")
        found[named] = path
    if not found:
        raise EpmError("no logs of Inspect were named", "name .eval files, or a folder of them")
    return found


def panel(files: Mapping[str, Path]) -> Panel:
    """Read the headers, and choose a log for each model on each task.

    Raises:
        EpmError: a header cannot be read, two logs of one cell were asked otherwise, or no log is
            of a finished run.
    """
    from inspect_ai.log import read_eval_log

    headers: dict[str, EvalLog] = {}
    for name, path in files.items():
        with reading(name):
            headers[name] = read_eval_log(str(path), header_only=True)
    named = _conditions({header.eval.model for header in headers.values()})
    logs = [
        Log(name, files[name], header, named[header.eval.model], str(header.eval.task))
        for name, header in headers.items()
    ]
    logs.sort(key=lambda log: (log.header.eval.created, log.condition, log.task, log.name))
    cells: dict[tuple[str, str], list[Log]] = {}
    for log in logs:
        cells.setdefault((log.condition, log.task), []).append(log)
    chosen: list[Log] = []
    notes: list[str] = []
    failed: dict[str, str] = {}
    for cell in cells.values():
        finished = [log for log in cell if log.header.status == "success"]
        if finished:
            _check_settings(finished)
            chosen.append(finished[-1])
            notes += _left_out(cell, finished[-1])
        else:
            failed.setdefault(cell[-1].condition, f"status {cell[-1].header.status}")
            notes += [f"{log.cell} was not run: {log.name} has {_status(log)}." for log in cell]
    if not chosen:
        raise EpmError(
            f"no log is of a finished run: {logs[0].name} has {_status(logs[0])}",
            "finish the runs with `inspect eval-retry`, then import their logs",
        )
    done = {log.condition for log in chosen}
    notes += _holes(chosen, cells)
    not_run = {name: reason for name, reason in failed.items() if name not in done}
    return Panel(tuple(chosen), not_run, tuple(notes))


def _conditions(models: set[str]) -> dict[str, str]:
    """Models by their names without provider, where these tell them apart."""
    short = {model: model.partition("/")[2] or model for model in models}
    # a model that was loaded from a folder has the folder for its name
    shown = {model: public(name) for model, name in short.items()}
    names = list(shown.values())
    return {model: name if names.count(name) == 1 else model for model, name in shown.items()}


def _left_out(cell: Sequence[Log], used: Log) -> Iterator[str]:
    for log in cell:
        if log is used:
            continue
        if log.header.status != "success":
            yield f"{log.name} ({log.cell}) is left out: {_status(log)}; {used.name} finished."
        else:
            yield (
                f"{log.name} ({log.cell}, {_size(log)}) is left out: {used.name} ({_size(used)}) "
                "is a later run of the same."
            )


def _status(log: Log) -> str:
    error = log.header.error
    first = next(iter(error.message.strip().splitlines()), "") if error else ""
    return f"status {log.header.status}" + (f" ({public(first)[:120]})" if first else "")


def _size(log: Log) -> str:
    total = log.header.results.total_samples if log.header.results else 0
    return f"{total} sample{'' if total == 1 else 's'}"


def _holes(chosen: Sequence[Log], cells: Mapping[tuple[str, str], object]) -> Iterator[str]:
    conditions = dict.fromkeys(log.condition for log in chosen)
    for task in dict.fromkeys(log.task for log in chosen):
        for condition in conditions:
            if (condition, task) not in cells:
                yield f"There is no log of {condition} on {task}."


def _check_settings(logs: Sequence[Log]) -> None:
    """Two finished logs of one cell are two runs of the same, or no log stands for the cell."""
    last, ids = settings(logs[-1]), _ids(logs[-1])
    for log in logs[:-1]:
        if ids and _ids(log) and not ids & _ids(log):
            raise EpmError(
                f"{log.name} and {logs[-1].name} are both of {log.cell}, but share no sample id",
                "they are of two data sets: import them one by one",
            )
        own = settings(log)
        for name in dict.fromkeys([*last, *own]):
            if own.get(name) != last.get(name):
                raise EpmError(
                    f"{log.name} and {logs[-1].name} are both of {log.cell}, but differ in {name} "
                    f"({in_a_word(own.get(name))} and {in_a_word(last.get(name))})",
                    "import them one by one: of a model on a task one log is read"
                    + (", or as a table whose map names the `seed`" if name == "seed" else ""),
                )


def _ids(log: Log) -> set[str]:
    return {str(each) for each in log.header.eval.dataset.sample_ids or ()}


def settings(log: Log) -> dict[str, Any]:
    """What sets runs of one model on one task apart."""
    spec, plan = log.header.eval, log.header.plan
    given: dict[str, Any] = {}
    for config in (plan.config, spec.model_generate_config):
        given |= {
            name: value for name in SAMPLING if (value := getattr(config, name, None)) is not None
        }
    given |= {f"{MODEL_ARGUMENT}{name}": value for name, value in spec.model_args.items()}
    given |= {f"task argument {name}": value for name, value in (spec.task_args or {}).items()}
    given["solver"] = spec.solver
    given["data set"] = spec.dataset.name
    given["task version"] = spec.task_version
    return {name: value for name, value in given.items() if value not in (None, {}, [])}
