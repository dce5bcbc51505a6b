"""The OpenAPI document of the API, made from the list of its endpoints and their types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden import __version__
from rootwarden.web.api.endpoint import JSON, PREFIX
from rootwarden.web.call import Access
from rootwarden.web.problem import TYPE, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.web.api.endpoint import Endpoint

_PART: Final = re.compile(r"\{([a-z]+)\}")
_REF: Final = "#/components/schemas/{name}"
# Everything else that may go wrong is one document with one of these.
_PROBLEMS: Final = ("400", "401", "403", "404", "409", "413", "415", "429", "500", "503")


def openapi(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The document, as OpenAPI 3.1 has it."""
    listed = tuple(endpoints)
    types = [Problem, *(kind for each in listed for kind in (each.takes, each.gives) if kind is not None)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in listed:
        paths.setdefault(PREFIX + each.path, {})[each.method.lower()] = _operation(each, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rootwarden break-glass",
            "version": __version__,
            "description": "What the pages do, for programs; the rights are the same (docs/break-glass-api.md).",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-rootwarden"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(endpoint: Endpoint, by_type: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": _name(endpoint),
        "parameters": [*map(_part, _PART.findall(endpoint.path)), *(_query(*each) for each in endpoint.query)],
        "responses": {"200": _answer(endpoint, by_type), **{status: _problem(by_type) for status in _PROBLEMS}},
        "security": [] if endpoint.access is Access.ANYBODY else [{"session": []}, {"bearer": []}],
    }
    if endpoint.takes is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": by_type[repr(endpoint.takes)]}},
        }
    return operation


def _name(endpoint: Endpoint) -> str:
    words = re.findall(r"[a-z]+", endpoint.path)
    return "-".join([endpoint.method.lower(), *words])


def _part(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query(name: str, default: int) -> dict[str, Any]:
    # What a JSON number holds without loss; anything larger is no size of a log.
    schema = {"type": "integer", "minimum": 0, "maximum": 9007199254740991, "default": default}
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _answer(endpoint: Endpoint, by_type: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "string"} if endpoint.gives is None else by_type[repr(endpoint.gives)]
    return {"description": endpoint.summary, "content": {endpoint.media: {"schema": schema}}}


def _problem(by_type: dict[str, Any]) -> dict[str, Any]:
    return {"description": "not done, and why", "content": {TYPE: {"schema": by_type[repr(Problem)]}}}
