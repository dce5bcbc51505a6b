"""The first form: what was read, findings, the outbox, people.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From an empty database."""
    _reading()
    _drills()
    _findings()
    _events()
    _alerts()
    _people()


def _reading() -> None:
    """What was read, and what was last heard of."""
    op.create_table(
        "objects",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.String(300), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("source", sa.String(300), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_seconds", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )


def _drills() -> None:
    """What somebody announced, to see whether it is found."""
    op.create_table(
        "drills",
        sa.Column("id", sa.String(300), primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("through", sa.String(40), nullable=False),
        sa.Column("event_id", sa.String(300), nullable=False),
        sa.Column("record_digest", sa.String(300), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("believed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
    )


def _findings() -> None:
    """What was found, and by which ways."""
    op.create_table(
        "findings",
        sa.Column("id", sa.String(300), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("severity", sa.String(40), nullable=False),
        sa.Column("verdict", sa.String(40), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("drill", sa.String(300), sa.ForeignKey("drills.id"), nullable=True),
        sa.Column("merged_into", sa.String(300), sa.ForeignKey("findings.id"), nullable=True),
    )
    op.create_index("findings_by_account", "findings", ["account", "started"])
    op.create_table(
        "aliases",
        sa.Column("alias", sa.String(300), primary_key=True),
        sa.Column("finding", sa.String(300), sa.ForeignKey("findings.id"), nullable=False),
    )
    op.create_table(
        "sightings",
        sa.Column("finding", sa.String(300), sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("path", sa.String(40), nullable=False),
        sa.Column("region", sa.String(40), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("finding", "path", "region"),
    )


def _events() -> None:
    """The events behind what was found."""
    op.create_table(
        "members",
        sa.Column("event", sa.String(300), primary_key=True),
        sa.Column("finding", sa.String(300), sa.ForeignKey("findings.id"), nullable=False),
    )
    op.create_index("members_by_finding", "members", ["finding"])
    op.create_table(
        "root_events",
        sa.Column("id", sa.String(300), primary_key=True),
        sa.Column("account", sa.String(40), nullable=False),
        sa.Column("instant", sa.DateTime(timezone=True), nullable=True),
        sa.Column("region", sa.String(40), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("root_events_by_account", "root_events", ["account", "instant"])


def _alerts() -> None:
    """The outbox, and what became of it."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("finding", sa.String(300), sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("severity", sa.String(40), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("path", sa.String(40), nullable=False),
        sa.Column("region", sa.String(40), nullable=False),
        sa.Column("key", sa.String(300), nullable=False, unique=True),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("stage_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("finding", "severity", name="one_alert_a_step"),
    )
    op.create_index("alerts_to_plan", "alerts", ["planned_at"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("channel", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(300), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(300), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.UniqueConstraint("channel", "key", name="one_delivery_a_key"),
    )
    op.create_index("deliveries_by_state", "deliveries", ["state", "due_at"])
    op.create_table(
        "delivery_alerts",
        sa.Column("delivery", sa.Integer(), sa.ForeignKey("deliveries.id"), nullable=False),
        sa.Column("alert", sa.Integer(), sa.ForeignKey("alerts.id"), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "alert"),
    )
    op.create_index("ix_delivery_alerts_alert", "delivery_alerts", ["alert"])
    op.create_table(
        "attempts",
        sa.Column("delivery", sa.Integer(), sa.ForeignKey("deliveries.id"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "number"),
    )


def _people() -> None:
    """Who answered."""
    op.create_table(
        "people",
        sa.Column("name", sa.String(300), primary_key=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("finding", sa.String(300), sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("person", sa.String(300), sa.ForeignKey("people.name"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("door", sa.String(300), nullable=False),
        sa.Column("severity", sa.String(40), nullable=False),
    )
