"""CBOR (RFC 8949), as far as Smithy RPC v2 uses it: what CloudWatch speaks with today's SDKs.

Encodes integers, floats, text, bytes, booleans, null, lists, maps and instants (tag 1). Decodes the same, in definite
and indefinite lengths, bounded in depth and by the bytes there are.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, StructureShape

from rootwarden.errors import InternalError

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

DEPTH_LIMIT = 32
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE = 31
_BREAK = 0xFF
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLES = {20: False, 21: True, 22: None, 23: None}


def encode(value: Any) -> bytes:
    """The CBOR form of a value; raises `TypeError` for a type it has none for."""
    out = bytearray()
    _encode(out, value)
    return bytes(out)


def _encode(out: bytearray, value: Any) -> None:  # noqa: C901 - one branch for each type
    if value is None or isinstance(value, bool):
        out.append({None: 0xF6, False: 0xF4, True: 0xF5}[value])
    elif isinstance(value, int):
        _head(out, _UNSIGNED if value >= 0 else _NEGATIVE, value if value >= 0 else -1 - value)
    elif isinstance(value, float):
        out += b"\xfb" + struct.pack(">d", value)
    elif isinstance(value, str):
        data = value.encode()
        _head(out, _TEXT, len(data))
        out += data
    elif isinstance(value, bytes):
        _head(out, _BYTES, len(value))
        out += value
    elif isinstance(value, datetime):
        out.append(0xC1)
        _encode(out, value.timestamp())
    elif isinstance(value, list | tuple):
        _head(out, _ARRAY, len(value))
        for item in value:
            _encode(out, item)
    elif isinstance(value, dict):
        _head(out, _MAP, len(value))
        for key, item in value.items():
            _encode(out, key)
            _encode(out, item)
    else:
        raise TypeError(f"no CBOR form for {type(value).__name__}")


def _head(out: bytearray, major: int, number: int) -> None:
    if number < 24:  # noqa: PLR2004 - RFC 8949 section 3: up to 23 fits the first byte
        out.append(major << 5 | number)
        return
    for info, width in _WIDTHS.items():
        if number < 1 << (8 * width):
            out.append(major << 5 | info)
            out += number.to_bytes(width, "big")
            return
    raise TypeError("integer too large for CBOR")


def decode(data: bytes) -> Any:
    """The value a CBOR document holds; raises `ValueError` when it is malformed, too deep or followed by more."""
    reader = _Reader(data)
    value = reader.item(0)
    if reader.position != len(data):
        raise ValueError("data after the CBOR document")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise ValueError("CBOR document ends early")
        piece = self.data[self.position : end]
        self.position = end
        return piece

    def item(self, depth: int) -> Any:
        if depth > DEPTH_LIMIT:
            raise ValueError("CBOR document too deep")
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if major == _SIMPLE:
            return self.simple(info)
        if major in {_BYTES, _TEXT}:
            return self.text(major, info)
        if major == _ARRAY:
            return [self.item(depth + 1) for _ in self.repeats(info)]
        if major == _MAP:
            return self.map(info, depth)
        number = self.number(info)
        if major == _TAG:
            return self.item(depth + 1)
        return number if major == _UNSIGNED else -1 - number

    def map(self, info: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in self.repeats(info):
            key = self.item(depth + 1)
            if not isinstance(key, str):
                raise ValueError("CBOR map key is no text")  # noqa: TRY004 - the document is wrong, not the caller
            found[key] = self.item(depth + 1)
        return found

    def number(self, info: int) -> int:
        if info < 24:  # noqa: PLR2004 - as in `_head`
            return info
        if info not in _WIDTHS:
            raise ValueError("malformed CBOR length")
        return int.from_bytes(self.take(_WIDTHS[info]), "big")

    def repeats(self, info: int) -> Any:
        if info != _INDEFINITE:
            count = self.number(info)
            if count > len(self.data):
                raise ValueError("CBOR length exceeds the document")
            yield from range(count)
            return
        while not self.at_break():
            yield None

    def at_break(self) -> bool:
        if self.data[self.position : self.position + 1] == bytes([_BREAK]):
            self.position += 1
            return True
        return False

    def text(self, major: int, info: int) -> Any:
        if info == _INDEFINITE:
            pieces = []
            while not self.at_break():
                first = self.take(1)[0]
                if first >> 5 != major or first & 31 == _INDEFINITE:
                    raise ValueError("malformed CBOR string")
                pieces.append(self.take(self.number(first & 31)))
            data = b"".join(pieces)
        else:
            data = self.take(self.number(info))
        return data.decode() if major == _TEXT else data

    def simple(self, info: int) -> Any:
        if info in _SIMPLES:
            return _SIMPLES[info]
        if info in _FLOATS:
            return struct.unpack(_FLOATS[info], self.take(_WIDTHS[info]))[0]
        raise ValueError("unsupported CBOR simple value")


def cbor_parameters(body: bytes) -> dict[str, Any]:
    """The parameters in a CBOR body; raises `ValueError` when it is no map."""
    if not body:
        return {}
    value = decode(body)
    if not isinstance(value, dict):
        raise ValueError("the body is no CBOR map")  # noqa: TRY004 - the document is wrong, not the caller
    return value


def cbor_answer(operation: OperationModel, answer: dict[str, Any], _request_id: str = "") -> bytes:
    """An answer of Smithy RPC v2; raises `InternalError` for a member the model lacks."""
    if operation.output_shape is not None:
        _check(operation.output_shape, answer)
    return encode(_without_null(answer))


def _check(shape: Shape, value: Any) -> None:
    if value is None:
        return
    if isinstance(shape, StructureShape):
        for name, content in value.items():
            if name not in shape.members:
                raise InternalError(f"the simulator answers `{name}`, which botocore's `{shape.name}` does not have")
            _check(shape.members[name], content)
    elif isinstance(shape, ListShape):
        for item in value:
            _check(shape.member, item)
    elif isinstance(shape, MapShape):
        for item in value.values():
            _check(shape.value, item)


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_null(item) for item in value]
    return value


def cbor_error(shape_id: str, message: str) -> bytes:
    """An error of Smithy RPC v2."""
    return encode({"__type": shape_id, "message": message, "Message": message})
