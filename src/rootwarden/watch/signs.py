"""Signs of life kept and compared: digests of accounts and regions, canaries, any message at all.

What was heard once is expected from then on; what was never heard must be declared, or nobody can miss it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.alert.store.heartbeats import beat, heartbeats
from rootwarden.trail.digests.location import digest_name, site_of
from rootwarden.watch.silence import Sign, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from rootwarden.detect.visits.event import Event
    from rootwarden.watch.silence import Patience

_TOP: Final = "AWSLogs/"
_STARTED: Final = "watch:started"
_DEPTHS: Final = (3, 4)


def of_digest(key: str) -> tuple[Source, datetime] | None:
    """Whose digest an object is and the end of the hour it is about, by its key; `None` for anything else.

    Digests that are made later for a time before validation began are no sign of life.
    """
    _, found, below = key.partition(_TOP)
    if not found:
        return None
    parts = below.split("/")
    for depth in _DEPTHS:
        site = site_of("", tuple(parts[:depth]))
        name = digest_name(site, key) if site is not None else None
        if site is not None and name is not None:
            return None if name.backfill else (Source(Sign.DIGEST, site.account, site.region), name.end)
    return None


def of_canary(event: Event) -> Source:
    """Where a canary called from."""
    return Source(Sign.CANARY, event.account, event.region)


def note(session: Session, heard: Mapping[Source, datetime], patience: Patience) -> None:
    """Note what was heard and when; in one order, so that two watchers do not wait for each other in a circle."""
    for source, at in sorted(heard.items()):
        beat(session, _name(source), at=at, expected=patience.of(source.sign), detail=source.sign.value)


def started(session: Session, now: datetime) -> datetime:
    """Since when this database is listened for: the first start, kept."""
    for each in heartbeats(session):
        if each.source == _STARTED:
            return each.at
    beat(session, _STARTED, at=now, expected=timedelta(0), detail="the first start")
    return now


def expected(session: Session, declared: Iterable[Source]) -> dict[Source, datetime | None]:
    """Everything that must be heard, and when it last was."""
    known: dict[Source, datetime | None] = dict.fromkeys(declared)
    for each in heartbeats(session):
        source = _source(each.source)
        if source is not None and (source.sign is not Sign.ANYTHING or source in known):
            known[source] = each.at
    return known


def _name(source: Source) -> str:
    return f"{source.sign.value}:{source.account}:{source.region}"


def _source(name: str) -> Source | None:
    parts = name.split(":")
    if len(parts) != len(Source.__struct_fields__) or parts[0] not in {each.value for each in Sign}:
        return None
    return Source(Sign(parts[0]), parts[1], parts[2])
