"""Events of CloudTrail in, incidents and concerns out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.catalogue import Catalogue
from rootwarden.detect.visits.detector import Detector
from rootwarden.detect.visits.findings import Findings
from rootwarden.detect.visits.settings import Settings
from rootwarden.detect.visits.shape import root_account
from rootwarden.detect.visits.stamp import event_id, stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from rootwarden.detect.visits.catalogue import Allowing
    from rootwarden.detect.visits.checkout import Checkout
    from rootwarden.detect.visits.detection import Detection, Task
    from rootwarden.detect.visits.event import Event
    from rootwarden.detect.visits.sighting import Sighting

__all__ = ("Detector", "Findings", "distinct", "find")


def find(
    events: Iterable[Event],
    *,
    detections: Iterable[Detection],
    tasks: Iterable[Task],
    policies: Iterable[Allowing] = (),
    checkouts: Iterable[Checkout] = (),
    settings: Settings | None = None,
    sightings: Iterable[Sighting] = (),
    as_of: datetime | None = None,
) -> Findings:
    """Find visits of root and what else concerns it.

    Args:
        events: Each event once, in any order; memory grows with the number of visits, not of events.
        detections: What makes an event worth a reason.
        tasks: What needs root.
        policies: What sessions of AssumeRoot may do.
        checkouts: Who may be root, when, for what; only trusted ones explain anything.
        settings: What the organization declares.
        sightings: Findings of GuardDuty about root.
        as_of: The instant to judge at; not given, nothing more is to come.

    Returns:
        The same findings, byte for byte, in whatever order the events come.
    """
    catalogue = Catalogue(detections, tasks, policies)
    detector = Detector(catalogue, settings=settings or Settings(), checkouts=checkouts, sightings=sightings)
    for event in events:
        detector.take(event)
    return detector.findings(as_of=as_of)


def distinct(events: Iterable[Event]) -> Iterator[Event]:
    """Each event once, by account, time and id; for events that fit into memory.

    Of several copies one with an `addendum` counts (CloudTrail sends it when it has corrected an event, and names the
    `originalEventID`), else the first by its bytes.
    """
    kept: dict[str, tuple[tuple[bool, bytes], Event]] = {}
    for event in events:
        name = event.text("addendum", "originalEventID") or event_id(event)
        rank = _rank(event)
        known = kept.get(name)
        if known is None or rank < known[0]:
            kept[name] = (rank, event)
    yield from sorted((event for _, event in kept.values()), key=lambda event: (root_account(event), *stamp_of(event)))


def _rank(event: Event) -> tuple[bool, bytes]:
    """What tells which of two copies counts: the smaller."""
    return not isinstance(event.at("addendum"), dict), msgspec.json.encode(event.document, order="deterministic")
