"""The bot for the tests: GitHub's emulator of `tests/github`, and events as GitHub sends them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from bot_at_work import Bot, Examples, checkout

_GITHUB = Path(__file__).parent.parent / "github"

if str(_GITHUB) not in sys.path:
    sys.path.append(str(_GITHUB))
_spec = importlib.util.spec_from_file_location("github_fixtures", _GITHUB / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_fixtures = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _fixtures
_spec.loader.exec_module(_fixtures)

app_key, npm, proxy = _fixtures.app_key, _fixtures.npm, _fixtures.proxy
description, hub = _fixtures.description, _fixtures.hub

# both folders have a module of this name, and the other's tests import from theirs
Hub, BOT, HUMAN, OWNER = _fixtures.Hub, _fixtures.BOT, _fixtures.HUMAN, _fixtures.OWNER
HASTY = _fixtures.HASTY


@pytest.fixture
def bot(hub: Any, npm: Path, tmp_path: Path) -> Bot:
    """The bot in a checkout of the repository."""
    return Bot(hub, Examples(npm), checkout(tmp_path / "checkout", hub.name), tmp_path)
