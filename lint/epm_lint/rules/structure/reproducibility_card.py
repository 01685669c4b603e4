"""What a colleague needs to run it again stands in the set-up, and none of it is left blank.

The card is the tables under Setup & hyper-parameters; a "Label: value" item and a fence below its
label count as rows as well. In a v2 body they stand in a `<details>` whose summary names the
set-up, parted from its tags by empty lines: else GitHub shows them as they are written. The rows
of a training are asked only where something was trained: where the card or Methodology speaks of a
training, and neither says that there was none.

Bad:

    # Detailed report

    ## Setup & hyper-parameters

    | Base model | Qwen/Qwen2.5-7B-Instruct |
    |---|---|
    | Learning rate | TBD |

Good:

    # Detailed report

    ## Setup & hyper-parameters

    ### Model

    | Base model | Qwen/Qwen2.5-7B-Instruct |
    |---|---|
    | Revision | a09a35458c702b33eeacc393d103063234e8bc28 |
    | Adapter | rank-stabilised LoRA, r=32 |

    ### Training

    | Optimiser | AdamW, learning rate 1e-5, 3 epochs |
    |---|---|
    | Batch | 16 = 4 × 4 accumulated |
    | Seed | 42 |
    | Data | qwen_default.jsonl, sha256 9f86d081884c7d659a2feaa0c55ad015 |

    ### Compute

    | Hardware | 1× H100 80 GB |
    |---|---|
    | Libraries | torch 2.9.0, peft 0.18.0 |
    | Commit | 43a303c |
    | Launch command | `epm run issue-246 --profile full` |
"""

import re
from collections.abc import Iterator, Sequence

from epm_lint.markdown.blocks import Html
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.card import CardRow, card_rows
from epm_lint.page.placeholders import WORDS
from epm_lint.page.sections import Setup, absent, heading, missing, part, setup
from epm_lint.quoting import quote
from epm_lint.reading.remarks import says_untrained
from epm_lint.values import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a re-run needs, and how the card may say it."""

    name: str
    label: str
    """Pattern for the heading and the label of rows that give it."""
    mention: str | None = None
    """Pattern for it inside the value of any row."""
    complete: str | None = None
    """Pattern for what one of these rows has to hold, searched in "label | value"."""
    completion: str = ""
    """What `complete` looks for, in words."""
    of_training: bool = False
    """Whether only a page on something that was trained owes it."""


NEEDS = (
    Need(
        "model",
        label=r"\b(?:model|base|checkpoint)\b",
        complete=r"(?:revision|sha-?256|hash|commit|snapshot)\b.{0,200}\d|@\s?[0-9a-f]{7,}"
        r"|\b(?=[0-9]*[a-f])[0-9a-f]{7,64}\b|==\d"
        # who imports results, or asks a model behind an interface, may not know it, and says so
        r"|\brevision\b.{0,10}\bnot (?:named|known|given|recorded)\b",
        completion="model revision",
    ),
    Need(
        "data",
        label=r"\b(?:data|datasets?|data files?|corpus|training rows)\b",
        complete=r"^[^|]*\b(?:hash|sha-?256|checksum|digest)\b|\bsha-?256\b|\b[0-9a-f]{12,64}\b",
        completion="data hash",
    ),
    Need(
        "method",
        label=r"\b(?:lora|adapters?|method|trainable|fine-?tuning|peft)\b",
        mention=r"\blora\b|\bfull fine-?tun",
        of_training=True,
    ),
    Need(
        "learning rate",
        label=r"\b(?:learning rate|lr)\b",
        mention=r"\b(?:learning rate|lr)\s?[=:]?\s?\d",
        of_training=True,
    ),
    Need(
        "epochs",
        label=r"\b(?:epochs?|steps)\b",
        mention=r"\b\d+(?:\.\d+)? (?:epochs?|steps)\b",
        of_training=True,
    ),
    Need(
        "batch",
        label=r"\bbatch\b",
        mention=r"\bbatch\b",
        complete=r"\d\s?[×x*·]\s?\d|accumulat",
        completion="batch factors",
        of_training=True,
    ),
    Need("seed", label=r"\bseeds?\b", mention=r"\bseeds?\s?[=:]?\s?\d", of_training=True),
    Need("hardware", label=r"\b(?:hardware|gpus?|cpus?|device|machine|accelerator)\b"),
    Need(
        "library versions",
        label=r"\b(?:library|libraries|versions|packages|software|environment|dependencies)\b",
        mention=r"\b(?:torch|transformers|peft|trl|vllm)\b[ =v@]{1,4}\d+\.\d",
    ),
    Need(
        "commit",
        label=r"\b(?:git|commit)\b",
        complete=r"\b[0-9a-f]{7,40}\b|\d\.\d",
        completion="commit hash",
    ),
    Need("launch command", label=r"\b(?:command|launch|reproduce|to run|re-?run)\b"),
)


_TRAINED = (
    r"\b(?:we|was|were|is|are|been) (?:then |first |each )?(?:fine-?tuned|trained)\b"
    r"|\b(?:fine-?tun(?:ed|ing)|LoRA|adapters?|learning rate|epochs?)\b"
)
"""What a page says that trained something."""


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    needs: tuple[str, ...] = option(
        tuple(need.name for need in NEEDS), "what a re-run needs, of the things known to this rule"
    )
    placeholders: tuple[str, ...] = option(WORDS, "texts that leave a row unfilled")


def check(page: Page, options: Options) -> Verdict:
    """Every row is filled, and those that a re-run needs are there."""
    found = setup(page)
    if found is None:
        asked = page.format.with_role("setup")
        if asked and asked.folded:
            fold = absent("<details>", part(page, "summary"))
            return Verdict.failed("no <details> whose summary names the set-up", fold)
        return Verdict.failed(f"{heading(page, 'setup')} section missing", missing(page, "setup"))
    rows = list(card_rows(found.parts, options.placeholders))
    if not rows and (line := _unrendered(found)):
        fault = Finding("this table is not rendered", line, fix="part it from the tags above it")
        return Verdict.failed("the card stands in raw HTML, where Markdown is not read", [fault])
    unfilled = [row for row in rows if row.blank is not None]
    filled = [row for row in rows if row.blank is None]
    trained = _is_trained(page, filled)
    needs = (
        need for need in NEEDS if need.name in options.needs and (trained or not need.of_training)
    )
    lacking = [lack for need in needs if (lack := _lack(need, filled))]
    if not unfilled and not lacking:
        return Verdict.passed(f"{len(rows)} rows, all filled")
    details = [
        *([f"{len(unfilled)} unfilled row(s)"] if unfilled else []),
        *([f"lacking: {', '.join(lacking)}"] if lacking else []),
    ]
    faults = [
        Finding(
            f"{quote(row.label)} is not filled in: {quote(row.blank or '')}",
            row.line,
            fix="fill it in, or take the row out",
        )
        for row in unfilled
    ]
    faults += [Finding(f"no row gives the {lack}", found.line, fix="add it") for lack in lacking]
    return Verdict.failed("; ".join(details), faults)


def _is_trained(page: Page, rows: Sequence[CardRow]) -> bool:
    """Whether anything was trained, by what the card and the methodology say."""
    if any(says_untrained(f"{row.label} | {row.value}") for row in rows):
        return False
    if any(need.of_training and _is_about(need, row) for need in NEEDS for row in rows):
        return True
    section = part(page, "methodology")
    text = section.text if section else ""
    return _search(_TRAINED, text) and not says_untrained(text)


def _unrendered(found: Setup) -> int | None:
    """The first line of a table that an HTML block has swallowed."""
    return next(_swallowed(found), None)


def _swallowed(found: Setup) -> Iterator[int]:
    for _, blocks in found.parts:
        for block in blocks:
            if isinstance(block, Html):
                for line, text in block.content.lines():
                    if text.lstrip().startswith("|"):
                        yield line


def _lack(need: Need, rows: Sequence[CardRow]) -> str | None:
    about = [row for row in rows if _is_about(need, row)]
    if not about:
        return need.name
    if need.complete is None or any(
        _search(need.complete, f"{r.label} | {r.value}") for r in about
    ):
        return None
    return need.completion


def _is_about(need: Need, row: CardRow) -> bool:
    return _search(need.label, f"{row.group} / {row.label}") or (
        need.mention is not None and _search(need.mention, f"{row.label} | {row.value}")
    )


def _search(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


RULE = Rule("reproducibility-card", "Reproducibility card", check, options=Options(), doc=__doc__)
