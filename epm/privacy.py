"""Keep private what no result needs: absolute paths, names of users and machines, credentials.

What is written for others (results, pages, manifests, adapters, reports of faults) goes through
`public` first, where it came from the surroundings: command lines, remotes, messages of libraries.
What the experiment is made of (prompts, answers, samples) is data, and stays as it is.
"""

from __future__ import annotations

import netrc
import os
import re
import shlex
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath

GONE = "…"
"""Stands where something was taken out."""

_SENSITIVE = re.compile(
    r"(?:^|_)(?:TOKENS?|SECRETS?|PASSW(?:OR)?DS?|PASSPHRASE|CREDENTIALS?|API_?KEYS?|PAT"
    r"|(?:PRIVATE|ACCESS|SECRET|AUTH|ENCRYPTION|JUDGE)_?KEYS?)(?:_|$)",
    re.I,
)
"""Names of environment variables whose values are secret."""

_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{16,}|\bhf_\w{16,}"
    r"|\bsk-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}"
    r"|\bwandb_v1_\w{16,}|\bpypi-[\w-]{16,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
    r"|(?<=\bBearer )\S+|(?<=\bBasic )[A-Za-z0-9+/=]{8,}",
    re.S,
)
"""Tokens that are known by their looks."""

_NAMED = re.compile(
    r"(?P<name>(?<!\w)(?P<option>--)?[\w-]*"
    r"(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|credential)s?)"
    r"(?P<sign>\s*[=:]\s*|(?(option)\s+|(?!)))(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&'\")]+)",
    re.I,
)
"""`password=…`, `--api-key …`."""

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.-]*)://(?:(?P<user>[^/\s'\"<>`]*)@)?(?P<host>[^/\s'\"<>`?#@]*)"
    r"(?P<path>[^\s'\"<>`?#]*)(?:[?#][^\s'\"<>`]*)?"
)
_REMOTE = re.compile(
    r"(?<![\w/@.-])(?P<user>[^\s/@'\"`=]+(?::[^\s@'\"`]*)?)@(?P<host>[\w.-]+):(?!//)(?P<path>[^\s'\"`]+)"
)
"""git's short form: `user@host:path`."""

_NOT_BEFORE = r"(?<![\w.~…/\\*-])"
_POSIX = re.compile(
    _NOT_BEFORE + r"(?:~\w*)?/(?:[^\s/'\"`<>|:;,)\]}]+/)+(?P<last>[^\s/'\"`<>|:;,)\]}]*)"
)
_QUOTED = re.compile(r"(?P<quote>['\"])(?:~\w*)?/(?:[^'\"\n/]+/)+(?P<last>[^'\"\n/]*)(?P=quote)")
_WINDOWS = re.compile(
    r"(?<!\w)(?:[A-Za-z]:[\\/]|\\\\)(?:[^\\/'\"`<>|:;,\n]+[\\/])*(?P<last>[^\\/\s'\"`<>|:;,]*)"
)

_COMMON = frozenset(
    [
        *(
            "root",
            "user",
            "users",
            "admin",
            "administrator",
            "ubuntu",
            "debian",
            "fedora",
            "centos",
        ),
        *(
            "runner",
            "runneradmin",
            "docker",
            "container",
            "vscode",
            "codespace",
            "jovyan",
            "colab",
            "node",
        ),
        *(
            "nobody",
            "home",
            "localhost",
            "localdomain",
            "local",
            "host",
            "computer",
            "desktop",
            "laptop",
        ),
        *("server", "worker", "main", "master", "default", "test", "build", "builder", "guest"),
        *("git", "epm", "model", "data", "work", "workspace"),
    ]
)
"""Names that tell nothing, and stand in text for other things."""

_SHORTEST = 3
"""Characters of a name that is worth looking for."""

_SHORTEST_SECRET = 6


def public(text: str) -> str:
    """The text without absolute paths, credentials, and the names of this user and machine.

    Of a path the last part is kept, of a URL everything but user, query and fragment.
    """
    for secret in _secrets():
        text = text.replace(secret, GONE)
    text = _SHAPES.sub(GONE, text)
    kept: list[str] = []

    def url(match: re.Match[str]) -> str:
        kept.append(_without_user(match))
        return f"\0{len(kept) - 1}\0"

    text = _REMOTE.sub(url, _URL.sub(url, text))
    text = _NAMED.sub(lambda match: f"{match['name']}{match['sign']}{GONE}", text)
    for folder in _folders():
        text = re.sub(re.escape(folder) + r"(?=$|[/\\\s'\"`:;,)])", GONE, text)
    text = re.sub(rf"{GONE}(?:[/\\][^\s/\\'\"`<>|:;,)]+)*(?=[/\\])", GONE, text)
    text = _QUOTED.sub(
        lambda match: f"{match['quote']}{GONE}/{match['last']}{match['quote']}", text
    )
    for pattern in (_WINDOWS, _POSIX):
        text = pattern.sub(lambda match: f"{GONE}/{match['last']}".rstrip("/"), text)
    text = re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], text)
    for name in _names():
        text = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", GONE, text, flags=re.I)
    return text


def command_line(arguments: Sequence[str], *, without: Sequence[str] = ()) -> str:
    """A command line to show: as it can be typed again elsewhere.

    Args:
        arguments: of the program, which comes first.
        without: options, with a value each, that say where it ran and not what.
    """
    shown, skip = [], False
    for argument in arguments:
        name, given, _ = argument.partition("=")
        if skip or name in without:
            skip = not skip and not given
            continue
        # a name may hold bytes that are no text
        readable = argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        shown.append(_argument(readable))
    return " ".join(map(_quoted, shown))


def _quoted(argument: str) -> str:
    """As a shell wants it; what stands for something that was taken out needs no quotes."""
    plain = argument.replace(GONE, "")
    return argument if plain and shlex.quote(plain) == plain else shlex.quote(argument)


def _argument(argument: str) -> str:
    """An argument is a path as a whole, with all its spaces."""
    option, given, value = "", "", argument
    if argument.startswith("-"):
        option, given, value = argument.partition("=")
    if PurePosixPath(value).is_absolute() or PureWindowsPath(value).drive or value.startswith("~"):
        value = f"{GONE}/{PureWindowsPath(value).name}"
    return public(f"{option}{given}{value}")


def _without_user(match: re.Match[str]) -> str:
    """A URL, or git's short form of one, without what is private in it."""
    found = match.groupdict()
    scheme, host, path = found.get("scheme"), found["host"], found["path"]
    user = "git@" if found.get("user") == "git" else ""
    if scheme in (None, "file") and path.startswith("/") and host != GONE:
        path = f"{GONE}/{path.rstrip('/').rpartition('/')[2]}"
    return f"{scheme}://{user}{host}{path}" if scheme else f"{user}{host}:{path}"


def _secrets() -> list[str]:
    """Secret values of the environment and of `.netrc`, the longest first."""
    found = {
        value.strip()
        for name, value in os.environ.items()
        if _SENSITIVE.search(name) and not PurePosixPath(value).is_absolute()
    }
    with suppress(OSError, netrc.NetrcParseError, RuntimeError, KeyError):
        for login, account, password in netrc.netrc().hosts.values():
            found |= {login or "", account or "", password or ""}
    lines = {line for value in found for line in (value, *value.splitlines())}
    return sorted((s for s in lines if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)


def _folders() -> list[str]:
    """Folders by name, so that they are found also where their names have spaces."""
    found = set[str]()
    with suppress(RuntimeError, OSError):
        found |= {str(Path.home()), str(Path.home().resolve())}
    with suppress(OSError):
        found |= {str(Path.cwd()), os.environ.get("PWD", "")}
    variables = ("EPM_CACHE_DIR", "XDG_CACHE_HOME", "HF_HOME", "WANDB_DIR", "TMPDIR", "VIRTUAL_ENV")
    found |= {os.environ.get(name, "") for name in variables}
    found |= {tempfile.gettempdir(), sys.prefix, sys.base_prefix, sys.exec_prefix}
    # a folder at the top, such as /tmp, says nothing and stands in other words
    return sorted((f for f in found if len(Path(f).parts) > 2), key=len, reverse=True)


def _names() -> list[str]:
    """Of this user and of this machine, the longest first."""
    return sorted({name for name in _all_names() if _tells(name)}, key=len, reverse=True)


def _all_names() -> Iterator[str]:
    for variable in ("USER", "LOGNAME", "USERNAME", "SUDO_USER", "HOSTNAME", "COMPUTERNAME"):
        yield from _parts(os.environ.get(variable, ""))
    with suppress(OSError):
        yield from _parts(socket.gethostname())
    with suppress(RuntimeError, OSError):
        yield Path.home().name
    with suppress(ImportError, KeyError, OSError, AttributeError):
        import pwd

        known = pwd.getpwuid(os.getuid())
        yield known.pw_name
        yield known.pw_gecos.partition(",")[0]


def _parts(name: str) -> Iterator[str]:
    """A host's whole name, and its first part."""
    yield name
    yield name.partition(".")[0]


def _tells(name: str) -> bool:
    return len(name) >= _SHORTEST and name.lower() not in _COMMON and not name.isdecimal()
