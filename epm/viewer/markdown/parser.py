"""The parser that reads a page as GitHub does."""

from __future__ import annotations

from functools import cache
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.gfm import gfm_plugin

from epm_lint.markdown.inline import Known, inline_tokens

_LONGEST_FORMULA = 2_000
_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_ELEMENTS = frozenset(
    "math menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts "
    "mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover "
    "none".split()
)
_ATTRIBUTES = frozenset(
    "accent accentunder bevelled close columnalign columnlines columnspacing depth dir display "
    "displaystyle fence form height largeop linebreak linethickness lspace mathbackground "
    "mathcolor mathsize mathvariant maxsize minsize movablelimits notation open rowlines "
    "rowspacing rspace scriptlevel separator separators stretchy symmetric voffset width".split()
)
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

    if len(tex) > _LONGEST_FORMULA or "&#" in tex:
        return None
    try:
        made: str = convert(tex, display="block" if block else "inline")
    except Exception:  # the library documents no exceptions, and people write anything
        return None
    return made if _is_mathml(made) else None


def _is_mathml(made: str) -> bool:
    """Whether it is nothing but a formula: the library passes on what looks like HTML in a text."""
    try:
        elements = list(ElementTree.fromstring(made).iter())  # noqa: S314 - no DTD is begun within
    except ElementTree.ParseError:
        return False
    return "<!" not in made and all(
        each.tag.removeprefix(_MATHML) in _ELEMENTS and each.attrib.keys() <= _ATTRIBUTES
        for each in elements
    )
