"""Carries the preview to browsers on this machine."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from urllib.parse import parse_qs, urlsplit

from epm.viewer import html, loopback
from epm.viewer.preview.feed import Feed
from epm.viewer.preview.looking import document

PORT = 7266
_STATIC = Path(__file__).parent / "static"
_FILES = {
    "preview.css": (_STATIC / "preview.css", "text/css; charset=utf-8"),
    "preview.js": (_STATIC / "preview.js", "text/javascript; charset=utf-8"),
    "icon.svg": (html.STATIC / "icon.svg", "image/svg+xml"),
}
_HEARTBEAT = 10.0
"""In seconds: a browser that is gone is noticed when it is written to."""
_MOST_READERS = 32
"""Tabs that are kept current at a time; each has a thread."""


class Server(loopback.Server):
    """Serves a feed until it is shut down."""

    def __init__(self, feed: Feed, port: int) -> None:
        super().__init__(port, _Handler)
        self.feed = feed
        self.readers = BoundedSemaphore(_MOST_READERS)


def serve(feed: Feed, port: int | None) -> Server:
    """A server that listens, on the port that is asked for or the next that is free.

    Raises:
        EpmError: the port cannot be had.
    """
    return loopback.listening(partial(Server, feed), port, PORT)


class _Handler(loopback.Handler):
    server: Server
    policy = html.POLICY

    def answer(self) -> None:
        """Answer with a file, or with looks as they come."""
        try:
            url = urlsplit(self.path)
        except ValueError:
            self.say(404, "this is no address; the page is at /")
            return
        name, look = self.server.feed.now
        folder, _, file = url.path.rpartition("/")
        if url.path == "/":
            self.send(200, "text/html; charset=utf-8", document(name, look).encode())
        elif url.path == "/events" and self.command == "GET":
            self._follow((parse_qs(url.query).get("after") or [""])[-1])
        elif folder == "/static" and file in _FILES:
            path, kind = _FILES[file]
            self.send(200, kind, path.read_bytes())
        elif folder == "/picture" and file in look.pictures:
            picture = look.pictures[file]
            self.send(200, picture.type, picture.content)
        else:
            self.say(404, "there is nothing here; the page is at /")

    def _follow(self, seen: str) -> None:
        """Send each look that is newer than the one seen, until the browser or the feed ends."""
        seen = self.headers.get("Last-Event-ID", "") or seen
        if not self.server.readers.acquire(blocking=False):
            self.say(503, "the page is open too often")
            return
        try:
            self.head(200, "text/event-stream; charset=utf-8")
            self.close_connection = True
            self.wfile.write(b"retry: 500\n\n")
            with contextlib.suppress(EOFError):
                while True:
                    found = self.server.feed.after(seen, _HEARTBEAT)
                    if found is None:
                        self.wfile.write(b":\n\n")
                        continue
                    seen, look = found
                    self.wfile.write(look.message(seen))
        finally:
            self.server.readers.release()
