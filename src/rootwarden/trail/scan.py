"""One file, read for what an interest wants: a plain function of the file, for any number of processes.

A file is inflated once, and searched as it comes out. Most are ruled out by that, and not looked at again.
What may hold something wanted is split into records, and only those that may be wanted are decoded. A file larger than
a window goes through memory window by window.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from rootwarden.detect.visits.event import Event, read_event
from rootwarden.trail.byte_filter import Search, filter_of
from rootwarden.trail.counts import Counts, Problem
from rootwarden.trail.csv_export import Export, is_export
from rootwarden.trail.document import document_of, unwrapped
from rootwarden.trail.first_look import Look, beginning, first_look, look_through, looks_whole
from rootwarden.trail.framing import Framer
from rootwarden.trail.glance import glance_of
from rootwarden.trail.inflate import Inflation
from rootwarden.trail.limits import Limits
from rootwarden.trail.opening import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.visits.interest import Interest
    from rootwarden.trail.byte_filter import ByteFilter
    from rootwarden.trail.opening import Opened

_PARTS: Final = 16
# Where every fourth part holds something, looking at each record is quicker than searching for the ones that do.
_MANY: Final = 4
_ENOUGH: Final = 3
NO_RECORD: Final = "it holds no CloudTrail record"
_LIMITS: Final = Limits()
_NO_LOOK: Final = Look()


class ScannedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a file.

    Attributes:
        events: What was wanted, in the order of the file.
        counts: What was read.
        problems: Why it was not read to its end, or not in full; what came before is in `events`.
    """

    events: tuple[Event, ...]
    counts: Counts
    problems: tuple[Problem, ...]


def scan_file(source: Path | bytes, interest: Interest, *, name: str = "", limits: Limits = _LIMITS) -> ScannedFile:
    """Read one file.

    Args:
        source: A file, or its bytes, packed with gzip or not.
        interest: What is wanted.
        name: What people call it; the path by default.
        limits: How much it may take.

    Returns:
        The events and counts. A file that cannot be read, or only in part, is a problem and no error.
    """
    look = looked_at(source, interest, limits)
    if look.ruled_out:
        return ScannedFile(events=(), counts=counts_of(look), problems=())
    named = name or (str(source) if isinstance(source, Path) else "-")
    scan = Scan(source, interest, name=named, limits=limits, look=look)
    events = tuple(scan.events())
    return ScannedFile(events=events, counts=scan.counts(), problems=tuple(scan.problems))


def looked_at(source: Path | bytes | BinaryIO, interest: Interest, limits: Limits) -> Look:
    """What looking through a file comes to, before anything is made ready to read it; nothing for what is no file."""
    return look_through(source, filter_of(interest), limits) if isinstance(source, Path) else _NO_LOOK


def counts_of(look: Look) -> Counts:
    """What was read of a file that was ruled out by looking through it."""
    return Counts(files=1, ruled_out=1, packed=look.packed, inflated=look.inflated, about=look.about)


class Scan:
    """One file being read; for callers that cannot keep all its events at once.

    Args:
        source: A file, its bytes, or a stream that can be read once.
        interest: What is wanted.
        name: What people call it.
        limits: How much it may take.
        look: What looking through it came to, if it is a file that was looked through before.

    Attributes:
        problems: Why it was not read in full, so far.
    """

    def __init__(
        self,
        source: Path | bytes | BinaryIO,
        interest: Interest,
        *,
        name: str,
        limits: Limits = _LIMITS,
        look: Look = _NO_LOOK,
    ) -> None:
        self._source = source
        self._look = look
        self._interest = interest
        self._filter = filter_of(interest)
        self._name = name
        self._limits = limits
        self._ruled_out = False
        self._records = self._wanted = self._unreadable = self._about = 0
        self._packed = self._inflated = self._members = 0
        self._irregular: dict[str, int] = {}
        self.problems: list[Problem] = []

    def events(self) -> Iterator[Event]:
        """The wanted events, in the order of the file; to be asked once."""
        try:
            with opened(self._source) as source:
                yield from self._read(source, self._look)
        except OSError as error:
            self._problem(f"it cannot be read: {error.strerror or error}".lower())

    def counts(self) -> Counts:
        """What was read so far."""
        return Counts(
            files=1,
            ruled_out=int(self._ruled_out),
            packed=self._packed,
            inflated=self._inflated,
            records=self._records,
            about=max(self._about, self._records),
            wanted=self._wanted,
            unreadable=self._unreadable,
            several_members=int(self._members > 1),
            irregular=self._irregular,
        )

    def _read(self, source: Opened, look: Look) -> Iterator[Event]:
        inflation = Inflation(source.file, self._limits, size=source.size)
        pieces = inflation.pieces()
        if look.found or not source.file.seekable():
            yield from self._read_in_full(inflation, pieces, found=look.found)
            return
        start = source.file.tell()
        look = first_look(inflation, pieces, self._filter)
        if look.ruled_out:
            self._ruled_out, self._about = True, look.about
            self._took(inflation)
        elif look.first:
            yield from self._read_in_full(inflation, chain([look.first], pieces), found=True)
        else:
            source.file.seek(start)
            inflation = Inflation(source.file, self._limits, size=source.size)
            pieces = inflation.pieces()
            yield from self._read_in_full(inflation, pieces, found=look.found)

    def _read_in_full(self, inflation: Inflation, pieces: Iterator[bytes], *, found: bool) -> Iterator[Event]:
        first = next(pieces, b"")
        whole = chain([first], pieces)
        yield from self._read_table(whole) if is_export(first) else self._read_records(whole, inflation, found=found)
        self._took(inflation)
        if inflation.damage:
            self.problems.insert(0, Problem(self._name, inflation.detail))

    def _took(self, inflation: Inflation) -> None:
        self._packed, self._inflated, self._members = inflation.packed, inflation.inflated, inflation.members

    def _read_table(self, pieces: Iterator[bytes]) -> Iterator[Event]:
        export = Export(self._limits.record)
        for document in export.documents(pieces):
            yield from self._wanted_in(document)
        self._records, self._unreadable = export.rows, self._unreadable + export.unreadable
        if export.broken:
            self._problem(export.broken)
        self._say_unreadable()

    def _read_records(self, pieces: Iterator[bytes], inflation: Inflation, *, found: bool) -> Iterator[Event]:
        framer = Framer(self._limits.record)
        before = strange = False
        for window in _windows(pieces, Search(self._filter, found=found), self._limits.window):
            alone = window.last and not framer.begun
            if alone and self._rules_out(window, inflation):
                return
            whole = False
            for section in framer.sections(window.data(), last=window.last):
                whole = True
                if window.last or ((before or window.may_hold) and self._filter.may_hold(section)):
                    records = framer.records(section, last=window.last)
                    yield from self._wanted_of(records)
                    strange = alone and not inflation.damage and not _is_log(records, framer)
            before = window.may_hold or (before and not whole)
            if framer.lost or self._unreadable > self._limits.broken:
                self._problem("no end of a record was found" if framer.lost else "too many records are unreadable")
                return
        if strange and not self._wanted:
            self._problem(NO_RECORD)
        elif framer.cut and not inflation.damage:
            self._problem("the JSON ends in the middle")
        if framer.torn:
            self._problem("a record that holds others could not be told from them")
        self._say_unreadable()

    def _rules_out(self, window: Window, inflation: Inflation) -> bool:
        """Whether nothing wanted can be in a file that is one window, and it looks whole."""
        begins = beginning(window.pieces[0] if window.pieces else b"")
        end = window.pieces[-1] if window.pieces else b""
        self._ruled_out = not (window.may_hold or inflation.damage) and looks_whole(begins, end)
        self._about = begins.about(inflation.inflated)
        return self._ruled_out

    def _wanted_of(self, records: Sequence[bytes]) -> Iterator[Event]:
        self._records += len(records)
        glance = glance_of(self._interest)
        for record in _holding(records, self._filter):
            if not glance.may_want(record):
                continue
            document = document_of(record)
            if document is None:
                self._unreadable += 1
                continue
            yield from self._wanted_in(document)

    def _wanted_in(self, document: Document) -> Iterator[Event]:
        for each in unwrapped(document):
            if self._interest.wants(each):
                event = read_event(each)
                self._wanted += 1
                for field in event.irregular:
                    self._irregular[field] = self._irregular.get(field, 0) + 1
                yield event

    def _say_unreadable(self) -> None:
        if self._unreadable:
            self._problem(f"{self._unreadable} of its records cannot be read")

    def _problem(self, reason: str) -> None:
        self.problems.append(Problem(self._name, reason))


class Window(NamedTuple):
    """A part of a file: its pieces, whether they may hold something wanted or a part of it, and whether it ends."""

    pieces: list[bytes]
    may_hold: bool
    last: bool

    def data(self) -> bytes:
        """The part whole."""
        return b"".join(self.pieces)


def _windows(pieces: Iterable[bytes], search: Search, size: int) -> Iterator[Window]:
    """The content in windows; at least one. Each piece is searched while it is still in the processor's cache."""
    length = 0
    first = True
    for piece in pieces:
        if length >= size:
            holds = search.holds_part()
            yield Window(search.next_window(), holds, last=False)
            length, first = 0, False
        search.add(piece)
        length += len(piece)
    holds = search.may_hold() if first else search.holds_part()
    yield Window(search.next_window(), holds, last=True)


def _holding(records: Sequence[bytes], wanted: ByteFilter) -> Iterator[bytes]:
    """The records that may be wanted, in order; found by parts of parts where they are few."""
    size = max(1, len(records) // _PARTS)
    parts = [records[start : start + size] for start in range(0, len(records), size)]
    holding = [part for part in parts if wanted.may_hold(b"".join(part))]
    if size == 1 or len(holding) * _MANY > len(parts):
        yield from chain.from_iterable(holding)
    else:
        for part in holding:
            yield from _holding(part, wanted)


def _is_log(records: Sequence[bytes], framer: Framer) -> bool:
    """Whether a file that fits one window holds records of CloudTrail, or none at all."""
    if not records:
        return not framer.cut
    documents = (document_of(record) for record in records[:_ENOUGH])
    return any(document is not None and any(unwrapped(document)) for document in documents)
