"""The bot for the tests: GitHub's emulator of `tests/github`, and events as GitHub sends them."""

from __future__ import annotations

from bot_at_work import bot
from hub import app_key, description, hub, npm, proxy

__all__ = ["app_key", "bot", "description", "hub", "npm", "proxy"]
