"""The log in a database."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from sqlalchemy import LargeBinary, cast, delete, event, func, insert, literal, make_url, select
from sqlalchemy import exc as failures

from rootwarden.breakglass.core.entry import LONGEST_ENTRY
from rootwarden.breakglass.store.durable import check_durable, check_place, prepare_sqlite
from rootwarden.breakglass.store.tables import Base, BlobRow, DraftRow, EntryRow, HeadRow
from rootwarden.breakglass.store.trouble import DamagedError, LogMoved
from rootwarden.database.connection import PATIENCE_SECONDS, SQLITE, Database
from rootwarden.database.form import Form
from rootwarden.database.inserting import insert_new
from rootwarden.errors import InternalError, StoreError
from rootwarden.transparency.head import Head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from sqlalchemy.orm import Session

MOST_AT_ONCE: Final = 64
LARGEST_BLOB: Final = 8 << 20
LARGEST_DRAFT: Final = 2 * LONGEST_ENTRY
_ENTRIES_A_PAGE: Final = 64
_HEADS_A_PAGE: Final = 1000

FORM: Final = Form(
    what="break-glass",
    tables=Base.metadata,
    migrations=Path(__file__).parent / "migrations" / "versions",
    version_table="breakglass_version",
)
# A writer that is paused inside a transaction would keep everybody else waiting (PostgreSQL only).
_SESSION_OPTIONS: Final = {"idle_in_transaction_session_timeout": "5s"}


class Reach(NamedTuple):
    """How far a log goes: how many entries, and the size of its newest head (0 when it has none)."""

    entries: int
    head: int


class LogStore:
    """One log, for one process; a `Keeper` of the broker.

    Args:
        url: `sqlite:///breakglass.db` or `postgresql://user@host/name`.
        patience: Seconds a transaction is tried again while the database is busy or gone.

    Raises:
        UsageError: When the address is none, or no file.
        StoreError: When the database cannot be opened, could lose commits, or was written by a later version.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE_SECONDS) -> None:
        if url.startswith(SQLITE):
            check_place(make_url(url))
        self.database = Database(url, FORM, patience=patience, session_options=_SESSION_OPTIONS)
        try:
            if self.database.kind == SQLITE:
                event.listen(self.database.engine, "connect", prepare_sqlite)
                self.database.engine.dispose()
            self.database.write(check_durable, serializable=True)
        except BaseException:
            self.database.close()
            raise

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def size(self) -> int:
        """How many entries there are.

        Raises:
            StoreError: The database cannot say.
        """
        return self.database.read(_size)

    def reach(self) -> Reach:
        """How many entries and which newest head there are, at one instant.

        Raises:
            StoreError: The database cannot say.
        """
        return self.database.read(lambda session: Reach(_size(session), _newest_size(session)))

    def read(self, start: int = 0) -> Iterator[bytes]:
        """Entries from a place on, in order, a page at a time; nothing of them is believed or checked.

        Raises:
            DamagedError: One is missing.
            StoreError: The database does not answer.
        """
        while True:
            page = self.database.read(_entries_from(start))
            for position, content in page:
                if position != start:
                    raise DamagedError(start, f"entry {start} is missing")
                yield content
                start += 1
            if len(page) < _ENTRIES_A_PAGE:
                return

    def heads(self, after: int = 0) -> Iterator[Head]:
        """Heads of more entries than `after`, the smallest first.

        Raises:
            DamagedError: A row is no head.
            StoreError: The database does not answer.
        """
        while page := self.database.read(_heads_after(after)):
            for row in page:
                yield _head(row)
            after = page[-1][0]

    def newest_head(self) -> Head | None:
        """The newest head; `None` in an empty log.

        Raises:
            DamagedError: The row is no head.
            StoreError: The database does not answer.
        """
        newest = self.database.read(
            lambda session: session.execute(_HEADS.order_by(HeadRow.size.desc()).limit(1)).first()
        )
        return _head(tuple(newest)) if newest is not None else None

    def append(
        self,
        expected_size: int,
        entries: Sequence[bytes],
        head: Head,
        *,
        draft: str = "",
        beside: Callable[[Session], object] | None = None,
    ) -> None:
        """Write entries and the head over them, all or nothing, on the disk when it returns.

        Args:
            expected_size: How many entries there are, as far as the writer knows; the fence.
            entries: In canonical form, checked by `core.step`.
            head: Over the log with them. Show it to nobody before this returned: it may never come to be.
            draft: One that is burnt with them, if it is there.
            beside: Changes rows beside the log in the same transaction; it may run more than once.

        Raises:
            LogMoved: Somebody else wrote meanwhile, or the log was rolled back; nothing was written.
            DamagedError: The newest head is not that of the entries.
            StoreError: The database cannot, or could lose what it wrote. Whether it was written is then unknown:
                read before anything is tried again.
        """
        _check_sizes(expected_size, entries, head)
        writer = secrets.token_hex(16)

        def once(session: Session) -> None:
            check_durable(session)
            if _is_written(session, head.size, writer):
                return
            _check_fence(session, expected_size)
            places = range(expected_size, head.size)
            rows = [{"position": place, "content": entry} for place, entry in zip(places, entries, strict=True)]
            session.execute(insert(EntryRow), rows)
            session.execute(insert(HeadRow), [{**msgspec.structs.asdict(head), "writer": writer}])
            if draft:
                session.execute(delete(DraftRow).where(DraftRow.id == draft))
            if beside is not None:
                beside(session)

        try:
            self.database.write(once, serializable=True)
        except StoreError as error:
            # The place was taken between our look and our commit.
            if isinstance(error.__cause__, failures.IntegrityError) and (found := self.size()) != expected_size:
                raise LogMoved(expected=expected_size, found=found) from error
            raise

    def put_blob(self, digest: str, content: bytes) -> None:
        """Keep sealed bytes under their SHA-256 in hexadecimal.

        Raises:
            InternalError: The digest is not theirs, or they are too many.
            StoreError: The database cannot.
        """
        if hashlib.sha256(content).hexdigest() != digest or len(content) > LARGEST_BLOB:
            raise InternalError("sealed bytes do not have the digest they were to be kept under, or are too many")
        self.database.write(lambda session: insert_new(session, BlobRow, [{"digest": digest, "content": content}]))

    def blob(self, digest: str) -> bytes | None:
        """Sealed bytes; `None` when there are none under this digest.

        Raises:
            DamagedError: Others lie there.
            StoreError: The database does not answer.
        """
        bounded = select(_bytes(BlobRow.content, LARGEST_BLOB)).where(BlobRow.digest == digest)
        content: bytes | None = self.database.read(lambda session: session.scalars(bounded).first())
        if content is not None and hashlib.sha256(content).hexdigest() != digest:
            raise DamagedError(0, f"the sealed bytes `{digest}` were changed")
        return content

    def put_draft(self, name: str, document: bytes, expires: datetime) -> None:
        """Keep, or replace, a draft until it expires.

        Raises:
            InternalError: It is too long.
            StoreError: The database cannot.
        """
        if len(document) > LARGEST_DRAFT:
            raise InternalError("a draft is longer than an entry can be")

        def replace(session: Session) -> None:
            session.execute(delete(DraftRow).where(DraftRow.id == name))
            session.add(DraftRow(id=name, document=document, expires_at=expires))

        self.database.write(replace)

    def draft(self, name: str, now: datetime) -> bytes | None:
        """A draft that has not expired.

        Raises:
            StoreError: The database does not answer.
        """
        living = select(_bytes(DraftRow.document, LARGEST_DRAFT)).where(DraftRow.id == name, DraftRow.expires_at > now)
        return self.database.read(lambda session: session.scalars(living).first())

    def burn_draft(self, name: str) -> bool:
        """Take a draft away; of two who burn one, one is told yes.

        Raises:
            StoreError: The database cannot; the draft may be gone all the same.
        """
        burning = delete(DraftRow).where(DraftRow.id == name).returning(DraftRow.id)
        return self.database.write(lambda session: session.scalars(burning).first() is not None)


def _size(session: Session) -> int:
    newest = session.scalar(select(func.max(EntryRow.position)))
    return 0 if newest is None else newest + 1


def _newest_size(session: Session) -> int:
    return session.scalar(select(func.max(HeadRow.size))) or 0


def _is_written(session: Session, size: int, writer: str) -> bool:
    """Whether an earlier try of the same append came through, though the answer was lost."""
    return session.scalar(select(HeadRow.writer).where(HeadRow.size == size)) == writer


def _check_fence(session: Session, expected: int) -> None:
    found = _size(session)
    if found != expected:
        raise LogMoved(expected=expected, found=found)
    newest = _newest_size(session)
    if newest != expected:
        raise DamagedError(min(newest, expected), f"the newest head is over {newest} entries, and there are {expected}")


def _check_sizes(expected: int, entries: Sequence[bytes], head: Head) -> None:
    if not 1 <= len(entries) <= MOST_AT_ONCE or any(len(entry) > LONGEST_ENTRY for entry in entries):
        raise InternalError(f"an append has 1 to {MOST_AT_ONCE} entries of at most {LONGEST_ENTRY} bytes")
    if head.size != expected + len(entries):
        raise InternalError("the head is not over the entries that were to be appended")


def _bytes(column: Any, longest: int) -> Any:
    """A column as bytes, whatever somebody put there, and one byte more than allowed if it is longer."""
    part = func.substr(cast(column, LargeBinary), 1, longest + 1, type_=LargeBinary)
    # SQLite makes NULL of a part of nothing.
    return func.coalesce(part, literal(b"", LargeBinary), type_=LargeBinary)


def _entries_from(start: int) -> Callable[[Session], list[tuple[int, bytes]]]:
    page = (
        select(EntryRow.position, _bytes(EntryRow.content, LONGEST_ENTRY))
        .where(EntryRow.position >= start)
        .order_by(EntryRow.position)
        .limit(_ENTRIES_A_PAGE)
    )
    return lambda session: [(position, content) for position, content in session.execute(page)]


_HEADS: Final = select(
    HeadRow.size, *(func.substr(column, 1, 300) for column in (HeadRow.root, HeadRow.time, HeadRow.signature))
)


def _heads_after(size: int) -> Callable[[Session], list[tuple[Any, ...]]]:
    page = _HEADS.where(HeadRow.size > size).order_by(HeadRow.size).limit(_HEADS_A_PAGE)
    return lambda session: [tuple(row) for row in session.execute(page)]


def _head(row: tuple[Any, ...]) -> Head:
    try:
        return msgspec.convert(dict(zip(Head.__struct_fields__, row, strict=True)), Head)
    except msgspec.ValidationError as error:
        raise DamagedError(0, f"the head over {row[0]} entries is none: {error}") from error
