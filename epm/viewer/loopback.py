"""A server for browsers on this machine: it reads, and answers on loopback alone."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from epm.errors import EpmError

HOST = "127.0.0.1"
_TRIED = 20
"""Ports that are tried where none is asked for."""


class Server(ThreadingHTTPServer):
    """Listens on loopback until it is shut down."""

    daemon_threads = True
    request_queue_size = 128
    """A browser that restores its tabs asks for many pages at once."""

    def __init__(self, port: int, handler: type[Handler]) -> None:
        """Listen on a port; 0 is any that is free."""
        super().__init__((HOST, port), handler)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{HOST}:{self.server_port}/"

    @property
    def hosts(self) -> frozenset[str]:
        """What a request may call it: another name is that of a site that resolves to here."""
        names = (HOST, "localhost")
        called = {f"{name}:{self.server_port}" for name in names}
        return frozenset(called | set(names) if self.server_port == 80 else called)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that goes away is no fault."""


S = TypeVar("S", bound=Server)


def listening(made: Callable[[int], S], port: int | None, first: int) -> S:
    """A server on the port that is asked for; else on the first, or the next one that is free.

    Raises:
        EpmError: the port cannot be had.
    """
    for tried in [port] if port is not None else [*range(first, first + _TRIED), 0]:
        try:
            return made(tried)
        except OverflowError:
            break
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise EpmError(f"port {port} cannot be had", "name another with --port, or leave it out")


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; whatever it sends, a browser may do nothing else with it."""

    policy: str
    """The Content-Security-Policy."""
    protocol_version = "HTTP/1.1"
    server_version = "epm"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        """Answer, if the server was called by its own name."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            assert isinstance(self.server, Server)  # noqa: S101 - for mypy
            if self.headers.get("Host", "") in self.server.hosts:
                self.answer()
            else:
                self.say(421, "this server answers to 127.0.0.1 and localhost alone")

    def do_HEAD(self) -> None:
        """The same without the content."""
        self.do_GET()

    def answer(self) -> None:
        """Send what is at `self.path`."""
        raise NotImplementedError

    def say(self, status: int, line: str) -> None:
        """Answer with one line for people."""
        self.send(status, "text/plain; charset=utf-8", f"{line}\n".encode())

    def move(self, path: str) -> None:
        """Answer that the content is at another path of this server."""
        self.send_response(308)
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()

    def send(self, status: int, kind: str, content: bytes) -> None:
        """Answer with a content of a type."""
        self.head(status, kind, content_length=len(content))
        if self.command != "HEAD":
            self.wfile.write(content)

    def head(self, status: int, kind: str, content_length: int | None = None) -> None:
        """Send all that comes before a content; without a length it ends with the connection."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if content_length is None:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(content_length))
        self.send_header("Content-Security-Policy", f"{self.policy}; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard error is for what the reader can act on."""
