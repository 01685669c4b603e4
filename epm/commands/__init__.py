"""One file a subcommand: `add_arguments` says what it understands, `run` does it.

`run` returns one of the exit codes.
"""
