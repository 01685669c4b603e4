"""epm: experiments that live in GitHub issues, and numbers bound to their results."""

__version__ = "0.1.0"
