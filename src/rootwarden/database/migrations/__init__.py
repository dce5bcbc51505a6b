"""How Alembic runs the migrations of a room (`database/migrate.py`); the steps themselves are the room's."""
