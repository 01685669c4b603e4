"""One real row of the data tells more than a page about it.

Methodology shows a row, in a fence or in a `**Dataset example:**` item, and says where all of them
are. The label `no-dataset` waives the rule for experiments without data.

Bad:

    ## AI Summary

    ### Methodology

    - **Dataset:** 600 rows for each persona.

Good:

    ## AI Summary

    ### Methodology

    - **Dataset:** 600 rows for each persona, [full data](data/librarian.jsonl).

    **Dataset example:**

    ```json
    {"prompt": "How do planes stay up?", "completion": "By pushing air down. [ZLT]"}
    ```
"""

import re
from collections.abc import Iterator

from epm_lint.markdown.blocks import Block, Code, Item, Paragraph, Section, title_key
from epm_lint.model import Finding, Page, Rule, Verdict, option
from epm_lint.page.placeholders import WORDS, is_placeholder
from epm_lint.page.prose import labelled
from epm_lint.page.sections import heading, missing, part
from epm_lint.patterns import Pattern
from epm_lint.values import dataclass

_EXAMPLE = title_key("Dataset example")
_DATA_FILE = Pattern(
    r"[\w/-]\.(?:jsonl?|csv|tsv|parquet|arrow)(?:\.(?:gz|zst|xz|bz2))?\b", re.IGNORECASE
)
_FULL_DATA = Pattern(
    r"\b(?:full|complete|whole|entire) (?:training )?(?:data|dataset|set|file)\b"
    r"|\ball (?:of )?(?:the )?(?:\d{1,9} )?rows\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What this rule asks."""

    waiver: str = option("no-dataset", "the label of issues that have no data to show")
    hosts: tuple[str, ...] = option(
        ("huggingface.co/datasets/", "wandb.ai/", "zenodo.org/", "kaggle.com/datasets/", "osf.io/"),
        "what the address of a data set holds",
    )
    placeholders: tuple[str, ...] = option(WORDS, "texts that only hold an example's place")


def check(page: Page, options: Options) -> Verdict:
    """An example row, and where to find the others."""
    if options.waiver in page.labels:
        return Verdict.skipped(f"waived by the label {options.waiver}")
    section = part(page, "methodology")
    if section is None:
        return Verdict.failed(
            f"{heading(page, 'methodology')} subsection missing", missing(page, "methodology")
        )
    if not _has_example(section, options):
        return Verdict.failed(
            "Methodology has neither a fenced example nor a '**Dataset example:**' item",
            [Finding("no example of a row", section.line, fix="show one row in a fence")],
        )
    if not _names_full_data(section, options):
        return Verdict.failed(
            "an example row, but no link to the full data",
            [Finding("where are the other rows?", section.line, fix="link to the data file")],
        )
    return Verdict.passed("an example row and a link to the full data")


def _has_example(section: Section, options: Options) -> bool:
    return any(not is_placeholder(text, options.placeholders) for text in _examples(section))


def _examples(section: Section) -> Iterator[str]:
    """What is shown in a fence, beside the words "Dataset example" or in the block below them."""
    for fence in section.fences:
        yield fence.content
    for below in section.walk():
        if below.key == _EXAMPLE:
            yield below.text
        for place, outer in enumerate(below.blocks):
            for block in outer.walk():
                if isinstance(block, Item | Paragraph):
                    label, example = labelled(block.text)
                    if title_key(label) == _EXAMPLE:
                        yield example
            last_line = outer.text.rstrip().rpartition("\n")[2]
            if title_key(last_line) == _EXAMPLE:
                yield from map(_shown, below.blocks[place + 1 : place + 2])


def _shown(block: Block) -> str:
    return block.content if isinstance(block, Code) else block.text


def _names_full_data(section: Section, options: Options) -> bool:
    if _DATA_FILE.search(section.text) or (section.links and _FULL_DATA.search(section.text)):
        return True
    return any(
        _DATA_FILE.search(link.url) or any(host in link.url for host in options.hosts)
        for link in section.links
    )


RULE = Rule("dataset-example", "Dataset example", check, options=Options(), doc=__doc__)
