"""Whether a database keeps what it says it wrote; asked at the start and in every transaction that appends.

PostgreSQL can be set to lose commits, while it runs and by whoever owns the database (its manual: `fsync`,
`synchronous_commit`, CREATE UNLOGGED TABLE). SQLite keeps commits across a power loss with a write-ahead log only when
it flushes at each of them (sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from rootwarden.database.connection import POSTGRESQL
from rootwarden.errors import StoreError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.orm import Session

_SYNCHRONOUS: Final = frozenset({"on", "remote_apply"})
_SQLITE_FULL: Final = 2
_SETTINGS: Final = text(
    "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('transaction_isolation'),"
    " (SELECT count(*) FROM pg_class WHERE oid IN ('entries'::regclass, 'heads'::regclass) AND relpersistence <> 'p')"
)


def check_place(url: URL) -> None:
    """Refuse an SQLite address that is no ordinary file.

    Raises:
        UsageError: It is in memory, or has options, which could switch locks and flushing off.
    """
    name = url.database or ""
    if name in ("", ":memory:") or name.startswith("file:") or url.query:
        raise UsageError("the log of break-glass needs a file of its own", hint="write it as sqlite:///breakglass.db")


def check_durable(session: Session) -> None:
    """Refuse to write where a commit can be lost, or where the transaction is not serializable.

    Raises:
        StoreError: It is so; the message names the setting.
    """
    if session.get_bind().dialect.name == POSTGRESQL:
        fsync, commit, isolation, unlogged = session.execute(_SETTINGS).one()
        _require(fsync == "on", f"`fsync` is {fsync}", "set fsync = on")
        _require(commit in _SYNCHRONOUS, f"`synchronous_commit` is {commit}", "set it to on or remote_apply")
        _require(unlogged == 0, "a table of the log is unlogged", "ALTER TABLE … SET LOGGED")
        _require(isolation == "serializable", f"the transaction is {isolation}", "is a pooler between us?")
        return
    journal = session.execute(text("PRAGMA journal_mode")).scalar_one()
    _require(journal == "wal", f"`journal_mode` is {journal}", "keep the file on a local disk")
    synchronous = session.execute(text("PRAGMA synchronous")).scalar_one()
    _require(synchronous >= _SQLITE_FULL, f"`synchronous` is {synchronous}", "it must be FULL")


def prepare_sqlite(connection: Any, _: object) -> None:
    """Flush through the cache of the drive (macOS), and read text that is none without an error."""
    for pragma in ("fullfsync=ON", "checkpoint_fullfsync=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.text_factory = _text


def _text(content: bytes) -> str:
    return content.decode(errors="replace")


def _require(holds: bool, what: str, hint: str) -> None:
    if not holds:
        raise StoreError(f"the database could lose what it says it wrote: {what}", hint=hint)
