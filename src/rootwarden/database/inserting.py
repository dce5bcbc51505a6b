"""Insert rows unless they are there: one statement for many, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import DeclarativeBase, Session

# SQLite takes 32,766 values a statement (sqlite.org/limits.html), PostgreSQL about as many.
_MOST_VALUES: Final = 30_000


def insert_new(session: Session, table: type[DeclarativeBase], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert the rows that break no constraint; the others are there already.

    Args:
        session: Of the transaction.
        table: Where to.
        rows: Value by column, all with the same columns.
    """
    pending = [dict(each) for each in rows]
    if not pending:
        return
    chosen = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    at_once = max(1, _MOST_VALUES // len(pending[0]))
    for first in range(0, len(pending), at_once):
        session.execute(chosen(table).values(pending[first : first + at_once]).on_conflict_do_nothing())
