"""Read the numbers of a page: what each says, where it stands, and what is claimed with it.

`reading.read(document, title)` is the way in; `GRAMMAR.md` says what is understood.
"""
