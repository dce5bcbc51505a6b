"""The first form: the log, and what is carried beside it.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From an empty database."""
    _log()
    _beside()
    _signing()


def _log() -> None:
    """Entries and heads."""
    op.create_table(
        "entries",
        sa.Column("position", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "heads",
        sa.Column("size", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("root", sa.String(300), nullable=False),
        sa.Column("time", sa.String(300), nullable=False),
        sa.Column("signature", sa.String(300), nullable=False),
        sa.Column("writer", sa.String(300), nullable=False),
    )


def _beside() -> None:
    """Receipts of sinks, and sealed bytes."""
    op.create_table(
        "receipts",
        sa.Column("size", _NUMBER, nullable=False, autoincrement=False),
        sa.Column("sink", sa.String(300), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", "sink"),
    )
    op.create_table(
        "blobs",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )


def _signing() -> None:
    """What people were asked to sign, and what they tried."""
    op.create_table(
        "challenges",
        sa.Column("nonce", sa.String(300), primary_key=True),
        sa.Column("person", sa.String(300), nullable=False),
        sa.Column("purpose", sa.String(300), nullable=False),
        sa.Column("statement", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(300), primary_key=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.create_table(
        "sessions_ended",
        sa.Column("session", sa.String(300), primary_key=True),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.create_table(
        "refusal_counts",
        sa.Column("person", sa.String(300), nullable=False),
        sa.Column("attempted", sa.String(300), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("count", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("person", "attempted", "step"),
    )
