"""The command line: parses, dispatches, and turns what goes wrong into one line.

A subcommand is a module of `epm.commands`; only the one that is asked for is loaded.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

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
    try:
        parsed = _parser(given).parse_args(given)
        command: Callable[[argparse.Namespace], int] = parsed.command
        return command(parsed)
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
        # the reader, `head` say, has seen enough; keep the interpreter from complaining at exit
        sys.stderr.close()
        return CLEAN
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _refuse(f"{error.strerror or error}{where}; mend that and run again")
    except Exception as error:
        return _broken(error)


def _refuse(line: str) -> int:
    if "GITHUB_OUTPUT" in os.environ:
        from epm.github.outputs import tell

        tell(os.environ, "trouble", line)
    print(f"epm: {visible(line)}", file=sys.stderr)  # noqa: T201
    return COULD_NOT


def _broken(error: Exception) -> int:
    """A fault of ours: one line, and the traceback in a file for the report."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="epm-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exception(error, file=log)
    summary = " ".join(str(error).split())[:200]
    return _refuse(f"internal error: {type(error).__name__}: {summary} (please report {log.name})")


# ------------------------------------------------------------------ arguments


def _parser_of_all() -> argparse.ArgumentParser:
    """The parser with the arguments of all subcommands."""
    return _parser(list(_COMMANDS))


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
            command = import_module(f"epm.commands.{name}")
            subparser.set_defaults(command=command.run, parser_of_all=_parser_of_all)
            command.add_arguments(subparser)
    return parser


def _check_command(given: Sequence[str]) -> None:
    """Answer a slip of the pen with what was meant."""
    word = next(iter(given), "-")
    if word.startswith("-") or word in _COMMANDS:
        return
    near = difflib.get_close_matches(word, _COMMANDS, n=1)
    meant = f"did you mean `epm {near[0]}`? " if near else ""
    raise EpmError(f"there is no command {word[:40]!r}", f"{meant}`epm --help` lists them")


_COMMANDS = {
    "list": "the experiments of this repository",
    "show": "an experiment's resolved definition",
    "run": "run an experiment, or go on where it stopped",
    "analyse": "score and analyse a finished run again",
    "render": "write the body and title of a finished run again",
    "lint": "check the body of a result page",
    "publish": "publish a finished run as an issue",
    "bot": "answer the event that started a GitHub workflow",
    "rule": "what a rule of the linter asks, and why",
    "lsp": "serve the linter to an editor, on standard input and output",
    "schema": "print a JSON Schema",
    "completion": "print what a shell needs to complete these commands",
}
"""What each subcommand, a module of `epm.commands`, is for."""
