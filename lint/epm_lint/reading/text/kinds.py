"""Tell from the words around a number what it is for."""

from __future__ import annotations

from fractions import Fraction

from epm_lint.reading.number import Kind, Number
from epm_lint.reading.text.tokens import Tokens

_SECTIONS = frozenset(
    """
        § section sections sec fig figs figure figures table tables tab eq eqs equation equations
        chapter chapters appendix footnote footnotes step steps phase phases stage stages page
        pages line lines part parts experiment experiments example examples gate gates week weeks
        arm arms condition group set
    """.split()
)
_ONLY_SINGULAR = frozenset(
    "arm arms condition group set gate week stage phase part step result experiment".split()
)
"""Words that name with a number behind them, and count with one before: "Arm 1", "in step 3"."""
_VERSIONED = frozenset(
    """
        version python torch pytorch transformers peft numpy scipy pandas statsmodels vllm cuda
        gguf tokenizers safetensors matplotlib accelerate wandb epm driver node ubuntu
    """.split()
)
_HASHED = frozenset(["commit", "sha-256", "sha256", "hash", "revision", "fingerprint"])
_ISSUES = frozenset(
    ["issue", "issues", "pr", "prs", "request", "requests", "discussion", "discussions"]
)
_CHOSEN = frozenset(
    """
        seed seeds lr dropout warmup warm-up top-p top-k top_p top_k temperature batch rank betas
        eps epochs epoch decay learning_rate weight_decay warmup_ratio batch_size ranks temp
        clipping
    """.split()
)
_CHOSEN_IN_TWO = frozenset(
    {
        ("learning", "rate"),
        ("batch", "size"),
        ("weight", "decay"),
        ("warmup", "ratio"),
        ("warm-up", "ratio"),
    }
)
_CHOSEN_STARTS = ("lora_", "max_", "min_", "num_", "n_")
_LEVELS = frozenset(
    """
        ci cis pi pis hdi cri confidence credible credibility prediction wilson clopper wald
        jeffreys agresti bootstrap interval intervals level band bands bar bars error upper lower
        binomial ki ic newcombe hpd limits clopper-pearson normal t-interval bca exact simultaneous
        bonferroni cluster-robust percentile
    """.split()
)
_BEFORE_LEVEL = frozenset(["ci", "cis", "pi", "interval", "confidence"])
_SIDED = frozenset(["two-sided", "one-sided", "central", "two-tailed", "one-tailed"])
_USUAL_LEVELS = frozenset({1, 5, 50, 66, 68, 80, 89, 90, 95, 98, 99, 99.9, 97.5})
_ALPHAS = frozenset({"α", "alpha"})
_ALPHAS_IN_TWO = frozenset({("significance", "level"), ("significance", "threshold")})
_MACHINES = frozenset(
    ["core", "cores", "cpu", "cpus", "gpu", "gpus", "vcpu", "h100", "h200", "a100", "v100"]
)
_CHOSEN_AFTER = frozenset({"epoch", "epochs", "warm-up", "warmup"})
_YEAR_BEFORE = frozenset(
    ["in", "since", "until", "during", "year", "by", "from", "early", "late", "mid"]
)
_YEARS = range(1990, 2100)
_JOINTS = frozenset({"=", ":", "(", "of", "≈", "~", "≤", "<", "-"})
_LISTING = frozenset({",", "and", "or", "/", "–", "-", "&", "to", "−"})
LARGEST_ALPHA = Fraction(1, 5)
"""What is larger, as 95%, is the level of an interval."""
_MOST_LAYERS = 200
_SHORTEST_HASH = 7


def classify(tokens: Tokens) -> None:
    """Give every plain number of a text its kind; one that is no quantity stops being a `#`."""
    listing: Kind | None = None
    last = -9
    for at, number in enumerate(tokens.numbers):
        if number is None:
            continue
        if number.kind is Kind.PLAIN:
            kind, plural = _kind(tokens, at, number)
            goes_on = last >= at - 3 and _LISTING.issuperset(tokens.words[last + 1 : at])
            if kind is Kind.PLAIN and listing and goes_on and number.is_whole and not number.sign:
                kind = listing
            elif not (goes_on and kind is listing):
                listing = kind if plural else None
            if kind is not Kind.PLAIN:
                number.kind = kind
                if not kind.is_quantity:
                    tokens.words[at] = number.raw.casefold()
        elif number.kind is Kind.LAYER or not (last >= at - 3):
            listing = None
        last = at
    _items(tokens)


def _kind(tokens: Tokens, at: int, number: Number) -> tuple[Kind, bool]:
    """The kind, and whether the numbers listed after it share it."""
    words = tokens.words
    after = words[at + 1] if at + 1 < len(words) else ""
    if number.unit == "%" and number.amount in _USUAL_LEVELS and _is_level(words, at):
        return Kind.LEVEL, False
    if after in _MACHINES:
        return Kind.MEASURE, False
    if after in _CHOSEN_AFTER and not number.unit:
        return Kind.SETTING, False
    if not at:
        return Kind.PLAIN, False
    place = at - 1
    joint = words[place]
    if joint in _JOINTS and place:
        place -= 1
        if words[place] in ("=", ":") and place:
            place -= 1
    else:
        joint = ""
    word = words[place]
    named = word in _ALPHAS or tuple(words[max(0, place - 1) : place + 1]) in _ALPHAS_IN_TWO
    if named and 0 < number.value <= LARGEST_ALPHA:
        return Kind.LEVEL, False
    if word in ("r", "α", "alpha") and joint and number.is_whole and number.mantissa > 1:
        return Kind.SETTING, False
    kind = _named_by(words, place, tokens.raws[place], joint, number)
    if kind is not Kind.PLAIN:
        return kind, word.endswith("s") or word == "§"
    if (
        not joint
        and number.is_whole
        and number.mantissa in _YEARS
        and number.raw.isdigit()
        and word in _YEAR_BEFORE
        and (not after or after in (".", ",", ";", ":", ")", "]"))
    ):
        return Kind.DATE, False
    return Kind.PLAIN, False


def _is_level(words: list[str], at: int) -> bool:
    """Whether a percentage says of what an interval is: 95% CI, a 95% Wilson interval."""
    after = at + 1
    while after < len(words) and (words[after] == "-" or words[after] in _SIDED):
        after += 1
    if after < len(words) and words[after] in _LEVELS:
        return True
    before = at - 1
    if before >= 0 and words[before] in ("(", ",", "à", "of", "at"):
        before -= 1
    return before >= 0 and words[before] in _BEFORE_LEVEL and words[at - 1] != ","


def _named_by(words: list[str], place: int, raw: str, joint: str, number: Number) -> Kind:
    """The kind by the word before a number; `joint` is what stands between."""
    word = words[place]
    whole = number.is_whole and not number.sign
    if word in ("layer", "layers") and joint in ("", ":", "=") and whole:
        return Kind.LAYER if number.mantissa <= _MOST_LAYERS else Kind.PLAIN
    if word in _ISSUES and not joint and whole:
        return Kind.ISSUE
    if word in _SECTIONS and not joint and not number.unit and not number.sign:
        single = word not in _ONLY_SINGULAR or not word.endswith("s")
        return Kind.SECTION if single and not number.bound else Kind.PLAIN
    if word in _VERSIONED and joint in ("", "=") and not number.unit and not number.sign:
        return Kind.VERSION
    if word in _HASHED and whole and len(number.raw) >= _SHORTEST_HASH:
        return Kind.HASH
    if number.unit == "%" or joint in ("<", "≤", "-"):
        return Kind.PLAIN
    before = words[place - 1] if place else ""
    chosen = (
        word in _CHOSEN
        or (before, word) in _CHOSEN_IN_TWO
        or word.startswith(_CHOSEN_STARTS)
        or (raw == "T" and bool(joint))
        or (len(raw) > 3 and raw.isupper() and "_" in raw and bool(joint))
    )
    if word in ("rank", "batch", "seeds", "epochs", "decay") and not joint and not whole:
        chosen = False
    return Kind.SETTING if chosen else Kind.PLAIN


def _items(tokens: Tokens) -> None:
    """Mark the (1) and (2) of a list within a sentence; a lone (5) is no item."""
    words, numbers = tokens.words, tokens.numbers
    places: list[int] = []
    for at in range(1, len(words) - 1):
        number = numbers[at]
        if number and words[at] == "#" and words[at - 1] == "(" and words[at + 1] == ")":
            glued = at > 1 and tokens.ends[at - 2] == tokens.starts[at - 1]
            if number.is_whole and not number.sign and not (glued and words[at - 2].isalnum()):
                places.append(at)
    if len(places) < 2 or any(
        number is None or number.mantissa != expected
        for expected, number in enumerate((numbers[at] for at in places), start=1)
    ):
        return
    for at in places:
        number = numbers[at]
        assert number  # noqa: S101
        number.kind = Kind.ITEM
        tokens.words[at] = number.raw
