"""Where one record of a file ends and the next begins, without decoding any of them.

Three layouts: a document with a list of records (`{"Records": […]}`, a bare list), objects one after the other (JSON
Lines, or one alone). A file that fits one window is split by the JSON reader itself. Of a larger one, windows are cut
between two records at places that can be nothing else in JSON:

- `}`, end of line, `{`: no text holds a bare end of line, and nothing inside an object or a list lacks the comma;
- `},{"eventVersion"`: inside a text the last quote would have to be escaped, and behind one that ends a text
  stands no letter.

Where there is no such place, or what lies between them is no list of records, braces are counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

BOM: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n"
_LOG: Final = re.compile(rb'\{\s*+"Records"\s*+:\s*+\[')
_LIST: Final = re.compile(rb"\s*+(?:%s|\[)" % _LOG.pattern)
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_BETWEEN_RECORDS: Final = b'},{"eventVersion"'
_BETWEEN_LINES: Final = (b"}\n{", b"}\r\n{")
_QUOTE, _BRACE = b'"{'
_AROUND: Final = b'{"Records":[]}'
# Brackets that are open in a record of a list of a document, its own among them.
_IN_A_LIST: Final = 3


class _Whole(msgspec.Struct):
    """The documents that hold lists of records: a log file, an answer of LookupEvents, a batch of CloudWatch Logs."""

    Records: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    Events: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    logEvents: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET  # noqa: N815 - as CloudWatch Logs spells it


_whole: Final = msgspec.json.Decoder(_Whole)
_list: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Framer:
    """Splits the windows of one file into records.

    Attributes:
        begun: Whether a window was split already.
        cut: Whether the file ended inside a record or a list.
        torn: Whether a record was cut in two, because it holds what looks like several.
        lost: Whether no end of a record was found for longer than any record is.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""
        self.begun = False
        self._in_list = False
        self._ended = False
        self.cut = False
        self.torn = False
        self.lost = False

    def sections(self, window: bytes, *, last: bool) -> Iterator[bytes]:
        """The part of the file so far that holds whole records only; at most one, and none yet of a long record.

        Args:
            window: What follows in the file.
            last: Whether nothing follows it.
        """
        data = self._rest + window
        self._rest = b""
        if not self.begun:
            data = data.removeprefix(BOM)
            if not last:
                data = self._begin(data)
        if last:
            yield data
            return
        at = self._place(data)
        if at > 0:
            self._rest = data[at:]
            yield data[:at]
        elif len(data) > self._most:
            self._rest = self._by_counting(data)
            yield data[: len(data) - len(self._rest)]
            self.lost = len(self._rest) > self._most
        else:
            self._rest = data

    def records(self, section: bytes, *, last: bool) -> list[bytes]:
        """The records of a section.

        Args:
            section: As `sections` gave it.
            last: Whether it is the end of the file.
        """
        if last and not self.begun:
            whole = _whole_file(section)
            if whole is not None:
                return whole
            section = self._begin(section.removeprefix(BOM))
        if not self._in_list:
            lines = [line for line in section.split(b"\n") if line.strip(_BLANKS)]
            if all(_is_object(line) for line in lines):
                return lines
        elif not last:
            try:
                return [bytes(each) for each in _list.decode(b"[" + section.strip(_BLANKS + b",") + b"]")]
            except (msgspec.DecodeError, RecursionError):
                pass
        return self._counted(section, last=last)

    def _begin(self, data: bytes) -> bytes:
        """Past the beginning of the list, when there is one."""
        self.begun = True
        found = _LIST.match(data)
        self._in_list = found is not None
        return data[found.end() :] if found else data

    def _place(self, data: bytes) -> int:
        if self._in_list:
            return data.rfind(_BETWEEN_RECORDS) + 1
        return max(data.rfind(each) for each in _BETWEEN_LINES) + 1

    def _by_counting(self, data: bytes) -> bytes:
        """What follows the last whole record."""
        spans = split(data).objects
        return data[spans[-1][1] :] if spans else data

    def _counted(self, section: bytes, *, last: bool) -> list[bytes]:
        found = split(section)
        rest = section[found.objects[-1][1] if found.objects else 0 :].strip(_BLANKS + b",]}")
        if last:
            self.cut = bool(rest) or (self._in_list and not found.closes)
        else:
            self.torn |= bool(rest)
        return [section[start:end] for start, end in found.objects]


class Split(NamedTuple):
    """Where whole objects begin and end, and whether a list they stand in ends."""

    objects: list[tuple[int, int]]
    closes: bool


def split(data: bytes) -> Split:
    """Find whole objects in a list, or a row of objects and log files, by counting brackets outside texts.

    Args:
        data: From the first object on; what precedes it may be gone.
    """
    depth = start = inside = 0
    found: list[tuple[int, int]] = []
    closes = False
    for token in _TOKEN.finditer(data):
        sign = data[token.start()]
        if sign == _QUOTE or token.start() < inside:
            continue
        if sign in b"[{":
            log = _LOG.match(data, token.start()) if depth == 0 else None
            if log is not None:
                inside = log.end()
                continue
            start = token.start() if depth == 0 else start
            depth += 1
        elif depth == 0:
            closes = True
        else:
            depth -= 1
            if depth == 0 and data[start] == _BRACE:
                found.append((start, token.end()))
    return Split(found, closes)


def _whole_file(data: bytes) -> list[bytes] | None:
    """The records of a file that is one document; `None` when it is something else, or broken."""
    try:
        if data.lstrip(_BLANKS)[:1] == b"[":
            return [bytes(each) for each in _list.decode(data)]
        whole = _whole.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    lists = [found for found in (whole.Records, whole.Events, whole.logEvents) if found is not msgspec.UNSET]
    if not lists:
        return [data]
    records = [bytes(each) for found in lists for each in found]
    return records if _holds_nothing_else(data, records) else _with_others(data, records)


def _holds_nothing_else(data: bytes, records: list[bytes]) -> bool:
    """Whether a document is one list of records, as CloudTrail writes it, and blanks."""
    around = len(_AROUND) + len(records)
    if len(data) - sum(map(len, records)) <= around:
        return True
    held = sum(len(each.translate(None, _BLANKS)) for each in records)
    return len(data.translate(None, _BLANKS)) - held <= around


def _with_others(data: bytes, records: list[bytes]) -> list[bytes]:
    """The records, and those of every other list of the document: of two lists of one name a reader keeps the last."""
    known = set(records)
    depth = start = 0
    for token in _TOKEN.finditer(data):
        sign = data[token.start()]
        if sign == _QUOTE:
            continue
        if sign in b"[{":
            depth += 1
            start = token.start() if depth == _IN_A_LIST else start
            continue
        if depth == _IN_A_LIST and data[start] == _BRACE and data[start : token.end()] not in known:
            records.append(data[start : token.end()])
        depth -= 1
    return records


def _is_object(line: bytes) -> bool:
    """Whether a line is one JSON value; the records in it are read one by one later."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
