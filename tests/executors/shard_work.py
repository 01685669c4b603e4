"""Work for the tests of executors: it leaves word of where it is, and can be held up to be lost."""

from __future__ import annotations

import atexit
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import epm
from epm.errors import EpmError
from epm.executors import Attempt


@dataclass(frozen=True)
class Shard:
    """Some work, and how its first attempts go."""

    number: int
    folder: Path
    """Where each attempt leaves a file with its process's id."""
    held: int = 0
    """How many attempts wait to be killed."""
    seconds: float = 0.0
    size: int = 1000

    def __str__(self) -> str:
        return f"number {self.number}"


@dataclass(frozen=True)
class Done:
    """What comes back: `content` is the same wherever it was made."""

    number: int
    content: bytes
    process: int
    code: str
    """Where the worker has epm from."""
    cuda: str | None


def work(shard: Shard) -> Done:
    """Made of the shard's number alone."""
    attempt = len(list(shard.folder.glob(f"{shard.number}-*")))
    mark = shard.folder / f"{shard.number}-{attempt}"
    mark.with_suffix(".new").write_text(str(os.getpid()))
    mark.with_suffix(".new").rename(mark)
    time.sleep(600 if attempt < shard.held else shard.seconds)
    content = hashlib.shake_256(str(shard.number).encode()).digest(shard.size)
    code = str(epm.__file__)
    return Done(shard.number, content, os.getpid(), code, os.environ.get("CUDA_VISIBLE_DEVICES"))


def get_ready(folder: Path) -> None:
    """What workers do first: each leaves a file with its id."""
    (folder / f"ready-{os.getpid()}").touch()


def fail_to_get_ready(folder: Path) -> None:
    """It is not for the preparation to say what is wrong."""
    get_ready(folder)
    raise EpmError("not ready", "get ready")


def shards(folder: Path, count: int, **held: int) -> list[Shard]:
    """`shards(folder, 4, s2=1)`: four, the first attempt of number 2 waits to be killed."""
    return [Shard(number, folder, held.get(f"s{number}", 0)) for number in range(count)]


def note(came: list[int], results: Iterable[tuple[int, Done, Attempt]]) -> None:
    """Which shards came back, also when an exception ends it."""
    for index, _, _ in results:
        came.append(index)


def contents(done: dict[int, Done]) -> dict[int, bytes]:
    """What must be equal between executors."""
    return {index: each.content for index, each in done.items()}


def refuse(shard: Shard) -> Done:
    """Number 1 cannot be done."""
    if shard.number == 1:
        raise EpmError("the data of number 1 is broken", "mend it")
    return work(shard)


class Unsendable(Exception):
    """Made of two things, so that it cannot be made again from its message."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def stumble(_: Shard) -> Done:
    """A bug in the work."""
    raise Unsendable("no", "luck")


def unsendable(_: Shard) -> Callable[[], int]:
    """A result that stays where it is."""
    return lambda: 1


def with_a_child(shard: Shard) -> Done:
    """Starts a process that would outlive it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (shard.folder / "child").write_text(str(child.pid))
    return work(shard)


def slow_to_leave(shard: Shard) -> Done:
    """Its process takes a second to end, and leaves word that it came to its end by itself."""

    def leave() -> None:
        time.sleep(1)
        (shard.folder / f"left-{shard.number}").write_text(str(os.getpid()))

    atexit.register(leave)
    return work(shard)


def after(path: Path, deed: Callable[[], None], seconds: float = 120) -> threading.Thread:
    """Do something as soon as a file is there, beside the test."""

    def watch() -> None:
        if eventually(path.exists, seconds):
            deed()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def kill(path: Path) -> None:
    """Kill the process that left its id."""
    os.kill(int(path.read_text()), signal.SIGKILL)


def alive(process: int) -> bool:
    """Whether there is such a process, other than a dead one that nobody has waited for."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def eventually(holds: Callable[[], bool], seconds: float = 120) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def gone(process: int, seconds: float = 10) -> bool:
    """Whether a process ends in time."""
    return eventually(lambda: not alive(process), seconds)


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from shard_work import shards, with_a_child
from epm.executors import MODULE
if __name__ == "__main__":
    given = shards(Path(sys.argv[2]), 2, s0=9, s1=9)
    try:
        list(EXECUTOR.run(with_a_child, given, lambda _: None))
    except KeyboardInterrupt:
        sys.exit(130)
"""


def stopped(folder: Path, executor: str, by: int, whole_group: bool) -> tuple[int, str, list[int]]:
    """Stop a program that has two shards at work.

    Args:
        folder: where it leaves word.
        executor: the expression that makes it, with its module.
        by: the signal.
        whole_group: to all that the program started and left in its process group.

    Returns:
        Its exit code, its output, and the ids of the processes that were at work.
    """
    program = PROGRAM.replace("MODULE", executor.partition(".")[0])
    (folder / "program.py").write_text(program.replace("EXECUTOR", executor))
    here = Path(__file__).parent
    process = subprocess.Popen(
        [sys.executable, folder / "program.py", here, folder],
        env={**os.environ, "PYTHONPATH": f"{here.parent.parent}:{here}"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    marks = [folder / name for name in ("0-0", "1-0", "child")]
    deadline = time.monotonic() + 60
    while not all(mark.exists() for mark in marks) and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = [int(mark.read_text()) for mark in marks]
    assert all(map(alive, workers))
    (os.killpg if whole_group else os.kill)(process.pid, by)
    output, _ = process.communicate(timeout=30)
    return process.returncode, output, workers
