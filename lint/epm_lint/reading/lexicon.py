"""The words by which a page says what its numbers are."""

from __future__ import annotations

from epm_lint.values import StrEnum


class Part(StrEnum):
    """What a number is in what is said."""

    P = "p"
    TEST = "test statistic"
    CORRELATION = "correlation"
    DETERMINATION = "R²"
    N = "n"
    K = "k"
    DF = "df"
    MEAN = "mean"
    SD = "sd"
    SE = "se"
    HALF = "±"
    """What stands behind ±, and is not told apart further."""
    ESTIMATE = "estimate"
    """A coefficient of a model: b, β, slope."""
    RATIO = "ratio of odds or risks"
    EFFECT = "effect size"
    INTERVAL = "interval"
    COUNT = "k/n"
    PERCENT = "percent"
    POINTS = "points"
    """Percentage points."""
    TIMES = "times"
    COUNTED = "counted"
    """A number of things, which the word behind it names."""
    NAMED = "named"
    """Given as that of a name that is none of the above: `loss = 1.2`."""
    BARE = "bare"


TESTS = {
    "t": "t",
    "F": "F",
    "χ²": "χ²",
    "χ2": "χ²",
    "Χ²": "χ²",
    "Χ2": "χ²",
    "X²": "χ²",
    "X2": "χ²",
    "x²": "χ²",
    "chi2": "χ²",
    "chi²": "χ²",
    "Chi2": "χ²",
    "chi-square": "χ²",
    "chi-squared": "χ²",
    "z": "z",
    "Z": "z",
    "H": "H",
    "Q": "Q",
    "t-statistic": "t",
    "t-value": "t",
    "F-statistic": "F",
    "F-value": "F",
    "z-score": "z",
    "z-statistic": "z",
    "z-value": "z",
}
"""Test statistics by symbol; H and Q are those of χ² tests."""
CORRELATIONS = {
    "r": "pearson",
    "R": "pearson",
    "ρ": "spearman",
    "ϱ": "spearman",
    "rho": "spearman",
    "Rho": "spearman",
    "r_s": "spearman",
    "rs": "spearman",
    "rₛ": "spearman",
    "τ": "kendall",
    "tau": "kendall",
    "τ_b": "kendall",
    "correlation": "",
    "correlations": "",
    "correlated": "",
}
"""Correlations by symbol, and by the word that leaves the method open."""
NAMES: dict[str, tuple[Part, str]] = {
    **{symbol: (Part.TEST, name) for symbol, name in TESTS.items()},
    **{symbol: (Part.CORRELATION, name) for symbol, name in CORRELATIONS.items()},
    **dict.fromkeys(
        ("p", "P", "p-value", "P-value", "p-val", "pval", "p_value", "p-values", "p-Wert"),
        (Part.P, "p"),
    ),
    **dict.fromkeys(("N", "n"), (Part.N, "n")),
    "k": (Part.K, "k"),
    **dict.fromkeys(("df", "d.f", "dof", "DF", "ddof"), (Part.DF, "df")),
    **dict.fromkeys(("SE", "s.e", "SEM", "stderr", "Stderr", "std.err", "S.E"), (Part.SE, "se")),
    **dict.fromkeys(("SD", "sd", "s.d", "S.D", "std", "Std", "STD", "σ"), (Part.SD, "sd")),
    **dict.fromkeys(("M", "mean", "Mean", "average", "Average", "averages"), (Part.MEAN, "mean")),
    **dict.fromkeys(
        ("b", "B", "β", "beta", "coef", "coefficient", "slope", "Slope", "estimate", "intercept"),
        (Part.ESTIMATE, "b"),
    ),
    **dict.fromkeys(("R²", "r²", "R2", "R-squared"), (Part.DETERMINATION, "r²")),
    "OR": (Part.RATIO, "odds ratio"),
    "aOR": (Part.RATIO, "adjusted odds ratio"),
    "RR": (Part.RATIO, "risk ratio"),
    "HR": (Part.RATIO, "hazard ratio"),
    "IRR": (Part.RATIO, "rate ratio"),
    **{
        symbol: (Part.EFFECT, name)
        for name, symbols in {
            "d": ("d", "d_s", "d_av"),
            "g": ("g",),
            "η²": ("η²", "eta²", "eta2", "η2", "etasq"),
            "ηp²": ("ηp²", "η_p²", "η²p", "η²_p", "ηₚ²", "ηp2"),
            "ω²": ("ω²",),
            "f²": ("f²",),
            "φ": ("φ", "phi", "ϕ"),
            "V": ("V",),
        }.items()
        for symbol in symbols
    },
}
"""What a word or symbol before a number says of it, capitals told apart."""
TWO_WORDS: dict[tuple[str, str], tuple[Part, str]] = {
    ("standard", "error"): (Part.SE, "se"),
    ("std", "error"): (Part.SE, "se"),
    ("standard", "errors"): (Part.SE, "se"),
    ("standard", "deviation"): (Part.SD, "sd"),
    ("std", "dev"): (Part.SD, "sd"),
    ("p", "value"): (Part.P, "p"),
    ("odds", "ratio"): (Part.RATIO, "odds ratio"),
    ("odds", "ratios"): (Part.RATIO, "odds ratio"),
    ("risk", "ratio"): (Part.RATIO, "risk ratio"),
    ("relative", "risk"): (Part.RATIO, "risk ratio"),
    ("hazard", "ratio"): (Part.RATIO, "hazard ratio"),
    ("rate", "ratio"): (Part.RATIO, "rate ratio"),
    ("correlation", "coefficient"): (Part.CORRELATION, ""),
    ("chi", "squared"): (Part.TEST, "χ²"),
    ("chi", "square"): (Part.TEST, "χ²"),
    ("sample", "size"): (Part.N, "n"),
    ("r", "value"): (Part.CORRELATION, "pearson"),
    ("t", "statistic"): (Part.TEST, "t"),
    ("t", "value"): (Part.TEST, "t"),
    ("z", "score"): (Part.TEST, "z"),
    ("effect", "size"): (Part.EFFECT, ""),
    ("partial", "η²"): (Part.EFFECT, "ηp²"),
    ("χ", "²"): (Part.TEST, "χ²"),
}
"""The same of two words, in small letters."""
INTERVAL_WORDS = frozenset(
    """
        ci cis interval intervals confidence credible credibility prediction pi pis hdi cri hpd
        band limits range ki ic compatibility ci95 bounds t-interval konfidenzintervall
    """.split()
)
"""Any of these before two numbers makes an interval of them."""
BOUND_WORDS = frozenset({"bound", "limit"})
INTERVAL_ATTRIBUTES = frozenset(
    """
        wilson wilson's wilson’s clopper-pearson clopper–pearson clopper pearson exact wald
        jeffreys agresti-coull agresti coull score binomial normal normal-approximation
        approximation bootstrap bootstrapped bca percentile hierarchical cluster-robust clustered
        robust mid-p two-sided one-sided central simultaneous t-based newcombe newcombe's
        newcombe’s upper lower cluster adjusted bonferroni-corrected bonferroni posterior bayesian
        equal-tailed asymptotic paired unadjusted and is of the a from at for with - : , = between
        ( einseitiges
    """.split()
)
"""What may stand between an interval's name, its level and its numbers."""
METHODS = {
    "wilson": "wilson",
    "wilson's": "wilson",
    "wilson’s": "wilson",
    "clopper": "clopper-pearson",
    "clopper-pearson": "clopper-pearson",
    "clopper–pearson": "clopper-pearson",
    "exact": "clopper-pearson",
    "wald": "wald",
    "normal": "wald",
    "normal-approximation": "wald",
    "jeffreys": "jeffreys",
    "agresti-coull": "agresti-coull",
    "agresti": "agresti-coull",
    "mid-p": "mid-p",
    "newcombe": "newcombe",
    "newcombe's": "newcombe",
    "newcombe’s": "newcombe",
    "t-based": "t",
    "t-interval": "t",
    "bootstrap": "bootstrap",
    "bootstrapped": "bootstrap",
    "bca": "bootstrap",
}
"""How an interval of a proportion may have been made."""
LINKS = frozenset("of is was at equals are being were reaches reached stays gives".split())
"""What may stand between a name and its number in place of `=`."""
HEDGES = {
    "about": "≈",
    "around": "≈",
    "roughly": "≈",
    "approximately": "≈",
    "nearly": "≈",
    "almost": "≈",
    "barely": "≈",
    "virtually": "≈",
    "some": "≈",
    "circa": "≈",
    "ca": "≈",
    "approx": "≈",
    "over": ">",
    "above": ">",
    "exceeding": ">",
    "exceeds": ">",
    "exceeded": ">",
    "surpasses": ">",
    "surpassed": ">",
    "beyond": ">",
    "under": "<",
    "below": "<",
    "within": "<",
}
TWO_WORD_HEDGES = {
    ("at", "least"): "≥",
    ("at", "most"): "≤",
    ("more", "than"): ">",
    ("less", "than"): "<",
    ("fewer", "than"): "<",
    ("higher", "than"): ">",
    ("lower", "than"): "<",
    ("up", "to"): "≤",
    ("close", "to"): "≈",
    ("well", "over"): ">",
    ("well", "under"): "<",
    ("greater", "than"): ">",
    ("short", "of"): "<",
    ("not", "exceed"): "≤",
    ("never", "exceeds"): "≤",
    ("never", "exceeded"): "≤",
}
GLUE = frozenset(
    """
        , ; : ( ) [ ] = and with at for of over the a an is was where its gives giving given has
        have having had which that be in on by two-sided two-tailed – - i.e e.g viz . uncorrected
        raw exactly so thus hence yielding yields both value equals nominal
    """.split()
)
"""What binds the parts of one statement without saying anything of its own."""
FUNCTION_WORDS = frozenset(
    """
        and or to of in is are was were the a an vs than with on for by at as but from that this
        these those not no it its per each every all both so then over under into while when where
        which who if we they he she i you has have had be been being can could may might would will
        do does did only just also still now there here about against between within without after
        before during versus because since until though although et al i.e e.g vs. more less fewer
    """.split()
)
RATE_NOUNS = frozenset(
    """
        rate rates accuracy accuracies share shares percentage proportion proportions fraction
        frequency prevalence incidence probability recall precision sensitivity specificity taux
        quote anteil exactitude
    """.split()
)
"""Words that say that a number is a part of a whole."""
OTHER_MEASURES = frozenset(
    """
        f1 f1-score macro-f1 micro-f1 auc auroc auprc roc kappa κ mcc r² r2 ece brier cosine
        similarity loss slope d g hazard odds bleu rouge ndcg mrr map elo score scores agreement
        icc alpha α divergence kl entropy perplexity reward difference gap gain lift delta δ
        reduction increase improvement ratio risk coefficient correlation distance norm variance
        deviation error-bar calibration recovered pass mean-score win-share probability-mass
        advantage effect change advantages drop rise fall cut cuts cutting reduces raises raise
        lowers improves tau τ rho ρ temperature overlap jaccard iou dice wer cer
    """.split()
)
"""Words that say that a number is no k of n, whatever its unit."""
AGGREGATES = frozenset(
    """
        mean average averages averaged avg median weighted balanced macro micro normalized
        normalised adjusted calibrated smoothed estimated predicted expected standardized
        standardised relative corrected partial soft fractional geometric harmonic imputed marginal
        credit ties tie half weighting interpolated extrapolated latent fitted modelled modeled
        pass per-class cross-validated unbiased tied discounted rescaled winsorized trimmed
    """.split()
)
"""Words that say that a rate was not made of one count."""
TRIALS = frozenset(
    """
        completion completions sample samples trial trials answer answers generation generations
        response responses draw draws rollout rollouts prompt prompts question questions item items
        problem problems example examples case cases run attempt attempts test tests task tasks
        observation observations conversation conversations query queries image images document
        documents participant participants subject subjects people person persons patient patients
        student students user users vote votes message messages instance instances request requests
        output outputs transcript transcripts jailbreak jailbreaks completions/arm probe probes
        pair pairs row rows sentence sentences string strings duel duels comparison comparisons
    """.split()
)
"""Things that are counted one by one; an n of them is an n of trials."""
NO_TRIALS = frozenset(
    """
        seed seeds run runs judge judges game games match matches model models layer layers fold
        folds rater raters annotator annotators checkpoint checkpoints replicate replicates repeat
        repeats epoch epochs adapter adapters persona personas dataset datasets cluster clusters
    """.split()
)
"""Things that are each measured by many trials."""
NEGATIONS = frozenset(
    """
        not never neither nor hardly cannot fails fail failed no none without nothing nobody nowhere
    """.split()
)
"""Words that deny what follows them."""
NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        """
            zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
            fifteen sixteen seventeen eighteen nineteen twenty
        """.split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
PARTS_IN_WORDS = {
    "half": (1, 2),
    "third": (1, 3),
    "quarter": (1, 4),
    "fifth": (1, 5),
    "tenth": (1, 10),
    "thirds": (1, 3),
    "quarters": (1, 4),
}
ORDINARY_TAILS = frozenset(
    """
        for and but with in on at after by under from which so when if is was or vs versus while
        not two-sided two-tailed one-sided one-tailed 1-tailed 2-tailed uncorrected unadjusted
        corrected adjusted fdr bonferroni holm ns n.s significant insignificant exact raw as across
        over the this than that because though although respectively each both here there using via
        against according per between even only also still too alone again i.e e.g df dof however
        where left right upper lower to does do did has have had are were will would can could may
        might it we they
    """.split()
)
"""What may follow a p-value; `p = 0.05 dropout` and `p = 0.3 of the samples` are none."""
