"""A drill that takes the whole way: its event goes into the queue as EventBridge would put it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from rootwarden.alert.drill import Drill
    from rootwarden.watch.queue import SqsQueue

_SOURCE: Final = "aws.signin"
_DETAIL_TYPE: Final = "AWS Console Sign In via CloudTrail"


def envelope(drill: Drill) -> str:
    """The drill's event as a message (*Events from CloudTrail*, EventBridge user guide)."""
    event = drill.event
    document = {
        "version": "0",
        "id": event.id,
        "detail-type": _DETAIL_TYPE,
        "source": _SOURCE,
        "account": event.account,
        "time": format_instant(event.instant) if event.instant is not None else "",
        "region": event.region,
        "resources": [],
        "detail": msgspec.Raw(event.record),
    }
    return msgspec.json.encode(document).decode()


def send(queue: SqsQueue, drill: Drill) -> None:
    """Put a registered drill into the queue; whoever watches it takes it from there.

    Raises:
        AccessError, AwsError, UsageError: When the queue does not take it.
    """
    queue.send(envelope(drill))
