"""Every record of a file, as far as it tells who used what: for permissions granted against used, and for replays.

Only the fields below are decoded, a whole file at a time. A file that has one of them in another kind than documented
is read record by record, so that one odd record costs no other.
"""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar, cast

import msgspec
import stringzilla

from rootwarden.detect.visits.event import read_event
from rootwarden.trail.counts import Counts, Problem
from rootwarden.trail.document import document_of, unwrapped
from rootwarden.trail.framing import Framer
from rootwarden.trail.inflate import Inflation
from rootwarden.trail.limits import Limits
from rootwarden.trail.opening import opened

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.visits.event import Event

_LIMITS: Final = Limits()
_NOTHING: Final = msgspec.Raw()
_REST: Final = 1024**2
_LIST: Final = b'"Records"'
_HEAD: Final = 64
# Nearly all log files are one piece of this size, which needs not be joined with another.
_PIECE: Final = 1024**2
# What decoders raise for what is no JSON, or has a field of another kind than documented.
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class UsedIssuer(msgspec.Struct, frozen=True, gc=False, rename={"kind": "type", "principal": "principalId"}):
    """Whose credentials a session has: `sessionIssuer`, in part.

    Attributes:
        kind: `type`: `Role`, `IAMUser`, `Root`.
        principal: `principalId`: the unique id, without a session name.
        arn: Role, user or root user.
    """

    kind: str | None = None
    principal: str | None = None
    arn: str | None = None


class UsedSession(msgspec.Struct, gc=False, rename={"issuer": "sessionIssuer", "source_identity": "sourceIdentity"}):
    """`sessionContext`, in part.

    Attributes:
        issuer: Whose credentials.
        source_identity: What the first session of a chain was told to say about who is behind it.
    """

    issuer: UsedIssuer | None = None
    source_identity: str | None = None


class UsedIdentity(
    msgspec.Struct,
    gc=False,
    rename={
        "kind": "type",
        "account": "accountId",
        "access_key": "accessKeyId",
        "principal": "principalId",
        "invoked_by": "invokedBy",
        "session": "sessionContext",
    },
):
    """Who made a call: `userIdentity`, in part.

    Attributes:
        kind: `type`.
        arn: Who.
        account: Twelve digits.
        access_key: The key that signed.
        principal: `principalId`.
        invoked_by: The service that asked in the identity's name.
        session: `sessionContext`, of temporary credentials.
    """

    kind: str | None = None
    arn: str | None = None
    account: str | None = None
    access_key: str | None = None
    principal: str | None = None
    invoked_by: str | None = None
    session: UsedSession | None = None


class Used(
    msgspec.Struct,
    gc=False,
    rename={
        "source": "eventSource",
        "name": "eventName",
        "identity": "userIdentity",
        "account": "recipientAccountId",
        "region": "awsRegion",
        "error": "errorCode",
        "time": "eventTime",
        "address": "sourceIPAddress",
        "agent": "userAgent",
        "read_only": "readOnly",
        "management": "managementEvent",
        "parameters": "requestParameters",
        "response": "responseElements",
    },
):
    """One call.

    Attributes:
        source: Service, for example `iam.amazonaws.com`.
        name: Operation.
        identity: Who.
        account: Whose trail has it.
        region: Where.
        error: `errorCode`; `None` where it succeeded.
        time: `eventTime`, as written.
        address: `sourceIPAddress`.
        agent: `userAgent`.
        read_only: `readOnly`.
        management: `managementEvent`; false for data events.
        parameters: `requestParameters`, not decoded; empty where there are none.
        response: `responseElements`, likewise.
        resources: What was touched, not decoded.
    """

    source: str | None = None
    name: str | None = None
    identity: UsedIdentity | None = None
    account: str | None = None
    region: str | None = None
    error: str | None = None
    time: str | None = None
    address: str | None = None
    agent: str | None = None
    read_only: bool | None = None
    management: bool | None = None
    parameters: msgspec.Raw = _NOTHING
    response: msgspec.Raw = _NOTHING
    resources: msgspec.Raw = _NOTHING


class _File(msgspec.Struct):
    Records: list[Used]


_Kind = TypeVar("_Kind", bound=Used)


class Reading(Generic[_Kind]):
    """How records are decoded.

    Args:
        kind: Which fields of a record are decoded.
        file: A struct whose `Records` are a list of them.
        odd: Reads a record in which a field is of another kind than documented.
    """

    def __init__(self, kind: type[_Kind], file: type[msgspec.Struct], odd: Callable[[Document], _Kind]) -> None:
        self.kind = kind
        self.file: msgspec.json.Decoder[Any] = msgspec.json.Decoder(file)
        self.list: msgspec.json.Decoder[list[_Kind]] = msgspec.json.Decoder(GenericAlias(list, (kind,)))
        self.one = msgspec.json.Decoder(kind)
        self.odd = odd


class Look(Protocol):
    """Passes over records of which nothing is wanted, before they are read in full."""

    def passes(self, data: bytes, *, listed: bool) -> int | None:
        """Look at a document with records, or at a list of them.

        Returns:
            How many records there are, where none is wanted; `None` where they are to be read in full.
        """


class _Told:
    """A file that tells a digest what is read of it."""

    def __init__(self, file: BinaryIO, digest: hashlib._Hash) -> None:
        self._file = file
        self._digest = digest

    def read(self, most: int) -> bytes:
        """Read some bytes."""
        data = self._file.read(most)
        self._digest.update(data)
        return data


class CallScan(Generic[_Kind]):
    """One file, every record of it.

    Args:
        source: A file, its bytes or a stream, packed with gzip or not.
        reading: How records are decoded.
        name: What people call it.
        limits: How much it may take.
        digest: Is told every byte of the file as it is stored.
        look: Passes over records, where it can.

    Attributes:
        problems: Why it was not read in full, so far.
    """

    def __init__(
        self,
        source: Path | bytes | BinaryIO,
        reading: Reading[_Kind],
        *,
        name: str = "-",
        limits: Limits = _LIMITS,
        digest: hashlib._Hash | None = None,
        look: Look | None = None,
    ) -> None:
        self._source = source
        self._look = look
        self._reading = reading
        self._digest = digest
        self._name = name
        self._limits = limits
        self._records = self._unreadable = 0
        self._packed = self._inflated = self._members = 0
        self.problems: list[Problem] = []

    def calls(self) -> Iterator[list[_Kind]]:
        """The calls, some at a time, in the order of the file; to be asked once."""
        try:
            with opened(self._source) as source:
                file = source.file if self._digest is None else cast("BinaryIO", _Told(source.file, self._digest))
                inflation = Inflation(file, self._limits, size=source.size, piece=min(_PIECE, self._limits.window))
                for calls in self._read(inflation):
                    self._records += len(calls)
                    yield calls
                while self._digest is not None and file.read(_REST):
                    pass
                self._packed, self._inflated, self._members = inflation.packed, inflation.inflated, inflation.members
        except OSError as error:
            self._problem(f"it cannot be read: {error.strerror or error}".lower())
        if self._unreadable:
            self._problem(f"{self._unreadable} of its records cannot be read")

    def counts(self) -> Counts:
        """What was read so far; every record counts as wanted."""
        return Counts(
            files=1,
            packed=self._packed,
            inflated=self._inflated,
            records=self._records,
            about=self._records,
            wanted=self._records,
            unreadable=self._unreadable,
            several_members=int(self._members > 1),
        )

    def _read(self, inflation: Inflation) -> Iterator[list[_Kind]]:
        framer = Framer(self._limits.record)
        waiting: list[bytes] = []
        length = 0
        for piece in inflation.pieces():
            if length >= self._limits.window:
                yield from self._of_window(framer, b"".join(waiting), last=False)
                waiting, length = [], 0
            if framer.lost:
                self._problem("no end of a record was found")
                return
            waiting.append(piece)
            length += len(piece)
        yield from self._of_window(framer, b"".join(waiting), last=True)
        if inflation.damage:
            self._problem(inflation.detail)
        elif framer.cut:
            self._problem("the JSON ends in the middle")
        if framer.torn:
            self._problem("a record that holds others could not be told from them")

    def _of_window(self, framer: Framer, window: bytes, *, last: bool) -> Iterator[list[_Kind]]:
        # Of two lists in a document a decoder keeps the last; the framer finds both.
        if last and not framer.begun and stringzilla.rfind(window, _LIST) < _HEAD:
            if self._passed(window, listed=False):
                return
            try:
                yield self._reading.file.decode(window).Records
            except UNREADABLE:
                pass
            else:
                return
        for section in framer.sections(window, last=last):
            yield self._of_records(framer.records(section, last=last))

    def _passed(self, data: bytes, *, listed: bool) -> bool:
        passed = self._look.passes(data, listed=listed) if self._look is not None else None
        self._records += passed or 0
        return passed is not None

    def _of_records(self, records: list[bytes]) -> list[_Kind]:
        together = b"[" + b",".join(records) + b"]"
        if self._passed(together, listed=True):
            return []
        try:
            calls = self._reading.list.decode(together)
        except UNREADABLE:
            return [call for record in records for call in self._of_one(record)]
        if all(call.name for call in calls):
            return calls
        return [call for record in records for call in self._of_one(record)]

    def _of_one(self, record: bytes) -> Iterator[_Kind]:
        try:
            call = self._reading.one.decode(record)
        except UNREADABLE:
            call = self._reading.kind()
        if call.name:
            yield call
            return
        document = document_of(record)
        if document is None:
            self._unreadable += 1
            return
        name = document.get("eventName")
        # What has a name is no envelope, however odd it is otherwise: so it is with those that are not.
        for each in (document,) if isinstance(name, str) and name else unwrapped(document):
            yield self._reading.odd(each)

    def _problem(self, reason: str) -> None:
        self.problems.append(Problem(self._name, reason))


def _as_far_as_readable(document: Document) -> Used:
    """One record in which a field is of another kind than documented: that field is missing, the others are there."""
    event = read_event(document)
    management = event.at("managementEvent")
    return Used(
        source=event.source or None,
        name=event.name or None,
        identity=_identity(event),
        account=event.account or None,
        region=event.region or None,
        error=event.error_code or None,
        time=event.text("eventTime") or None,
        address=event.address or None,
        agent=event.agent or None,
        read_only=event.read_only,
        management=management if isinstance(management, bool) else None,
        parameters=_raw(event.at("requestParameters")),
        response=_raw(event.at("responseElements")),
        resources=_raw(event.at("resources")),
    )


def _identity(event: Event) -> UsedIdentity:
    who = event.identity
    context = "userIdentity", "sessionContext"
    issuer = UsedIssuer(
        kind=who.issuer_kind or None,
        principal=event.text(*context, "sessionIssuer", "principalId") or None,
        arn=who.issuer_arn or None,
    )
    session = UsedSession(
        issuer=issuer if issuer != UsedIssuer() else None,
        source_identity=event.text(*context, "sourceIdentity") or None,
    )
    return UsedIdentity(
        kind=who.kind or None,
        arn=who.arn or None,
        account=who.account or None,
        access_key=who.access_key or None,
        principal=who.principal or None,
        invoked_by=who.invoked_by or None,
        session=session if session != UsedSession() else None,
    )


def _raw(value: object) -> msgspec.Raw:
    return _NOTHING if value is None else msgspec.Raw(msgspec.json.encode(value))


USED: Final = Reading(Used, _File, _as_far_as_readable)


class UsageScan(CallScan[Used]):
    """One file, read for usage.

    Args:
        source: A file, its bytes or a stream, packed with gzip or not.
        name: What people call it.
        limits: How much it may take.
    """

    def __init__(self, source: Path | bytes | BinaryIO, *, name: str = "-", limits: Limits = _LIMITS) -> None:
        super().__init__(source, USED, name=name, limits=limits)
