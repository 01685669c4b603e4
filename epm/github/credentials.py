"""Who we are to GitHub and where it is, as the environment says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from epm.errors import EpmError

GITHUB = "https://api.github.com"
TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
ENTERPRISE_TOKENS = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
"""For a company's own server, as for gh: a token of github.com is not sent to another host."""
APP_ID, APP_KEY = "EPM_APP_ID", "EPM_APP_PRIVATE_KEY"

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Token:
    """A personal token, or the one that a workflow or an App's installation was given."""

    value: str = field(repr=False)
    source: str
    """The variable that held it."""

    @property
    def of_installation(self) -> bool:
        """Whether it stands for an App, as a workflow's does, and not for a person."""
        return self.value.startswith("ghs_")


@dataclass(frozen=True, slots=True)
class App:
    """An App's own credentials; tokens are made from them as they are needed."""

    id: str
    private_key: str = field(repr=False)
    source: str = APP_KEY


Credentials = Token | App


def find(environment: Mapping[str, str], host: str | None = None) -> Credentials:
    """The App's credentials where they are set, else a token.

    Args:
        environment: holds them.
        host: of the git remote, where that is what says which GitHub is meant.
    """
    app, key = (environment.get(name, "").strip() for name in (APP_ID, APP_KEY))
    own_server = _is_own_server(environment, host)
    if (app or key) and not own_server:
        return _app(app, key)
    names = ENTERPRISE_TOKENS if own_server else TOKENS
    for name in names:
        if value := environment.get(name, "").strip():
            if not re.fullmatch(r"[!-~]+", value):
                raise EpmError(f"{name} does not hold a token", "set it to the token alone")
            return Token(value, name)
    if own_server:
        raise EpmError(
            f"there is no token for {host}: neither {' nor '.join(ENTERPRISE_TOKENS)} is set",
            f"set GH_ENTERPRISE_TOKEN to a token of {host} with the permission `issues: write`",
        )
    raise EpmError(
        f"there is no GitHub token: neither {' nor '.join(TOKENS)} is set",
        "set GITHUB_TOKEN to a token with the permission `issues: write`; "
        "`export GITHUB_TOKEN=$(gh auth token)` takes the one of gh",
    )


def _app(app: str, key: str) -> App:
    if not (app and key):
        there, missing = (APP_ID, APP_KEY) if app else (APP_KEY, APP_ID)
        raise EpmError(f"{there} is set, but {missing} is not", "an App needs both")
    # secrets that were pasted on one line hold \n as two characters
    key = key.replace("\\n", "\n")
    if not key.startswith("-----BEGIN "):
        raise EpmError(f"{APP_KEY} does not hold a private key", "set it to the .pem file's text")
    return App(app, key)


def api_url(environment: Mapping[str, str], host: str | None = None) -> str:
    """GitHub's address: GITHUB_API_URL, else that of the git remote's host, else github.com.

    A token is never sent over an open line but to this machine.
    """
    url = environment.get("GITHUB_API_URL", "").strip().rstrip("/") or _api_of(host)
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and not (parts.query or parts.fragment or parts.username)
        _ = parts.port
    except ValueError:
        sound = False
    if not sound or parts.scheme not in ("https", "http"):
        raise EpmError(
            "GITHUB_API_URL is not an address",
            f"unset it, or set it as in {GITHUB} or https://HOST/api/v3",
        )
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise EpmError(
            f"GITHUB_API_URL would send the token to {parts.hostname} unencrypted", "use https://"
        )
    return url


def _api_of(host: str | None) -> str:
    if host is None or host == "github.com":
        return GITHUB
    if host.endswith(".ghe.com"):  # Enterprise Cloud with data residency
        return f"https://api.{host}"
    return f"https://{host}/api/v3"  # an Enterprise Server


def _is_own_server(environment: Mapping[str, str], host: str | None) -> bool:
    if environment.get("GITHUB_API_URL", "").strip():
        return False  # whoever set it says where the token goes
    return _api_of(host).endswith("/api/v3")


def check_repository(name: str) -> str:
    """The name, if it is `owner/name`."""
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}", name) or any(
        part in (".", "..") for part in name.split("/")
    ):
        raise EpmError(
            f"{name[:80]!r} is not a repository",
            "name it as owner/name, with --repo or in a remote",
        )
    return name
