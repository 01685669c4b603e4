"""What `--executor` and its companions make."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

from epm.commands.run import add_executor_arguments
from epm.errors import EpmError
from epm.executors import Executor
from epm.executors.choice import executor
from epm.installation import command_for


def made(*arguments: str) -> Executor:
    parser = argparse.ArgumentParser()
    add_executor_arguments(parser)
    parsed = parser.parse_args(arguments)
    return executor(
        parsed.executor,
        address=parsed.address,
        workers=parsed.workers,
        slurm_parameters=dict(parsed.slurm),
        log_folder=Path("logs"),
    )


def test_without_arguments_it_is_this_machine() -> None:
    assert made().name == "local"
    assert made("--workers", "3").slots == 3


def test_slurm() -> None:
    pytest.importorskip("submitit")
    slurm = made("--executor", "slurm", "--slurm", "partition=a100", "--slurm", "mem_gb=8")
    assert (slurm.name, slurm.slots) == ("slurm", 8)
    assert made("--executor", "slurm", "--workers", "2").slots == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--address", "head:6379"), "--address is for Ray, not for --executor local"),
        (("--executor", "ray", "--slurm", "partition=a"), "--slurm is not for --executor ray"),
    ],
)
def test_what_does_not_go_together(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(EpmError, match=said):
        made(*arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "0"), "'0' is not a number of workers"),
        (("--workers", "many"), "'many' is not a number of workers"),
        (("--slurm", "partition"), "'partition' is not KEY=VALUE"),
        (("--slurm", "=a"), "'=a' is not KEY=VALUE"),
        (("--executor", "kubernetes"), "invalid choice: 'kubernetes'"),
    ],
)
def test_what_cannot_be_meant(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        made(*arguments)
    assert exited.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("name", "package"), [("ray", "ray"), ("slurm", "submitit")])
def test_a_package_that_is_missing(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EpmError) as caught:
        made("--executor", name)
    assert caught.value.remedy == command_for(name)
