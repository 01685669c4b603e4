"""The words that qualify a statistic, and which correction for several tests they name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from epm_lint.reading.statements import Qualifier

CORRECTIONS = {
    "bonferroni": "bonferroni",
    "bonf": "bonferroni",
    "holm": "holm",
    "šidák": "sidak",
    "sidak": "sidak",
    "šidak": "sidak",
    "fdr": "fdr",
    "benjamini": "fdr",
    "hochberg": "fdr",
    "dunnett": "other",
    "tukey": "other",
    "scheff": "other",
    "games-howell": "other",
    "hommel": "other",
    "fwer": "other",
    "familywise": "other",
    "family-wise": "other",
    "multiplicity": "other",
    "corrected": "other",
    "correction": "other",
    "adjusted": "other",
    "adjusting": "other",
    "q-value": "fdr",
}
"""The correction that a word names, by how it starts."""


_STARTS: dict[str, Qualifier] = {
    **dict.fromkeys(CORRECTIONS, Qualifier.CORRECTED),
    **dict.fromkeys(
        (
            "one-sided",
            "one-tailed",
            "1-sided",
            "1-tailed",
            "1-tail",
            "onesided",
            "one-tail",
            "directional",
            "upper-tail",
            "lower-tail",
            "right-tail",
            "left-tail",
            "alternative",
        ),
        Qualifier.ONE_SIDED,
    ),
    **dict.fromkeys(
        ("bootstrap", "permut", "resampl", "monte", "jackknife", "simulat", "shuffl", "bca"),
        Qualifier.RESAMPLED,
    ),
    **dict.fromkeys(
        (
            "cluster",
            "robust",
            "hc0",
            "hc1",
            "hc2",
            "hc3",
            "hc4",
            "sandwich",
            "newey",
            "gee",
            "heterosced",
            "effective",
            "design-effect",
            "deff",
        ),
        Qualifier.CLUSTERED,
    ),
    **dict.fromkeys(
        (
            "mixed",
            "hierarchical",
            "multilevel",
            "random-effect",
            "bayes",
            "posterior",
            "credible",
            "glmm",
            "lmm",
            "satterthwaite",
            "kenward",
            "greenhouse",
            "huynh",
            "weighted",
            "shrunk",
            "regulari",
            "lasso",
            "credib",
            "t-interval",
            "simultaneous",
            "profile",
            "tolerance",
            "prediction",
            "newcombe",
            "percentile",
        ),
        Qualifier.MODELLED,
    ),
    "exact": Qualifier.EXACT,
    "partial": Qualifier.PARTIAL,
    "paired": Qualifier.PAIRED,
    "mcnemar": Qualifier.PAIRED,
    "matched": Qualifier.PAIRED,
    "within-subject": Qualifier.PAIRED,
}


WHOLE = {
    **dict.fromkeys(("adj", "corr", "bh"), Qualifier.CORRECTED),
    **dict.fromkeys(("hdi", "hpd", "cri", "pi", "pis"), Qualifier.MODELLED),
}


_BY_TWO: dict[str, list[tuple[str, Qualifier]]] = {}


for _start, _qualifier in _STARTS.items():
    _BY_TWO.setdefault(_start[:2], []).append((_start, _qualifier))


@lru_cache(maxsize=4096)
def qualifier_of(word: str) -> Qualifier | None:
    """What a word qualifies, if it does."""
    if word in WHOLE:
        return WHOLE[word]
    for start, qualifier in _BY_TWO.get(word[:2], ()):
        if word.startswith(start):
            return qualifier
    if "-" in word and len(word) > 8:
        for part in word.split("-"):
            if part != word and (found := qualifier_of(part)):
                return found
    return None


def correction_of(words: Sequence[str]) -> str:
    """The correction that words name; a named method goes before a mere "corrected"."""
    found = ""
    for word in words:
        named = _correction(word)
        if named and found in ("", "other"):
            found = named
    return found


@lru_cache(maxsize=4096)
def _correction(word: str) -> str:
    found = ""
    for part in (word, *word.split("-"), *word.split("_")):
        if part == "bh" and found in ("", "other"):
            found = "fdr"
        for start, name in CORRECTIONS.items():
            if part.startswith(start) and found in ("", "other"):
                found = name
    return found
