"""Who we are: a person, a workflow's token, an App."""

from __future__ import annotations

import pytest
from hub import Hub

from epm.errors import EpmError
from epm.github.markers import Marker

LINT = Marker("clean-result-lint")
APP = {"EPM_APP_ID": "4242", "GITHUB_TOKEN": ""}
INSTALLATION = {"GITHUB_TOKEN": "ghs_of-an-installation"}


def test_a_person_asks_once(hub: Hub) -> None:
    client = hub.client()
    assert (client.login(), client.login()) == ("epm-bot", "epm-bot")
    assert hub.proxy.seen == [("GET", "/user", 200)]


def test_an_installations_token_asks_graphql(hub: Hub) -> None:
    hub.proxy.record("POST", "/graphql$", 200, {"data": {"viewer": {"login": "some-app"}}})
    assert hub.client(environment=INSTALLATION).login() == "some-app[bot]"


def test_a_workflows_token_without_graphql(hub: Hub) -> None:
    workflow = {**INSTALLATION, "GITHUB_ACTIONS": "true"}
    assert hub.client(environment=workflow).login() == "github-actions[bot]"


def test_an_unknown_installation(hub: Hub) -> None:
    with pytest.raises(EpmError, match="GitHub does not say whose token GITHUB_TOKEN is; set EPM"):
        hub.client(environment=INSTALLATION).login()


def test_an_app_works_as_its_bot(hub: Hub, app_key: str) -> None:
    number = hub.open_issue()
    hub.say(number, LINT.wrap("the bot's, not the App's"), "token-of-the-bot")
    pasted = app_key.replace("\n", "\\n")  # as secrets are, on one line
    client = hub.client(environment={**APP, "EPM_APP_PRIVATE_KEY": pasted})
    made = client.create_comment(number, LINT.wrap("ours"), LINT)
    assert made.author == client.login() == "epm-app[bot]"
    assert [one.id for one in client.own_comments(number, LINT)] == [made.id]


def test_an_apps_first_request_may_fail(hub: Hub, app_key: str) -> None:
    from faulty_proxy import answer

    number = hub.open_issue()
    hub.proxy.plan("GET", answer(502))
    hub.proxy.plan("POST", answer(503))
    client = hub.client(environment={**APP, "EPM_APP_PRIVATE_KEY": app_key})
    assert client.issue(number).number == number


def test_an_app_that_is_not_installed(hub: Hub, app_key: str) -> None:
    number = hub.open_issue()
    hub.proxy.record("GET", "/installation$", 404, {"message": "Not Found"})
    client = hub.client(environment={**APP, "EPM_APP_PRIVATE_KEY": app_key})
    with pytest.raises(EpmError, match=f"the App 4242 is not installed in {hub.name}; install it"):
        client.issue(number)


@pytest.mark.parametrize("body", ["", "bm90IGEga2V5"])
def test_a_broken_key(hub: Hub, body: str) -> None:
    pem = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    with pytest.raises(EpmError, match="the App's private key cannot be used") as got:
        hub.client(environment={**APP, "EPM_APP_PRIVATE_KEY": pem})
    assert "\n" not in str(got.value)
