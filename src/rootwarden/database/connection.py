"""The database: opened, brought to the present form, and written to in transactions that are tried again.

SQLite runs with a write-ahead log, flushed at every commit (`synchronous=FULL`), and takes its write lock when a
transaction begins, so that two processes wait for each other instead of failing half-way (sqlite.org/wal.html,
lang_transaction.html).
"""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import create_engine, event, make_url
from sqlalchemy import exc as failures
from sqlalchemy.orm import Session

from rootwarden.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from sqlalchemy import URL, Connection, Engine

    from rootwarden.database.form import Form


R = TypeVar("R")

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BUSY_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 30.0
LONGEST_WAIT: Final = 1.0
# Serialization failure, deadlock, lock not available, idle for too long inside a transaction (PostgreSQL, appendix A).
_AGAIN: Final = frozenset({"40001", "40P01", "55P03", "25P03"})
# Classes of SQLSTATE: no connection, no resources (a full disk), shut down by the operator, an error of the system.
_GONE: Final = ("08", "53", "57", "58")
_SQLITE_BUSY: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")
_SQLITE_DISK: Final = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")

_SESSION_OPTIONS: Final = {"lock_timeout": "10s", "statement_timeout": "30s"}


class Database:
    """One database of a room, for one process.

    Args:
        url: `sqlite:///file.db` or `postgresql://user@host/name`.
        form: The room's tables.
        patience: Seconds a transaction is tried again while the database is busy or gone.
        session_options: What PostgreSQL is asked to set for every session, above what it is asked for here.

    Raises:
        UsageError: When the address is none, or of another kind of database.
        StoreError: When the database cannot be opened, or was written by a later version.
    """

    def __init__(
        self,
        url: str,
        form: Form,
        *,
        patience: float = PATIENCE_SECONDS,
        session_options: Mapping[str, str] | None = None,
    ) -> None:
        self._url = _address(url, form.what)
        self._patience = patience
        self.engine = _engine(self._url, {**_SESSION_OPTIONS, **(session_options or {})})
        from rootwarden.database.migrate import migrate

        try:
            self._again(lambda: migrate(self.engine, form))
        except BaseException:
            self.engine.dispose()
            raise

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._url.get_backend_name()

    @property
    def name(self) -> str:
        """The address, without its password."""
        return self._url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, work: Callable[[Session], R], *, serializable: bool = False) -> R:
        """Do `work` in one transaction, and again if the database was busy or gone.

        Args:
            work: Does its reading and writing in the session it is given; it may run more than once, and its commit may
                have come through although an error says otherwise, so it must be harmless to repeat.
            serializable: Whether it must be as if no other transaction ran meanwhile; on SQLite it always is.

        Raises:
            StoreError: When the database stayed busy, gone or full.
        """
        level = {"isolation_level": "SERIALIZABLE"} if serializable and self.kind == POSTGRESQL else {}
        engine = self.engine.execution_options(**level)

        def once() -> R:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                return work(session)

        return self._again(once)

    def read(self, work: Callable[[Session], R]) -> R:
        """Do `work`, which only reads, on one state of the database; the rest is as for `write`."""
        level = {"isolation_level": "REPEATABLE READ"} if self.kind == POSTGRESQL else {}
        engine = self.engine.execution_options(rootwarden_reads=True, **level)

        def once() -> R:
            with Session(engine, expire_on_commit=False) as session:
                return work(session)

        return self._again(once)

    def _again(self, work: Callable[[], R]) -> R:
        until = time.monotonic() + self._patience
        wait = 0.02
        while True:
            try:
                return work()
            except failures.DBAPIError as error:
                if not _passes(error):
                    raise _told(error, f"the database `{self.name}` refused") from error
                if time.monotonic() + wait > until:
                    raise _told(error, f"the database `{self.name}` does not answer") from error
            except failures.StatementError as error:
                raise error.orig or error from error
            time.sleep(wait * (0.5 + random.random() / 2))  # noqa: S311 - spreads waiters, guards nothing
            wait = min(wait * 2, LONGEST_WAIT)


def is_there(url: str, *, what: str) -> bool:
    """Whether there is a database to open, as far as that shows without asking it: an SQLite file is there or not.

    Args:
        url: Its address.
        what: What is kept there, for messages.

    Raises:
        UsageError: When the address is none, or of another kind of database.
    """
    address = _address(url, what)
    file = _file(address.database or "") if address.get_backend_name() == SQLITE else None
    return file is None or file.exists()


def _address(url: str, what: str) -> URL:
    try:
        address = make_url(url)
    except failures.ArgumentError as error:
        raise UsageError("the database has no address", hint="write it as sqlite:///file.db") from error
    backend = address.get_backend_name()
    if backend not in (SQLITE, POSTGRESQL):
        raise UsageError(f"`{backend}` is no database for {what}", hint="SQLite and PostgreSQL are")
    return address.set(drivername="postgresql+psycopg") if backend == POSTGRESQL else address


def _engine(url: URL, session_options: Mapping[str, str]) -> Engine:
    if url.get_backend_name() == POSTGRESQL:
        options = " ".join(f"-c {name}={value}" for name, value in session_options.items())
        arguments: dict[str, Any] = {"connect_timeout": 5, "options": options}
        return create_engine(url, connect_args=arguments, pool_pre_ping=True, pool_timeout=10, hide_parameters=True)
    _for_its_owner_only(url.database or "")
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _for_its_owner_only(name: str) -> None:
    """Make the file before SQLite does, which would let everybody read it; its journals take over its mode."""
    file = _file(name)
    if file is not None:
        # What cannot be made SQLite refuses to open a moment later, with the reason.
        with suppress(OSError):
            file.touch(mode=0o600)


def _file(name: str) -> Path | None:
    """Where an SQLite database is; `None` in memory, and where SQLite itself makes out the name."""
    return Path(name) if name and name != ":memory:" and not name.startswith("file:") else None


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Our own BEGIN instead of the driver's, which comes too late (SQLAlchemy, "Serializable isolation" for SQLite)."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("rootwarden_reads")
    connection.exec_driver_sql("BEGIN DEFERRED" if reads else "BEGIN IMMEDIATE")


def _passes(error: failures.DBAPIError) -> bool:
    """Whether it may go by itself: busy, gone, restarting, full."""
    state = getattr(error.orig, "sqlstate", None) or ""
    name = getattr(error.orig, "sqlite_errorname", None) or ""
    if name:
        return str(name).startswith((*_SQLITE_BUSY, *_SQLITE_DISK))
    if state:
        return state in _AGAIN or str(state).startswith(_GONE)
    return error.connection_invalidated or isinstance(error, failures.OperationalError)


def _told(error: failures.DBAPIError, what: str) -> StoreError:
    cause = str(error.orig).strip().partition("\n")[0]
    return StoreError(f"{what}: {cause}", hint="is it there, not full, and not locked by somebody?")
