"""When an event was, and what it is called: the order of events, and the ids of what is made of them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.bounded import NO_TIME

if TYPE_CHECKING:
    from rootwarden.detect.visits.bounded import Stamp
    from rootwarden.detect.visits.event import Event

# Longer than any ARN, key, address or event name; user agents are cut by CloudTrail at about this length.
LONGEST: Final = 1024


def seconds(instant: datetime) -> int:
    """An instant in whole seconds since 1970: CloudTrail knows no finer time."""
    return int(instant.timestamp() // 1)


def instant_of(second: int) -> datetime | None:
    """An instant from seconds since 1970; `None` when there is none."""
    return None if abs(second) >= NO_TIME else datetime.fromtimestamp(second, tz=UTC)


def short(text: str) -> str:
    """A text of a record, bounded: what is longer than any real one keeps its beginning and its digest."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… sha256:{hashlib.sha256(text.encode(errors='backslashreplace')).hexdigest()}"


def event_id(event: Event) -> str:
    """The `eventID`; the digest of the record when it has none."""
    if event.id:
        return short(event.id)
    return "sha256:" + hashlib.sha256(msgspec.json.encode(event.document, order="deterministic")).hexdigest()


def stamp_of(event: Event) -> Stamp:
    """Second and id of an event."""
    return (NO_TIME if event.instant is None else seconds(event.instant), event_id(event))


def stable_id(sort: str, account: str, second: int, *rest: str) -> str:
    """An id that depends only on what it names: `session-000011112222-20260302T080011Z-1f3a9c2b0d4e`."""
    instant = instant_of(second) if second > 0 else None
    when = f"{instant:%Y%m%dT%H%M%SZ}" if instant else "undated"
    digest = hashlib.sha256("\x1f".join((sort, account, str(second), *rest)).encode()).hexdigest()[:12]
    return f"{sort}-{account or 'nowhere'}-{when}-{digest}"
