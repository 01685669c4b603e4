"""What a command's exit code says."""

CLEAN, FINDINGS, COULD_NOT, INTERRUPTED = 0, 1, 2, 130
