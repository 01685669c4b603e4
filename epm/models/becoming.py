"""Modules that are of another kind for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def become(
    kind: type, model: Any, attributes: Mapping[str, Mapping[str, object]]
) -> Iterator[None]:
    """Make modules, by name, another kind of module for a while, with what that needs."""
    modules = {name: model.get_submodule(name) for name in attributes}
    kinds = {name: type(module) for name, module in modules.items()}
    try:
        for name, module in modules.items():
            vars(module).update(attributes[name])
            module.__class__ = kind
        yield
    finally:
        for name, module in modules.items():
            module.__class__ = kinds[name]
            for attribute in attributes[name]:
                vars(module).pop(attribute, None)
