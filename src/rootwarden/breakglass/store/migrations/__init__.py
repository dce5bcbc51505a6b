"""The steps from an empty database to the present form, in order; Alembic runs them (`database/migrate.py`)."""
