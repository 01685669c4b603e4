"""GitHub's refusals as one line that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from epm.errors import EpmError
from epm.github.credentials import App, Credentials
from epm.github.interface import Forbidden, Missing, Moved, NotStored
from epm.github.transport import Answer
from epm_lint.quoting import clip

_LIMITS = (
    "secondary rate limit",
    "api rate limit exceeded",
    "abuse detection",
    "please retry your request again later",
    "please wait a few minutes before you try again",
)
_PASSING = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Aim:
    """What a request is for, in words for its failure."""

    doing: str
    """As in `write a comment on issue 5`."""
    needs: str
    """The permission, as in `issues: write`."""
    writes: bool = False


class Kind(Enum):
    """What an answer means for another try."""

    GOOD = "good"
    LIMITED = "limited"
    """Refused before it took effect: any request may be sent again, later."""
    DOUBTFUL = "doubtful"
    """It may have taken effect."""
    FINAL = "final"


def kind(answer: Answer) -> Kind:
    """Sort an answer; a 403 is a limit only when it says so."""
    if 200 <= answer.status < 300:
        return Kind.GOOD
    if answer.status == 429:
        return Kind.LIMITED
    if answer.status == 403:
        said = answer.message.lower()
        limited = (
            "retry-after" in answer.headers
            or answer.headers.get("x-ratelimit-remaining") == "0"
            or any(words in said for words in _LIMITS)
        )
        return Kind.LIMITED if limited else Kind.FINAL
    return Kind.DOUBTFUL if answer.status in _PASSING else Kind.FINAL


def trouble(answer: Answer) -> str:
    """A passing failure, in a few words."""
    if kind(answer) is Kind.LIMITED:
        return f"GitHub's rate limit is reached ({answer.status})"
    return f"GitHub fails ({answer.status})"


def refusal(answer: Answer, aim: Aim, repository: str, credentials: Credentials) -> EpmError:
    """The error for an answer that another try would not change."""
    who = "the App" if isinstance(credentials, App) else credentials.source
    said = f": {answer.message}" if answer.message else ""
    where = f"{aim.doing} in {repository}"
    match answer.status:
        case 401:
            return EpmError(
                f"GitHub does not know {who}, needed to {where} (401{said})",
                f"set a token that has not expired, with the permission `{aim.needs}`",
            )
        case 403 if "locked" in answer.message.lower():
            return EpmError(f"GitHub refused to {where} (403{said})", "unlock the conversation")
        case 403:
            return Forbidden(f"{who} may not {where} (403{said})", _grant(answer, aim))
        case 404 if aim.writes:
            return Missing(f"{who} may not {where}, or it is not there (404)", _grant(answer, aim))
        case 404:
            return Missing(
                f"cannot {where}: it is not there, or {who} may not see it (404)",
                f"check the number and the repository; {_grant(answer, aim)}",
            )
        case 410:
            off = "disabled" in answer.message.lower()
            missing = Missing(
                f"cannot {where}: {'issues are switched off there' if off else 'it was deleted'} "
                f"(410{said})"
            )
            missing.gone = True
            return missing
        case 413 | 422 if answer.status == 413 or "too long" in _errors(answer):
            return NotStored(
                f"GitHub refused to {where} ({answer.status}{said}{_errors(answer)})",
                "shorten the text",
            )
        case 422:
            return EpmError(f"GitHub refused to {where} ({answer.status}{said}{_errors(answer)})")
    return EpmError(f"GitHub refused to {where} ({answer.status}{said})")


def not_stored(aim: Aim, repository: str, wanted: str, stored: str) -> NotStored:
    """The error for a write that GitHub has agreed to, and not done."""
    kept = f"cut it to {len(stored):,} characters" if is_cut(stored, wanted) else "kept the old one"
    size = f"{len(wanted):,} characters, {len(wanted.encode('utf-8', 'replace')):,} bytes"
    return NotStored(
        f"GitHub agreed to {aim.doing} in {repository}, but of the new text ({size}) it {kept}",
        "shorten the text: GitHub does not say how much it takes",
    )


def is_cut(stored: str, wanted: str) -> bool:
    """Whether only the beginning of a text is there."""
    return len(stored) < len(wanted) and wanted.startswith(stored)


def moved(aim: Aim, repository: str, place: str) -> Moved:
    """The error for what is somewhere else now.

    Args:
        aim: what was asked for.
        repository: where it was asked for.
        place: where it is, as `owner/name` or `owner/name#5`; empty where that is not known.
    """
    name = place.partition("#")[0]
    if "/" in name and " " not in name:
        remedy = f"name that repository, with --repo {name} or in the remote"
    else:
        remedy = "check the repository's name, and GITHUB_API_URL"
    to = f" to {clip(place)}" if place else ""
    return Moved(f"cannot {aim.doing} in {repository}: it has moved{to}", remedy)


def _grant(answer: Answer, aim: Aim) -> str:
    """GitHub names the permission that would have done, where the token is a fine-grained one."""
    named = answer.headers.get("x-accepted-github-permissions", "").strip()
    simple = named and len(named) <= 80 and all(c.isalnum() or c in " _=;,-" for c in named)
    needs = named.replace("=", ": ") if simple else aim.needs
    return f"give the token the permission `{needs}`"


def _errors(answer: Answer) -> str:
    found = answer.data.get("errors") if isinstance(answer.data, dict) else None
    parts = [
        clip(str(one.get("message") or f"{one.get('field')} {one.get('code')}"), 80)
        for one in (found if isinstance(found, list) else [])[:3]
        if isinstance(one, dict)
    ]
    return f"; {', '.join(parts)}" if parts else ""
