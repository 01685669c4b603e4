"""The pages that are open in the editor, judged as they are typed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path
from pygls.workspace import TextDocument

from epm.language_server.judging import Judged, judge
from epm.language_server.source import Source
from epm_lint.catalogue import explanation

DEBOUNCE = 0.25
"""Seconds without a keystroke before a page is judged."""

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.epm"


class Pages:
    """The pages that are open in the editor."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._judged: dict[str, Judged] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def publish_soon(self, uri: str) -> None:
        """Judge a page when the typing pauses."""
        self._wait_no_more(uri)
        loop = asyncio.get_running_loop()
        self._waiting[uri] = loop.call_later(DEBOUNCE, self.publish, uri)

    def publish_all(self) -> None:
        """Judge every open page again: what lies around it may have changed."""
        for uri in list(self._judged):
            self.publish(uri)

    def publish(self, uri: str) -> None:
        """Judge a page now and show what was found."""
        self._wait_no_more(uri)
        self._judged.pop(uri, None)
        judged = self.judged(uri)
        self._server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, judged.diagnostics(), judged.version)
        )

    def forget(self, uri: str) -> None:
        """Let go of a page that was closed, and of what was shown of it."""
        self._wait_no_more(uri)
        self._judged.pop(uri, None)
        self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def judged(self, uri: str) -> Judged:
        """The page as it stands, judged once for each version."""
        document = self._server.workspace.get_text_document(uri)
        text = _text_of(document)
        known = self._judged.get(uri)
        if known is None or known.source.text != text:
            source = Source(text, _name(self._server.workspace.position_encoding))
            known = judge(source, document.version, to_fs_path(uri))
            self._judged[uri] = known
        return known

    def actions(self, params: types.CodeActionParams) -> Iterator[types.CodeAction]:
        """The fixes of what is found in a range, and one action for all that are safe."""
        uri = params.text_document.uri
        judged, only = self.judged(uri), params.context.only
        if _asked_for(types.CodeActionKind.QuickFix.value, only):
            for _, finding, diagnostic in judged.found():
                if not (finding.edits and _touch(diagnostic.range, params.range)):
                    continue
                if edits := judged.mended(finding):
                    yield types.CodeAction(
                        f"{diagnostic.code}: {finding.fix or finding.message}",
                        kind=types.CodeActionKind.QuickFix,
                        diagnostics=[diagnostic],
                        is_preferred=finding.safe,
                        edit=self._edit(uri, judged, edits),
                    )
        if _asked_for(FIX_ALL, only) and (edits := judged.all_mended()):
            edit = self._edit(uri, judged, edits)
            yield types.CodeAction("epm: apply all safe fixes", kind=FIX_ALL, edit=edit)

    def hover(self, uri: str, position: types.Position) -> types.Hover | None:
        """What the rules ask that found something here."""
        asked = {
            rule.slug: explanation(rule)
            for rule, _, diagnostic in self.judged(uri).found()
            if diagnostic.range.start.line <= position.line <= diagnostic.range.end.line
        }
        if not asked:
            return None
        text = "\n---\n\n".join(asked.values())
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text))

    def _edit(self, uri: str, judged: Judged, edits: list[types.TextEdit]) -> types.WorkspaceEdit:
        """Bound to the version that was judged, where the editor can refuse an outdated edit."""
        workspace = self._server.client_capabilities.workspace
        able = workspace and workspace.workspace_edit
        if not (able and able.document_changes):
            return types.WorkspaceEdit(changes={uri: edits})
        versioned = types.OptionalVersionedTextDocumentIdentifier(uri, judged.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(versioned, [*edits])])

    def _wait_no_more(self, uri: str) -> None:
        if waiting := self._waiting.pop(uri, None):
            waiting.cancel()


def _text_of(document: TextDocument) -> str:
    """The text; of a document that was never opened, as it lies on the disk, if it does."""
    try:
        return document.source
    except (OSError, ValueError):
        return ""


def _asked_for(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    names = [_name(one) for one in only or ("",)]
    return any(name in ("", kind) or kind.startswith(f"{name}.") for name in names)


def _name(value: object) -> str:
    """Of a member of one of the protocol's enumerations, or of a value that is none of them."""
    return str(getattr(value, "value", value))


def _touch(one: types.Range, other: types.Range) -> bool:
    return one.start.line <= other.end.line and other.start.line <= one.end.line
