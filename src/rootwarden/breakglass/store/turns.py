"""Whose turn it is, of several instances on one PostgreSQL, to do what must not be done by two at once.

An advisory lock of a session (PostgreSQL, 13.3.5): the server gives it back when its holder is gone, and no row says
who has it, so none can be changed. An SQLite file has one broker, whose turn it always is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from rootwarden.database.connection import SQLITE
from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from rootwarden.database.connection import Database

# A number nobody else who uses the database has: the first 63 bits of SHA-256 of "rootwarden telling".
TELLING: Final = 0x4C94_5007_1C31_D6ED


@contextmanager
def turn(database: Database, key: int) -> Iterator[bool]:
    """Take the turn, if nobody has it.

    Args:
        database: The database the instances share.
        key: What it is a turn of, 63 bits.

    Yields:
        Whether it is ours until the end.

    Raises:
        StoreError: The database does not answer.
    """
    if database.kind == SQLITE:
        yield True
        return
    connection = _connected(database)
    try:
        yield _taken(connection, key)
    finally:
        # Of no pool, so that closing it ends the session, and the lock with it.
        connection.close()


def _connected(database: Database) -> Connection:
    try:
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
    except SQLAlchemyError as error:
        raise StoreError(f"the database `{database.name}` does not answer") from error
    return connection


def _taken(connection: Connection, key: int) -> bool:
    try:
        return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))
    except SQLAlchemyError as error:
        raise StoreError("the database does not say whose turn it is to tell people") from error
