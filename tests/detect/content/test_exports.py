"""An exported detection answers every case of every detection as the detection does, or names what is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from rootwarden.detect.event_pattern import read_event_pattern
from rootwarden.detect.export import event_bridge, metric_filter
from rootwarden.detect.export.event_bridge import event_patterns
from rootwarden.detect.export.loss import Loss
from rootwarden.detect.export.metric_filter import filter_patterns
from rootwarden.detect.filter_parser import read_filter_pattern
from rootwarden.detect.truth import any_of
from rootwarden.detect.visits.event import read_event
from rootwarden.packs.content import detections_with_examples

if TYPE_CHECKING:
    from rootwarden.detect.export.loss import Exported
    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.truth import Truth
    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.event import Event

DETECTIONS = detections_with_examples()
CASES = [case.record for one in DETECTIONS for case in one.cases]
# What records do that no case of one detection is about.
ODD: tuple[Document, ...] = (
    {"errorCode": ""},
    {"errorMessage": "something beside a success"},
    {"eventType": "AwsServiceEvent"},
    {"userIdentity": {"arn": "arn:aws:iam::000011112222:root", "accountId": "000011112222"}},
    {"userIdentity": {"type": "ROOT", "arn": "arn:aws:iam::000011112222:root"}},
    {"userIdentity": {"type": "rooT", "arn": "arn:aws:iam::000011112222:root"}},
    {"userIdentity": {"accountId": "000011112222", "invokedBy": "AWS Internal"}},
    {"userIdentity": None},
    {"requestParameters": {"omitted": True, "originalSize": 110_000}},
    {"responseElements": None},
)
EVENTS = [
    *(read_event(record) for record in CASES),
    *(read_event(one.cases[0].record | odd) for one in DETECTIONS for odd in ODD),
]


def on_the_bus(event: Event) -> Document:
    sign_in = event.kind == "AwsConsoleSignIn"
    kind = "AWS Console Sign In via CloudTrail" if sign_in else "AWS API Call via CloudTrail"
    return {"source": "aws.signin" if sign_in else "aws.iam", "detail-type": kind, "detail": event.document}


def by_rule(exported: Exported, event: Event) -> Truth:
    return any_of(read_event_pattern(text).matches(on_the_bus(event)) for text in exported.documents)


def by_filter(exported: Exported, event: Event) -> Truth:
    line = msgspec.json.encode(event.document).decode()
    return any_of(read_filter_pattern(text).matches(event.document, line) for text in exported.documents)


def excused(event: Event, lost: tuple[Loss, ...]) -> bool:
    """Whether one of the losses that were named explains another answer for an event."""
    text = msgspec.json.encode(event.document)
    explained = {
        Loss.CUT: b'"omitted"' in text,
        Loss.LISTS: b"[" in text.replace(b'"items":[', b""),
        Loss.ONLY_ARN: event.identity.kind == "" or event.kind == "AwsServiceEvent",
        Loss.SPELLINGS: event.identity.kind.lower() == "root" and event.identity.kind != "Root",
        Loss.EMPTY_ERROR: event.document.get("errorCode") == "",
    }
    return any(explained.get(loss, False) for loss in lost)


@pytest.mark.parametrize("detection", DETECTIONS, ids=lambda one: one.id)
def test_event_patterns_mean_the_same(detection: Detection) -> None:
    exported = event_patterns(detection)
    assert all(len(text) <= event_bridge.LONGEST for text in exported.documents)
    differing = [event for event in EVENTS if by_rule(exported, event) is not detection.means(event)]
    assert [event.document for event in differing if not excused(event, exported.lost)] == []


@pytest.mark.parametrize("detection", DETECTIONS, ids=lambda one: one.id)
def test_filter_patterns_mean_the_same(detection: Detection) -> None:
    exported = filter_patterns(detection)
    assert all(len(text) <= metric_filter.LONGEST for text in exported.documents)
    differing = [event for event in EVENTS if by_filter(exported, event) is not detection.means(event)]
    assert [event.document for event in differing if not excused(event, exported.lost)] == []
