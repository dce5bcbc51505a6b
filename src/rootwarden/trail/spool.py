"""Wanted events on disk: each once, in order of account and time, in little memory; and which objects were read.

One SQLite file is both the spool of a run and what the next run remembers (`--state`). What is read of an object and
that it was read are one transaction: a run that is killed has read an object, or has not.

CloudTrail delivers at least once (*CloudTrail log file examples*: `eventID` tells duplicates). Of two copies the one
that was corrected later (`addendum`) stays, else the one that comes first by its bytes: no order of reading matters.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from rootwarden.detect.visits.event import read_event
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from rootwarden.detect.visits.event import Event

# "RWtr": which program a state file belongs to (SQLite, "Database File Format", application id).
_APPLICATION: Final = 0x52577472
_VERSION: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS events (
    key TEXT PRIMARY KEY, account TEXT NOT NULL, at INTEGER, corrected INTEGER NOT NULL, run INTEGER NOT NULL,
    document BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS by_time ON events (account, at, key);
CREATE TABLE IF NOT EXISTS objects (name TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_KEEP: Final = """
INSERT INTO events (key, account, at, corrected, run, document) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    account = excluded.account, at = excluded.at, corrected = excluded.corrected, document = excluded.document
WHERE (excluded.corrected, events.document) > (events.corrected, excluded.document)
"""
_IN_ORDER: Final = "SELECT document FROM events WHERE run >= ? ORDER BY account, at, key"


class Row(NamedTuple):
    """An event as the spool keeps it: what tells it from others, what it is sorted by, and the record as JSON."""

    key: str
    account: str
    at: int | None
    corrected: int
    document: bytes


def row_of(event: Event) -> Row:
    """An event as a row; records without `eventID` are told apart by their content."""
    document = msgspec.json.encode(event.document, order="deterministic")
    original = event.text("addendum", "originalEventID")
    return Row(
        key=original or event.id or f"sha256:{hashlib.sha256(document).hexdigest()}",
        account=event.account,
        at=None if event.instant is None else (event.instant - _EPOCH) // _MICROSECOND,
        corrected=int(isinstance(event.at("addendum"), dict)),
        document=document,
    )


_MICROSECOND: Final = datetime.resolution


class Spool:
    """The spool of one run.

    Args:
        path: The file that is kept; `None` for one that goes when the spool is closed.

    Raises:
        InputError: The file is no state file, or a damaged one.
        UsageError: It cannot be opened, or another run has it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._folder = TemporaryDirectory(prefix="rootwarden-trail-") if path is None else None
        self._path = path if path is not None else Path(self._folder.name if self._folder else "") / "spool"
        self._kept = path is not None
        with self._translated():
            self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, and remove it unless it is kept."""
        with suppress(sqlite3.Error):
            self._database.close()
        if self._folder is not None:
            self._folder.cleanup()

    def remember(self, interest: str) -> bool:
        """Say what the run looks for.

        Args:
            interest: The same text for the same interest.

        Returns:
            Whether earlier runs looked for something else: then every object counts as not yet read.
        """
        with self._translated(), self._database:
            found = self._database.execute("SELECT value FROM facts WHERE name = 'interest'").fetchone()
            changed = found is not None and found[0] != interest
            if changed:
                self._database.execute("DELETE FROM objects")
            self._database.execute("INSERT OR REPLACE INTO facts VALUES ('interest', ?)", (interest,))
        return changed

    def has_read(self, name: str, stamp: str) -> bool:
        """Whether an object was read, and is still what it was then.

        Args:
            name: Path or key.
            stamp: What changes with its content.
        """
        with self._translated():
            found = self._database.execute("SELECT stamp FROM objects WHERE name = ?", (name,)).fetchone()
        return found is not None and found[0] == stamp

    def add(self, rows: Iterable[Row], read: Mapping[str, str]) -> int:
        """Keep events, and that objects were read: both or neither.

        Args:
            rows: Events.
            read: Stamps of the objects by name, of those read in full.

        Returns:
            How many rows were given.
        """
        count = 0
        with self._translated(), self._database:
            for row in rows:
                key, account, at, corrected, document = row
                self._database.execute(_KEEP, (_text(key), _text(account), at, corrected, self._run, document))
                count += 1
            if self._kept:
                self._database.executemany(
                    "INSERT OR REPLACE INTO objects VALUES (?, ?)", [(_text(name), read[name]) for name in read]
                )
        return count

    def events(self, *, new: bool = False) -> Iterator[Event]:
        """The events in order of account, time and key; those without a time first.

        Args:
            new: Only those no earlier run had.
        """
        for document in self.documents(new=new):
            yield read_event(msgspec.json.decode(document))

    def documents(self, *, new: bool = False) -> Iterator[bytes]:
        """The documents as they were added, in the order of `events`."""
        with self._translated():
            rows = self._database.execute(_IN_ORDER, (self._run if new else 0,))
        while True:
            with self._translated():
                row = rows.fetchone()
            if row is None:
                return
            yield row[0]

    def distinct(self, *, new: bool = False) -> int:
        """How many events there are."""
        with self._translated():
            found = self._database.execute("SELECT count(*) FROM events WHERE run >= ?", (self._run if new else 0,))
            return int(found.fetchone()[0])

    def _open(self) -> None:
        if self._kept and not self._path.exists():
            self._path.touch(mode=0o600)
        self._database = sqlite3.connect(self._path, timeout=2)
        execute = self._database.execute
        application = execute("PRAGMA application_id").fetchone()[0]
        tables = execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        version = execute("PRAGMA user_version").fetchone()[0]
        if tables and (application != _APPLICATION or version != _VERSION):
            raise InputError(f"`{self._path}` is no state of `trail`, or of another version", hint="name a new file")
        execute("PRAGMA locking_mode = EXCLUSIVE")
        # A spool that goes anyway need not survive a power cut; a state must never be half written.
        execute("PRAGMA journal_mode = WAL" if self._kept else "PRAGMA journal_mode = OFF")
        execute("PRAGMA synchronous = NORMAL" if self._kept else "PRAGMA synchronous = OFF")
        execute(f"PRAGMA application_id = {_APPLICATION}")
        execute(f"PRAGMA user_version = {_VERSION}")
        self._database.executescript(_TABLES)
        with self._database:
            found = execute("SELECT value FROM facts WHERE name = 'runs'").fetchone()
            self._run = int(found[0]) + 1 if found else 1
            execute("INSERT OR REPLACE INTO facts VALUES ('runs', ?)", (str(self._run),))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What SQLite and the file system raise, as ours."""
        try:
            yield
        except OSError as error:
            raise UsageError(
                f"`{self._path}` cannot be written: {error.strerror or error}", hint="choose another file"
            ) from error
        except sqlite3.OperationalError as error:
            hint = (
                "is another run using it?" if "locked" in str(error) else "is the disk full, and may you write there?"
            )
            raise UsageError(f"`{self._path}` cannot be used: {error}", hint=hint) from error
        except sqlite3.DatabaseError as error:
            raise InputError(f"`{self._path}` is no state of `trail`: {error}", hint="name a new file") from error


def _text(text: str) -> str:
    """Text SQLite can keep: half surrogates, as in file names of unknown encoding, written out."""
    return text.encode("utf-8", "backslashreplace").decode()
