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


def _lock_number(account: str) -> int:
    """A number for PostgreSQL's advisory locks, the same in every process."""
    return int(digest_of(("rootwarden", account))[:15], 16)
