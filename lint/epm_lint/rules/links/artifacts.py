"""What a page names can be fetched: each file is there, at the commit that the page stands for.

Looked up are the paths in the section Artifacts, and every link to a file of the repository at the
commit it is pinned to; elsewhere a path in code, if the repository has such a file now. A path
counts as found where the checkout has it at one of the page's commits (in its first line, on its
card, in its links), or where a draft has it beside it. What is absent from the commit of a card
that admits uncommitted changes cannot be confirmed, and is no fault yet. Names of artifacts on
other services are not paths. Without a checkout only a draft's own files can be judged.

Bad:

    Repository: acme/lab@43a303c:eval_results/rates.json

    # Detailed report

    ## Setup & hyper-parameters

    | Git commit | 43a303c |
    |---|---|

    ## Artifacts

    - `eval_results/rate.json`

Good:

    Repository: acme/lab@43a303c:eval_results/rates.json

    # Detailed report

    ## Setup & hyper-parameters

    | Git commit | 43a303c |
    |---|---|

    ## Artifacts

    - `eval_results/rates.json`
"""

import re
from collections.abc import Iterator
from itertools import islice

from epm_lint.markdown.blocks import Prose, Section
from epm_lint.model import Finding, Page, Repository, Rule, Verdict, option
from epm_lint.page.card import card_rows
from epm_lint.page.links import LinkMention, mentions
from epm_lint.page.sections import part, setup
from epm_lint.patterns import Pattern
from epm_lint.quoting import clip, quote
from epm_lint.values import dataclass

_EXTENSIONS = (
    *("py", "sh", "ipynb", "md", "txt", "log", "toml", "yaml", "yml", "json", "jsonl", "csv"),
    *("tsv", "parquet", "npy", "npz", "gz", "zip", "pt", "safetensors", "png", "pdf", "svg"),
    *("jpg", "jpeg", "html", "j2"),
)
_PATH = Pattern(r"(?:[\w.@+=-]{1,200}/){0,20}[\w.@+=-]{1,200}\.(\w{1,12})")
_BRACES = Pattern(r"([^{}\s]{0,300})\{([^{}\s]{1,200})\}([^{}\s]{0,100})")
_HOST = Pattern(r"[\w-]{1,60}(?:\.[\w-]{1,60}){0,3}\.(?:com|co|org|net|io|ai|dev|edu)")
_HASH = Pattern(r"(?<![\w/])[0-9a-f]{7,40}(?![\w/])")
_SERVICE = Pattern(r"\b(?:wandb|weights & biases|hugging ?face|hf|hub|s3|gcs|zenodo)\b", re.I)


@dataclass(frozen=True)
class Options:
    """What the rule can be told."""

    extensions: tuple[str, ...] = option(_EXTENSIONS, "endings that make a word a file's path")
    most_paths: int = option(200, "how many paths of a page are looked up at most")


@dataclass(frozen=True, slots=True)
class Named:
    """A path, and where the page names it."""

    path: str
    line: int
    listed: bool
    """Whether the section Artifacts names it."""


def check(page: Page, options: Options) -> Verdict:
    """Each path named is in the repository at the page's commit, or beside the draft."""
    named = list(islice(_paths(page, options), options.most_paths))
    found = mentions(page.document)
    links = list(islice(_own_links(page.repository, found), options.most_paths))
    if not named and not links:
        return Verdict.skipped("the page names no files of a repository")
    commits = _commits(page, found)
    places = {m.address.repository.casefold() for m in found}
    name = page.repository.name if page.repository else None
    elsewhere = bool(name and places and name.casefold() not in places)
    repository = None if elsewhere else page.repository
    absent, doubtful = _links(repository, links) if repository else ([], [])
    known = [commit for commit in commits if repository and repository.has_commit(commit)]
    if repository and named and commits and not known:
        message = f"the commit {commits[0][:12]} is not in the history at hand"
        line = next((n.line for n in named), 1)
        doubtful.append(Finding(message, line, fix=_FETCH))
    uncommitted = _admits_changes(page)
    left = 0
    draft = _figures_beside(page)
    folders = {"", *map(_folder, draft)}
    for each in named:
        if each.path in page.beside:
            continue
        if repository and known:
            _look_up(repository, known, each, doubtful if uncommitted else absent, doubtful)
        elif draft and each.listed and _folder(each.path) in folders:
            message = f"no file {quote(each.path)} beside the draft"
            doubtful.append(Finding(message, each.line, fix="put it there, or correct the name"))
        else:
            left += each.listed
    return _verdict(named, links, absent, doubtful, left, _why_not(page, elsewhere, commits))


_FETCH = "fetch the whole history (a shallow checkout lacks it), or correct the commit"


def _verdict(
    named: list[Named],
    links: list[LinkMention],
    absent: list[Finding],
    doubtful: list[Finding],
    left: int,
    reason: str,
) -> Verdict:
    findings = sorted([*absent, *doubtful], key=lambda finding: finding.line)
    if absent:
        return Verdict.failed(f"{len(absent)} file(s) are not there", findings)
    if doubtful:
        return Verdict.warned(f"{len(doubtful)} file(s) cannot be confirmed", findings)
    judged = sum(each.listed for each in named) - left
    if not judged and (left or not links):
        return Verdict.skipped(reason)
    rest = f"; {left} not judged: {reason}" if left else ""
    return Verdict.passed(f"{judged + len(links)} file(s) found{rest}")


def _why_not(page: Page, elsewhere: bool, commits: list[str]) -> str:
    if page.repository is None:
        return "no repository at hand"
    if elsewhere:
        return f"the page's files are not in {clip(page.repository.name or '', 60)}"
    return "their commit is not at hand" if commits else "the page names no commit"


def _look_up(
    repository: Repository,
    commits: list[str],
    named: Named,
    absent: list[Finding],
    doubtful: list[Finding],
) -> None:
    if any(repository.read(commit, named.path) is not None for commit in commits):
        return
    where = ", ".join(commit[:7] for commit in commits[:3])
    message = f"{quote(named.path)} is not in the repository at {where}"
    if later := repository.last_commit(named.path):
        fix = f"name the commit that has it, such as {later[:12]}"
        doubtful.append(Finding(message, named.line, fix=fix))
    elif named.listed and "/" in named.path:
        absent.append(Finding(message, named.line, fix="commit it, or correct the path"))
    elif named.listed:
        fix = "commit it, or write its whole path"
        doubtful.append(Finding(message, named.line, fix=fix))


def _own_links(
    repository: Repository | None, found: tuple[LinkMention, ...]
) -> Iterator[LinkMention]:
    """Links to single files of the checkout at hand, pinned to a commit."""
    for mention in found:
        address = mention.address
        is_tree = "/tree/" in mention.url[: address.start]
        if repository and address.is_in(repository.name) and address.pinned and not is_tree:
            yield mention


def _links(repository: Repository, links: list[LinkMention]) -> tuple[list[Finding], list[Finding]]:
    absent, doubtful = [], []
    for mention in links:
        address = mention.address
        if not repository.has_commit(address.ref):
            message = f"the commit {address.ref[:12]} is not in the history at hand"
            doubtful.append(Finding(message, mention.line, fix=_FETCH))
        elif repository.read(address.ref, address.path) is None:
            message = f"{quote(address.path)} is not in the repository at {address.ref[:7]}"
            absent.append(Finding(message, mention.line, fix="correct the address"))
    return absent, doubtful


def _admits_changes(page: Page) -> bool:
    """Whether the card says that what ran was not what its commit has."""
    card = setup(page)
    rows = card_rows(card.parts) if card else ()
    return any("commit" in r.label.lower() and "uncommitted" in r.value.lower() for r in rows)


def _commits(page: Page, found: tuple[LinkMention, ...]) -> list[str]:
    """The commits that the page stands for, the one of its first line before all others."""
    declared = page.document.declared("commit") or ""
    commits = [declared] if _HASH.fullmatch(declared) else []
    if card := setup(page):
        for row in card_rows(card.parts):
            if "commit" in row.label.lower():
                commits += _HASH.findall(row.value)
    commits += [m.address.ref for m in found if m.address.pinned]
    return list(dict.fromkeys(commits))[:8]


def _figures_beside(page: Page) -> set[str]:
    """The figures that lie beside the page: none, if it is no draft."""
    return {
        name
        for block in page.document.walk_blocks()
        for prose in block.prose
        for figure in prose.figures
        if "://" not in figure.url and (name := figure.url.removeprefix("./")) in page.beside
    }


def _paths(page: Page, options: Options) -> Iterator[Named]:
    seen: set[str] = set()
    artifacts = part(page, "artifacts")
    inside = set(_lines(artifacts)) if artifacts else set()
    blocks = [*(artifacts.walk_blocks() if artifacts else ()), *page.document.walk_blocks()]
    for block in blocks:
        for prose in block.prose:
            listed = prose.line in inside
            for path, line in _in_prose(prose, listed, options):
                if path not in seen and not _SERVICE.search(page.document.lines[line - 1]):
                    seen.add(path)
                    yield Named(path, line, listed)


def _lines(section: Section) -> range:
    return range(section.line, section.end_line + 1)


def _in_prose(prose: Prose, listed: bool, options: Options) -> Iterator[tuple[str, int]]:
    words = [(span.text.strip(), span.line, True) for span in prose.code]
    if listed:
        for line, text in enumerate(prose.words.split("\n"), start=prose.line):
            words += [(word.strip("()[],;:\"'"), line, False) for word in text.split()]
    for word, line, in_code in words:
        braces = _BRACES.fullmatch(word)
        each = [braces[1] + b + braces[3] for b in braces[2].split(",")] if braces else [word]
        for path in each:
            bare = path.removeprefix("./").rstrip(".")
            match = _PATH.fullmatch(bare)
            if match and match[1].lower() in options.extensions and (in_code or "/" in bare):
                steps = bare.split("/")
                if ".." not in steps and not (len(steps) > 1 and _HOST.fullmatch(steps[0])):
                    yield bare, line


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


RULE = Rule("artifacts", "Artifacts", check, options=Options(), doc=__doc__)
