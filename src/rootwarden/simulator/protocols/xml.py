"""XML bodies: one writer for each shape, made once and reused.

A writer appends text pieces to a list. Structures make their members' writers on first use, so a service as wide as
EC2 costs only what is answered.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, StructureShape

from rootwarden.errors import InternalError

if TYPE_CHECKING:
    from datetime import datetime

    from botocore.model import OperationModel, Shape

# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Writer = Callable[[list[str], Any], None]


def timestamp(instant: datetime) -> str:
    """An instant as the XML protocols write it: `2026-03-02T12:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def content_writer(shape: Shape) -> Writer:
    """The writer of what stands between a shape's tags."""
    if isinstance(shape, StructureShape):
        return _structure_writer(shape)
    if isinstance(shape, ListShape):
        return _list_writer(shape)
    if isinstance(shape, MapShape):
        return _map_writer(shape)
    return _SCALARS.get(shape.type_name, _write_text)


def _structure_writer(shape: StructureShape) -> Writer:
    writers: dict[str, Writer] = {}

    def write(out: list[str], value: dict[str, Any]) -> None:
        for name, content in value.items():
            if content is None:
                continue
            writer = writers.get(name)
            if writer is None:
                writer = writers[name] = _member_writer(shape, name)
            writer(out, content)

    return write


def _member_writer(shape: StructureShape, name: str) -> Writer:
    member = shape.members.get(name)
    if member is None:
        raise InternalError(f"the simulator answers `{name}`, which botocore's `{shape.name}` does not have")
    if isinstance(member, ListShape) and member.serialization.get("flattened"):
        return _element(str(member.member.serialization.get("name", name)), content_writer(member.member), each=True)
    return _element(str(member.serialization.get("name", name)), content_writer(member))


def _element(tag: str, content: Writer, *, each: bool = False) -> Writer:
    opening, closing = f"<{tag}>", f"</{tag}>"

    def write(out: list[str], value: Any) -> None:
        for item in value if each else (value,):
            out.append(opening)
            content(out, item)
            out.append(closing)

    return write


def _list_writer(shape: ListShape) -> Writer:
    return _element(str(shape.member.serialization.get("name", "member")), content_writer(shape.member), each=True)


def _map_writer(shape: MapShape) -> Writer:
    key = _element(str(shape.key.serialization.get("name", "key")), content_writer(shape.key))
    value = _element(str(shape.value.serialization.get("name", "value")), content_writer(shape.value))

    def write(out: list[str], entries: dict[str, Any]) -> None:
        for name, content in entries.items():
            out.append("<entry>")
            key(out, name)
            value(out, content)
            out.append("</entry>")

    return write


def _text(value: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", value))


def _write_text(out: list[str], value: Any) -> None:
    out.append(_text(str(value)))


def _write_boolean(out: list[str], value: Any) -> None:
    out.append("true" if value else "false")


def _write_timestamp(out: list[str], value: Any) -> None:
    out.append(timestamp(value))


def _write_blob(out: list[str], value: Any) -> None:
    out.append(base64.b64encode(value).decode())


_SCALARS: dict[str, Writer] = {"boolean": _write_boolean, "timestamp": _write_timestamp, "blob": _write_blob}


def _content(operation: OperationModel, answer: dict[str, Any]) -> str:
    out: list[str] = []
    if operation.output_shape is not None:
        content_writer(operation.output_shape)(out, answer)
    return "".join(out)


def query_answer(operation: OperationModel, answer: dict[str, Any], request_id: str) -> bytes:
    """An answer of the `query` protocol."""
    name = operation.name
    namespace = operation.service_model.metadata.get("xmlNamespace", "")
    wrapper = (
        operation.output_shape.serialization.get("resultWrapper", f"{name}Result") if operation.output_shape else ""
    )
    result = f"<{wrapper}>{_content(operation, answer)}</{wrapper}>" if wrapper else ""
    return (
        f'<{name}Response xmlns="{namespace}">{result}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
    ).encode()


def ec2_answer(operation: OperationModel, answer: dict[str, Any], request_id: str) -> bytes:
    """An answer of the `ec2` protocol."""
    name = operation.name
    namespace = operation.service_model.metadata.get("xmlNamespace", "")
    return (
        f'<{name}Response xmlns="{namespace}"><requestId>{request_id}</requestId>'
        f"{_content(operation, answer)}</{name}Response>"
    ).encode()


def rest_xml_answer(operation: OperationModel, answer: dict[str, Any], _request_id: str) -> bytes:
    """An answer of the `rest-xml` protocol; S3 names the root element after the operation."""
    tag = f"{operation.name}Result".replace("ListBuckets", "ListAllMyBuckets")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{tag} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{_content(operation, answer)}</{tag}>'
    ).encode()


def query_error(code: str, message: str, *, sender: bool, request_id: str) -> bytes:
    """An error of the `query` protocol."""
    fault = "Sender" if sender else "Receiver"
    return (
        f"<ErrorResponse><Error><Type>{fault}</Type><Code>{_text(code)}</Code><Message>{_text(message)}</Message>"
        f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def ec2_error(code: str, message: str, *, request_id: str) -> bytes:
    """An error of the `ec2` protocol."""
    return (
        f"<Response><Errors><Error><Code>{_text(code)}</Code><Message>{_text(message)}</Message></Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>"
    ).encode()


def rest_xml_error(code: str, message: str, *, request_id: str) -> bytes:
    """An error of S3."""
    return (
        f"<Error><Code>{_text(code)}</Code><Message>{_text(message)}</Message>"
        f"<RequestId>{request_id}</RequestId></Error>"
    ).encode()
