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

from lint.anatomy import summary_part
from lint.blocks import Item, Paragraph, Section, title_key
from lint.model import Finding, Page, Rule, Verdict
from lint.placeholders import is_placeholder
from lint.prose import labelled

WAIVER = "no-dataset"
_DATA_FILE = re.compile(r"[\w/-]\.(?:jsonl?|csv|tsv|parquet|arrow)(?:\.gz)?\b", re.IGNORECASE)
_DATA_HOSTS = ("huggingface.co/datasets/", "wandb.ai/")
_FULL_DATA = re.compile(r"\bfull (?:training )?data(?:set)?\b|\ball (?:the )?rows\b", re.IGNORECASE)


def check(page: Page) -> Verdict:
    """An example row, and where to find the others."""
    if WAIVER in page.labels:
        return Verdict.skipped(f"waived by the label {WAIVER}")
    section = summary_part(page, "Methodology")
    if section is None:
        return Verdict.failed("### Methodology subsection missing")
    if not _has_example(section):
        return Verdict.failed(
            "### Methodology has neither a fenced example nor a '**Dataset example:**' item",
            [Finding("no example of a row", section.line, fix="show one row in a fence")],
        )
    if not _names_full_data(section):
        return Verdict.warned(
            "an example row, but no link to the full data",
            [Finding("where are the other rows?", section.line, fix="link to the data file")],
        )
    return Verdict.passed("an example row and a link to the full data")


def _has_example(section: Section) -> bool:
    if any(not is_placeholder(fence.content) for fence in section.fences):
        return True
    return any(
        title_key(label) == title_key("Dataset example") and not is_placeholder(example)
        for block in section.walk_blocks()
        if isinstance(block, Item | Paragraph)
        for label, example in [labelled(block.text)]
    )


def _names_full_data(section: Section) -> bool:
    if _DATA_FILE.search(section.text) or (section.links and _FULL_DATA.search(section.text)):
        return True
    return any(
        _DATA_FILE.search(link.url) or any(host in link.url for host in _DATA_HOSTS)
        for link in section.links
    )


RULE = Rule("dataset-example", "Dataset example", check, doc=__doc__)
