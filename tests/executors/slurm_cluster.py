"""Slurm on this machine: a controller, a node of two CPUs, and what authenticates them."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel")

CONFIGURATION = """
ClusterName=epm
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
KillWait=5
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP
"""


def missing() -> str:
    """Why it cannot run here; empty when it can."""
    if os.geteuid():
        return "Slurm's node daemon needs root"
    absent = [name for name in PROGRAMS if not shutil.which(name)]
    return f"not installed (slurm-wlm, munge): {', '.join(absent)}" if absent else ""


@contextlib.contextmanager
def one_node() -> Iterator[Path]:
    """The configuration of a running cluster, which its clients need as SLURM_CONF."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    folder.chmod(0o755)  # munged refuses a socket that others could not reach
    configuration = folder / "slurm.conf"
    controller, daemon = _free_ports()
    configuration.write_text(
        CONFIGURATION.format(
            host=socket.gethostname(), folder=folder, controller=controller, daemon=daemon
        )
    )
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(os.urandom(1024))
    munge = {name: f"{folder}/munge.{name}" for name in ("socket", "pid", "seed", "log")}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in (
            [
                *("munged", "--foreground", "--key-file", str(key), "--socket", munge["socket"]),
                *("--pid-file", munge["pid"], "--seed-file", munge["seed"]),
                *("--log-file", munge["log"]),
            ],
            ["slurmctld", "-D", "-f", str(configuration)],
            ["slurmd", "-D", "-f", str(configuration), "-N", "node"],
        ):
            with (folder / f"{command[0]}.output").open("wb") as output:
                processes.append(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT))
        _await(configuration, processes)
        yield configuration
    finally:
        for process in reversed(processes):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _await(configuration: Path, processes: list[subprocess.Popen[bytes]]) -> None:
    surroundings = {**os.environ, "SLURM_CONF": str(configuration)}
    command = ["sinfo", "--noheader", "--format=%T"]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        said = subprocess.run(
            command, env=surroundings, capture_output=True, text=True, check=False
        )
        if said.stdout.strip() == "idle":
            return
        time.sleep(0.1)
    logs = "\n".join(path.read_text()[-1000:] for path in configuration.parent.glob("*.output"))
    raise RuntimeError(f"Slurm did not start: {logs}")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
