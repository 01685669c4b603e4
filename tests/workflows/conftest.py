"""The workflows for the tests: the bot's fixtures, and `act`, which needs no Docker."""

from __future__ import annotations

from pathlib import Path

import pytest
from bot_at_work import Bot, bot
from hub import app_key, description, hub, npm, proxy
from runner import Runner

__all__ = ["app_key", "bot", "description", "hub", "npm", "proxy"]


@pytest.fixture
def runner(bot: Bot, tmp_path: Path) -> Runner:
    """A machine that runs the workflows of this repository."""
    return Runner(bot, tmp_path)
