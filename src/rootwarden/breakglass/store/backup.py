"""A copy of a log's SQLite file while it is written to."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from rootwarden.database.connection import SQLITE
from rootwarden.errors import StoreError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.store.log_store import LogStore


def backup(store: LogStore, path: Path) -> None:
    """Copy the whole database as it is at one instant (sqlite.org/backup.html); writers go on meanwhile.

    A restored copy is an old log: the broker seals itself when heads kept elsewhere say so.

    Args:
        store: The log; on PostgreSQL its own tools make copies.
        path: Where to; nothing may be there. It is there whole, and on the disk, or not at all.

    Raises:
        UsageError: Something is there already, or the log is not in SQLite.
        StoreError: It cannot be written, or what was written is no whole database.
    """
    if store.database.kind != SQLITE:
        raise UsageError("only a log in SQLite is copied this way", hint="use pg_basebackup or pg_dump for PostgreSQL")
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise StoreError(
            f"`{unfinished}` cannot be made: {error.strerror}", hint="is an earlier copy there?"
        ) from error
    try:
        _copy(store, unfinished)
        _flush(unfinished)
        # Unlike a rename, a link never replaces what is there.
        os.link(unfinished, path)
    except FileExistsError as error:
        raise UsageError(f"`{path}` is there already", hint="name a new file") from error
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the copy failed: {error}", hint="is the disk full?") from error
    finally:
        unfinished.unlink()
        _flush(path.parent)


def _copy(store: LogStore, target: Path) -> None:
    source = store.database.engine.raw_connection()
    try:
        driver: Any = source.driver_connection
        with closing(sqlite3.connect(target)) as copied:
            driver.backup(copied)
            found = copied.execute("PRAGMA quick_check").fetchone()
    finally:
        source.close()
    if found != ("ok",):
        raise StoreError(f"the copy is no whole database: {found}", hint="look at the disk")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
