"""From a run folder to an issue: files pinned to a commit, the page, and a word on its source.

`publish.publish` is the whole of it; `command` is how the command line calls it.
"""
