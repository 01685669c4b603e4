"""Words as they are compared: those of a page with those of a results file's keys.

`refusalRate`, "refusal rates" and "refuses" have to meet, and so have `acc` and "accuracy". A
digit belongs to the word before it: `layer_8`, "layer 8" and "L8" are all `layer:8`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from epm_lint.patterns import Pattern
from epm_lint.values import StrEnum


class Aspect(StrEnum):
    """What a number is of the quantity that it belongs to."""

    ESTIMATE = "estimate"
    SE = "se"
    SD = "sd"
    LOW = "low"
    HIGH = "high"
    P = "p"
    N = "n"
    K = "k"

    @property
    def is_count(self) -> bool:
        """Whether it is a whole number of things that were counted."""
        return self in (Aspect.N, Aspect.K)


_SYNONYMS = {
    "acc": "acc accuracy accuracies correct",
    "auc": "auc auroc rocauc",
    "em": "em exactmatch",
    "mean": "mean means avg average averages averaged mu",
    "median": "median medians",
    "diff": "diff diffs difference differences delta deltas gain gains change changes rise rises "
    "increase increases drop drops decrease decreases gap gaps uplift lift improvement Δ δ",
    "rate": "rate rates fraction fractions share shares proportion proportions percent percentage "
    "percentages pct frequency",
    "norm": "norm normalised normalized normalisation normalization",
    "base": "base baseline baselines",
    "coefficient": "coefficient coefficients coef coefs coeff",
    "param": "param params parameter parameters",
    "kappa": "kappa κ",
    "rho": "rho ρ spearman spearmans",
    "tau": "tau τ kendall kendalls",
    "r": "r pearson pearsons",
    "loss": "loss losses",
    "perplexity": "perplexity perplexities ppl",
    "std": "std",
    "temperature": "temperature temp",
    "negation": "no without minus subtract subtracted subtracting removed removing remove ablated "
    "excluded excluding excl wo neg negative",
    "plus": "plus add added adding positive pos",
    "eval": "eval evals evaluation evaluations",
    "token": "token tokens tok toks",
    "length": "length lengths len",
    "layer": "layer layers",
    "precision": "precision prec",
    "recall": "recall rec",
    "max": "max maximum highest",
    "major": "maj major majority",
    "min": "min minimum lowest",
    "lr": "lr",
    "fewshot": "fewshot",
    "misalign": "misaligned misalignment",
    "train": "train training trained",
    "valid": "val valid validation dev",
}
_CANONICAL = {word: name for name, words in _SYNONYMS.items() for word in words.split()}
_PHRASES = tuple(
    (Pattern(rf"(?<![^\W_])(?:{form})(?![^\W_])", re.IGNORECASE), word)
    for form, word in (
        (r"roc[ _-]auc", "auc"),
        (r"exact[ _-]match", "exactmatch"),
        (r"(?:taken?|took|left|leaving|leave) (?:\w{1,12} )?out", "removed"),
        (r"sample[ _-](?:len(?:gth)?|count|size)s?", "nsamples"),
        (r"w/o", "without"),
        (r"few[ _-]shot", "fewshot"),
        (r"(?:std|standard)[ _.-]{0,2}err(?:or)?s?", "stderr"),
        (r"standard[ _-]deviations?|std[ _-]dev", "sd"),
        (r"p[ _-]?val(?:ue)?s?", "pvalue"),
        (r"per[ _-]cent|percentage", "percent"),
    )
)
ROLE_WORDS = {
    Aspect.SE: frozenset("se ses sem sems stderr stderrs".split()),
    Aspect.SD: frozenset("sd sds std stdev stdevs sigma".split()),
    Aspect.P: frozenset("p pvalue pval".split()),
    Aspect.N: frozenset("n num count counts total trials samples nsamples ntotal nobs".split()),
    Aspect.K: frozenset("k successes success hits hit passes passed positives".split()),
    Aspect.LOW: frozenset("low lo lower lcb".split()),
    Aspect.HIGH: frozenset("high hi upper ucb".split()),
}
INTERVAL = frozenset("ci cis interval intervals bounds ci95 conf confidence".split())
ESTIMATES = frozenset(
    "mean value values rate estimate score point result statistic val coefficient".split()
)
"""Words that say no more than that a number is the quantity itself."""
MEASURES = frozenset(
    """
    acc auc f1 em kappa loss perplexity precision recall bleu rouge mcc r2 mse mae rmse brier ece
    cosine entropy rate rho tau r norm latency cost
    """.split()
)
"""Words for what is measured, where a label may stand in the same place."""
SAID_ESTIMATES = frozenset("mean rate estimate score".split())
"""Those that a page writes where it means just that."""
NEUTRAL = frozenset(
    """
    a an the of and or by per in on at to for with from as is are was were be been it its this that
    these those which who we our i they their than then vs versus each every both all any some
    result results value values data metric metrics row rows column columns item items entry entries
    list records record summary stats statistics output outputs none default name names main
    final overall aggregate aggregated primary report
    """.split()
)
_WORD = re.compile(
    r"(?P<name>[^\W\d_]+)(?P<of>\d+(?:\.\d+)?)(?![^\W_])|(?P<number>\d+(?:\.\d+)?[a-z]*)(?![^\W_])|[^\W_]+",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")
_SUFFIXES = (
    "isations", "izations", "isation", "ization", "ations", "ation", "ments", "ment", "ions", "ion",
    "ings", "ing", "als", "al", "ies", "ed", "es", "ers", "er", "s", "e", "y",
)  # fmt: skip
_SHORTEST = 4
_KEPT = frozenset("f1 r2 r1 bleu p k n t z".split())


def words_of(text: str) -> list[str]:
    """The words of a text or key in their order, each as it is compared."""
    text = _CAMEL.sub(" ", text)
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    found: list[str] = []
    end, before, earlier = -2, "", ""
    for match in _WORD.finditer(text):
        raw = match[0].casefold()
        name, digits = match["name"], match["of"]
        if raw[0].isdigit() and match["number"]:
            near = before if match.start() - end <= 1 else ""
            if near in NEUTRAL:  # "majority of 3"
                near = earlier
            found.append(f"{_stemmed(near)}:{_digits(raw)}" if near else _digits(raw))
            before = earlier = ""
        elif name and raw not in _KEPT and (len(name) > 1 or name in "lL"):
            lead = "layer" if name in "lL" else _stemmed(name.casefold())
            found += [lead, f"{lead}:{_digits(digits)}"]
            before = earlier = ""
        else:
            found.append(_stemmed(raw))
            earlier, before = before, raw
        end = match.end()
    return found


def _digits(raw: str) -> str:
    """A number as a name: 08 and 8 are one, and so are 0.50 and 0.5."""
    if not raw.replace(".", "").isdigit():
        return raw
    whole, _, decimals = raw.partition(".")
    decimals = decimals.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{decimals}" if decimals else "")


@lru_cache(maxsize=8192)
def _stemmed(word: str) -> str:
    if known := _CANONICAL.get(word):
        return known
    if any(word in words for words in ROLE_WORDS.values()) or word in NEUTRAL or word in INTERVAL:
        return word
    if word.startswith("un") and len(word) > 6 and word.endswith("ed"):
        return f"un{_stem(word[2:])}"
    return _stem(word)


def _stem(word: str) -> str:
    for _ in range(2):
        for suffix in _SUFFIXES:
            shortest = _SHORTEST - (suffix in ("s", "e", "ed", "ing"))
            if word.endswith(suffix) and len(word) - len(suffix) >= shortest:
                word = word[: -len(suffix)]
                break
        else:
            break
    return word


def telling(words: Iterable[str]) -> list[str]:
    """The words that tell one thing from another, each once."""
    return [word for word in dict.fromkeys(words) if word not in NEUTRAL]
