"""Who we are to GitHub."""

from __future__ import annotations

from epm.errors import EpmError
from epm.github import payloads
from epm.github.credentials import App, Credentials
from epm.github.exchange import Exchange, Request, dig
from epm.github.failures import Aim

_WHO = "query { viewer { login } }"


def login(exchange: Exchange, credentials: Credentials, in_actions: bool) -> str:
    """The author of what we write: a person, or an App's bot."""
    aim = Aim("read who we are", "metadata: read")
    if isinstance(credentials, App):
        answer = exchange.insist(Request("GET", "/app", aim, as_app=True), exchange.start())
        slug = payloads.text(payloads.mapping(answer.data, "App"), "slug")
        return f"{slug}[bot]"
    if not credentials.of_installation:
        answer = exchange.insist(Request("GET", "/user", aim), exchange.start())
        return payloads.text(payloads.mapping(answer.data, "user"), "login")
    # GET /user is closed to an installation's token
    login = dig(exchange.graphql({"query": _WHO}, aim), "viewer", "login")
    if isinstance(login, str) and login:
        return login if login.endswith("[bot]") else f"{login}[bot]"
    if in_actions:
        return "github-actions[bot]"
    raise EpmError(
        f"GitHub does not say whose token {credentials.source} is",
        "set EPM_APP_ID and EPM_APP_PRIVATE_KEY, or use a personal token",
    )
