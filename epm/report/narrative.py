"""An experiment's own prose, checked before the run that it is to report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, meta, nodes

from epm.errors import DefinitionError, suggest
from epm.report.render import CONTEXT, NARRATIVE, SKELETON, TITLE_TEMPLATE, templates


def check(experiment_folder: Path) -> list[str]:
    """Look over the templates of an experiment.

    Returns:
        What is not there, in words: the page then has the default prose.

    Raises:
        DefinitionError: a template cannot be compiled, builds on another that is not there,
            overrides a block that no page has, or uses a name that no page gives it.
    """
    environment = templates(experiment_folder)
    absent = []
    for name in (NARRATIVE, TITLE_TEMPLATE):
        path = experiment_folder / name
        if not path.is_file():
            absent.append(f"no {name}: the page has the default {_called(name)}")
            continue
        try:
            source = path.read_text(encoding="utf-8")
            parsed = environment.parse(source, name, str(path))
            environment.compile(source, name, str(path))
        except UnicodeDecodeError as error:
            raise DefinitionError(f"{path} is no UTF-8 text: {error}", "save it as such") from None
        except TemplateSyntaxError as error:
            raise DefinitionError(
                f"{path} line {error.lineno}: {error.message}", "mend the template"
            ) from None
        for line, what, remedy in _faults(environment, parsed):
            raise DefinitionError(f"{path} line {line}: {what}", remedy)
    return absent


def _called(name: str) -> str:
    return "title" if name == TITLE_TEMPLATE else "prose"


def _faults(environment: Environment, parsed: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """Line, what is wrong, and what to do."""
    loader = environment.loader
    assert loader is not None  # noqa: S101 - `templates` gives it one
    references: list[nodes.Extends | nodes.Import | nodes.FromImport | nodes.Include] = [
        *parsed.find_all(nodes.Extends),
        *parsed.find_all(nodes.Import),
        *parsed.find_all(nodes.FromImport),
        *parsed.find_all(nodes.Include),
    ]
    for reference in references:
        other = reference.template
        if isinstance(other, nodes.Const) and isinstance(other.value, str):
            try:
                loader.get_source(environment, other.value)
            except TemplateNotFound:
                known = suggest(other.value, environment.list_templates())
                yield reference.lineno, f"there is no template '{other.value}'", known
    extends = any(isinstance(reference, nodes.Extends) for reference in references)
    skeleton = _blocks(environment.parse(loader.get_source(environment, SKELETON)[0]))
    for block, line in _blocks(parsed).items():
        if extends and block not in skeleton:
            yield line, f"the page has no block '{block}'", suggest(block, sorted(skeleton))
    for name, line in _unknown(parsed):
        yield line, f"the page gives its templates no '{name}'", suggest(name, sorted(CONTEXT))


def _blocks(template: nodes.Template) -> dict[str, int]:
    """Line by name, of the blocks of a template."""
    return {block.name: block.lineno for block in template.find_all(nodes.Block)}


def _unknown(parsed: nodes.Template) -> Iterator[tuple[str, int]]:
    """Names that are neither given nor made in the template, with their first line."""
    made = {name.name for name in parsed.find_all(nodes.Name) if name.ctx != "load"}
    made |= {macro.name for macro in parsed.find_all(nodes.Macro)}
    made |= {each.target for each in parsed.find_all(nodes.Import)}
    for each in parsed.find_all(nodes.FromImport):
        made |= {name[1] if isinstance(name, tuple) else name for name in each.names}
    # who asks whether it is defined knows that it may not be
    for test in parsed.find_all(nodes.Test):
        if test.name == "defined" and isinstance(test.node, nodes.Name):
            made.add(test.node.name)
    lacking = meta.find_undeclared_variables(parsed) - made - CONTEXT
    for name in parsed.find_all(nodes.Name):
        if name.name in lacking:
            lacking.remove(name.name)
            yield name.name, name.lineno
