"""What one reading brings to the store: findings, the root events behind them, and the objects they came from."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

from rootwarden.detect.visits.incident import Concern, Incident
from rootwarden.facts.instant import Instant

Finding: TypeAlias = Incident | Concern


class Path(StrEnum):
    """The way a finding came: log files in S3, events from EventBridge, files by hand, or a drill of ours."""

    S3 = "s3"
    EVENTBRIDGE = "eventbridge"
    FILE = "file"
    DRILL = "drill"
    WATCH = "watch"


class RootEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A root event that is kept.

    Attributes:
        id: `eventID`, or the SHA-256 of the record where it has none.
        account: Twelve digits; empty when the record does not say.
        instant: The event's own time; `None` when it has none.
        region: Region of the event.
        name: `eventName`.
        record: The CloudTrail record as JSON.
        finding: Id of the incident it belongs to, as detection names it; empty when it was not decided yet.
    """

    id: str
    account: str
    instant: Instant | None
    region: str = ""
    name: str = ""
    record: bytes
    finding: str = ""


class ReadObject(msgspec.Struct, frozen=True, kw_only=True):
    """An object that was read whole, so that it is not read again.

    Attributes:
        name: `s3://bucket/key`, a path, or the id of a message.
        version: ETag or the like: the same name with another version is another object.
        events: How many distinct root events it held.
    """

    name: str
    version: str = ""
    events: int = 0


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is recorded in one transaction.

    Attributes:
        incidents: Visits, each whole as far as it is known now.
        concerns: What is no visit and needs eyes.
        events: Root events to keep.
        objects: What was read to the end.
        path: The way it came.
        region: Region of the queue or bucket; empty where there is none.
        seen_at: When the reader got it; the store's own time if left out.
    """

    incidents: tuple[Incident, ...] = ()
    concerns: tuple[Concern, ...] = ()
    events: tuple[RootEvent, ...] = ()
    objects: tuple[ReadObject, ...] = ()
    path: Path = Path.FILE
    region: str = ""
    seen_at: datetime | None = None

    def accounts(self) -> tuple[str, ...]:
        """Every account it touches, sorted: locks are taken in this order."""
        return tuple(sorted({each.account for each in self.findings()} | {each.account for each in self.events}))

    def findings(self) -> tuple[Finding, ...]:
        """Incidents, then concerns."""
        return self.incidents + self.concerns
