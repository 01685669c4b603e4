"""Fold a comment as outdated, and unfold it again: GraphQL alone can."""

from __future__ import annotations

from epm.github.exchange import Exchange, dig
from epm.github.failures import Aim
from epm.github.interface import Comment

_MINIMISE = (
    "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) "
    "{ minimizedComment { isMinimized } } }"
)
_RESTORE = (
    "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) "
    "{ unminimizedComment { isMinimized } } }"
)


def minimise(exchange: Exchange, comment: Comment) -> bool:
    """Whether it is folded now."""
    data = _ask(exchange, _MINIMISE, comment, "minimise")
    return dig(data, "minimizeComment", "minimizedComment", "isMinimized") is True


def restore(exchange: Exchange, comment: Comment) -> bool:
    """Whether it is unfolded now."""
    data = _ask(exchange, _RESTORE, comment, "restore")
    return dig(data, "unminimizeComment", "unminimizedComment", "isMinimized") is False


def _ask(exchange: Exchange, mutation: str, comment: Comment, doing: str) -> object:
    if not comment.node_id:
        return None
    body = {"query": mutation, "variables": {"id": comment.node_id}}
    aim = Aim(f"{doing} comment {comment.id}", "issues: write", writes=True)
    return exchange.graphql(body, aim)
