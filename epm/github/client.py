"""The client: `GitHub` for one repository, over a network that fails.

What may be sent twice is sent again. What may not, a create, is looked up first: an answer that
was lost does not say whether the request took effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import quote

from epm.errors import EpmError
from epm.github import credentials, failures, folding, identity, payloads
from epm.github.exchange import Again, Exchange, Request, T
from epm.github.failures import Aim
from epm.github.interface import (
    LONGEST_TITLE,
    Comment,
    Conflict,
    Happening,
    Issue,
    Missing,
    Permission,
    Reaction,
    Repository,
    same_body,
)
from epm.github.markers import Marker
from epm.github.retry import RetryPolicy, Wait
from epm.github.transport import Transport

_PERMISSIONS = {
    "admin": Permission.ADMIN,
    **dict.fromkeys(("write", "push", "maintain"), Permission.WRITE),
    **dict.fromkeys(("read", "pull", "triage"), Permission.READ),
}
"""GitHub has two sets of words for them."""
_MOST_AGREED = 3
"""How often a write is sent to which GitHub agrees, and after which the old text is still there."""
_READ, _WRITE = "issues: read", "issues: write"


def connect(
    repository: str,
    environment: Mapping[str, str],
    policy: RetryPolicy | None = None,
    host: str | None = None,
) -> Client:
    """The client that the environment and the git remote's host describe; nothing is sent yet."""
    policy = policy or RetryPolicy()
    name = credentials.check_repository(repository)
    url, found = credentials.api_url(environment, host), credentials.find(environment, host)
    exchange = Exchange(name, Transport(name, found, url, policy), found, policy)
    in_actions = environment.get("GITHUB_ACTIONS") == "true"
    return Client(name, exchange, found, in_actions)


class Client:
    """`epm.github.interface.GitHub` with PyGithub; see there for what the methods do."""

    def __init__(
        self,
        full_name: str,
        exchange: Exchange,
        found: credentials.Credentials,
        in_actions: bool,
    ) -> None:
        self._name = full_name
        self._exchange = exchange
        self._credentials = found
        self._in_actions = in_actions
        self._login: str | None = None

    @property
    def full_name(self) -> str:
        return self._name

    def login(self) -> str:
        if self._login is None:
            self._login = identity.login(self._exchange, self._credentials, self._in_actions)
        return self._login

    def repository(self) -> Repository:
        aim = Aim("read the repository", "metadata: read")
        request = Request("GET", f"/repos/{self._name}", aim)
        found = payloads.repository(self._exchange.insist(request, self._exchange.start()).data)
        self._check_place(aim, found.full_name)
        return found

    def permission(self, login: str) -> Permission:
        aim = Aim("read a user's permission", "metadata: read")
        path = self._path(f"collaborators/{quote(login, safe='')}/permission")
        try:
            answer = self._exchange.insist(Request("GET", path, aim), self._exchange.start())
        except Missing:
            return Permission.NONE
        fields = payloads.mapping(answer.data, "permission")
        return _PERMISSIONS.get(payloads.text(fields, "permission"), Permission.NONE)

    # issues

    def issue(self, number: int) -> Issue:
        return self._insist_issue(number, self._exchange.start())

    def issues(
        self, labels: Sequence[str] = (), state: Literal["open", "closed", "all"] = "open"
    ) -> list[Issue]:
        return self._list_issues(labels, state, self._exchange.start())

    def own_issues(self, marker: Marker, labels: Sequence[str] = ()) -> list[Issue]:
        return self._own_issues(marker, labels, self._exchange.start())

    def create_issue(self, title: str, body: str, labels: Sequence[str], marker: Marker) -> Issue:
        self._check(body, title, marker)
        wait = self._exchange.start()
        aim = Aim("create an issue", _WRITE, writes=True)
        fields = {"title": title, "body": body, "labels": list(labels)}
        request = Request("POST", self._path("issues"), aim, body=fields)
        made, extra = self._exchange.create(
            request,
            lambda: self._own_issues(marker, (), wait),
            lambda data: self._issue(data, aim),
            wait,
        )
        for issue in extra:
            if not _differing(issue, fields):
                self._close(issue, wait)
        made = self._insist_issue(made.number, wait)
        if failures.is_cut(made.body, body):
            raise failures.not_stored(aim, self._name, body, made.body)
        changed = _differing(made, fields)
        if edited := [name for name in changed if name != "labels"]:
            # it was looked for after an answer was lost: somebody has been at it before we looked
            raise Conflict(replace(made, title=title, body=body), made, edited)
        if not changed:
            return made
        return self._write_issue(made, {"labels": _joined(made.labels, labels)}, wait)

    def edit_issue(
        self,
        seen: Issue,
        *,
        title: str | None = None,
        body: str | None = None,
        labels: Sequence[str] | None = None,
    ) -> Issue:
        self._check(body, title)
        fields: dict[str, Any] = {"title": title, "body": body}
        fields["labels"] = None if labels is None else list(labels)
        given = {name: value for name, value in fields.items() if value is not None}
        return self._write_issue(seen, given, self._exchange.start())

    def add_label(self, number: int, label: str) -> None:
        aim = Aim(f"label issue {number}", _WRITE, writes=True)
        path = self._path(f"issues/{number}/labels")
        request = Request("POST", path, aim, body={"labels": [label]})
        self._exchange.insist(request, self._exchange.start())

    def remove_label(self, number: int, label: str) -> None:
        aim = Aim(f"take a label off issue {number}", _WRITE, writes=True)
        path = self._path(f"issues/{number}/labels/{quote(label, safe='')}")
        with suppress(Missing):
            self._exchange.insist(Request("DELETE", path, aim), self._exchange.start())

    def _write_issue(self, seen: Issue, fields: Mapping[str, Any], wait: Wait) -> Issue:
        """A try that failed or was lost is looked at before the next: others edit meanwhile.

        So is one that GitHub has agreed to, as it may have kept the old text.
        """
        agreed = 0
        aim = Aim(f"edit issue {seen.number}", _WRITE, writes=True)
        request = Request("PATCH", self._path(f"issues/{seen.number}"), aim, body=dict(fields))
        while True:
            current = self._insist_issue(seen.number, wait)
            if current.updated_at < seen.updated_at:
                wait.before_next("GitHub answers with what was there before")
                continue
            if not _differing(current, fields):
                return current
            cut = agreed and "body" in fields and failures.is_cut(current.body, fields["body"])
            changed = [name for name in _differing(current, _fields(seen)) if name in fields]
            # after a yes too: whether they edited ours, or what GitHub kept, nobody can tell
            if changed and not cut:
                raise Conflict(seen, current, changed)
            if agreed == _MOST_AGREED:
                raise failures.not_stored(aim, self._name, fields.get("body", ""), current.body)
            if agreed:
                wait.before_next("GitHub agreed to a write and keeps what was there before")
            try:
                self._issue(self._exchange.once(request).data, aim, seen.number)
                agreed += 1
            except Again as again:
                again.wait(wait)

    def _close(self, issue: Issue, wait: Wait) -> None:
        aim = Aim(f"close issue {issue.number}, made twice", _WRITE, writes=True)
        body = {"state": "closed", "state_reason": "not_planned"}
        self._exchange.insist(
            Request("PATCH", self._path(f"issues/{issue.number}"), aim, body=body), wait
        )

    def _insist_issue(self, number: int, wait: Wait) -> Issue:
        aim = Aim(f"read issue {number}", _READ)
        request = Request("GET", self._path(f"issues/{number}"), aim)
        try:
            data = self._exchange.insist(request, wait).data
        except Missing as missing:
            raise self._why_missing(missing, number) from None
        return self._issue(data, aim, number)

    def _why_missing(self, missing: Missing, number: int) -> EpmError:
        """GitHub says 404 to what is not there, and to what the token may not see."""
        if missing.gone:
            return missing
        try:
            self.repository()
        except EpmError as error:
            return error
        return Missing(
            f"there is no issue {number} in {self._name}: none was made, or it was converted into "
            "a discussion",
            "check the number",
        )

    def _list_issues(self, labels: Sequence[str], state: str, wait: Wait) -> list[Issue]:
        parameters = {"state": state, "sort": "created", "direction": "asc"}
        if labels:
            parameters["labels"] = ",".join(labels)
        aim = Aim("list issues", _READ)
        rows = self._exchange.pages(Request("GET", self._path("issues"), aim, parameters), wait)
        found = [self._issue(row, aim) for row in rows if not payloads.is_pull_request(row)]
        return sorted({issue.number: issue for issue in found}.values(), key=lambda one: one.number)

    def _own_issues(self, marker: Marker, labels: Sequence[str], wait: Wait) -> list[Issue]:
        return self._ours(marker, self._list_issues(labels, "all", wait))

    # comments

    def comments(self, number: int) -> list[Comment]:
        return self._list_comments(number, self._exchange.start())

    def timeline(self, number: int) -> list[Happening]:
        aim = Aim(f"read the timeline of issue {number}", _READ)
        request = Request("GET", self._path(f"issues/{number}/timeline"), aim)
        read = map(payloads.happening, self._exchange.pages(request, self._exchange.start()))
        # its comments are read as what they are
        found = [one for one in read if one is not None and one.kind != "commented"]
        return sorted(found, key=lambda one: one.at)

    def own_comments(self, number: int, marker: Marker) -> list[Comment]:
        return self._ours(marker, self.comments(number))

    def create_comment(self, number: int, body: str, marker: Marker) -> Comment:
        self._check(body, None, marker)
        wait = self._exchange.start()
        aim = Aim(f"write a comment on issue {number}", _WRITE, writes=True)
        path = self._path(f"issues/{number}/comments")
        request = Request("POST", path, aim, body={"body": body})
        made, extra = self._exchange.create(
            request,
            lambda: self._ours(marker, self._list_comments(number, wait)),
            lambda data: self._comment(data, aim, number),
            wait,
        )
        for comment in extra:
            if same_body(comment.body, body):
                self.delete_comment(comment)
        gone = set[int]()
        while True:
            try:
                return self.edit_comment(self._insist_comment(made, wait), body)
            except Missing:  # a run beside this one took it for a double of the one that it keeps
                gone.add(made.id)
                ours = self._ours(marker, self._list_comments(number, wait))
                living = [one for one in ours if one.id not in gone]
                if not living:
                    raise
                made = living[0]

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        if same_body(comment.body, body):
            return comment
        wait = self._exchange.start()
        aim = Aim(f"edit comment {comment.id}", _WRITE, writes=True)
        path = self._path(f"issues/comments/{comment.id}")
        request = Request("PATCH", path, aim, body={"body": body})
        for _ in range(_MOST_AGREED):
            self._comment(self._exchange.insist(request, wait).data, aim, comment.issue)
            stored = self._insist_comment(comment, wait)
            if same_body(stored.body, body):
                return stored
            kept = same_body(stored.body, comment.body)
            if not kept and not failures.is_cut(stored.body, body):
                return stored  # somebody has edited what we wrote
            wait.before_next("GitHub agreed to a write and keeps what was there before")
        raise failures.not_stored(aim, self._name, body, stored.body)

    def _insist_comment(self, comment: Comment, wait: Wait) -> Comment:
        aim = Aim(f"read comment {comment.id}", _READ)
        path = self._path(f"issues/comments/{comment.id}")
        data = self._exchange.insist(Request("GET", path, aim), wait).data
        return self._comment(data, aim, comment.issue)

    def delete_comment(self, comment: Comment) -> None:
        aim = Aim(f"delete comment {comment.id}", _WRITE, writes=True)
        path = self._path(f"issues/comments/{comment.id}")
        try:
            self._exchange.insist(Request("DELETE", path, aim), self._exchange.start())
        except Missing:  # also what a second try hears after a first whose answer was lost
            self._comment_is_gone(path)

    def minimise_comment(self, comment: Comment) -> bool:
        return folding.minimise(self._exchange, comment)

    def restore_comment(self, comment: Comment) -> bool:
        return folding.restore(self._exchange, comment)

    def react(self, comment_id: int, reaction: Reaction) -> bool:
        aim = Aim(f"react to comment {comment_id}", _WRITE, writes=True)
        path = self._path(f"issues/comments/{comment_id}/reactions")
        # GitHub keeps one reaction of a kind for each user: it may be sent again
        request = Request("POST", path, aim, body={"content": str(reaction)})
        return self._exchange.optional(request) is not None

    def _list_comments(self, number: int, wait: Wait) -> list[Comment]:
        aim = Aim(f"read the comments on issue {number}", _READ)
        rows = self._exchange.pages(
            Request("GET", self._path(f"issues/{number}/comments"), aim), wait
        )
        comments = [self._comment(row, aim, number) for row in rows]
        found = {comment.id: comment for comment in comments}
        return sorted(found.values(), key=lambda one: (one.created_at, one.id))

    def _comment_is_gone(self, path: str) -> None:
        """GitHub answers 404 to a token that may not delete, too."""
        request = Request("GET", path, Aim("read a comment", _READ))
        try:
            self._exchange.insist(request, self._exchange.start())
        except Missing:
            return
        raise Missing(
            f"{self._credentials.source} may not delete a comment in {self._name} (404)",
            f"give the token the permission `{_WRITE}`",
        )

    # what was asked for, and not what something has led us to

    def _issue(self, data: object, aim: Aim, number: int | None = None) -> Issue:
        found = payloads.issue(data)
        self._check_place(aim, found.repository, number or found.number, found.number)
        return found

    def _comment(self, data: object, aim: Aim, number: int) -> Comment:
        found = payloads.comment(data)
        self._check_place(aim, found.repository, number, found.issue)
        return found

    def _check_place(self, aim: Aim, repository: str, asked: int = 0, found: int = 0) -> None:
        if repository.casefold() != self._name.casefold() or asked != found:
            place = f"{repository}#{found}" if found else repository
            raise failures.moved(aim, self._name, place)

    # requests

    def _path(self, rest: str) -> str:
        return f"/repos/{self._name}/{rest}"

    def _ours(self, marker: Marker, found: list[T]) -> list[T]:
        marked = [one for one in found if marker.leads(one.body)]
        if not marked:
            return []  # who we are need not be asked
        me = self.login().lower()
        return [one for one in marked if one.author.lower() == me]

    def _check(
        self, body: str | None, title: str | None = None, marker: Marker | None = None
    ) -> None:
        """Before anything is sent."""
        if title is not None and not 0 < len(title.strip()) <= LONGEST_TITLE:
            raise EpmError(
                f"the title has {len(title.strip())} characters; GitHub takes 1 to {LONGEST_TITLE}"
            )
        if marker is not None and not marker.leads(body or ""):
            raise ValueError(f"the body does not begin with {marker}")


def _fields(issue: Issue) -> dict[str, Any]:
    return {"title": issue.title, "body": issue.body, "labels": issue.labels}


def _differing(issue: Issue, fields: Mapping[str, Any]) -> list[str]:
    """Which of these fields of the issue are not as given."""
    comparisons: dict[str, Callable[[Any], bool]] = {
        "title": lambda wanted: issue.title.strip() == wanted.strip(),
        "body": lambda wanted: same_body(issue.body, wanted),
        "labels": lambda wanted: _folded(issue.labels) == _folded(wanted),
    }
    return [name for name, value in fields.items() if not comparisons[name](value)]


def _joined(there: Sequence[str], wanted: Sequence[str]) -> list[str]:
    return [*there, *(label for label in wanted if label.casefold() not in _folded(there))]


def _folded(labels: Sequence[str]) -> set[str]:
    """GitHub keeps the case in which a label was made first."""
    return {label.casefold() for label in labels}
