"""What a person does in a browser, for the walk-through; prints, or leaves the event of an edit."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

SECTIONS = {
    "human-tldr": "I believe this: two layers agree, and the counts are large enough to tell.",
    "human-summary": " ".join(["Nothing had to be repeated, and a colleague can build on it."] * 4),
}


def ask(verb: str, path: str, **fields: Any) -> Any:
    """The emulator's answer."""
    request = urllib.request.Request(  # noqa: S310
        f"{os.environ['BROWSER_URL']}{path}",
        method=verb,
        data=json.dumps(fields).encode() if fields else None,
        headers={"Authorization": f"token {os.environ['BROWSER_TOKEN']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as got:  # noqa: S310
        return json.loads(got.read())


def main(what: str, number: str, *words: str) -> None:
    """`comment N`, `write N` or `edit N OLD NEW`."""
    if what == "comment":
        comments = ask("GET", f"/issues/{number}/comments")
        (ours,) = [one for one in comments if "epm:clean-result-lint" in one["body"]]
        print(f"COMMENT {ours['id']}\n{ours['body']}")  # noqa: T201
        return
    body = ask("GET", f"/issues/{number}")["body"].replace("\r\n", "\n")
    if what == "edit":
        assert words[0] in body
        body = body.replace(*words)
    else:
        for name, text in SECTIONS.items():
            before, start, rest = body.partition(f"<!-- epm:human {name} -->\n")
            _, end, after = rest.partition("<!-- /epm:human -->")
            body = f"{before}{start}{text}\n{end}{after}"
    issue = ask("PATCH", f"/issues/{number}", body=body.replace("\n", "\r\n"))
    event = {
        "action": "edited",
        "repository": {"full_name": os.environ["GITHUB_REPOSITORY"]},
        "sender": {"login": "researcher"},
        "issue": issue,
    }
    Path(os.environ["GITHUB_EVENT_PATH"]).write_text(json.dumps(event), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
