"""The check of our requests against GitHub's description finds what is wrong with one."""

from __future__ import annotations

import json

import pytest
from faulty_proxy import Request
from github_description import Description

COMMENTS = "/repos/lab/repo/issues/5/comments"


@pytest.mark.parametrize(
    ("verb", "path", "body", "problem"),
    [
        ("GET", f"{COMMENTS}?per_page=100&page=2", None, None),
        ("POST", COMMENTS, {"body": "x"}, None),
        ("POST", "/repos/lab/repo/issues", {"title": "x", "labels": ["a", {"name": "b"}]}, None),
        ("POST", "/graphql", {"query": "{ viewer }"}, None),
        ("GET", f"{COMMENTS}?per_page=all", None, "per_page is no number: all"),
        ("GET", f"{COMMENTS}?pages=2", None, "there is no parameter pages"),
        ("GET", "/repos/lab/repo/issues?state=any", None, "state cannot be any"),
        ("PUT", COMMENTS, {"body": "x"}, f"there is no PUT {COMMENTS}"),
        ("POST", COMMENTS, {"text": "x"}, "'body' is a required property"),
        ("PATCH", "/repos/lab/repo/issues/comments/7", {"body": 5}, "5 is not of type 'string'"),
        (
            "POST",
            "/repos/lab/repo/issues/comments/7/reactions",
            {"content": "sigh"},
            "'sigh' is not one of",
        ),
    ],
)
def test_what_is_wrong(
    description: Description, verb: str, path: str, body: object, problem: str | None
) -> None:
    sent = b"" if body is None else json.dumps(body).encode()
    found = description.problems(Request(verb, path, {}, sent))
    assert len(found) == (problem is not None)
    assert all(problem in one for one in found if problem)
