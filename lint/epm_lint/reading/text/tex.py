r"""TeX in a sentence, as a reader sees it: `$\chi^2(28) = 2.20$` says χ²(28) = 2.20.

Every replacement is as long as what it replaces, so that places in the text stay what they are.
"""

from __future__ import annotations

import re

from epm_lint.patterns import Pattern

_COMMAND = Pattern(
    r"\\(?P<name>[A-Za-z]{1,16})|(?P<square>\^\{?2\}?(?![\d.]))|(?P<script>[_^]\{?(?=[\w,]))|[{}$]"
)
_MATHS = Pattern(r"\$[^$\n]{1,300}\$|\\\([^\n]{1,300}?\\\)")
_SYMBOLS = {
    "chi": "χ",
    "rho": "ρ",
    "tau": "τ",
    "eta": "η",
    "kappa": "κ",
    "alpha": "α",
    "beta": "β",
    "phi": "φ",
    "omega": "ω",
    "sigma": "σ",
    "mu": "µ",
    "Delta": "Δ",
    "delta": "δ",
    "times": "×",
    "cdot": "·",
    "pm": "±",
    "approx": "≈",
    "sim": "~",
    "le": "≤",
    "leq": "≤",
    "leqslant": "≤",
    "ge": "≥",
    "geq": "≥",
    "geqslant": "≥",
    "lt": "<",
    "gt": ">",
    "ll": "<",
    "to": "→",
    "rightarrow": "→",
    "in": "∈",
}
_AFTER_A_SYMBOL = frozenset("χρτηRrφωdXxp")


def as_read(text: str) -> str:
    """The text with its TeX as plain symbols, place for place."""
    if "$" not in text and "\\(" not in text:
        return text
    return _MATHS.sub(lambda maths: _plain(maths.group()), text)


def _plain(maths: str) -> str:
    """What is read of a formula: symbols come first, and what they leave empty behind them."""
    read = ""
    position = 0
    for found in _COMMAND.finditer(maths):
        read += maths[position : found.start()]
        position = found.end()
        said = _said(found, read.rstrip()[-1:])
        if said[:1] in ("²", "_"):
            read = read.rstrip()
        read = (read + said).ljust(position)
    return read + maths[position:]


def _said(found: re.Match[str], last: str) -> str:
    if name := found["name"]:
        return _SYMBOLS.get(name, "")
    if found["square"]:
        return "²" if last in _AFTER_A_SYMBOL else found.group()
    if found["script"]:
        lowered = found.group()[0] == "_"
        return "_" if lowered and last.isalpha() else found.group().replace("{", "")
    return ""
