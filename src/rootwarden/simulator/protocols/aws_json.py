"""JSON bodies: wire names and epoch instants, for `json` and `rest-json`."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.model import ListShape, MapShape, StructureShape

from rootwarden.errors import InternalError
from rootwarden.simulator.protocols.xml import timestamp

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

Reshape = Callable[[Any], Any]


@cache
def reshape(shape: Shape) -> Reshape:
    """A function from a handler's value to what stands in the JSON document."""
    if isinstance(shape, StructureShape):
        return _structure(shape)
    if isinstance(shape, ListShape):
        item = reshape(shape.member)
        return lambda values: [item(value) for value in values]
    if isinstance(shape, MapShape):
        inner = reshape(shape.value)
        return lambda entries: {key: inner(value) for key, value in entries.items()}
    if shape.type_name == "timestamp":
        iso = shape.serialization.get("timestampFormat") == "iso8601"
        return timestamp if iso else lambda instant: instant.timestamp()
    if shape.type_name == "blob":
        return lambda data: base64.b64encode(data).decode()
    return lambda value: value


def _structure(shape: StructureShape) -> Reshape:
    members: dict[str, tuple[str, Reshape]] = {}

    def build(value: dict[str, Any]) -> dict[str, Any]:
        out = {}
        for name, content in value.items():
            if content is None:
                continue
            member = members.get(name)
            if member is None:
                member = members[name] = _member(shape, name)
            out[member[0]] = member[1](content)
        return out

    return build


def _member(shape: StructureShape, name: str) -> tuple[str, Reshape]:
    member = shape.members.get(name)
    if member is None:
        raise InternalError(f"the simulator answers `{name}`, which botocore's `{shape.name}` does not have")
    return str(member.serialization.get("name", name)), reshape(member)


def json_answer(operation: OperationModel, answer: dict[str, Any], _request_id: str = "") -> bytes:
    """An answer of the `json` and `rest-json` protocols; the request id goes into a header."""
    if operation.output_shape is None:
        return b"{}"
    return msgspec.json.encode(reshape(operation.output_shape)(answer))


def json_error(code: str, message: str) -> bytes:
    """An error of the `json` and `rest-json` protocols."""
    return msgspec.json.encode({"__type": code, "message": message, "Message": message})


def json_parameters(body: bytes) -> dict[str, Any]:
    """The parameters in a JSON body; raises `ValueError` when it is no object."""
    if not body.strip():
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as problem:
        raise ValueError(str(problem)) from problem
