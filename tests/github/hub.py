"""GitHub for the tests: a real emulator, and a proxy in front of it that fails on demand."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import github_emulator
import npm_parts
import pytest
from faulty_proxy import Proxy
from github_description import Description

from epm.github.client import Client, connect
from epm.github.retry import RetryPolicy

# fine-grained tokens begin otherwise; nothing here opens anything
BOT, HUMAN, OWNER = "token-of-the-bot", "token-of-a-human", "token-of-the-owner"
PEOPLE = {f"token-of-{name}": name for name in ("ada", "emmy", "grace", "mary", "rosalind")}
"""Five colleagues, by token; in no repository until a test asks them in."""
HASTY = RetryPolicy(
    longest=5, first=0.01, unsaid=0.02, answer=1, between_requests=0, between_writes=0
)

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Hub:
    """One repository, as the client sees it and as it is."""

    name: str
    proxy: Proxy
    environment: dict[str, str]

    def client(self, **changes: Any) -> Client:
        """A client of the bot's; `environment` and fields of RetryPolicy can be changed."""
        environment = {**self.environment, **changes.pop("environment", {})}
        return connect(self.name, environment, replace(HASTY, **changes))

    def ask(self, token: str, verb: str, path: str, body: object = None) -> Any:
        """Straight to the emulator, past the proxy and past our client."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.proxy.emulator}/repos/{self.name}{path}",
            method=verb,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.proxy.alias(token)}"},
        )
        with urllib.request.urlopen(request, timeout=10) as got:  # noqa: S310
            return json.loads(got.read() or b"null")

    def open_issue(self, body: str = "A body.", token: str = HUMAN, **fields: Any) -> int:
        """An issue of somebody's."""
        made = self.ask(token, "POST", "/issues", {"title": "A title", "body": body, **fields})
        number: int = made["number"]
        return number

    def say(self, number: int, body: str, token: str = HUMAN) -> int:
        """A comment of somebody's."""
        made = self.ask(token, "POST", f"/issues/{number}/comments", {"body": body})
        comment: int = made["id"]
        return comment

    def edit(self, number: int, token: str = HUMAN, **fields: Any) -> None:
        """Somebody's edit of an issue."""
        self.ask(token, "PATCH", f"/issues/{number}", fields)

    def bodies(self, number: int) -> list[str]:
        """The comments as they are, all pages."""
        return [one["body"] for one in self._all(f"/issues/{number}/comments?")]

    def all_issues(self) -> list[Any]:
        """The issues as they are, all pages."""
        return self._all("/issues?state=all&")

    def _all(self, path: str) -> list[Any]:
        found: list[Any] = []
        for page in itertools.count(1):
            rows = self.ask(OWNER, "GET", f"{path}per_page=100&page={page}")
            found += rows
            if len(rows) < 100:
                return found
        raise AssertionError


@pytest.fixture(scope="session")
def app_key() -> str:
    """A private key for the App, made for this run."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()


@pytest.fixture(scope="session")
def npm() -> Path:
    """The folder of what was installed from npm."""
    try:
        return npm_parts.modules()
    except npm_parts.Unavailable as error:
        pytest.skip(f"NO GITHUB TO TEST AGAINST, npm is out of reach: {error}")


@pytest.fixture(scope="session")
def proxy(npm: Path, app_key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The emulator with the proxy in front of it."""
    users = {BOT: "epm-bot", HUMAN: "researcher", OWNER: "lab", **PEOPLE}
    app = {
        "app_id": 4242,
        "slug": "epm-app",
        "name": "epm",
        "private_key": app_key,
        "permissions": {"issues": "write", "metadata": "read"},
        "installations": [{"installation_id": 77, "account": "lab", "repository_selection": "all"}],
    }
    logins = [*users.values(), "reader", "stranger"]
    seed = {
        "tokens": {
            f"{token}-{alias}": {"login": login, "scopes": ["repo"]}
            for token, login in users.items()
            for alias in range(100)
        },
        "github": {"users": [{"login": login} for login in logins], "apps": [app]},
    }
    made = Proxy(set(users))
    try:
        folder = tmp_path_factory.mktemp("emulator")
        with github_emulator.running(seed, made.url, folder) as port:
            made.emulator = port
            yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def description(npm: Path) -> Description:
    """What GitHub says of its API."""
    return Description(npm)


@pytest.fixture
def hub(proxy: Proxy, description: Description) -> Iterator[Hub]:
    """A new repository, with the bot and a human as collaborators.

    Afterwards each request that was sent is held against GitHub's description.
    """
    name = f"lab/repo-{next(_numbers)}"
    request = urllib.request.Request(
        f"http://127.0.0.1:{proxy.emulator}/user/repos",
        data=json.dumps({"name": name.partition("/")[2], "auto_init": True}).encode(),
        headers={"Authorization": f"token {proxy.alias(OWNER)}"},
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
    environment = {"GITHUB_API_URL": proxy.url, "GITHUB_TOKEN": BOT}
    made = Hub(name, proxy, environment)
    for login, permission in (("epm-bot", "push"), ("researcher", "push"), ("reader", "pull")):
        made.ask(OWNER, "PUT", f"/collaborators/{login}", {"permission": permission})
    proxy.reset()
    yield made
    unmet = proxy.pending
    wrong = [
        (one.verb, one.path, *bad) for one in proxy.requests if (bad := description.problems(one))
    ]
    proxy.reset()
    assert not wrong, f"GitHub does not describe such requests: {wrong}"
    assert not unmet, f"{unmet} planned fault(s) met no request: the test tests nothing"


@pytest.fixture
def client(hub: Hub) -> Client:
    """The bot's client of that repository."""
    return hub.client()
