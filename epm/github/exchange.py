"""Requests with their tries: what may be sent twice, and what must be looked up first.

A try ends in an answer, in an error, or in `Again`: a failure that may pass. Whoever sends decides
what has to be looked at before the next try.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from epm.errors import EpmError
from epm.github import failures, payloads
from epm.github.credentials import Credentials
from epm.github.failures import Aim, Kind
from epm.github.interface import Comment, Issue
from epm.github.retry import RetryPolicy, Wait, asked_to_wait
from epm.github.transport import GRAPHQL, Answer, Lost, Transport

_PAGE = {"per_page": "100"}
_MOST_PAGES = 1_000
_PLACE = re.compile(
    r"/(?:repos/(?P<name>[\w.-]+/[\w.-]+)|repositories/(?P<id>\d{1,15}))"
    r"(?:/issues/(?P<number>\d{1,12}))?(?:/|$)"
)
_NICETY = 10.0
"""Seconds that a reaction may take: nobody waits longer for one."""

T = TypeVar("T", Issue, Comment)


class Again(Exception):
    """A try that failed in a way that may pass."""

    def __init__(
        self, trouble: str, asked: float | None = None, limited: bool = False, doubtful: bool = True
    ) -> None:
        self._trouble = trouble
        self._asked = asked
        self._limited = limited
        self.doubtful = doubtful
        """Whether the request may have taken effect."""

    def wait(self, wait: Wait) -> None:
        """Until another try is welcome."""
        wait.before_next(self._trouble, self._asked, self._limited)


@dataclass(frozen=True, slots=True)
class Request:
    """One thing asked of GitHub."""

    verb: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    aim: Aim
    parameters: Mapping[str, str] | None = None
    body: object = None
    as_app: bool = False


class Exchange:
    """Asks one GitHub about one repository."""

    def __init__(
        self, repository: str, transport: Transport, credentials: Credentials, policy: RetryPolicy
    ) -> None:
        self._repository = repository
        self._transport = transport
        self._credentials = credentials
        self._policy = policy
        self._unreached = 0

    def start(self) -> Wait:
        """The clock of one thing and all its tries."""
        return self._policy.start()

    def pages(self, request: Request, wait: Wait) -> list[object]:
        """The rows of all pages of a list."""
        rows: list[object] = []
        parameters: Mapping[str, str] | None = {**_PAGE, **(request.parameters or {})}
        path = request.path
        for _ in range(_MOST_PAGES):
            answer = self.insist(Request("GET", path, request.aim, parameters), wait)
            if not isinstance(answer.data, list):
                raise payloads.Malformed("GitHub's list is not a list")
            rows += answer.data
            if answer.next_page is None:
                return rows
            path, parameters = answer.next_page, None
        raise EpmError(
            f"{self._repository} has more than {_MOST_PAGES} pages to {request.aim.doing}"
        )

    def insist(self, request: Request, wait: Wait) -> Answer:
        """Try until it is done; only for what may be sent twice."""
        while True:
            try:
                return self.once(request)
            except Again as again:
                again.wait(wait)

    def once(self, request: Request) -> Answer:
        """One try: a good answer, `Again`, or the error."""
        try:
            answer = self._transport.send(
                request.verb, request.path, request.parameters, request.body, request.as_app
            )
        except Lost as lost:
            raise self._lost(lost) from None
        self._unreached = 0
        match failures.kind(answer):
            case Kind.GOOD:
                return answer
            case Kind.FINAL if 300 <= answer.status < 400:
                raise failures.moved(request.aim, self._repository, self._place(answer))
            case Kind.FINAL:
                raise failures.refusal(answer, request.aim, self._repository, self._credentials)
            case kind:
                limited = kind is Kind.LIMITED
                asked = asked_to_wait(answer.headers)
                raise Again(failures.trouble(answer), asked, limited, doubtful=not limited)

    def _place(self, answer: Answer) -> str:
        """Where a redirection leads to, in words; what is there is not looked at."""
        url = urlsplit(answer.headers.get("location", ""))
        if url.netloc and url.netloc != self._transport.host.partition("/")[0]:
            return f"another host, {url.netloc}"
        found = _PLACE.search(url.path)
        if found is None:
            return ""
        name = found["name"] or self._name_of(found["id"])
        return f"{name}#{found['number']}" if name and found["number"] else name

    def _name_of(self, number: str) -> str:
        """The name of the repository that GitHub calls by its number."""
        try:
            answer = self._transport.send("GET", f"/repositories/{number}")
        except Lost:
            return ""
        fields = answer.data if isinstance(answer.data, Mapping) else {}
        return payloads.text(fields, "full_name") if answer.status == 200 else ""

    def _lost(self, lost: Lost) -> Exception:
        """Whoever is offline need not wait two minutes to hear it."""
        host = self._transport.host
        if lost.connected:
            self._unreached = 0
            return Again(f"no answer from {host} ({lost})")
        self._unreached += 1
        if self._unreached >= 3:
            self._unreached = 0
            return EpmError(f"cannot reach {host}: {lost}", "check the network, and GITHUB_API_URL")
        return Again(f"cannot reach {host}: {lost}", doubtful=False)

    def optional(self, request: Request) -> Answer | None:
        """None for a nicety that this GitHub or this token does not have."""
        try:
            longest = min(_NICETY, self._policy.longest)
            return self.insist(request, replace(self._policy, longest=longest).start())
        except EpmError:
            return None

    def graphql(self, body: object, aim: Aim) -> object:
        """The `data` of an answer; None where GitHub has none to give."""
        answer = self.optional(Request("POST", GRAPHQL, aim, body=body))
        data = answer.data if answer else None
        return data.get("data") if isinstance(data, Mapping) else None

    def create(
        self,
        request: Request,
        look: Callable[[], list[T]],
        read: Callable[[object], T],
        wait: Wait,
    ) -> tuple[T, list[T]]:
        """What was made or found, and what an earlier try made late, after we had looked."""
        doubted = False
        while True:
            try:
                made = read(self.once(request).data)
            except Again as again:
                doubted |= again.doubtful
                again.wait(wait)
                if doubted and (found := look()):
                    return found[0], []
            else:
                found = look() if doubted else []
                return (found[0], found[1:]) if found else (made, [])


def dig(data: object, *names: str) -> object:
    """What lies in nested objects under these names; None where there is nothing."""
    for name in names:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data
