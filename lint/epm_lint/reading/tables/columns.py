"""What the columns of a table hold, by their headers: roles, units, levels, methods."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from epm_lint.patterns import Pattern
from epm_lint.reading.lexicon import (
    CORRELATIONS,
    INTERVAL_ATTRIBUTES,
    METHODS,
    OTHER_MEASURES,
    TESTS,
    TRIALS,
)
from epm_lint.reading.number import Number
from epm_lint.reading.qualifier_words import correction_of, qualifier_of
from epm_lint.reading.statements import Qualifier
from epm_lint.values import StrEnum, dataclass


class Role(StrEnum):
    """What the numbers of a column, or of a row, are."""

    INTERVAL = "interval"
    COUNT = "k/n"
    CORRELATION = "correlation"
    ADJUSTED_P = "adjusted p"
    P = "p"
    TEST = "test statistic"
    STATISTIC = "statistic"
    """A statistic that each cell names itself: `t = 3.02`."""
    DF = "df"
    COOK = "cook"
    LEVERAGE = "leverage"
    VIF = "vif"
    RESIDUAL = "residual"
    HALF_WIDTH = "half-width"
    OBSERVED = "observed"
    PREDICTED = "predicted"
    COSINE = "cosine"
    N = "n"
    K = "k"
    RATE = "rate"
    SE = "se"
    SD = "sd"
    MEAN = "mean"
    ESTIMATE = "estimate"
    RATIO = "ratio"
    EFFECT = "effect size"
    DIFFERENCE = "difference"
    MEASURE = "another measure"
    SEED = "seed"
    TOTAL = "total"
    LAYER = "layer"
    NAME = "name"
    VERDICT = "verdict"
    """yes or no, inside or outside."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """What a header, or the label of a row, says of its numbers."""

    role: Role
    name: str = ""
    """Of a statistic, its symbol; of a correlation, the method; of a correction, its name."""
    unit: str = ""
    level: float = 0.0
    method: str = ""
    """The interval's, where the header names it."""
    words: tuple[str, ...] = ()
    """Its words in small letters."""
    size: Number | None = None
    """The N that it states: "Pearson r (N=12)"."""
    freedom: Number | None = None
    """The degrees of freedom that it states: "ordinary, df=10"."""

    @property
    def is_of_prediction(self) -> bool:
        """Whether an interval is one of prediction: no estimate need lie in it."""
        return not _OF_PREDICTION.isdisjoint(self.words)


_WORD = Pattern(r"[^\W\d_][\w²'’.-]*|%|[ρτχκΔδβη]²?|\d+(?:\.\d+)?%?|[/?±()|]")
_INTERVAL = frozenset(
    "ci cis pi pis interval intervals hdi cri hpd band range limits ki ic95".split()
)
_OF_INTERVALS = INTERVAL_ATTRIBUTES | frozenset(
    """
        confidence credible prediction question questions seed seeds source rate own half width
        proportion exact condition pooled mean difference
    """.split()
)
_OF_PREDICTION = frozenset(["prediction", "predictive", "predicted", "pi", "pis"])
_DIFFERENCES = frozenset("δ Δ diff difference gap change gain lift delta improvement drop".split())
_SUCCESSES = frozenset(
    """
        k hits successes correct right wins refused solved passed successful positives unsafe
        positive leaks leaked refusals
    """.split()
)
_SIZES = frozenset(["n", "trials", "asked", "total", "attempted"])
_RATES = frozenset(
    "rate rates accuracy acc proportion percent percentage share fraction % score".split()
)
_ONLY_RATES = _RATES - {"score"}
_NAMES = frozenset(
    """
        persona condition model name source category group system method personas conditions models
        task benchmark arm
    """.split()
)
_SEED = Pattern(r"(?:seed|run|fold|rep(?:licate)?)\s?#?\d{1,6}\Z|s\d\Z", re.IGNORECASE)
_TOTALS = frozenset(["total", "all", "sum", "overall"])
_P_NAMES = frozenset(
    {"p-value", "p-values", "p-val", "pval", "p-unc", "pvalue", "p_value", "p-wert"}
)
_DF = frozenset(["df", "dof", "d.f", "ddof", "ddof1", "ddof2", "df1", "df2"])
_ERRORS = frozenset(["se", "stderr", "s.e", "std.err", "sem"])
_SIZE = Pattern(r"(?<!\w)[Nn]\s?=\s?(\d[\d,]{0,9})(?![\w/])")
_FREEDOM = Pattern(r"(?<!\w)df\s?=\s?(\d{1,6}(?:\.\d{1,3})?)(?![\w/])")
_LEVEL = Pattern(r"(?<![\d.])(\d{2}(?:\.\d{1,2})?)\s?%")


@lru_cache(maxsize=1024)
def column_of(label: str) -> Column:
    """What a header, or the label of a row, says that the numbers are."""
    raws = [raw.rstrip(".") for raw in _WORD.findall(label)]
    words = tuple(raw.casefold() for raw in raws)
    said = set(words)
    unit = "%" if "%" in said and not _LEVEL.search(label) else ""
    if "pp" in said or "points" in said or "ppts" in said:
        unit = "pp"
    if "%" in said and not unit and re.search(r"\(%\)|%\s*\)|in %", label):
        unit = "%"
    level = float(found[1]) / 100 if (found := _LEVEL.search(label)) else 0.0
    method = next((METHODS[word] for word in words if word in METHODS), "")
    role, name = _role(label, raws, words)
    size = Number.read(stated[1]) if (stated := _SIZE.search(label)) else None
    freedom = Number.read(told[1]) if "df" in said and (told := _FREEDOM.search(label)) else None
    return Column(role, name, unit, level, method, words, size, freedom)


def _role(label: str, raws: list[str], words: tuple[str, ...]) -> tuple[Role, str]:
    said = set(words)
    if label.rstrip().endswith("?"):
        return Role.VERDICT, ""
    if "half-width" in said or "hw" in said or ("half" in said and "width" in said):
        return Role.HALF_WIDTH, ""
    if said & _INTERVAL:
        rest = _without_interval(label, words)
        if rest is None:
            return Role.INTERVAL, ""
        return _plain_role(label, rest, tuple(r.casefold() for r in rest))
    return _plain_role(label, raws, words)


def _without_interval(label: str, words: tuple[str, ...]) -> list[str] | None:
    """The words of a header that has its interval in brackets: "Weighted κ (95% CI)"."""
    opening = label.find("(")
    inside = label[opening:].casefold() if opening > 0 else ""
    if not any(re.search(rf"\b{name}\b", inside) for name in ("ci", "interval", "cri", "hdi")):
        return None
    before = [raw.rstrip(".") for raw in _WORD.findall(label[:opening])]
    if all(word.casefold() in _OF_INTERVALS | _INTERVAL for word in before):
        return None
    del words
    return before


def _plain_role(label: str, raws: list[str], words: tuple[str, ...]) -> tuple[Role, str]:
    said = set(words)
    pairs = set(itertools.pairwise(words))
    is_p = bool({"p", "P"} & set(raws)) or bool(said & _P_NAMES) or ("p", "value") in pairs
    corrected = [w for w in words if qualifier_of(w) is Qualifier.CORRECTED or w == "q"]
    if corrected and (is_p or correction_of(words) in ("holm", "bonferroni", "fdr", "sidak")):
        return Role.ADJUSTED_P, correction_of(words)
    if "q" in raws and len(words) == 1:
        return Role.ADJUSTED_P, "fdr"
    if re.search(r"\bk\s?/\s?n\b|hits? ?/ ?n|count\s?/|successes\s?/", label.casefold()):
        return Role.COUNT, ""
    if any(w.startswith("cook") for w in words):
        return Role.COOK, ""
    if said & {"leverage", "leverages", "hat"}:
        return Role.LEVERAGE, ""
    if "vif" in said:
        return Role.VIF, ""
    if said & {"residual", "residuals"}:
        return Role.RESIDUAL, ""
    if "observed" in said:
        return Role.OBSERVED, ""
    if said & {"predicted", "prediction", "fitted"}:
        return Role.PREDICTED, ""
    if (role := _statistic(raws, words, pairs, is_p)) is not None:
        return role
    return _quantity(label, raws, words)


def _statistic(
    raws: list[str], words: tuple[str, ...], pairs: set[tuple[str, str]], is_p: bool
) -> tuple[Role, str] | None:
    said = set(words)
    correlated = [raw for raw in raws if raw in CORRELATIONS and raw != "R"]
    for method in ("pearson", "spearman", "kendall"):
        if any(w.startswith(method) for w in words):
            return Role.CORRELATION, method
    if correlated:
        return Role.CORRELATION, CORRELATIONS[correlated[-1]]
    if "correlation" in said or "Correlation" in raws:
        return Role.CORRELATION, ""
    core = label_words(raws)
    if (is_p and len(core) <= 4) or "permutation" in said:
        return Role.P, ""
    if said & _DF or ("degrees", "of") in pairs:
        return Role.DF, next((w for w in words if w in _DF), "df")
    if said & _ERRORS or ("std", "error") in pairs or ("standard", "error") in pairs:
        return Role.SE, ""
    tests = [raw for raw in raws if raw in TESTS]
    if tests and len(words) <= 3:
        return Role.TEST, TESTS[tests[0]]
    if raws == ["T"]:
        return Role.TEST, "t"
    if said & {"statistic", "stat"}:
        return Role.STATISTIC, ""
    if said & {"odds", "or", "hr", "rr", "aor"} and (
        {"OR", "HR", "RR", "aOR"} & set(raws) or ("odds", "ratio") in pairs
    ):
        return Role.RATIO, ""
    if (
        raws
        and "%" not in said
        and raws[0]
        in ("b", "B", "β", "coef", "Coef", "Estimate", "estimate", "Coefficient", "slope", "Slope")
    ):
        return Role.ESTIMATE, ""
    return None


def label_words(raws: list[str]) -> list[str]:
    """The words of a header before what stands in brackets."""
    return raws[: raws.index("(")] if "(" in raws else raws


def _quantity(label: str, raws: list[str], words: tuple[str, ...]) -> tuple[Role, str]:
    said = set(words)
    if said & {"cos", "cosine", "cosines"}:
        return Role.COSINE, ""
    if _SEED.match(label.strip()):
        return Role.SEED, ""
    spread = said & {"sd", "std", "s.d"}
    if raws[:1] == ["M"] or words[:1] in (("mean",), ("average",), ("avg",)):
        if said & _ONLY_RATES and not spread:
            return Role.RATE, "mean"
        return Role.MEAN, "±" if "±" in said else ""
    if spread and len(words) <= 2:
        return Role.SD, ""
    if said & _DIFFERENCES and not said & {"learning"}:
        return Role.DIFFERENCE, ""
    if said & OTHER_MEASURES - {"score", "scores", "risk", "fall", "rise"}:
        return Role.MEASURE, ""
    if "learning" in said:
        return Role.OTHER, ""
    if said & _ONLY_RATES:
        return Role.RATE, ""
    states_size = _SIZE.search(label) is not None
    sized = {"N", "n"} & set(raws) and not states_size
    if sized or said & (_SIZES - {"total", "n"}) or ("sample" in said and "size" in said):
        return Role.N, ""
    if len(words) <= 2 and words[:1] and words[-1] in TRIALS | {"games", "questions"}:
        return Role.N, "noun"
    if "k" in raws or said & _SUCCESSES:
        return Role.K, ""
    if said & {"count", "counts"}:
        return Role.COUNT, ""
    if said & {"layer", "layers"} and not re.search(r"layers? \d", label.casefold()):
        return Role.LAYER, ""
    if said & _TOTALS and len(words) <= 2:
        return Role.TOTAL, ""
    if said & _NAMES:
        return Role.NAME, ""
    return Role.OTHER, ""
