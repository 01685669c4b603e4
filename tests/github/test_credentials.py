"""Who we are and where GitHub is, from the environment alone."""

from __future__ import annotations

import pytest

from epm.errors import EpmError
from epm.github.credentials import App, Token, api_url, check_repository, find

PEM = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"GITHUB_TOKEN": "a", "GH_TOKEN": "b"}, Token("a", "GITHUB_TOKEN")),
        ({"GITHUB_TOKEN": " ", "GH_TOKEN": " b\n"}, Token("b", "GH_TOKEN")),
        (
            {"GITHUB_TOKEN": "a", "EPM_APP_ID": "7", "EPM_APP_PRIVATE_KEY": PEM},
            App("7", PEM),
        ),
        ({"EPM_APP_ID": "7", "EPM_APP_PRIVATE_KEY": PEM.replace("\n", "\\n")}, App("7", PEM)),
    ],
)
def test_found(environment: dict[str, str], found: object) -> None:
    assert find(environment) == found


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({}, "there is no GitHub token: neither GITHUB_TOKEN nor GH_TOKEN is set; set GITHUB_TOKEN "
             "to a token with the permission `issues: write`"),
        ({"GITHUB_TOKEN": "a b"}, "GITHUB_TOKEN does not hold a token"),
        ({"GH_TOKEN": "a\r\nX-Evil: 1"}, "GH_TOKEN does not hold a token"),
        ({"EPM_APP_ID": "7", "GH_TOKEN": "a"}, "EPM_APP_ID is set, but EPM_APP_PRIVATE_KEY is not"),
        ({"EPM_APP_PRIVATE_KEY": PEM}, "EPM_APP_PRIVATE_KEY is set, but EPM_APP_ID is not"),
        ({"EPM_APP_ID": "7", "EPM_APP_PRIVATE_KEY": "key.pem"}, "does not hold a private key"),
    ],
)  # fmt: skip
def test_missing(environment: dict[str, str], line: str) -> None:
    with pytest.raises(EpmError) as got:
        find(environment)
    assert line in str(got.value)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (None, "https://api.github.com"),
        ("github.com", "https://api.github.com"),
        ("lab.ghe.com", "https://api.lab.ghe.com"),
        ("git.lab.example", "https://git.lab.example/api/v3"),
        ("git.lab.example:8443", "https://git.lab.example:8443/api/v3"),
    ],
)
def test_the_api_is_where_the_remote_is(host: str | None, url: str) -> None:
    assert api_url({}, host) == url
    elsewhere = {"GITHUB_API_URL": "https://x.example/api/v3"}
    assert api_url(elsewhere, host) == "https://x.example/api/v3"


def test_a_token_of_github_is_sent_to_no_other_host() -> None:
    """Any checkout can name any remote."""
    ours = {"GITHUB_TOKEN": "a", "GH_TOKEN": "b", "EPM_APP_ID": "7", "EPM_APP_PRIVATE_KEY": PEM}
    for host in ("git.lab.example", "gitlab.com", "github.com.evil.example"):
        with pytest.raises(EpmError, match=f"^there is no token for {host}: neither GH_ENTERPRISE"):
            find(ours, host)
        theirs = {**ours, "GITHUB_ENTERPRISE_TOKEN": "e"}
        assert find(theirs, host) == Token("e", "GITHUB_ENTERPRISE_TOKEN")
    for known in ("github.com", "lab.ghe.com", None):
        assert find({"GITHUB_TOKEN": "a", "GH_ENTERPRISE_TOKEN": "e"}, known) == Token(
            "a", "GITHUB_TOKEN"
        )
    said = {"GITHUB_TOKEN": "a", "GITHUB_API_URL": "https://git.lab.example/api/v3"}
    assert find(said, "git.lab.example") == Token("a", "GITHUB_TOKEN")


def test_secrets_are_not_shown() -> None:
    shown = f"{Token('hidden', 'GH_TOKEN')!r} {App('7', PEM)!r}"
    assert "hidden" not in shown
    assert "BEGIN" not in shown


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("", "https://api.github.com"),
        ("https://github.example.org/api/v3/", "https://github.example.org/api/v3"),
        ("http://localhost:4001", "http://localhost:4001"),
        ("http://127.0.0.1:4001", "http://127.0.0.1:4001"),
    ],
)
def test_address(given: str, url: str) -> None:
    assert api_url({"GITHUB_API_URL": given}) == url


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("http://github.example.org", "would send the token to github.example.org unencrypted"),
        ("http://localhost.example.org", "unencrypted"),
        ("github.example.org", "is not an address"),
        ("ftp://github.example.org", "is not an address"),
        ("https://", "is not an address"),
        ("https://a:b@github.example.org", "is not an address"),
        ("https://github.example.org:port", "is not an address"),
        ("https://[::1", "is not an address"),
    ],
)
def test_no_address(given: str, line: str) -> None:
    with pytest.raises(EpmError, match=line):
        api_url({"GITHUB_API_URL": given})


def test_repository() -> None:
    assert check_repository("lab-1/epm.bot_2") == "lab-1/epm.bot_2"


@pytest.mark.parametrize("name", ["", "lab", "a/b/c", "a/..", "./b", "a/b?x", "a b/c", "a/b\n"])
def test_no_repository(name: str) -> None:
    with pytest.raises(EpmError, match="is not a repository"):
        check_repository(name)
