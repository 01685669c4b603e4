"""The fixtures of `hub`, for the tests of the client."""

from hub import app_key, client, description, hub, npm, proxy

__all__ = ["app_key", "client", "description", "hub", "npm", "proxy"]
