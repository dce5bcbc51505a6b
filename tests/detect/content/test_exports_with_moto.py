"""An independent witness for exported event patterns: moto's own matcher says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.events.models import EventPattern
from tests.detect.content.test_exports import DETECTIONS, EVENTS, excused, on_the_bus

from rootwarden.detect.export.event_bridge import event_patterns

if TYPE_CHECKING:
    from rootwarden.detect.visits.detection import Detection

# It looks into lists of texts, not into lists of objects.
SEEN = [event for event in EVENTS if '"items":[{' not in str(event.document).replace("'", '"').replace(" ", "")]


def test_nearly_every_event_is_seen() -> None:
    assert 0.9 < len(SEEN) / len(EVENTS) < 1


def matched(patterns: list[EventPattern], envelope: Any) -> bool:
    return any(each.matches_event(envelope) for each in patterns)


@pytest.mark.parametrize("detection", DETECTIONS, ids=lambda one: one.id)
def test_moto_agrees(detection: Detection) -> None:
    exported = event_patterns(detection)
    patterns = [EventPattern.load(text) for text in exported.documents]
    differing = [
        event
        for event in SEEN
        if matched(patterns, on_the_bus(event)) is not detection.means(event) and not excused(event, exported.lost)
    ]
    assert [event.document for event in differing] == []
