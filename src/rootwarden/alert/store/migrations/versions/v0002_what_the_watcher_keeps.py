"""What the watcher keeps: messages that are parked, identities of root's making.

Revision 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Two tables more."""
    op.create_table(
        "parked",
        sa.Column("id", sa.String(300), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("parked_by_due", "parked", ["due_at"])
    op.create_table(
        "suspects",
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("sort", sa.String(40), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_through", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "sort", "name"),
    )
