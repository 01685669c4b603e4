"""Carries the preview to browsers on this machine: reads, and answers on loopback alone."""

from __future__ import annotations

import contextlib
import errno
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qs, urlsplit

from epm.errors import EpmError
from epm.viewer.preview.feed import Feed
from epm.viewer.preview.looking import POLICY, document

HOST = "127.0.0.1"
PORT = 7266
_TRIED = 20
"""Ports that are tried where none is asked for."""
_STATIC = Path(__file__).parent / "static"
_FILES = {
    "preview.css": "text/css; charset=utf-8",
    "preview.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_HEARTBEAT = 10.0
"""In seconds: a browser that is gone is noticed when it is written to."""
_MOST_READERS = 32
"""Tabs that are kept current at a time; each has a thread."""


class Server(ThreadingHTTPServer):
    """Serves a feed until it is shut down."""

    daemon_threads = True

    def __init__(self, feed: Feed, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.feed = feed
        self.readers = BoundedSemaphore(_MOST_READERS)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.server_port}/"

    @property
    def hosts(self) -> frozenset[str]:
        """What a request may call it: another name is that of a site that resolves to here."""
        return frozenset({f"{name}:{self.server_port}" for name in (HOST, "localhost")})

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that goes away is no fault."""


def serve(feed: Feed, port: int | None) -> Server:
    """A server that listens, on the port that is asked for or the next that is free.

    Raises:
        EpmError: the port is taken.
    """
    for tried in [port] if port is not None else [*range(PORT, PORT + _TRIED), 0]:
        try:
            return Server(feed, tried)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        except OverflowError:
            break
    raise EpmError(f"port {port} cannot be had", "name another with --port, or leave it out")


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "epm"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        """Answer with a file, or with looks as they come."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            self._get()

    def _get(self) -> None:
        if self.headers.get("Host", "") not in self.server.hosts:
            self._say(421, "this server answers to 127.0.0.1 and localhost alone")
            return
        url = urlsplit(self.path)
        name, look = self.server.feed.now
        folder, _, file = url.path.rpartition("/")
        if url.path == "/":
            self._send(200, "text/html; charset=utf-8", document(name, look).encode())
        elif url.path == "/events":
            self._follow((parse_qs(url.query).get("after") or [""])[-1])
        elif folder == "/static" and file in _FILES:
            self._send(200, _FILES[file], (_STATIC / file).read_bytes())
        elif folder == "/picture" and file in look.pictures:
            picture = look.pictures[file]
            self._send(200, picture.type, picture.content)
        else:
            self._say(404, "there is nothing here; the page is at /")

    def _follow(self, seen: str) -> None:
        """Send each look that is newer than the one seen, until the browser or the feed ends."""
        seen = self.headers.get("Last-Event-ID", "") or seen
        if not self.server.readers.acquire(blocking=False):
            self._say(503, "the page is open too often")
            return
        try:
            self.send_response(200)
            self._send_headers("text/event-stream; charset=utf-8")
            self.send_header("Connection", "close")
            self.end_headers()
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

    def _say(self, status: int, line: str) -> None:
        self._send(status, "text/plain; charset=utf-8", f"{line}\n".encode())

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self._send_headers(kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send_headers(self, kind: str) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard error is for what the reader can act on."""
