"""The database of alerts: transactions that shut out others who work on the same accounts, and a clock all share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import text

from rootwarden.alert.delivery.keys import digest_of
from rootwarden.alert.store.tables import Base
from rootwarden.database.connection import PATIENCE_SECONDS, POSTGRESQL, Database
from rootwarden.database.form import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Session

R = TypeVar("R")

FORM: Final = Form(
    what="alerts",
    tables=Base.metadata,
    migrations=Path(__file__).parent / "migrations" / "versions",
    version_table="alembic_version",
)


class Store(Database):
    """One database of alerts, for one process.

    Args:
        url: `sqlite:///alerts.db` or `postgresql://user@host/name`.
        patience: Seconds a transaction is tried again while the database is busy or gone.
        clock: The instant to go by instead of the database's own (PostgreSQL) or the machine's (SQLite).

    Raises:
        UsageError: When the address is none, or of another kind of database.
        StoreError: When the database cannot be opened, or was written by a later version.
    """

    def __init__(
        self, url: str, *, patience: float = PATIENCE_SECONDS, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._clock = clock
        super().__init__(url, FORM, patience=patience)
        self.engine = _engine(self._url)
        from rootwarden.alert.store.migrate import migrate

        try:
            self._again(lambda: migrate(self.engine))
        except BaseException:
            self.engine.dispose()
            raise

    @staticmethod
    def is_there(url: str) -> bool:
        """Whether there is a database to open, as far as that shows without asking it: an SQLite file is there or not.

        Raises:
            UsageError: When the address is none, or of another kind of database.
        """
        address = _address(url)
        file = _file(address.database or "") if address.get_backend_name() == SQLITE else None
        return file is None or file.exists()

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

    def now(self, session: Session) -> datetime:
        """The instant leases and waits are reckoned by: one clock for all who share the database."""
        if self._clock is not None:
            return self._clock()
        if self.kind == POSTGRESQL:
            found: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
            return found.astimezone(UTC)
        return datetime.now(UTC)

    def write(self, work: Callable[[Session], R], *, serializable: bool = False, accounts: Iterable[str] = ()) -> R:
        """Do `work` in one transaction, as `Database.write` does, while no other one works on the same accounts.

        Args:
            work: As there.
            serializable: As there.
            accounts: Those it writes findings of; PostgreSQL takes an advisory lock for each.

        Raises:
            StoreError: When the database stayed busy, gone or full.
        """
        locks = sorted(set(accounts))

        def alone(session: Session) -> R:
            if self.kind == POSTGRESQL:
                for account in locks:
                    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_number(account)})
            return work(session)

        return super().write(alone, serializable=serializable)
        return self._again(once)

    def read(self, work: Callable[[Session], R]) -> R:
        """Do `work`, which only reads, on one state of the database; the rest is as for `write`."""

        def once() -> R:
            with self.engine.connect().execution_options(rootwarden_reads=True) as connection:
                level = {"isolation_level": "REPEATABLE READ"} if self.kind == POSTGRESQL else {}
                with Session(connection.execution_options(**level), expire_on_commit=False) as session:
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


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except failures.ArgumentError as error:
        raise UsageError("the database has no address", hint="write it as sqlite:///alerts.db") from error
    backend = address.get_backend_name()
    if backend not in (SQLITE, POSTGRESQL):
        raise UsageError(f"`{backend}` is no database for alerts", hint="SQLite and PostgreSQL are")
    return address.set(drivername="postgresql+psycopg") if backend == POSTGRESQL else address


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == POSTGRESQL:
        arguments: dict[str, Any] = {"connect_timeout": 5, "options": "-c lock_timeout=10s -c statement_timeout=30s"}
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


def _lock_number(account: str) -> int:
    """A number for PostgreSQL's advisory locks, the same in every process."""
    return int(digest_of(("rootwarden", account))[:15], 16)
