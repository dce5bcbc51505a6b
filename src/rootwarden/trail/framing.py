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
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

BOM: Final = b"\xef\xbb\xbf"
_BLANKS: Final = b" \t\r\n"
_LIST: Final = re.compile(rb'\s*+(?:\{\s*+"Records"\s*+:\s*+)?\[')
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_BETWEEN_RECORDS: Final = b'},{"eventVersion"'
_BETWEEN_LINES: Final = (b"}\n{", b"}\r\n{")


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
        lost: Whether no end of a record was found for longer than any record is.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest = b""
        self.begun = False
        self._in_list = False
        self._ended = False
        self.cut = False
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
            section = self._begin(section)
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
        end = 0
        for _, end in objects(data):  # noqa: B007 - the last one is what matters
            pass
        return data[end:]

    def _counted(self, section: bytes, *, last: bool) -> list[bytes]:
        spans = list(objects(section))
        rest = section[spans[-1][1] if spans else 0 :].strip(_BLANKS + b",")
        if last:
            self.cut = not rest.startswith(b"]") if self._in_list else bool(rest)
        return [section[start:end] for start, end in spans]


def objects(data: bytes) -> Iterator[tuple[int, int]]:
    """Where whole objects begin and end in a list or a row of them, by counting brackets outside texts.

    Args:
        data: Behind the `[` of a list, or from the first object on.
    """
    depth = start = 0
    for token in _TOKEN.finditer(data):
        sign = data[token.start()]
        if sign in b"[{":
            if depth == 0:
                start = token.start()
            depth += 1
        elif sign in b"]}":
            depth -= 1
            if depth < 0:
                return
            if depth == 0 and sign in b"}" and data[start] in b"{":
                yield start, token.end()


def _whole_file(data: bytes) -> list[bytes] | None:
    """The records of a file that is one document; `None` when it is something else, or broken."""
    try:
        if data.lstrip(_BLANKS)[:1] == b"[":
            return [bytes(each) for each in _list.decode(data)]
        whole = _whole.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    for found in (whole.Records, whole.Events, whole.logEvents):
        if found is not msgspec.UNSET:
            return [bytes(each) for each in found]
    return [data]


def _is_object(line: bytes) -> bool:
    """Whether a line is one JSON value; the records in it are read one by one later."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
