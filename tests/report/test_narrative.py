"""An experiment's own prose is looked over before the run that it is to report."""

from __future__ import annotations

from pathlib import Path

import pytest

from epm.errors import DefinitionError
from epm.report import narrative
from epm.report.render import CONTEXT, Place, _context
from epm.results.reading import load
from epm.writing.tracing import traced

ROOT = Path(__file__).parent.parent.parent
EXTENDS = '{% extends "clean_result.md.j2" %}\n'


def check(folder: Path, text: str | bytes, name: str = "narrative.md.j2") -> list[str]:
    other = {"narrative.md.j2": "title.txt.j2", "title.txt.j2": "narrative.md.j2"}[name]
    (folder / other).write_text("A title." if other == "title.txt.j2" else EXTENDS)
    content = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(content)
    return narrative.check(folder)


def test_what_is_not_there_is_said_and_no_fault(tmp_path: Path) -> None:
    assert narrative.check(tmp_path) == [
        "no narrative.md.j2: the page has the default prose",
        "no title.txt.j2: the page has the default title",
    ]
    (tmp_path / "title.txt.j2").write_text("A title")
    assert narrative.check(tmp_path) == ["no narrative.md.j2: the page has the default prose"]


def block(inside: str) -> str:
    return f"{EXTENDS}{{% block tldr %}}{inside}{{% endblock %}}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            EXTENDS + "\n{% block tdlr %}{% endblock %}",
            "line 3: the page has no block 'tdlr'; did you mean 'tldr'?",
        ),
        (EXTENDS + "{% block tldr %}", "line 2: Unexpected end of template"),
        (block("{{ identity.title"), "line 2: expected token 'end of print statement'"),
        (block("{% if %}{% endif %}"), "line 2: Expected an expression"),
        (block("{{ identity.title | upcase }}"), "line 2: No filter named 'upcase'"),
        (block("{{ 1 is answerd }}"), "line 2: No test named 'answerd'"),
        (block("\n{{ statistics.alpha }}"), "line 3: the page gives its templates no 'statistics'"),
        (
            block("{% if sevral %}x{% endif %}"),
            "line 2: the page gives its templates no 'sevral'; did you mean 'several'",
        ),
        (
            '{% extends "clean_results.md.j2" %}',
            "line 1: there is no template 'clean_results.md.j2'; did you mean 'clean_result.md.j2'",
        ),
        (
            EXTENDS + '{% import "_macro.md.j2" as m %}',
            "line 2: there is no template '_macro.md.j2'; did you mean '_macros.md.j2'",
        ),
        (b"\xff\xfe", " is no UTF-8 text: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_fault_is_one_line_with_its_place(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        check(tmp_path, text)
    line = str(raised.value)
    assert line.startswith(f"{tmp_path / 'narrative.md.j2'} ")
    assert says in line
    assert raised.value.remedy
    assert "\n" not in line


def test_a_title_is_looked_over_too(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"title\.txt\.j2 line 1: the page gives .* 'titel'"):
        check(tmp_path, "{{ titel }}", "title.txt.j2")


@pytest.mark.parametrize(
    "text",
    [
        EXTENDS,
        "A page of its own, without a skeleton: {{ identity.title }}",
        "{% block mine %}{% endblock %}",
        block("{% set x = seeds %}{{ x }}"),
        block("{% for name in tasks %}{{ name }}{{ loop.index }}{% endfor %}"),
        block("{% macro m(a, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}"),
        block('{% import "_macros.md.j2" as m with context %}{{ m.effect }}'),
        block('{% from "_macros.md.j2" import effect as e %}{{ e }}'),
        block("{% if old is defined %}{{ old }}{% endif %}"),
        block("{{ super() }}{{ range(3) | list }}"),
    ],
)
def test_what_is_no_fault(tmp_path: Path, text: str) -> None:
    assert check(tmp_path, text) == []


def test_the_projects_own_narratives() -> None:
    for experiment in (ROOT / "experiments").glob("issue_*"):
        said = narrative.check(experiment)
        assert [line for line in said if "has the default" not in line] == []


def test_names_that_templates_are_given(finished: Path) -> None:
    results = traced(load(finished / "results.json"))
    assert _context(results, finished, Place()).keys() == CONTEXT
