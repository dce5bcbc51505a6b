"""Messages opened: what each names, sorted into log files to read, events, and signs of life. Reads nothing itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.event import Event
from rootwarden.trail.place_names import is_delivered, passed_over
from rootwarden.watch import signs
from rootwarden.watch.messages import MessageError, Object, read_message
from rootwarden.watch.queue import Message
from rootwarden.watch.silence import Source
from rootwarden.watch.troubles import Found, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.watch.interests import Looking

# Log files of other services in the same layout: `AWSLogs/[ORGANIZATION/]ACCOUNT/SERVICE/`.
_SERVICE: Final = re.compile(r"AWSLogs/(?:o-[a-z0-9]{10,32}/)?[0-9]{12}/(?P<service>[^/]+)/")
_OURS: Final = frozenset({"CloudTrail", "CloudTrail-Digest"})


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """One message, opened.

    Attributes:
        message: Which.
        objects: Log files to read.
        events: Events that came whole and are wanted.
        heard: Signs of life, with their time.
        records: How many records came whole.
        found: Why it says nothing; `None` when it was understood.
    """

    message: Message
    objects: tuple[Object, ...] = ()
    events: tuple[Event, ...] = ()
    heard: tuple[tuple[Source, datetime], ...] = ()
    records: int = 0
    found: Found | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it says nothing new."""
        return not (self.objects or self.records or self.heard or self.found)


def opened(message: Message, looking: Looking, now: datetime) -> Opened:
    """Open one message.

    Args:
        message: As it was taken.
        looking: What is looked for.
        now: No sign of life is later, whatever it says of itself.
    """
    try:
        arrived = read_message(message.body)
    except MessageError as error:
        return Opened(message=message, found=Found(trouble=Trouble.NOT_UNDERSTOOD, where=message.id, why=error.message))
    sort = looking.sort_records(arrived.records)
    heard = [(signs.of_canary(each), min(now, each.instant or now)) for each in sort.canaries]
    for item in arrived.objects:
        digest = signs.of_digest(item.key)
        if digest is not None:
            heard.append((digest[0], min(now, digest[1])))
    return Opened(
        message=message,
        objects=tuple(item for item in arrived.objects if is_log(item.key)),
        events=sort.kept,
        heard=tuple(heard),
        records=len(arrived.records),
    )


def is_log(key: str) -> bool:
    """Whether an object may be one of CloudTrail's log files, by its key."""
    service = _SERVICE.search(key) if not is_delivered(key) else None
    return not passed_over(key) and (service is None or service["service"] in _OURS)


def sent_at(message: Message) -> datetime | None:
    """When it was put into the queue; `None` where that is not said."""
    return datetime.fromtimestamp(message.sent_at / 1000, tz=UTC) if message.sent_at else None


def newest(heard: Iterable[tuple[Source, datetime]]) -> dict[Source, datetime]:
    """The last time each source was heard."""
    found: dict[Source, datetime] = {}
    for source, at in heard:
        found[source] = max(at, found.get(source, at))
    return found
