"""What judges can get wrong."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from epm.definition.checks.names import Problem, is_number, not_one_of
from epm.definition.checks.types import shown, wrong_types
from epm.definition.judge_models import Endpoint, LocalJudge
from epm.definition.judges import PLACES, Judge
from epm.definition.model import FolderModel, HubModel, TinyModel, WheelModel
from epm.definition.scorers import plain_text
from epm.errors import suggest

if TYPE_CHECKING:
    from epm.definition.experiment import Experiment

_LOADED = (HubModel, FolderModel, WheelModel, TinyModel)


def problems(experiment: Experiment) -> Iterator[Problem]:
    """Judges that nobody is, that are asked nothing, or whose answers would say nothing."""
    for scorer in experiment.scorers:
        if isinstance(scorer, Judge):
            where = f"judge '{scorer.name}'"
            yield from wrong_types(where, scorer)
            if isinstance(scorer.by, Endpoint | LocalJudge):
                yield from wrong_types(where, scorer.by)
            match scorer.by:
                case Endpoint():
                    yield from _endpoint(where, scorer.by)
                case LocalJudge():
                    model: object = scorer.by.model
                    if not isinstance(model, _LOADED):
                        yield (
                            f"{where}: its model is {shown(model)}",
                            "write one, as in LocalJudge(SMOLLM2_135M)",
                        )
                    yield from _whole(where, scorer.by, ("max_tokens", "batch_size"))
                    if scorer.by.likeliest and (scorer.scale is not None or scorer.pattern):
                        yield (
                            f"{where} weighs labels, but has a scale or a pattern",
                            "give it labels alone, or take likeliest out",
                        )
                case _:
                    yield f"{where}: nobody judges", "say by=Endpoint(…) or by=LocalJudge(…)"
            yield from _asked(where, scorer)
            yield from _read(where, scorer)


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine, and says so."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _endpoint(where: str, judge: Endpoint) -> Iterator[Problem]:
    example = 'as in base_url="https://api.openai.com/v1"'
    try:
        parts = urlsplit(judge.base_url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not judge.base_url.isprintable() or " " in judge.base_url:
        yield f"{where}: its base_url is no address of http or https", example
        return
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        yield (
            f"{where}: its base_url has more in it than an address, and would be published",
            "put a key into an environment variable, and name that: key='MY_KEY'",
        )
        return
    if parts.path.rstrip("/").endswith("/completions"):
        yield f"{where}: its base_url goes on behind the version", example
    if not judge.model.strip():
        yield f"{where}: its model is empty", "name the model as the service does"
    if judge.key and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", judge.key):
        # which is not shown: it may be the key itself
        yield (
            f"{where}: its key is no name of an environment variable",
            "never write a key into a definition: write the name of the variable that holds it",
        )
    yield from not_one_of(
        f"'limit' of {where}", judge.limit, ("max_tokens", "max_completion_tokens")
    )
    yield from _whole(where, judge, ("max_tokens", "concurrency"))
    for name in ("timeout", "longest", "patience"):
        value = getattr(judge, name)
        if not (is_number(value) and value > 0):
            yield f"{where}: {name} is {value!r}", "take seconds, more than 0"
    for name in ("temperature", "prompt_price", "completion_price"):
        value = getattr(judge, name)
        if value is not None and not (is_number(value) and value >= 0):
            yield f"{where}: {name} is {value!r}", "take 0 or more"


def _whole(where: str, judge: object, names: tuple[str, ...]) -> Iterator[Problem]:
    for name in names:
        value = getattr(judge, name)
        if type(value) is not int or value < 1:
            yield f"{where}: {name} is {value!r}", "take a whole number, 1 or more"


def _asked(where: str, judge: Judge) -> Iterator[Problem]:
    named = re.findall(r"\{([a-z_]+)\}", judge.template)
    if "completion" not in named:
        yield f"{where} is never shown the answer", "put {completion} into its template"
    for name in named:
        if name not in PLACES:
            yield f"{where}: nothing is put in for {{{name}}}", suggest(name, PLACES)
    if "rubric" in named and not judge.rubric.strip():
        yield f"{where} has no rubric", 'say what it grades: rubric="Is the answer polite?"'
    if judge.rubric.strip() and "rubric" not in named:
        yield f"{where} has a rubric that its template leaves out", "put {rubric} into it"


def _read(where: str, judge: Judge) -> Iterator[Problem]:
    if bool(judge.labels) == (judge.scale is not None):
        given = "both labels and a scale" if judge.labels else "no labels and no scale"
        yield (
            f"{where} has {given}",
            'give it one: labels=(("yes", True), ("no", False)) or scale=(1, 10)',
        )
        return
    if judge.scale is not None:
        scale: object = judge.scale
        if not (isinstance(scale, tuple) and len(scale) == 2 and all(map(is_number, scale))):
            yield f"{where}: its scale is {scale!r}", "write scale=(1, 10)"
        elif not scale[0] < scale[1]:
            yield f"{where}: its scale goes from {scale[0]} to {scale[1]}", "swap or widen its ends"
    else:
        yield from _labels(where, judge)
    if judge.pattern:
        try:
            groups = re.compile(judge.pattern).groups
        except re.error as error:
            yield f"{where}: {judge.pattern!r} is no regular expression: {error}", "mend it"
        else:
            if groups > 1:
                yield f"{where}: its pattern has {groups} groups", "keep the one that is the score"


def _labels(where: str, judge: Judge) -> Iterator[Problem]:
    labels: object = judge.labels
    remedy = 'write labels=(("yes", True), ("no", False))'
    if not isinstance(labels, tuple) or not all(
        isinstance(each, tuple) and len(each) == 2 and isinstance(each[0], str) for each in labels
    ):
        yield f"{where}: its labels are no pairs of a text and a score", remedy
        return
    names = [plain_text(label) for label, _ in judge.labels]
    if not all(names) or len(set(names)) < len(names):
        yield f"{where}: a label is empty, or stands twice", remedy
    scores = [score for _, score in judge.labels]
    kinds = {isinstance(score, bool) for score in scores}
    if kinds == {True, False} or not all(isinstance(s, bool) or is_number(s) for s in scores):
        yield f"{where}: its scores are not all True or False, nor all numbers", remedy
    elif len(set(scores)) < 2:
        yield f"{where} gives the same score whatever it says", "give its labels other scores"
