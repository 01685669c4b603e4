"""The parser that reads a page as GitHub does."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.gfm import gfm_plugin

from epm_lint.markdown.inline import Known, inline_tokens

_LONGEST_FORMULA = 2_000
_KNOWN = Known()


@cache
def parser() -> MarkdownIt:
    """GitHub's flavour, maths included."""
    made = MarkdownIt("commonmark")
    gfm_plugin(made)
    made.core.ruler.at("inline", _inline)
    # as on GitHub, "$5 and $6" is money
    made.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
    )
    return made


def _inline(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.children = inline_tokens(state, token.content, _KNOWN)


def formula(tex: str, *, block: bool = False) -> str | None:
    """LaTeX as MathML; None for what cannot be set."""
    from latex2mathml.converter import convert

    if len(tex) > _LONGEST_FORMULA:
        return None
    try:
        made: str = convert(tex, display="block" if block else "inline")
    except Exception:  # the library documents no exceptions, and people write anything
        return None
    return None if re.search(r"\shref=|\ssrc=|\son\w+=|<(?!/?m)", made) else made
