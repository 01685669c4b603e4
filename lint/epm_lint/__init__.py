"""Lint the clean-result bodies of machine-learning experiments."""

from epm_lint.engine import LARGEST_BODY, lint
from epm_lint.errors import LintError
from epm_lint.model import Report, Status

__all__ = ["LARGEST_BODY", "LintError", "Report", "Status", "lint"]
