"""The carrier for a browser on this machine: reads, and answers on loopback alone."""

from __future__ import annotations

import contextlib
import errno
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from epm.errors import EpmError
from epm.viewer import html
from epm.viewer.data.library import Library
from epm.viewer.routes import Content, content

HOST = "127.0.0.1"
PORT = 7246
_TRIED = 20
"""Ports that are tried where none is asked for."""


class Server(ThreadingHTTPServer):
    """Serves a library until it is shut down."""

    daemon_threads = True

    def __init__(self, library: Library, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.library = library
        self.lock = Lock()

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


def serve(library: Library, port: int | None) -> Server:
    """A server that listens, on a port that is asked for or the next that is free.

    Raises:
        EpmError: the port is taken.
    """
    for tried in [port] if port is not None else [*range(PORT, PORT + _TRIED), 0]:
        try:
            return Server(library, tried)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise EpmError(f"port {port} cannot be had", "name another with --port, or leave it out")


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "epm"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:
        """Answer with a page, or with why there is none."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """The same without the page."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        status, found = self._found()
        with contextlib.suppress(ConnectionError):
            self.send_response(status)
            self.send_header("Content-Type", found.type)
            self.send_header("Content-Length", str(len(found.body)))
            self.send_header("Content-Security-Policy", f"{html.POLICY}; frame-ancestors 'none'")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cross-Origin-Resource-Policy", "same-origin")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if with_body:
                self.wfile.write(found.body)

    def _found(self) -> tuple[int, Content]:
        if self.headers.get("Host", "") not in self.server.hosts:
            return 421, _said("this server answers to 127.0.0.1 and localhost alone")
        path = unquote(urlsplit(self.path).path, errors="replace").lstrip("/")
        try:
            with self.server.lock:
                found = content(self.server.library, path)
        except EpmError as error:
            return 500, _said(str(error))
        if found is None:
            return 404, _said("there is nothing here; the list of runs is at /")
        return 200, found

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard error is for what the reader can act on."""


def _said(line: str) -> Content:
    return Content(f"{line}\n".encode(), "text/plain; charset=utf-8")
