"""The tables (docs/alerts.md lists them). Instants are UTC to the microsecond; documents are JSON text."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, TypeAlias

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from rootwarden.database.columns import Moment

LONGEST_NAME: Final = 300


Name: TypeAlias = Annotated[str, mapped_column(String(LONGEST_NAME))]
Word: TypeAlias = Annotated[str, mapped_column(String(40))]
Long: TypeAlias = Annotated[str, mapped_column(Text)]


class Base(DeclarativeBase):
    """What every table has in common."""

    type_annotation_map = {datetime: Moment}  # noqa: RUF012 - SQLAlchemy's own way to say it


class ReadObjectRow(Base):
    """An object that was read to its end."""

    __tablename__ = "objects"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    read_at: Mapped[datetime]
    events: Mapped[int]


class DrillRow(Base):
    """A drill: registered before it begins, believed once."""

    __tablename__ = "drills"

    id: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    account: Mapped[Word]
    kind: Mapped[Word]
    through: Mapped[Word]
    event_id: Mapped[Name]
    record_digest: Mapped[Name]
    due: Mapped[datetime]
    registered_at: Mapped[datetime]
    believed_at: Mapped[datetime | None]
    event_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[Long]


class FindingRow(Base):
    """An incident (`kind` is `visit`) or a concern, as far as it is known."""

    __tablename__ = "findings"
    __table_args__ = (Index("findings_by_account", "account", "started"),)

    id: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    kind: Mapped[Word]
    account: Mapped[Word]
    severity: Mapped[Word]
    verdict: Mapped[Word]
    started: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    document: Mapped[Long]
    seen_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    revision: Mapped[int]
    drill: Mapped[str | None] = mapped_column(ForeignKey("drills.id"))
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("findings.id"))


class AliasRow(Base):
    """Another id detection gave to a finding that is stored, because its first event came late."""

    __tablename__ = "aliases"

    alias: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"))


class SightingRow(Base):
    """When a finding first came along a path, in a region."""

    __tablename__ = "sightings"

    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(40), primary_key=True)
    region: Mapped[str] = mapped_column(String(40), primary_key=True)
    seen_at: Mapped[datetime]


class MemberRow(Base):
    """Which visit an event belongs to: the first hundred it names, and every one whose record is kept."""

    __tablename__ = "members"
    __table_args__ = (Index("members_by_finding", "finding"),)

    event: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"))


class EventRow(Base):
    """A root event that is kept."""

    __tablename__ = "root_events"
    __table_args__ = (Index("root_events_by_account", "account", "instant"),)

    id: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    account: Mapped[Word]
    instant: Mapped[datetime | None]
    region: Mapped[Word]
    name: Mapped[Name]
    record: Mapped[bytes] = mapped_column(LargeBinary)
    seen_at: Mapped[datetime]


class AlertRow(Base):
    """The outbox: one row for each step of severity of a finding, written in the transaction that recorded it."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("finding", "severity", name="one_alert_a_step"),
        Index("alerts_to_plan", "planned_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"))
    severity: Mapped[Word]
    cause: Mapped[Word]
    path: Mapped[Word]
    region: Mapped[Word]
    key: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    event_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    planned_at: Mapped[datetime | None]
    stage: Mapped[int]
    stage_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """One message to one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("channel", "key", name="one_delivery_a_key"),
        Index("deliveries_by_state", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[Name]
    kind: Mapped[Word]
    stage: Mapped[int]
    state: Mapped[Word]
    key: Mapped[Name]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    attempts: Mapped[int]
    lease: Mapped[Name]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reference: Mapped[Name]
    error: Mapped[Long]


class DeliveredAlertRow(Base):
    """Which alerts a delivery tells of: one for a page, any number for a digest."""

    __tablename__ = "delivery_alerts"

    delivery: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    alert: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True, index=True)


class AttemptRow(Base):
    """One attempt to hand a message over; without an end it is undecided."""

    __tablename__ = "attempts"

    delivery: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Word]
    detail: Mapped[Long]


class PersonRow(Base):
    """Somebody who acknowledged something once."""

    __tablename__ = "people"

    name: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    added_at: Mapped[datetime]


class AcknowledgementRow(Base):
    """Who took a finding, when, and through which door: `command`, `post` or the name of a pager."""

    __tablename__ = "acknowledgements"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    finding: Mapped[str] = mapped_column(ForeignKey("findings.id"))
    person: Mapped[str] = mapped_column(ForeignKey("people.name"))
    at: Mapped[datetime]
    door: Mapped[Name]
    severity: Mapped[Word]


class HeartbeatRow(Base):
    """When something that must be heard of was last heard of."""

    __tablename__ = "heartbeats"

    source: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    at: Mapped[datetime]
    expected_seconds: Mapped[int]
    detail: Mapped[Long]


class ParkedRow(Base):
    """A message that could not be worked off: kept, tried again where that may help, and shown to people."""

    __tablename__ = "parked"
    __table_args__ = (Index("parked_by_due", "due_at"),)

    id: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    kind: Mapped[Word]
    body: Mapped[Long]
    reason: Mapped[Long]
    parked_at: Mapped[datetime]
    tries: Mapped[int]
    due_at: Mapped[datetime | None]


class SuspectRow(Base):
    """An identity root has made, and how far the log files since then were read for what it did."""

    __tablename__ = "suspects"

    account: Mapped[str] = mapped_column(String(40), primary_key=True)
    sort: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    learned_at: Mapped[datetime]
    read_through: Mapped[datetime | None]
