"""`epm view`: runs, their pages and every completion behind a number, as linked HTML.

`epm.viewer.markdown` shows Markdown as GitHub does. Screens are pure functions from data to HTML;
a server on loopback and an export to files carry the same bytes.
"""
