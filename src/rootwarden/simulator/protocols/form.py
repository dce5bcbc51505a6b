"""Parameters of the `query` and `ec2` protocols: a flat form, read back into nested values by the input shape.

`PolicyArns.member.1.arn=x` becomes `{"PolicyArns": [{"arn": "x"}]}`; EC2 leaves `.member` out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from botocore.model import ListShape, MapShape, StructureShape

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

FIELD_LIMIT = 2000
LIST_LIMIT = 500
DEPTH_LIMIT = 12

Fields = dict[str, str]


def parse_form(body: bytes) -> Fields:
    """The fields of a form body; raises `ValueError` when it is none, or has too many fields."""
    pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELD_LIMIT)
    return dict(pairs)


def decode(operation: OperationModel, fields: Fields, *, ec2: bool) -> dict[str, Any]:
    """The parameters of an operation; raises `ValueError` for a value of the wrong type."""
    shape = operation.input_shape
    if shape is None or len(fields) <= 2:  # noqa: PLR2004 - Action and Version are always there
        return {}
    return _structure(shape, fields, "", ec2=ec2, depth=0)


def _structure(shape: StructureShape, fields: Fields, prefix: str, *, ec2: bool, depth: int) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        value = _value(member, fields, prefix + _wire_name(name, member, ec2=ec2), ec2=ec2, depth=depth + 1)
        if value is not None:
            found[name] = value
    return found


def _wire_name(name: str, member: Shape, *, ec2: bool) -> str:
    if ec2:
        own = member.serialization.get("queryName")
        if own:
            return str(own)
        listed = str(member.serialization.get("name", name))
        return listed[:1].upper() + listed[1:]
    return str(member.serialization.get("name", name))


def _value(shape: Shape, fields: Fields, key: str, *, ec2: bool, depth: int) -> Any:
    if depth > DEPTH_LIMIT:
        return None
    if isinstance(shape, StructureShape | ListShape | MapShape):
        if not any(name.startswith(key + ".") for name in fields):
            return None
        if isinstance(shape, StructureShape):
            return _structure(shape, fields, key + ".", ec2=ec2, depth=depth)
        return _list(shape, fields, key, ec2=ec2, depth=depth) if isinstance(shape, ListShape) else None
    text = fields.get(key)
    return None if text is None else _scalar(shape.type_name, text)


def _list(shape: ListShape, fields: Fields, key: str, *, ec2: bool, depth: int) -> list[Any]:
    flat = ec2 or bool(shape.serialization.get("flattened"))
    member = str(shape.member.serialization.get("name", "member"))
    found: list[Any] = []
    while len(found) < LIST_LIMIT:
        item_key = f"{key}.{len(found) + 1}" if flat else f"{key}.{member}.{len(found) + 1}"
        item = _value(shape.member, fields, item_key, ec2=ec2, depth=depth + 1)
        if item is None:
            break
        found.append(item)
    return found


def _scalar(kind: str, text: str) -> Any:
    if kind in {"integer", "long"}:
        return int(text[:20])
    if kind == "boolean":
        return text.lower() == "true"
    return text


def decode_query_string(operation: OperationModel, query: str) -> dict[str, Any]:
    """The scalar parameters of a REST request's query string; raises `ValueError` as `decode` does."""
    shape = operation.input_shape
    if shape is None or not query:
        return {}
    fields = parse_form(query.encode())
    found = {}
    for name, member in shape.members.items():
        text = fields.get(str(member.serialization.get("name", name)))
        if text is not None:
            found[name] = _scalar(member.type_name, text)
    return found
