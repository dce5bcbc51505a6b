"""Thrift's compact protocol, as far as Parquet's metadata uses it: a structure is its fields by number.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. Every length is checked against what
is there, nesting and the number of values are bounded. Functions without objects: an archive has millions of fields.
"""

from __future__ import annotations

from typing import Any, Final

from rootwarden.archive.damaged import Damaged

_MOST_VALUES: Final = 4_000_000
_DEEPEST: Final = 16
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_SMALLEST_NUMBER, _LARGEST_NUMBER = 4, 6
_LONGEST_NUMBER: Final = 70  # bits, in groups of seven
_LONG_LIST: Final = 15
_MORE: Final = 128


def read_struct(content: bytes) -> tuple[dict[int, Any], int]:
    """The structure at the beginning of some bytes: its fields by number, and how many bytes it takes.

    Raises:
        Damaged: When it is cut short, nested too deep, or holds what the protocol does not know.
    """
    try:
        return _struct(content, 0, 0)
    except IndexError:
        raise Damaged("its metadata is cut short") from None


def _struct(content: bytes, at: int, depth: int) -> tuple[dict[int, Any], int]:
    found: dict[int, Any] = {}
    field = 0
    if depth > _DEEPEST:
        raise Damaged("its metadata is nested too deep")
    while True:
        head = content[at]
        at += 1
        if not head:
            return found, at
        if head >> 4:
            field += head >> 4
        else:
            field, at = _signed(content, at)
        kind = head & 15
        if _SMALLEST_NUMBER <= kind <= _LARGEST_NUMBER:
            value = content[at]
            if value < _MORE:
                found[field] = (value >> 1) ^ -(value & 1)
                at += 1
            else:
                found[field], at = _signed(content, at)
        else:
            found[field], at = _value(content, at, kind, depth)


def _value(content: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    """A value that is no number of its own, or an element of a list."""
    if kind == _BINARY:
        length, at = _unsigned(content, at)
        return _take(content, at, length), at + length
    if kind == _STRUCT:
        return _struct(content, at, depth + 1)
    if kind in (_LIST, _SET):
        return _list(content, at, depth + 1)
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if _SMALLEST_NUMBER <= kind <= _LARGEST_NUMBER:
        return _signed(content, at)
    if kind in (_BYTE, _DOUBLE):
        length = 1 if kind == _BYTE else 8
        return _take(content, at, length), at + length
    raise Damaged("its metadata holds what Parquet does not know")


def _list(content: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    head = content[at]
    count, at = (head >> 4, at + 1) if head >> 4 < _LONG_LIST else _unsigned(content, at + 1)
    kind = head & 15
    if depth > _DEEPEST or count > min(len(content) - at, _MOST_VALUES):
        raise Damaged("its metadata is nested too deep or longer than any snapshot's")
    if kind in (_TRUE, _FALSE):
        return [each == _TRUE for each in _take(content, at, count)], at + count
    found = []
    for _ in range(count):
        value, at = _value(content, at, kind, depth)
        found.append(value)
    return found, at


def _take(content: bytes, at: int, length: int) -> bytes:
    if length > len(content) - at:
        raise IndexError
    return content[at : at + length]


def _unsigned(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < _LONGEST_NUMBER:
        byte = content[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < _MORE:
            return value, at
        shift += 7
    raise Damaged("its metadata holds a number that does not end")


def _signed(content: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(content, at)
    return (value >> 1) ^ -(value & 1), at
