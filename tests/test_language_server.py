"""The language server, driven by a client over standard input and output as an editor drives it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="the language server is an extra of its own")

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from epm.language_server.source import Source
from epm.linting.bodies import Given, body_at
from epm.linting.settings import Settings
from epm_lint.fixes import settled, without_stubs
from epm_lint.model import Finding

LSP = ("-m", "epm", "lsp")
PATIENCE = 30.0

PAGE = """# 😀 A page

## AI Summary

### Background

#### Methodology

### Results

![hero](https://raw.githubusercontent.com/acme/lab/main/hero.png)

**Confidence: LOW** — one seed.

### Next steps

- more

## Human TL;DR

We looked 👀 and it holds.
"""

# ------------------------------------------------------------------ an editor


class Editor:
    """One open page in an editor."""

    def __init__(self, client: LanguageClient, uri: str) -> None:
        self.client, self.uri = client, uri
        self.shown: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.text, self.version = "", 0
        self.registered: list[types.Registration] = []

    async def open(self, text: str) -> list[types.Diagnostic]:
        self.text, self.version = text, 1
        item = types.TextDocumentItem(self.uri, "markdown", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics()

    def type(self, text: str) -> None:
        self.text, self.version = text, self.version + 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def diagnostics(self) -> list[types.Diagnostic]:
        """What is shown next for this page."""
        shown = await asyncio.wait_for(self.shown.get(), PATIENCE)
        assert (shown.uri, shown.version) == (self.uri, self.version)
        return list(shown.diagnostics)

    async def actions(
        self, line: int | None = None, only: list[str] | None = None
    ) -> list[types.CodeAction]:
        """What the light bulb offers on a line, or on the whole page."""
        first, last = (0, 10_000) if line is None else (line - 1, line - 1)
        offered = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(self.uri),
                types.Range(types.Position(first, 0), types.Position(last, 0)),
                types.CodeActionContext([], only=only),  # type: ignore[arg-type]
            )
        )
        return [action for action in offered or [] if isinstance(action, types.CodeAction)]

    def apply(self, action: types.CodeAction) -> str:
        """The page after an action, which has to be one for this version of it."""
        assert action.edit
        assert action.edit.document_changes
        (change,) = action.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        assert (change.text_document.uri, change.text_document.version) == (self.uri, self.version)
        return after(self.text, [e for e in change.edits if isinstance(e, types.TextEdit)])


def after(text: str, edits: list[types.TextEdit]) -> str:
    """A text with edits applied as the protocol says, in UTF-16."""
    lines = re.split("(\r\n|\r|\n)", text)
    starts = [0]
    for content, newline in zip(lines[::2], lines[1::2], strict=False):
        starts.append(starts[-1] + len((content + newline).encode("utf-16-le", "surrogatepass")))

    def offset(position: types.Position) -> int:
        length = len(lines[2 * position.line].encode("utf-16-le", "surrogatepass"))
        assert 2 * position.character <= length
        return starts[position.line] + 2 * position.character

    encoded = text.encode("utf-16-le", "surrogatepass")
    spans = [(offset(e.range.start), offset(e.range.end), e.new_text) for e in edits]
    for start, end, new in sorted(spans, reverse=True):
        encoded = encoded[:start] + new.encode("utf-16-le", "surrogatepass") + encoded[end:]
    return encoded.decode("utf-16-le", "surrogatepass")


@asynccontextmanager
async def editing(
    path: Path,
    command: tuple[str, ...] = LSP,
    encodings: list[types.PositionEncodingKind | str] | None = None,
) -> AsyncIterator[Editor]:
    """An editor whose server runs in a process of its own; at the end it has to exit in peace."""
    client = LanguageClient("editor", "1")
    editor = Editor(client, path.as_uri())

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def show(params: types.PublishDiagnosticsParams) -> None:
        editor.shown.put_nowait(params)

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        editor.registered += params.registrations

    await client.start_io(sys.executable, *command)
    edits = types.WorkspaceEditClientCapabilities(document_changes=True)
    await client.initialize_async(
        types.InitializeParams(
            types.ClientCapabilities(
                workspace=types.WorkspaceClientCapabilities(
                    workspace_edit=edits,
                    did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                        dynamic_registration=True
                    ),
                ),
                general=types.GeneralClientCapabilities(position_encodings=encodings),
            )
        )
    )
    client.initialized(types.InitializedParams())
    yield editor
    await asyncio.wait_for(client.shutdown_async(None), PATIENCE)
    client.exit(None)
    server = client._server
    assert server is not None
    assert await asyncio.wait_for(server.wait(), PATIENCE) == 0
    await client.stop()


def run(
    session: Callable[[Editor], Awaitable[None]],
    path: Path,
    command: tuple[str, ...] = LSP,
    encodings: list[types.PositionEncodingKind | str] | None = None,
) -> None:
    """Run a session with an editor in which that file is open."""

    async def started() -> None:
        async with editing(path, command, encodings) as editor:
            await session(editor)

    asyncio.run(started())


def of(shown: list[types.Diagnostic], slug: str) -> list[types.Diagnostic]:
    return [diagnostic for diagnostic in shown if diagnostic.code == slug]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "body.md"
    path.write_text(PAGE, encoding="utf-8")
    (tmp_path / "title.txt").write_text("It holds (LOW confidence)\n", encoding="utf-8")
    return path


# ------------------------------------------------------------------ sessions


def test_from_the_first_fault_to_a_clean_page(page: Path) -> None:
    async def session(editor: Editor) -> None:
        shown = await editor.open(PAGE)
        hero, *_ = of(shown, "hero-figure")
        assert hero.severity is types.DiagnosticSeverity.Error
        assert hero.source == "epm"
        assert hero.range.start == types.Position(10, 0)

        editor.type(PAGE.replace("/main/", "/43a303c/"))
        shown = await editor.diagnostics()
        assert not of(shown, "hero-figure")

        slip, *_ = of(shown, "ai-summary-structure")
        assert slip.range.start.line == 6
        fix, *_ = [a for a in await editor.actions(7, only=["quickfix"]) if a.is_preferred]
        assert list(fix.diagnostics or ()) == [slip]
        editor.type(editor.apply(fix))
        assert "\n### Methodology\n" in editor.text
        assert await editor.diagnostics() == []

    (page.parent / "epm.toml").write_text(
        'select = ["hero-figure", "ai-summary-structure"]\n', encoding="utf-8"
    )
    run(session, page)


def test_what_is_shown_is_what_the_command_line_finds(page: Path) -> None:
    body = body_at(str(page), Given(), Settings().of(page.parent), lambda _: None)
    expected = [
        (row.rule.slug, finding.line)
        for row in body.report().rows
        if row.verdict.status in ("WARN", "FAIL")
        for finding in row.verdict.findings or (Finding(row.verdict.detail, 1),)
    ]

    async def session(editor: Editor) -> None:
        shown = await editor.open(PAGE)
        assert [(d.code, d.range.start.line + 1) for d in shown] == expected
        assert all(d.message for d in shown)

        (fix_all,) = await editor.actions(only=["source.fixAll"])
        assert fix_all.kind == "source.fixAll.epm"
        mended, _ = settled(PAGE, lambda now: without_stubs(now, body.report(now)))
        assert editor.apply(fix_all) == mended
        editor.type(editor.apply(fix_all))
        await editor.diagnostics()
        assert not await editor.actions(only=["source.fixAll.epm"])

    run(session, page)


def test_actions_that_a_person_should_look_at_are_not_preferred(page: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open(PAGE.replace("#### M", "### M"))
        offered = await editor.actions(7)
        unsafe = [a for a in offered if a.title.startswith("methodology-bullets")]
        assert unsafe
        assert not any(action.is_preferred for action in unsafe)
        assert "**Model:**" in editor.apply(unsafe[0])
        assert not await editor.actions(1, only=["quickfix"])
        assert not await editor.actions(7, only=["refactor"])

    run(session, page)


def test_windows_line_endings_and_a_byte_order_mark_survive_a_fix(page: Path) -> None:
    async def session(editor: Editor) -> None:
        text = "\ufeff" + PAGE.replace("\n", "\r\n")
        await editor.open(text)
        (fix_all,) = await editor.actions(only=["source.fixAll"])
        mended = editor.apply(fix_all)
        assert mended.startswith("\ufeff")
        assert "\n### Methodology\r\n" in mended
        assert "\n" not in mended.replace("\r\n", "")

    run(session, page)


def test_only_the_last_of_many_keystrokes_is_judged(page: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open(PAGE)
        for end in range(20):
            editor.type(PAGE + "x" * end)
        await editor.diagnostics()  # asserts that they are those of the last version
        await asyncio.sleep(0.5)
        assert editor.shown.empty()

    run(session, page)


def test_columns_are_counted_in_what_the_editor_counts_in(page: Path) -> None:
    text = PAGE.replace("We looked 👀 and", "We looked 👀 \u202eand")

    async def last_column(editor: Editor) -> None:
        shown = of(await editor.open(text), "hidden-characters")
        assert shown
        line = next(n for n, content in enumerate(text.split("\n")) if "\u202e" in content)
        assert {d.range.start.line for d in shown} == {line}
        content, units = text.split("\n")[line], []
        for encoding, width in (("utf-16-le", 2), ("utf-8", 1)):
            units.append(len(content.encode(encoding)) // width)
        columns.append((shown[0].range.end.character, units))

    columns: list[tuple[int, list[int]]] = []
    run(last_column, page)
    run(last_column, page, encodings=["utf-8", "utf-16"])
    (utf16, units), (utf8, _) = columns
    assert utf16 <= units[0]
    assert utf8 > utf16


def test_a_rule_is_explained_under_the_pointer(page: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open(PAGE)
        identifier = types.TextDocumentIdentifier(editor.uri)
        hover = await editor.client.text_document_hover_async(
            types.HoverParams(identifier, types.Position(10, 5))
        )
        assert hover
        assert isinstance(hover.contents, types.MarkupContent)
        assert "Hero figure" in hover.contents.value
        assert "Good:" in hover.contents.value
        nothing = await editor.client.text_document_hover_async(
            types.HoverParams(identifier, types.Position(20, 0))
        )
        assert nothing is None

    run(session, page)


def test_another_markdown_file_is_left_alone(tmp_path: Path) -> None:
    async def session(editor: Editor) -> None:
        assert await editor.open("# Read me\n\n## Results\n\n![](x.png)\n") == []
        editor.type("# Read me\n\n## AI Summary\n")
        assert await editor.diagnostics()

    run(session, tmp_path / "README.md")  # not on the disk: it was never saved


def test_the_configuration_counts(page: Path) -> None:
    async def session(editor: Editor) -> None:
        assert of(await editor.open(PAGE), "hero-figure")
        configuration = page.parent / "epm.toml"
        configuration.write_text('ignore = ["hero-figure"]\n', encoding="utf-8")
        editor.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(editor.uri))
        )
        assert not of(await editor.diagnostics(), "hero-figure")
        configuration.write_text('ignore = ["hero-figur"]\n', encoding="utf-8")
        editor.type(PAGE + "\n")
        (told,) = await editor.diagnostics()
        assert "hero-figure" in told.message  # did you mean

    run(session, page)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("## AI Summary\n" + "é" * 1_000_001, "at most 2,000,000 are read"),
    ],
    ids=["too large"],
)
def test_a_body_that_cannot_be_judged_takes_nothing_down(page: Path, text: str, told: str) -> None:
    async def session(editor: Editor) -> None:
        (shown,) = await editor.open(text)
        assert told in shown.message
        assert shown.range.start == types.Position(0, 0)
        assert not await editor.actions()
        editor.type(PAGE)
        assert of(await editor.diagnostics(), "hero-figure")

    run(session, page)


@pytest.mark.parametrize(
    "text",
    ["", "## AI Summary\n\ud83d\ude00\0\x85\u2028\r\ufeff", "<!-- epm:\ud800", "\ufeff## AI TL;DR"],
    ids=["empty", "odd characters", "half a character", "one line"],
)
def test_whatever_is_typed_is_survived(page: Path, text: str) -> None:
    async def session(editor: Editor) -> None:
        await editor.open(text)
        for action in await editor.actions():
            editor.apply(action)
        editor.type(PAGE)
        assert of(await editor.diagnostics(), "hero-figure")

    run(session, page)


BROKEN = """
import epm.linting.settings as settings
from epm_lint.model import Rule

def check(page):
    raise RuntimeError("out of order")

settings.RULES = (Rule("broken", "Broken", check, everywhere=True), *settings.RULES)
from epm.language_server import serve; serve()
"""


def test_a_broken_rule_is_named_and_the_others_go_on(page: Path) -> None:
    async def session(editor: Editor) -> None:
        shown = await editor.open(PAGE)
        (broken,) = of(shown, "broken")
        assert "out of order" in broken.message
        assert of(shown, "hero-figure")

    run(session, page, ("-c", BROKEN))


def test_a_configuration_that_changes_outside_the_editor(page: Path) -> None:
    """The editor is asked to watch it, and tells."""
    settings = page.parent / "epm.toml"

    async def session(editor: Editor) -> None:
        assert await editor.open(PAGE) != []
        watched = [
            watcher["globPattern"] if isinstance(watcher, dict) else watcher.glob_pattern
            for one in editor.registered
            for watcher in _watchers(one)
        ]
        assert "**/epm.toml" in watched
        settings.write_text('select = ["human-tldr"]\n', encoding="utf-8")
        change = types.FileEvent(settings.as_uri(), types.FileChangeType.Created)
        editor.client.workspace_did_change_watched_files(
            types.DidChangeWatchedFilesParams([change])
        )
        assert await editor.diagnostics() == []

    run(session, page)


def _watchers(registration: types.Registration) -> list[Any]:
    options = registration.register_options
    found = options.watchers if hasattr(options, "watchers") else options["watchers"]
    return list(found)


@pytest.mark.parametrize("there", [True, False])
def test_a_request_for_a_page_that_was_never_opened(page: Path, there: bool) -> None:
    if not there:
        page.unlink(missing_ok=True)

    async def session(editor: Editor) -> None:
        actions = await editor.actions()
        assert bool(actions) is there
        hover = await editor.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(editor.uri), types.Position(10, 0))
        )
        assert there or hover is None

    run(session, page)


def test_a_closed_page_shows_nothing(page: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open(PAGE)
        editor.type(PAGE + "more\n")
        editor.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri))
        )
        shown = await asyncio.wait_for(editor.shown.get(), PATIENCE)
        assert not shown.diagnostics
        await asyncio.sleep(0.5)
        assert editor.shown.empty()

    run(session, page)


# ------------------------------------------------------------------ positions


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 10), ("utf-16", 6), ("utf-32", 5)])
def test_a_position(encoding: str, character: int) -> None:
    source = Source("\ufeffone\u2028\r\néa😀\x85|\n", encoding)
    assert source.position(2, 6) == types.Position(1, character)
    assert source.position(1, 1).character == {"utf-8": 3}.get(encoding, 1)
    assert source.position(9, 1) == types.Position(2, 0)


TEXTS = st.text(alphabet="ab😀\r\n\u2028\ufeff#- ", max_size=40)


@given(TEXTS, TEXTS)
def test_edits_make_one_text_of_another(before: str, wanted: str) -> None:
    assert after(before, Source(before).edits_to(wanted)) == wanted


@given(TEXTS, st.integers(1, 9), st.none() | st.integers(1, 9), st.none() | st.integers(1, 50))
def test_every_range_lies_in_the_text(
    text: str, line: int, end_line: int | None, column: int | None
) -> None:
    found = Finding("x", line, end_line=end_line, column=column)
    span = Source(text).range_of(found)
    lines = re.split("\r\n|\r|\n", text)
    for position in (span.start, span.end):
        assert 0 <= position.line < len(lines)
        assert 0 <= 2 * position.character <= len(lines[position.line].encode("utf-16-le"))
