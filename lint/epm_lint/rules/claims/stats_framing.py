"""Results are compared across pages, so all of them speak one statistical language: p-values.

Effect-size measures, named tests and the language of credence are asked to stay out. What this
project reports (Pearson, Spearman, Wilson, Holm, Bonferroni, Cook's distance, permutation) is not
on the lists. A mention that is negated, quoted or in code is not a hit, nor are samples and the
sections that people write.

Bad:

    ## AI Summary

    ### Results

    The rates differ (Cohen's d=0.8, Mann-Whitney U).

Good:

    ## AI Summary

    ### Results

    The rates differ (p=0.004, N=12). We give no effect size.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.wording import NOT_THE_PAGES_WORDS, Occurrence, mentions, phrases
from epm_lint.patterns import Pattern
from epm_lint.quoting import quote
from epm_lint.values import dataclass

FIX = "report the p-value with its N"

_LENT = Pattern(r"\b(?:lend(?:s|ing)?|lent|giv(?:es?|ing)|gave)\s+(?:\w{1,20}\s+){0,2}$", re.I)


@dataclass(frozen=True, slots=True)
class Options:
    """The vocabulary that pages do without."""

    effect_sizes: tuple[str, ...] = option(
        (
            *("effect size", "Cohen's d", "Cohen's h", "Cohen's f", "Cohen's w", "Hedges' g"),
            *("Hedges's g", "Hedge's g", "Glass's delta", "Cliff's delta", "Cliff's d"),
            *("Cramér's V", "Cramer's V", "eta squared", "eta-squared", "η²", "omega squared"),
            *("odds ratio", "risk ratio", "rank-biserial", "common language effect"),
        ),
        "names of effect-size measures",
    )
    named_tests: tuple[str, ...] = option(
        (
            *(
                "t-test",
                "t test",
                "Student's t",
                "Welch's t",
                "z-test",
                "F-test",
                "ANOVA",
                "ANCOVA",
            ),
            *("MANOVA", "Mann-Whitney", "Wilcoxon signed-rank", "Wilcoxon rank-sum"),
            *("Wilcoxon test", "Kruskal-Wallis", "Friedman test", "Fisher's exact", "McNemar"),
            *("McNemar's", "chi-squared test", "chi-square test", "χ² test", "binomial test"),
            *("Kolmogorov-Smirnov", "Shapiro-Wilk", "Levene's test", "Anderson-Darling"),
            *("likelihood-ratio test", "log-rank test", "Tukey's HSD", "Dunnett's test"),
        ),
        "names of tests",
    )
    credences: tuple[str, ...] = option(
        (
            *("credence", "credible interval", "credible region", "Bayes factor"),
            *("posterior probability", "posterior probabilities", "subjective probability"),
            *("highest density interval", "degree of belief", "degrees of belief"),
        ),
        "wordings that speak of belief in place of frequency",
    )


def check(page: Page, options: Options) -> Verdict:
    """None of the vocabularies is in use."""
    vocabularies = {
        "effect-size": options.effect_sizes,
        "named-test": options.named_tests,
        "credence": options.credences,
    }
    faults = list(_hits(page, vocabularies))
    if not faults:
        return Verdict.passed("neither effect sizes nor named tests nor credences")
    found = Counter(kind for kind, _ in faults)
    detail = ", ".join(f"{found[kind]} {kind}" for kind in vocabularies if found[kind])
    return Verdict.warned(f"{detail} wording(s)", [fault for _, fault in faults])


def _hits(page: Page, vocabularies: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, Finding]]:
    terms = tuple(word for words in vocabularies.values() for word in words)
    for mention in mentions(page, terms, without=NOT_THE_PAGES_WORDS, quotations=False):
        if not mention.negated and not _is_idiom(mention):
            kind = next(k for k, words in vocabularies.items() if _is_of(mention, words))
            message = f"{kind} language: {quote(mention.text)}"
            yield kind, Finding(message, mention.line, column=mention.column, fix=FIX)


def _is_of(mention: Occurrence, wordings: tuple[str, ...]) -> bool:
    return phrases(wordings).fullmatch(mention.text) is not None


def _is_idiom(mention: Occurrence) -> bool:
    """To lend something credence says nothing about probability."""
    return mention.text.casefold() == "credence" and bool(_LENT.search(mention.before[-80:]))


RULE = Rule("stats-framing", "Stats framing (p-values only)", check, options=Options(), doc=__doc__)
