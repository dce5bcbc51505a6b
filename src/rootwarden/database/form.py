"""What a room brings to its database: tables, the steps that lead to them, and a name to call them by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import MetaData


class Form(NamedTuple):
    """The present form of a room's tables.

    Attributes:
        what: What is kept, in messages: `alerts`.
        tables: The tables.
        migrations: The folder with the steps from an empty database, in order.
        version_table: Where Alembic writes which steps were done; one for each room, so that rooms can share one.
    """

    what: str
    tables: MetaData
    migrations: Path
    version_table: str
