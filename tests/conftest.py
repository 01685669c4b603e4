"""What tests share: a cache of their own, a made-up experiment, runs that are made once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from epm.definition import Definition
from epm.discovery import LoadedExperiment, load
from epm.executors.local import LocalExecutor
from epm.pipeline.run import Options, run
from epm.progress import Meter

if TYPE_CHECKING:
    from epm.models.base import BaseModel

ROOT = Path(__file__).parent.parent

# toy models on a shared machine: threads that wait for each other cost more than they save
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # of those that a real model takes, as in epm.cli
# a script's background job ignores Ctrl-C, and so would every program that is started from there
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# the same commit, the same verdict; `HYPOTHESIS_PROFILE=explore` looks further
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_configure(config: pytest.Config) -> None:
    """What libraries call and others have deprecated; nobody here can act on it."""
    for theirs in (
        ".*is_gradient_checkpointing.*:FutureWarning",  # peft, of transformers
        "The 'initial' parameter is deprecated:DeprecationWarning",  # inspect_ai, of tenacity
    ):
        config.addinivalue_line("filterwarnings", f"ignore:{theirs}")


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the user's model cache, or logs to the user's account."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPM_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path_factory.getbasetemp()))
        for name in [name for name in os.environ if name.startswith("WANDB_")]:
            patch.delenv(name)
        yield


class Quiet:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    @contextmanager
    def task(self, title: str, unit: str, total: int) -> Iterator[Meter]:
        yield _Deaf()

    def finished(self) -> None:
        pass


class _Deaf:
    def advance(self, units: int = 1, tokens: int = 0, loss: float | None = None) -> None:
        pass


@pytest.fixture
def quiet() -> Quiet:
    """Progress for one test."""
    return Quiet()


Run = Callable[..., Path]
"""`run(definition, runs, wandb=…, fresh=…, quiet=…, workers=…)`; returns the run folder."""


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with experiments, in no git checkout: what it records never changes."""
    folder = tmp_path_factory.mktemp("repository")
    for source in (ROOT / "tests" / "data" / "experiments", ROOT / "experiments"):
        shutil.copytree(source, folder / "experiments", dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def made_up(repository: Path) -> LoadedExperiment:
    """A small experiment with five personas."""
    return load("issue-900", repository / "experiments")


@pytest.fixture(scope="session")
def tiny(made_up: LoadedExperiment) -> Definition:
    """Five conditions on a toy model."""
    return made_up.experiment.resolve("tiny")


@pytest.fixture(scope="session")
def run_made_up(made_up: LoadedExperiment) -> Run:
    """Run a definition of the made-up experiment."""

    def run_it(
        definition: Definition,
        runs: Path,
        wandb: str = "off",
        fresh: bool = False,
        quiet: Quiet | None = None,
        workers: int = 1,
    ) -> Path:
        options = Options(
            "pytest",
            wandb,  # type: ignore[arg-type]
            fresh=fresh,
            runs=runs,
            executor=LocalExecutor(workers),
        )
        return run(made_up, definition, options, lambda _: nullcontext(quiet or Quiet()))

    return run_it


@pytest.fixture(scope="session")
def own_rows(repository: Path) -> LoadedExperiment:
    """A small experiment with rows and scorers of its own, and an adapter on top of another."""
    return load("issue-901", repository / "experiments")


@pytest.fixture(scope="session")
def own_rows_run(own_rows: LoadedExperiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of it, to read only."""
    return _toy_run(own_rows, tmp_path_factory.mktemp("own_rows"))


@pytest.fixture(scope="session")
def steering(repository: Path) -> LoadedExperiment:
    """A small experiment whose conditions are steered by every kind of direction."""
    return load("issue-903", repository / "experiments")


@pytest.fixture(scope="session")
def steered_run(steering: LoadedExperiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of it, to read only."""
    return _toy_run(steering, tmp_path_factory.mktemp("steered"))


def _toy_run(loaded: LoadedExperiment, runs: Path) -> Path:
    definition = loaded.experiment.resolve("toy")
    return run(
        loaded, definition, Options("pytest", "off", runs=runs), lambda _: nullcontext(Quiet())
    )


RUN = """
import sys
from contextlib import nullcontext
from pathlib import Path
from rich.console import Console
from epm.discovery import load
from epm.pipeline.run import Options, run
from epm.progress import PlainProgress
experiments, runs, wandb, slug = sys.argv[1:]
loaded = load(slug, Path(experiments))
definition = loaded.experiment.resolve(loaded.experiment.profiles[0].name)
options = Options("pytest", wandb, runs=Path(runs))
run(loaded, definition, options, lambda _: nullcontext(PlainProgress(Console())))
"""


@pytest.fixture(scope="session")
def run_apart(repository: Path) -> Callable[..., subprocess.Popen[str]]:
    """Run the made-up experiment in a process of its own."""

    def start(
        runs: Path, wandb: str = "off", slug: str = "issue-900", **environment: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", RUN, repository / "experiments", runs, wandb, slug],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def finished(tiny: Definition, run_made_up: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the made-up experiment, to read only."""
    return run_made_up(tiny, tmp_path_factory.mktemp("finished"))


@pytest.fixture
def finished_copy(finished: Path, tmp_path: Path) -> Path:
    """The same, to spoil; `tmp_path` is the folder of its runs."""
    copy = tmp_path / finished.parent.name / finished.name
    shutil.copytree(finished, copy)
    return copy


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB; only root may mount one."""
    mounted = tmp_path / "small disk"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mounted]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield mounted
    subprocess.run(["umount", mounted], check=True)


@pytest.fixture
def server() -> Iterator[Callable[[int, bytes], str]]:
    """`server(status, body)`: the address of a server that answers everything alike."""
    with ExitStack() as servers:
        yield lambda status, body: servers.enter_context(_answering(status, body))


@contextmanager
def _answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


@pytest.fixture(scope="session")
def issue_246(repository: Path) -> LoadedExperiment:
    """The project's own experiment."""
    return load("issue-246", repository / "experiments")


@pytest.fixture(scope="session")
def smoke_run(issue_246: LoadedExperiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished `smoke` run of issue 246, to read only; takes about 20 seconds."""
    options = Options("pytest", "off", runs=tmp_path_factory.mktemp("smoke"))
    definition = issue_246.experiment.resolve("smoke")
    return run(issue_246, definition, options, lambda _: nullcontext(Quiet()))


@pytest.fixture(scope="session")
def tiny_base(tiny: Definition) -> BaseModel:
    """The made-up experiment's toy model, loaded; whoever borrows it gives it back unchanged."""
    from epm.models.base import BaseModel

    base = BaseModel(tiny, lambda _: None)
    assert base.model is not None
    return base
