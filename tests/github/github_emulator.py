"""Start `emulate`, a stateful emulator of GitHub that we did not write."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import npm_parts


@contextlib.contextmanager
def running(seed: dict[str, object], base_url: str, folder: Path) -> Iterator[int]:
    """The port of an emulator that says of itself that it is at `base_url`."""
    program = npm_parts.modules() / "emulate" / "dist" / "index.js"
    (folder / "seed.json").write_text(json.dumps(seed))
    port = free_port()
    log = folder / "emulator.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *(npm_parts.node(), program, "start", "--service", "github", "--port", str(port)),
                *("--seed", "seed.json", "--base-url", base_url),
            ],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(process, port, log)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the emulator did not start: {log.read_text()[-2000:]}")
