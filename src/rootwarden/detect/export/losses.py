"""What every language loses of a detection, and what each loses by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.detect.event_pattern import AnythingBut, Exists, Text
from rootwarden.detect.export.loss import Language, Loss
from rootwarden.detect.visits.detection import Topic, Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.event_pattern import Matcher
    from rootwarden.detect.export.branches import Branch
    from rootwarden.detect.visits.detection import Detection

_READS: Final = ("Get", "List", "Describe", "Head", "Lookup", "Search", "View", "Download", "BatchGet")
_DATA: Final = frozenset({"GetObject", "PutObject", "DeleteObject", "DeleteObjects", "CopyObject", "PutObjectAcl"})
_SENT: Final = ("requestParameters", "responseElements", "additionalEventData")


def losses(detection: Detection, branches: tuple[Branch, ...], language: Language) -> tuple[Loss, ...]:
    """What is lost, in the order of `Loss`."""
    found = set(_of_every(detection, branches))
    found.update(_BY_LANGUAGE[language](detection, branches))
    return tuple(loss for loss in Loss if loss in found)


def _of_every(detection: Detection, branches: tuple[Branch, ...]) -> Iterator[Loss]:
    yield Loss.JOINS
    if any(condition.path[0] in _SENT for branch in branches for condition in branch.conditions):
        yield Loss.CUT
    if detection.who is not Who.ANYONE:
        yield Loss.ONLY_ARN
    if not detection.failed:
        yield Loss.EMPTY_ERROR
    if detection.topic in {Topic.BLIND, Topic.WIDEN, Topic.SPEND}:
        yield Loss.TWO_STAGES
    if _DATA.intersection(detection.names):
        yield Loss.DATA_EVENTS


def _sigma(_: Detection, __: tuple[Branch, ...]) -> Iterator[Loss]:
    yield Loss.LETTER_CASE


def _event_bridge(detection: Detection, _: tuple[Branch, ...]) -> Iterator[Loss]:
    yield Loss.REGIONS
    if any(name.startswith(_READS) for name in detection.names):
        yield Loss.READS


def _metric_filter(detection: Detection, branches: tuple[Branch, ...]) -> Iterator[Loss]:
    matchers = [one for branch in branches for condition in branch.conditions for one in condition.alternatives]
    if detection.who is not Who.ANYONE or any(_ignores_case(one) for one in matchers):
        yield Loss.SPELLINGS
    if any(
        condition.path[0] in _SENT and _looks(condition.alternatives)
        for branch in branches
        for condition in branch.conditions
    ):
        yield Loss.LISTS


def _ignores_case(one: Matcher) -> bool:
    if isinstance(one, AnythingBut):
        return any(_ignores_case(inner) for inner in one.alternatives)
    return isinstance(one, Text) and one.ignore_case


def _looks(alternatives: tuple[Matcher, ...]) -> bool:
    """Whether a value is looked at, not only whether it is there."""
    return not all(isinstance(one, (Exists, AnythingBut)) for one in alternatives)


_BY_LANGUAGE: Final = {
    Language.SIGMA: _sigma,
    Language.EVENT_BRIDGE: _event_bridge,
    Language.METRIC_FILTER: _metric_filter,
}
