"""One record as bytes into a document, and out of the envelopes CloudTrail records travel in.

What msgspec refuses is read again as leniently as possible: bytes that are no UTF-8, half surrogates, control
characters and numbers past every range say nothing about whether root was there.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.filter_pattern import Event as Document

_DEEPEST: Final = 4
_SURROGATES: Final = re.compile(
    r"\\\\|(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_BRACKET: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
# CloudTrail's own fields lie four deep; Python's JSON reader gives up somewhere below a thousand.
_DEEPEST_VALUE: Final = 100
# Beyond this Python refuses to make a whole number of a text; CloudTrail writes none longer than sixteen digits.
_MOST_DIGITS: Final = 400
_REPLACEMENT: Final = "\\ufffd"
_RECORD_FIELDS: Final = ("eventName", "userIdentity", "eventSource", "eventID")
_decoder: Final = msgspec.json.Decoder()


def document_of(record: bytes) -> Document | None:
    """Decode one record.

    Returns:
        The document; `None` when no JSON reader can make an object of it.
    """
    try:
        found = _decoder.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = _lenient(record)
    return found if isinstance(found, dict) else None


def unwrapped(document: Document, depth: int = 0) -> Iterator[Document]:
    """The CloudTrail records in a document: itself, or what it carries.

    An EventBridge event has the record as `detail`, CloudTrail Lake as `eventData` (an object or a text), LookupEvents
    as the text `CloudTrailEvent`, CloudWatch Logs as `message` of each of `logEvents`. What has a field of a record may
    be an envelope all the same.
    """
    if any(name in document for name in _RECORD_FIELDS) and "CloudTrailEvent" not in document:
        yield document
    if depth >= _DEEPEST:
        return
    for name in ("detail", "eventData", "CloudTrailEvent", "message", "Message"):
        inner = document.get(name)
        if isinstance(inner, str):
            inner = document_of(inner.encode("utf-8", "replace"))
        if isinstance(inner, dict):
            yield from unwrapped(inner, depth + 1)
    for name in ("Records", "logEvents", "Events"):
        inner = document.get(name)
        for each in inner if isinstance(inner, list) else ():
            if isinstance(each, dict):
                yield from unwrapped(each, depth + 1)


def _lenient(record: bytes) -> object:
    text = _SURROGATES.sub(_paired, record.decode("utf-8", "replace"))
    try:
        return _python_reads(text)
    except RecursionError:
        pass
    try:
        return _python_reads(_shallow(text))
    except RecursionError:
        return None


def _python_reads(text: str) -> object:
    try:
        return json.loads(text, strict=False, parse_int=_number)
    except ValueError:
        return None


def _shallow(text: str) -> str:
    """The text with `null` for every value that nests too deep, so that no parameter of a request hides the request."""
    parts: list[str] = []
    depth = start = end = 0
    for token in _BRACKET.finditer(text):
        if token[0] in "[{":
            depth += 1
            start = token.start() if depth == _DEEPEST_VALUE else start
        elif token[0] in "]}":
            if depth == _DEEPEST_VALUE:
                parts += (text[end:start], "null")
                end = token.end()
            depth -= 1
    return "".join((*parts, text[end:]))


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _paired(found: re.Match[str]) -> str:
    """An escaped backslash and a whole pair as they are, half a pair as the replacement character."""
    return found[0] if found[1] or found[0] == "\\\\" else _REPLACEMENT
