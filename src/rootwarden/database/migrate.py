"""Bring a database to the present form, at every start; of two that start at once, one works and the other waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import column, select, table, text

from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from rootwarden.database.form import Form

# Any number that nothing else in the database locks with.
_LOCK: Final = 0x726F6F7477


def migrate(engine: Engine, form: Form) -> None:
    """Run the migrations of a room that are missing, in one transaction.

    Raises:
        StoreError: When a later version of Rootwarden has changed the database.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        configuration = _configuration(connection, form)
        if _is_present(connection, configuration, form):
            return
        try:
            command.upgrade(configuration, "head")
        except (CommandError, RevisionError) as error:
            raise StoreError(
                f"the database of {form.what} was changed by a later version", hint="update Rootwarden here too"
            ) from error


def _configuration(connection: Connection, form: Form) -> Config:
    configuration = Config()
    # Of all separators only this one is in no path.
    configuration.set_main_option("path_separator", "newline")
    configuration.set_main_option("script_location", _escaped(Path(__file__).parent / "migrations"))
    configuration.set_main_option("version_locations", _escaped(form.migrations))
    configuration.attributes["connection"] = connection
    configuration.attributes["metadata"] = form.tables
    configuration.attributes["version_table"] = form.version_table
    return configuration


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


def _is_present(connection: Connection, configuration: Config, form: Form) -> bool:
    """Whether there is nothing to do; asked first because Alembic's own way costs a start ten times as much."""
    if not connection.dialect.has_table(connection, form.version_table):
        return False
    found: list[str] = list(connection.scalars(select(column("version_num")).select_from(table(form.version_table))))
    return found == [ScriptDirectory.from_config(configuration).get_current_head()]
