"""One request and its answer; the only module that knows PyGithub.

PyGithub signs, paces and sends. Its own retries are off: they send a POST again that may have
taken effect, and never a PATCH.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from epm import installation
from epm.errors import EpmError
from epm.github import payloads
from epm.github.credentials import APP_KEY, App, Credentials
from epm.github.retry import RetryPolicy
from epm_lint.quoting import clip

if TYPE_CHECKING:
    from github import Auth
    from github.Requester import Requester

GRAPHQL = "graphql"

_APP_MAY = {"issues": "write", "metadata": "read"}
"""What an App's token is asked for, of all that the App may do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub said, whether we like it or not."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    data: Any
    """The JSON; None where there was none."""

    @property
    def message(self) -> str:
        """GitHub's own words, fit for one line."""
        said = self.data.get("message") if isinstance(self.data, Mapping) else None
        return clip(said, 160) if isinstance(said, str) else ""

    @property
    def next_page(self) -> str | None:
        """Where the list goes on."""
        for link in self.headers.get("link", "").split(","):
            url, _, rest = link.partition(";")
            if 'rel="next"' in rest:
                return url.strip().strip("<>")
        return None


class Lost(Exception):
    """No answer came; whether the request took effect is unknown.

    Attributes:
        connected: False where nothing can have been sent.
    """

    def __init__(self, why: str, connected: bool = True) -> None:
        self.connected = connected
        super().__init__(why)


class Transport:
    """Sends requests to one GitHub as one user or App."""

    def __init__(
        self, repository: str, credentials: Credentials, url: str, policy: RetryPolicy
    ) -> None:
        try:
            from github import Auth, Github
        except ModuleNotFoundError as error:
            if error.name != "github":
                raise
            remedy = f"run `{installation.command_for('github')}`"
            raise EpmError("PyGithub is not installed", remedy) from None

        _follow_nothing()
        self.host = url.partition("://")[2]
        self._repository = repository
        self._app: Auth.AppAuth | None = None
        auth: Auth.Auth
        if isinstance(credentials, App):
            self._app = auth = Auth.AppAuth(credentials.id, credentials.private_key)
            _check_key(self._app)
        else:
            auth = Auth.Token(credentials.value)
        self._github = Github(
            auth=auth,
            base_url=url,
            timeout=policy.answer,
            retry=None,
            user_agent="epm",
            seconds_between_requests=policy.between_requests,
            seconds_between_writes=policy.between_writes,
        )
        self._as_app = self._github.requester
        self._requester: Requester | None = None

    def send(
        self,
        verb: str,
        path: str,
        parameters: Mapping[str, str] | None = None,
        body: object = None,
        as_app: bool = False,
    ) -> Answer:
        """One try.

        Args:
            verb: GET, POST, PATCH, PUT or DELETE.
            path: below the API's address; GRAPHQL; or the next page that an answer named.
            parameters: of the query.
            body: sent as JSON.
            as_app: as the App itself, not as its installation in the repository.

        Raises:
            Lost: no answer came.
            EpmError: there will never be one.
        """
        import requests
        from github import GithubException

        try:
            requester = self._as_app if as_app else self._signed()
            url = requester.graphql_url if path == GRAPHQL else path
            status, headers, text = requester.requestJson(
                verb, url, dict(parameters or {}), {}, body
            )
        except GithubException as error:  # in the exchange of an App's key for a token
            return Answer(error.status, dict(error.headers or {}), error.data)
        except requests.exceptions.SSLError:
            raise EpmError(
                f"{self.host} has no certificate that this machine trusts",
                "set REQUESTS_CA_BUNDLE to your company's certificates",
            ) from None
        except requests.Timeout:
            raise Lost("no answer in time") from None
        except requests.ConnectionError as error:
            raise Lost(*_why(error)) from None
        except requests.RequestException as error:
            raise Lost(type(error).__name__) from None
        return Answer(status, headers, _data(status, text))

    def _signed(self) -> Requester:
        if self._app and self._requester is None:
            self._requester = self._as_app.withAuth(self._installation(self._app))
        return self._requester or self._as_app

    def _installation(self, app: Auth.AppAuth) -> Auth.AppInstallationAuth:
        from github import Auth, GithubException

        status, headers, text = self._as_app.requestJson(
            "GET", f"/repos/{self._repository}/installation"
        )
        if status == 404:
            raise EpmError(
                f"the App {app.app_id} is not installed in {self._repository}",
                "install it there, with the permission `issues: write`",
            )
        data = _data(status, text)
        if status != 200 or not isinstance(data, dict):
            raise GithubException(status, data, headers)
        number = payloads.number(data, "id")
        return Auth.AppInstallationAuth(app, number, _APP_MAY, self._as_app)


@cache
def _follow_nothing() -> None:
    """See that a redirection comes back as an answer.

    PyGithub follows a 301 by itself, writes included: into whatever repository an issue was
    transferred to. It leaves a 308, which says the same, alone.
    """
    from github.Requester import (
        HTTPRequestsConnectionClass,
        HTTPSRequestsConnectionClass,
        Requester,
    )

    def unfollowed(response: Any) -> Any:
        response.status = 308 if response.status == 301 else response.status
        return response

    class Http(HTTPRequestsConnectionClass):
        def getresponse(self) -> Any:
            return unfollowed(super().getresponse())

    class Https(HTTPSRequestsConnectionClass):
        def getresponse(self) -> Any:
            return unfollowed(super().getresponse())

    Requester.injectConnectionClasses(Http, Https)


def _check_key(app: Auth.AppAuth) -> None:
    try:
        app.create_jwt()
    except Exception as error:  # each of three libraries has classes of its own for a bad key
        raise EpmError(
            f"the App's private key cannot be used ({type(error).__name__})",
            f"set {APP_KEY} to the text of the .pem file",
        ) from None


def _data(status: int, text: str) -> Any:
    if not text:
        return None
    try:
        return payloads.load(text, "GitHub's answer")
    except payloads.Malformed:
        # an error page of something between us and GitHub; or an answer that was cut
        if 200 <= status < 300:
            raise Lost("an answer that is not JSON") from None
        return None


def _why(error: BaseException) -> tuple[str, bool]:
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    for cause in _causes(error):
        if isinstance(cause, NameResolutionError | socket.gaierror):
            return "its name cannot be resolved", False
        if isinstance(cause, NewConnectionError | ConnectionRefusedError):
            return "no connection can be made", False
    return "the connection was cut", True


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 20:
        one = waiting.pop()
        found.append(one)
        nested = [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
        waiting += [other for other in nested if isinstance(other, BaseException)]
    return found
