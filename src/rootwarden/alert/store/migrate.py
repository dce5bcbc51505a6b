"""Bring a database to the present form, at every start; of two that start at once, one works and the other waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import text

from rootwarden.alert.store.tables import Base
from rootwarden.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# Any number that nothing else in the database locks with.
_LOCK: Final = 0x726F6F7477


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction.

    Raises:
        StoreError: When a later version of Rootwarden has changed the database.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        configuration = _configuration(connection)
        if _is_present(connection, configuration):
            return
        try:
            command.upgrade(configuration, "head")
        except (CommandError, RevisionError) as error:
            raise StoreError(
                "the database of alerts was changed by a later version", hint="update Rootwarden here too"
            ) from error


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    configuration.attributes["connection"] = connection
    configuration.attributes["metadata"] = Base.metadata
    return configuration


def _is_present(connection: Connection, configuration: Config) -> bool:
    """Whether there is nothing to do; asked first because Alembic's own way costs a start ten times as much."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return False
    found = [row[0] for row in connection.execute(text("SELECT version_num FROM alembic_version"))]
    return found == [ScriptDirectory.from_config(configuration).get_current_head()]
