"""The one error that the linter raises on purpose."""


class LintError(Exception):
    """The body cannot be linted; the message is one line for the user."""
