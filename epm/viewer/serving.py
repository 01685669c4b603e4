"""The carrier for a browser on this machine: reads, and answers on loopback alone."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from threading import Lock
from urllib.parse import unquote, urlsplit

from epm.errors import EpmError
from epm.viewer import html, loopback
from epm.viewer.data.library import Library
from epm.viewer.routes import content

PORT = 7246


class Server(loopback.Server):
    """Serves a library until it is shut down."""

    def __init__(self, library: Library, port: int) -> None:
        super().__init__(port, _Handler)
        self.library = library
        self.lock = Lock()


def serve(library: Library, port: int | None) -> Server:
    """A server that listens, on a port that is asked for or the next that is free.

    Raises:
        EpmError: the port is taken.
    """
    return loopback.listening(partial(Server, library), port, PORT)


class _Handler(loopback.Handler):
    server: Server
    policy = html.POLICY

    def answer(self) -> None:
        """Answer with a page, or with why there is none."""
        try:
            path = unquote(urlsplit(self.path).path, errors="replace").lstrip("/")
        except ValueError:
            self.say(404, "this is no address; the list of runs is at /")
            return
        try:
            # what every page has does not wait until a run was read
            with nullcontext() if path.startswith("static/") else self.server.lock:
                found = content(self.server.library, path)
                place = path.removeprefix("r/")
                is_folder = found is None and place in self.server.library.places()
        except EpmError as error:
            self.say(500, str(error))
            return
        except Exception as error:  # the others are shown, whatever one run does to a screen
            self.say(
                500, f"this screen could not be made ({type(error).__name__}); please report it"
            )
            return
        if is_folder:  # its links begin below it
            self.move(f"/r/{place}/")
        elif found is None:
            self.say(404, "there is nothing here; the list of runs is at /")
        else:
            self.send(200, found.type, found.body)
