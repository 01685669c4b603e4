"""The workflows for the tests: the bot's fixtures, and `act`, which needs no Docker."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

_BOT = Path(__file__).parent.parent / "bot"

if str(_BOT) not in sys.path:
    sys.path.append(str(_BOT))
_spec = importlib.util.spec_from_file_location("bot_fixtures", _BOT / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _fixtures
_spec.loader.exec_module(_fixtures)

app_key, npm, proxy = _fixtures.app_key, _fixtures.npm, _fixtures.proxy
description, hub, bot = _fixtures.description, _fixtures.hub, _fixtures.bot
Hub, BOT, HUMAN, OWNER = _fixtures.Hub, _fixtures.BOT, _fixtures.HUMAN, _fixtures.OWNER
HASTY = _fixtures.HASTY

from runner import Runner  # noqa: E402 (its parts lie in the folders named above)


@pytest.fixture
def runner(bot: Any, tmp_path: Path) -> Runner:
    """A machine that runs the workflows of this repository."""
    return Runner(bot, tmp_path)
