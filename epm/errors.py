"""What epm says when it cannot do the job."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class EpmError(Exception):
    """A failure the user can act on; shown as one line, exit code 2.

    Attributes:
        what: what happened, and where.
        remedy: what to do next, as a command or a short instruction.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        self.what = " ".join(what.split())
        self.remedy = " ".join(remedy.split())
        super().__init__(f"{self.what}; {self.remedy}" if self.remedy else self.what)


class DefinitionError(EpmError):
    """An experiment's definition contradicts itself."""


class StageFailed(EpmError):
    """The work came to a result that cannot be used, and would again: recorded, not retried."""


class ResultsError(EpmError):
    """A results file is missing, broken, or of a version this epm cannot read."""


def suggest(name: str, known: Iterable[str]) -> str:
    """'did you mean …' for a name that is not among the known ones, else the known ones."""
    import difflib

    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return "did you mean " + " or ".join(f"'{candidate}'" for candidate in near) + "?"
    if len(known) > 12:
        return f"there are {', '.join(known[:10])} and {len(known) - 10} more"
    return "there is " + ", ".join(known) if known else "there is none"


@contextmanager
def resources(name: str, folder: Path) -> Iterator[None]:
    """Turn a full disk and a full memory into one clear line."""
    try:
        yield
    except EpmError:
        raise
    except Exception as error:
        if _disk_full(error):
            raise EpmError(
                f"the disk under {folder} is full (in {name})",
                "make room, then run the same command",
            ) from error
        if out_of_memory(error):
            raise EpmError(
                f"out of memory in {name}",
                "close other programs or take a smaller profile, then run the same command: "
                "finished stages are kept",
            ) from error
        raise


def _disk_full(error: Exception) -> bool:
    """safetensors raises a class of its own, with the system's message in it."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return os.strerror(errno.ENOSPC) in str(error)


def out_of_memory(error: Exception) -> bool:
    """Whether the memory, the machine's or a GPU's, was too small.

    torch raises its own class on a GPU, and a plain RuntimeError on a CPU.
    """
    if isinstance(error, MemoryError):
        return True
    message = str(error).lower()
    return isinstance(error, RuntimeError) and (
        type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in message
        or "not enough memory" in message  # Windows
    )
