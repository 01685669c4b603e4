"""Inline text is parsed once, as long as the page around it is written on."""

from __future__ import annotations

from markdown_it.rules_core import StateCore, text_join
from markdown_it.token import Token

from epm_lint.remembering import Kept

Known = Kept[list[Token]]
"""What one parser made of texts; nobody changes these tokens."""


def inline_tokens(state: StateCore, text: str, known: Known) -> list[Token]:
    """The tokens of a text: those from before where nothing but the text has a say in them."""
    alone = "[^" not in text and not ("[" in text and state.env.get("references"))
    if alone and (before := known.get(text)) is not None:
        return before
    children: list[Token] = []
    state.md.inline.parse(text, state.md, state.env, children)
    if not alone:
        return children
    # now, as a rule that comes later would change what others have
    whole = Token("inline", "", 0, content=text, children=children)
    text_join(StateCore("", state.md, state.env, [whole]))
    return known.keep(text, whole.children or [])
