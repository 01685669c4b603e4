"""`epm lint --issue N` and `--all`: what is on GitHub, from a terminal, and nothing written."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from bot_at_work import Bot

from epm.bot import terminal
from epm.commands.lint import add_arguments
from epm.errors import EpmError


def parsed(*arguments: str, every: bool = False) -> argparse.Namespace:
    """As `epm lint` reads its arguments."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    found = parser.parse_args([*arguments, "body.md"])
    found.paths, found.all = [], every
    return found


def lint(bot: Bot, *arguments: str, every: bool = False, folder: Path | None = None) -> int:
    """Run in the checkout."""
    given = parsed(*arguments, every=every)
    return terminal.run(given, {}, folder or bot.folder, lambda _: bot.hub.client())


def test_one_issue(bot: Bot, capsys: pytest.CaptureFixture[str]) -> None:
    number = bot.open()
    assert lint(bot, "--issue", str(number)) == 1
    printed = capsys.readouterr().out
    assert "Hero figure                      ✗ FAIL" in printed
    assert printed.splitlines()[-1].startswith("Result: FAIL")
    assert lint(bot, "--issue", str(number), "--select", "title-marker", "--format", "json") == 0
    [file] = json.loads(capsys.readouterr().out)["files"]
    assert file["path"] == f"issue {number}"
    assert lint(bot, "--issue", str(number), "--exit-zero") == 0
    assert bot.hub.bodies(number) == []
    assert bot.hub.proxy.count("GET") == len(bot.hub.proxy.seen) == 3


def test_all(bot: Bot, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = [bot.open(), bot.open(title="\x1b[31mred | " + "x" * 100)]
    bot.open(labels=["bug"])
    assert lint(bot, every=True) == 1
    *lines, total = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [f"#{number}" for number in numbers]
    assert all("✗ FAIL" in line for line in lines)
    assert "\x1b" not in "".join(lines)
    assert total == "2 issue(s): 2 fail, 0 only warn, 0 not linted"


@pytest.mark.parametrize(
    ("arguments", "every", "said"),
    [
        ([], False, "there is nothing to lint; name a PATH"),
        (["--issue", "1"], True, "leave PATH and --issue out"),
        (["--issue", "1", "--fix"], False, "--fix is for files"),
        (["--issue", "1", "--title", "x"], False, "--title is for files"),
        (["--issue", "1", "--select", "no-rule"], False, "no-rule"),
        (["--issue", "999"], False, "there is no issue 999"),
    ],
)
def test_refusals(bot: Bot, arguments: list[str], every: bool, said: str) -> None:
    with pytest.raises(EpmError, match=said):
        lint(bot, *arguments, every=every)


def test_a_folder_that_is_no_clone(bot: Bot, tmp_path: Path) -> None:
    with pytest.raises(EpmError, match="set GITHUB_REPOSITORY=owner/name"):
        lint(bot, "--issue", "1", folder=tmp_path)
    environment: dict[str, Any] = {"GITHUB_REPOSITORY": "lab/other"}
    assert terminal.repository(environment, tmp_path) == "lab/other"
