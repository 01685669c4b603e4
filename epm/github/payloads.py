"""GitHub's JSON turned into our values; what does not have the right shape is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from epm.errors import EpmError
from epm.github.interface import GHOST, Comment, Happening, Issue, Repository

_LARGEST = 2**53
_PLACE = re.compile(r"/repos/([^/?#]+/[^/?#]+)(?:/issues/(\d{1,12}))?/?$")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Malformed(EpmError):
    """An answer or an event that GitHub would not send."""


def load(text: str, what: str) -> Any:
    """JSON without NaN, endless numbers or bottomless nesting."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise Malformed(f"{what} is nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"{what} is not JSON ({str(error)[:120]})") from None


def issue(data: object) -> Issue:
    """An issue of the REST API or of an event."""
    fields = mapping(data, "issue")
    return Issue(
        number=number(fields, "number"),
        title=text(fields, "title"),
        body=text(fields, "body"),
        labels=labels(fields),
        state=text(fields, "state"),
        author=_author(fields),
        created_at=moment(fields, "created_at"),
        updated_at=moment(fields, "updated_at"),
        html_url=text(fields, "html_url"),
        state_reason=text(fields, "state_reason"),
        repository=_place(text(fields, "repository_url"))[0],
    )


def is_pull_request(data: object) -> bool:
    """GitHub lists pull requests among the issues."""
    return isinstance(data, Mapping) and bool(data.get("pull_request"))


def comment(data: object) -> Comment:
    """A comment on an issue, of the REST API or of an event."""
    fields = mapping(data, "comment")
    repository, issue = _place(text(fields, "issue_url"))
    return Comment(
        id=number(fields, "id"),
        node_id=text(fields, "node_id"),
        body=text(fields, "body"),
        author=_author(fields),
        created_at=moment(fields, "created_at"),
        updated_at=moment(fields, "updated_at"),
        html_url=text(fields, "html_url"),
        repository=repository,
        issue=issue,
    )


def happening(data: object) -> Happening | None:
    """An entry of an issue's timeline; None for one that tells no time, as a commit does not."""
    fields = mapping(data, "event")
    if not text(fields, "created_at"):
        return None
    return Happening(
        kind=text(fields, "event"),
        actor=_author(fields, "actor"),
        at=moment(fields, "created_at"),
        about=_about(fields),
    )


def repository(data: object) -> Repository:
    """A repository of the REST API."""
    fields = mapping(data, "repository")
    private = fields.get("private")
    if not isinstance(private, bool):
        raise Malformed("GitHub's repository does not say whether it is private")
    return Repository(
        full_name=text(fields, "full_name"),
        private=private,
        default_branch=text(fields, "default_branch"),
        html_url=text(fields, "html_url"),
    )


def mapping(data: object, what: str) -> Mapping[str, object]:
    """The data, if it is an object."""
    if not isinstance(data, Mapping):
        raise Malformed(f"GitHub's {what} is not an object")
    return data


def text(fields: Mapping[str, object], name: str) -> str:
    """A string, where null is the empty one."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"GitHub's field {name} is not text")
    return whole(value)


def whole(value: str) -> str:
    """The text, with half characters, which no file takes, replaced."""
    return _SURROGATE.sub("\ufffd", value)


def number(fields: Mapping[str, object], name: str) -> int:
    """A positive whole number."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LARGEST:
        raise Malformed(f"GitHub's field {name} is not a number")
    return value


def moment(fields: Mapping[str, object], name: str) -> datetime:
    """A time with its zone."""
    try:
        found = datetime.fromisoformat(text(fields, name))
    except ValueError:
        raise Malformed(f"GitHub's field {name} is not a time") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def labels(fields: Mapping[str, object]) -> tuple[str, ...]:
    """Names, sorted: GitHub gives them in no order."""
    found = fields.get("labels")
    if found is None:
        return ()
    if not isinstance(found, list):
        raise Malformed("GitHub's labels are not a list")
    names = [one if isinstance(one, str) else text(mapping(one, "label"), "name") for one in found]
    return tuple(sorted(names))


def _place(url: str) -> tuple[str, int]:
    """`owner/name`, and the number of an issue, out of an address of the API."""
    found = _PLACE.search(url)
    return (found[1], int(found[2] or 0)) if found else ("", 0)


def _about(event: Mapping[str, object]) -> str:
    for member, name in (("label", "name"), ("milestone", "title"), ("assignee", "login")):
        if isinstance(found := event.get(member), Mapping):
            return text(found, name)
    if isinstance(found := event.get("rename"), Mapping):
        return f"{text(found, 'from')} → {text(found, 'to')}"
    source = event.get("source")
    if isinstance(source, Mapping) and isinstance(found := source.get("issue"), Mapping):
        return f"#{number(found, 'number')} {text(found, 'title')}"
    return text(event, "state_reason") or text(event, "commit_id")[:10]


def _author(fields: Mapping[str, object], member: str = "user") -> str:
    user = fields.get(member)
    return GHOST if user is None else text(mapping(user, "user"), "login") or GHOST


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
