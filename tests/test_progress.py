"""What a run says while it goes: lines in a log, bars on a terminal."""

import io

import pytest
from rich.console import Console

from epm.progress import PlainProgress, RichProgress


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, force_terminal=terminal, width=100, no_color=True), stream


def test_a_log_gets_plain_lines() -> None:
    shown, stream = console(terminal=False)
    progress = PlainProgress(shown)
    progress.say("loading [ZLT] on cpu: 3")  # neither markup nor numbers are touched
    with progress.task("train villain", "steps", 2) as meter:
        meter.advance(tokens=100, loss=2.5)
        meter.advance(tokens=100, loss=1.25)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "loading [ZLT] on cpu: 3"
    assert lines[-1].startswith("train villain: 2 steps in ")
    assert "loss 1.250, " in lines[-1]
    assert lines[-1].endswith(" tokens/s")
    assert "\x1b" not in stream.getvalue()


def test_long_lines_are_not_broken() -> None:
    shown, stream = console(terminal=False)
    PlainProgress(shown).say("word " * 100)
    assert stream.getvalue().count("\n") == 1


def test_a_terminal_gets_bars() -> None:
    shown, stream = console(terminal=True)
    with RichProgress(shown, 3) as progress:
        progress.say("a line")
        with progress.task("train villain", "steps", 2) as meter:
            meter.advance(tokens=100, loss=2.5)
            meter.advance(tokens=100)
    text = stream.getvalue()
    assert "a line" in text
    assert "the whole run" in text
    assert "train villain: 2 steps in" in text
    assert "loss 2.500" in text
    assert "\x1b[?25h" in text.rpartition("\x1b[?25l")[2]  # the cursor is shown again


def interrupted(progress: RichProgress) -> None:
    with progress, progress.task("train villain", "steps", 2):
        raise KeyboardInterrupt


def test_an_interrupted_run_gives_the_terminal_back() -> None:
    shown, stream = console(terminal=True)
    with pytest.raises(KeyboardInterrupt):
        interrupted(RichProgress(shown, 1))
    assert "\x1b[?25h" in stream.getvalue().rpartition("\x1b[?25l")[2]
    assert "✓" not in stream.getvalue()
