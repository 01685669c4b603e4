"""How to install what is missing, from where this epm came: no index need have it."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

NAME = "epm-bot"
_REQUIREMENT = re.compile(r"(?P<what>[^;]+?)\s*;.*\bextra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")
_OWN = re.compile(rf"{NAME}\[(?P<extras>[\w,\s-]+)\]")


def command_for(extra: str) -> str:
    """What to type, as in `pip install -e '/home/ada/epm[run]'`."""
    try:
        found = metadata.distribution(NAME)
    except metadata.PackageNotFoundError:  # on the path, not installed
        return f"pip install -e '{Path(__file__).parent.parent}[{extra}]'"
    source = _source(found.read_text("direct_url.json"))
    if source:
        return f"pip install {source.format(extra=extra)}"
    return f"pip install {' '.join(_requirements(list(found.requires or ()), extra))}"


def _source(recorded: str | None) -> str:
    """Where it was installed from, as PEP 610 has it; empty where that was an index."""
    try:
        told = json.loads(recorded or "{}")
        url = str(told["url"])
    except (ValueError, KeyError, TypeError):
        return ""
    if vcs := told.get("vcs_info"):
        at = f"{vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}".rstrip("@")
        return f"'{NAME}[{{extra}}] @ {at}'"
    path = Path(url2pathname(urlsplit(url).path))
    if urlsplit(url).scheme != "file" or not path.exists():
        return ""
    editable = "-e " if (told.get("dir_info") or {}).get("editable") else ""
    return f"{editable}'{path}[{{extra}}]'"


def _requirements(requires: list[str], extra: str) -> list[str]:
    """What an extra consists of, those that it is made of included."""
    found: list[str] = []
    for line in requires:
        match = _REQUIREMENT.fullmatch(line.strip())
        if match is None or match["extra"] != extra:
            continue
        if own := _OWN.fullmatch(match["what"].strip()):
            for part in own["extras"].split(","):
                found += _requirements(requires, part.strip())
        else:
            found.append(f"'{match['what'].strip()}'")
    return list(dict.fromkeys(found))
