"""`epm lsp`: the findings of `epm lint` in an editor, as a page is typed.

A page is judged as the command line judges it, with what the editor holds in the place of what is
on the disk. Other Markdown files are left alone.
"""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from epm import __version__
from epm.language_server.pages import FIX_ALL, Pages

AROUND = ("epm.toml", "pyproject.toml", "results.json", "title.txt")
"""Files by which a page is judged; the editor tells when one changes."""


def serve() -> None:
    """Answer the editor on standard input and output until it hangs up."""
    server().start_io()


def server() -> LanguageServer:
    """A server that no editor speaks to yet."""
    made = LanguageServer(
        "epm", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full
    )
    pages = Pages(made)

    @made.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        pages.publish(params.text_document.uri)

    @made.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        pages.publish_soon(params.text_document.uri)

    @made.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: types.DidSaveTextDocumentParams) -> None:
        pages.publish_all()  # a title, a figure or a configuration may be what was saved

    @made.feature(types.INITIALIZED)
    def ready(_: types.InitializedParams) -> None:
        """Ask the editor to tell of files that it does not have open, where it can."""
        workspace = made.client_capabilities.workspace
        able = workspace and workspace.did_change_watched_files
        if able and able.dynamic_registration:
            watched = [types.FileSystemWatcher(f"**/{name}") for name in AROUND]
            options = types.DidChangeWatchedFilesRegistrationOptions(watched)
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            registration = types.Registration("epm-files", method, options)
            made.client_register_capability(types.RegistrationParams([registration]))

    @made.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def changed_around(_: types.DidChangeWatchedFilesParams) -> None:
        pages.publish_all()

    @made.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        pages.forget(params.text_document.uri)

    @made.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL]),
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return list(pages.actions(params))

    @made.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        return pages.hover(params.text_document.uri, params.position)

    return made
