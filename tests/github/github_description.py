"""GitHub's own description of its API, which each request of ours must obey."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from faulty_proxy import Request
from jsonschema import Draft4Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

_HOME = "urn:github"


class Description:
    """`@octokit/openapi`, for api.github.com."""

    def __init__(self, modules: Path) -> None:
        path = modules / "@octokit" / "openapi" / "generated" / "api.github.com.json"
        self._document = json.loads(path.read_text(encoding="utf-8"))
        resource = DRAFT4.create_resource(self._document)
        self._registry: Any = Registry().with_resource(_HOME, resource)
        # a fixed word before a placeholder: /issues/comments/{id} before /issues/{number}/{x}
        self._paths = sorted(self._document["paths"], key=lambda path: path.count("{"))
        self._operation = lru_cache(self._find)

    def problems(self, request: Request) -> list[str]:
        """What is wrong with a request; nothing for GraphQL, which this does not describe."""
        parts = urlsplit(request.path)
        if parts.path == "/graphql":
            return []
        found = self._operation(request.verb, parts.path)
        if found is None:
            return [f"there is no {request.verb} {parts.path}"]
        template, operation = found
        return [*self._query(operation, parts.query), *self._body(template, request)]

    def _find(self, verb: str, path: str) -> tuple[str, Any] | None:
        for template in self._paths:
            pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
            operation = self._document["paths"][template].get(verb.lower())
            if operation and re.fullmatch(pattern, path):
                return template, operation
        return None

    def _query(self, operation: Any, query: str) -> list[str]:
        known = {}
        for one in operation.get("parameters", []):
            one = self._resolved(one)
            if one["in"] == "query":
                known[one["name"]] = self._resolved(one["schema"])
        problems = []
        for name, value in parse_qsl(query):
            if name not in known:
                problems.append(f"there is no parameter {name}")
            elif value not in known[name].get("enum", [value]):
                problems.append(f"{name} cannot be {value}")
            elif known[name].get("type") == "integer" and not value.isdecimal():
                problems.append(f"{name} is no number: {value}")
        return problems

    def _body(self, template: str, request: Request) -> list[str]:
        place = ["paths", template, request.verb.lower(), "requestBody"]
        schema = [*place, "content", "application/json", "schema"]
        if not request.body:
            return []
        pointer = "/".join(quote(key.replace("~", "~0").replace("/", "~1")) for key in schema)
        validator = Draft4Validator({"$ref": f"{_HOME}#/{pointer}"}, registry=self._registry)
        return [error.message for error in validator.iter_errors(request.json)]

    def _resolved(self, value: Any) -> Any:
        if "$ref" not in value:
            return value
        found = self._document
        for key in value["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return found
