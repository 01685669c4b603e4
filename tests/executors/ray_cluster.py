"""A Ray cluster of two nodes on the loopback interface."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

SURROUNDINGS = {
    # the same for all, and with no token that a user of this machine may have set up
    "RAY_AUTH_MODE": "disabled",
    # without it Ray takes no loopback address for a node's
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # a node that is gone is missed after two seconds, not half a minute
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
}
"""What nodes and drivers need in their environment."""


@dataclass
class Node:
    """One `ray start --block` and all that it started."""

    address: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As a power cut does: everything at once, nothing is told."""
        ended = []
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.process.pid)
            ended = [*root.children(recursive=True), root]
        for each in ended:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGKILL)
        self.process.wait(10)
        psutil.wait_procs(ended, 10)


@dataclass
class Cluster:
    """Two nodes with a CPU each, unless it was made otherwise."""

    address: str
    """For `--address`."""
    first: Node
    """Has the head; the driver runs beside it."""
    second: Node


@contextlib.contextmanager
def two_nodes(first_cpus: int = 1) -> Iterator[Cluster]:
    """A cluster of 127.0.0.1 and 127.0.0.2; `SURROUNDINGS` must be in the driver's environment."""
    # the paths of Ray's sockets leave no room for pytest's folders
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    address = f"127.0.0.1:{_free_port()}"
    nodes: list[Node] = []
    try:
        port = address.partition(":")[2]
        head = ("--head", "--port", port, "--include-dashboard=false", "--temp-dir", str(folder))
        nodes.append(_start("127.0.0.1", first_cpus, folder, *head))
        nodes.append(_start("127.0.0.2", 1, folder, "--address", address))
        yield Cluster(address, *nodes)
    finally:
        for node in reversed(nodes):
            node.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _start(address: str, cpus: int, folder: Path, *options: str) -> Node:
    log = folder / f"{address}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block"),
                *("--node-ip-address", address, "--num-cpus", str(cpus), "--num-gpus", "0"),
                *("--object-store-memory", "100000000", *options),
            ],
            cwd=folder,  # where no code of ours lies
            env={**os.environ, **SURROUNDINGS, "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    node = Node(address, process)
    deadline = time.monotonic() + 60
    while "Ray runtime started" not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            node.kill()
            raise RuntimeError(f"Ray did not start at {address}: {log.read_text()[-2000:]}")
        time.sleep(0.1)
    return node


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
