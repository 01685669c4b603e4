"""An experiment's own prose, checked before the run that it is to report."""

from __future__ import annotations

from pathlib import Path

from jinja2 import TemplateError, nodes

from epm.errors import DefinitionError, suggest
from epm.report.render import NARRATIVE, SKELETON, TITLE_TEMPLATE, templates


def check(experiment_folder: Path) -> list[str]:
    """Look over the templates of an experiment.

    Returns:
        What is not there, in words: the page then has the default prose.

    Raises:
        DefinitionError: a template cannot be parsed, or overrides a block that no page has.
    """
    environment = templates(experiment_folder)
    loader = environment.loader
    assert loader is not None  # noqa: S101 - `templates` gives it one
    absent = []
    for name in (NARRATIVE, TITLE_TEMPLATE):
        path = experiment_folder / name
        if not path.is_file():
            absent.append(f"no {name}: the page has the default {_called(name)}")
            continue
        try:
            parsed = environment.parse(path.read_text(encoding="utf-8"), name, str(path))
        except (TemplateError, UnicodeDecodeError) as error:
            line = getattr(error, "lineno", "?")
            raise DefinitionError(f"{path} line {line}: {error}", "mend the template") from None
        known = _blocks(environment.parse(loader.get_source(environment, SKELETON)[0]))
        extends = any(True for _ in parsed.find_all(nodes.Extends))
        for block, line in _blocks(parsed).items():
            if extends and block not in known:
                raise DefinitionError(
                    f"{path} line {line}: the page has no block '{block}'",
                    suggest(block, sorted(known)),
                )
    return absent


def _called(name: str) -> str:
    return "title" if name == TITLE_TEMPLATE else "prose"


def _blocks(template: nodes.Template) -> dict[str, int]:
    """Line by name, of the blocks of a template."""
    return {block.name: block.lineno for block in template.find_all(nodes.Block)}
