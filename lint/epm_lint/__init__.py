"""Lint the clean-result bodies of machine-learning experiments.

What is offered here is imported when it is asked for: a command that needs one word of the linter
does not load its rules.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epm_lint.engine import LARGEST_BODY as LARGEST_BODY
    from epm_lint.engine import lint as lint
    from epm_lint.errors import LintError as LintError
    from epm_lint.model import Report as Report
    from epm_lint.model import Status as Status

_HOME = {
    "LARGEST_BODY": "engine",
    "lint": "engine",
    "LintError": "errors",
    "Report": "model",
    "Status": "model",
}

__all__ = ["LARGEST_BODY", "LintError", "Report", "Status", "lint"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"epm_lint.{_HOME[name]}"), name)
