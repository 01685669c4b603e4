"""Lint the clean-result bodies of machine-learning experiments."""

from lint.engine import LARGEST_BODY, lint
from lint.errors import LintError
from lint.model import Report, Status

__all__ = ["LARGEST_BODY", "LintError", "Report", "Status", "lint"]
