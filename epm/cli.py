"""The command line: parses, dispatches, and turns what goes wrong into one line.

A subcommand is a module of `epm.commands`; only the one that is asked for is loaded.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword
from pathlib import Path

from epm import __version__
from epm.errors import EpmError
from epm.exit_codes import CLEAN, COULD_NOT, INTERRUPTED
from epm_lint.quoting import visible

EXTRAS = {
    "run": frozenset(
        {
            *("accelerate", "gguf", "huggingface_hub", "peft", "safetensors", "tokenizers"),
            *("torch", "transformers", "wandb"),
        }
    ),
    "lsp": frozenset({"lsprotocol", "pygls"}),
}
"""Modules that come with an extra."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; return its exit code: 0 clean, 1 findings, 2 could not do the job."""
    # torch's threads spin while they wait: a factor of seven beside one other busy process. A short
    # spin, unlike none at all (OMP_WAIT_POLICY=passive), costs a quiet machine nothing.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # libraries draw bars of their own with tqdm, over ours and into logs
    os.environ.setdefault("TQDM_DISABLE", "1")
    given = sys.argv[1:] if arguments is None else list(arguments)
    _prepare_streams(for_machines=bool({"show", "schema"} & set(given)))
    try:
        parsed = _parsed(given)
        command: Callable[[argparse.Namespace], int] = parsed.command
        code = command(parsed)
        if not sys.stdout.closed:
            sys.stdout.flush()  # what cannot be written is told below, not at exit
        return code
    except EpmError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        for extra, modules in EXTRAS.items():
            if module in modules:
                from epm.installation import command_for

                return _refuse(f"{module} is not installed; run `{command_for(extra)}`")
        return _broken(error)
    except KeyboardInterrupt:
        print("\nepm: stopped", file=sys.stderr)  # noqa: T201
        if "run" in given:
            print("finished stages are kept: the same command resumes", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:
        # the reader, `head` say, has seen enough
        _give_up_output()
        return CLEAN
    except OSError as error:
        _give_up_output()
        where = f" ({error.filename})" if error.filename else ""
        return _refuse(f"{error.strerror or error}{where}; mend that and run again")
    except Exception as error:
        return _broken(error)


def _prepare_streams(*, for_machines: bool) -> None:
    """Have three streams to work with, which can write everything; machines read UTF-8 alone."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(handle, True)  # started with it closed: no file must get its number
    os.close(handle)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # a terminal is spoken to in its own encoding; whoever reads a pipe or a file gets UTF-8
            own = stream.isatty() or (os.environ.get("PYTHONIOENCODING") and not for_machines)
            stream.reconfigure(
                encoding=stream.encoding if own else "utf-8", errors="backslashreplace"
            )


def _give_up_output() -> None:
    """Keep the interpreter from complaining at exit about what cannot be written."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(line: str) -> int:
    if "GITHUB_OUTPUT" in os.environ:
        from epm.github.outputs import tell
        from epm.privacy import public

        tell(os.environ, "trouble", public(line))  # which ends in a comment
    with suppress(OSError):
        print(f"epm: {visible(line)}", file=sys.stderr)  # noqa: T201
    return COULD_NOT


def _broken(error: Exception) -> int:
    """A fault of ours: one line, and the traceback in a file for the report."""
    import tempfile
    import traceback

    from epm.privacy import public

    with tempfile.NamedTemporaryFile(
        "w", prefix="epm-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(public("".join(traceback.format_exception(error))))
    summary = public(" ".join(str(error).split()))[:200]
    return _refuse(f"internal error: {type(error).__name__}: {summary} (please report {log.name})")


# ------------------------------------------------------------------ arguments


def _parser_of_all() -> argparse.ArgumentParser:
    """The parser with the arguments of all subcommands."""
    return _parser(list(_COMMANDS))


def _parsed(given: Sequence[str]) -> argparse.Namespace:
    """The arguments, parsed; the command's modules are loaded on the way.

    They stay until the end: to look for garbage among them would take a tenth of a short command.
    """
    gc.disable()
    try:
        return _parser(given).parse_args(given)
    finally:
        gc.freeze()
        gc.enable()


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; of the subcommands only the given one is loaded, which takes time."""
    _check_command(given)
    parser = argparse.ArgumentParser(
        prog="epm", description="Run experiments, render their results, lint every number."
    )
    parser.add_argument("--version", action="version", version=f"epm {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")
    for name, about in _COMMANDS.items():
        subparser = commands.add_parser(name, help=about, description=about)
        if name in given:
            command = import_module(f"epm.commands.{f'{name}_' if iskeyword(name) else name}")
            subparser.set_defaults(command=command.run, parser_of_all=_parser_of_all)
            command.add_arguments(subparser)
    return parser


def _check_command(given: Sequence[str]) -> None:
    """Answer a slip of the pen with what was meant."""
    word = next(iter(given), "-")
    if word.startswith("-") or word in _COMMANDS:
        return
    import difflib

    near = difflib.get_close_matches(word, _COMMANDS, n=1)
    meant = f"did you mean `epm {near[0]}`? " if near else ""
    raise EpmError(f"there is no command {word[:40]!r}", f"{meant}`epm --help` lists them")


_COMMANDS = {
    "new": "begin an experiment: a folder that runs at once on a toy model",
    "list": "the experiments of this repository",
    "show": "an experiment's resolved definition",
    "run": "run an experiment, or go on where it stopped",
    "import": "make a run of results that were made elsewhere",
    "analyse": "score and analyse a finished run again",
    "render": "write the body and title of a finished run again",
    "view": "look at runs, pages and completions in a browser",
    "preview": "look at a page while you write it, as GitHub will show it",
    "lint": "check the body of a result page",
    "publish": "publish a finished run as an issue",
    "bot": "answer the event that started a GitHub workflow",
    "rule": "what a rule of the linter asks, and why",
    "lsp": "serve the linter to an editor, on standard input and output",
    "schema": "print a JSON Schema",
    "completion": "print what a shell needs to complete these commands",
}
"""What each subcommand, a module of `epm.commands`, is for."""
