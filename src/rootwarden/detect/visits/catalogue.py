"""Detections, tasks and task policies made ready: asked by event name first, by pattern only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rootwarden.detect.visits.detection import Topic, Who
from rootwarden.detect.visits.shape import failed
from rootwarden.detect.visits.visit import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.detect.truth import Truth
    from rootwarden.detect.visits.detection import Detection, Task
    from rootwarden.detect.visits.event import Event

POLICY: str = "root-task/"


class Allowing(Protocol):
    """A task policy of AssumeRoot: its name, and the events it allows."""

    @property
    def id(self) -> str:
        """`S3UnlockBucketPolicy`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every `eventName` it can mean."""

    def holds(self, event: Event) -> Truth:
        """Whether it allows an event."""


class Catalogue:
    """What the packs know, by event name."""

    def __init__(self, detections: Iterable[Detection], tasks: Iterable[Task], policies: Iterable[Allowing]) -> None:
        self.detections = {one.id: one for one in detections}
        self.tasks = {one.id: one for one in tasks}
        self.policies = {one.id: one for one in policies}
        self._detections: dict[str, list[Detection]] = {}
        for detection in self.detections.values():
            for name in detection.names:
                self._detections.setdefault(name, []).append(detection)
        self._holders: dict[str, list[tuple[str, Allowing]]] = {}
        self._index({one.id: one for one in self.tasks.values()})
        self._index({POLICY + one.id: one for one in self.policies.values()})

    @property
    def named(self) -> set[str]:
        """Every event name a detection asks for."""
        return set(self._detections)

    def meant(self, event: Event, *, root: bool) -> Iterator[tuple[Detection, bool]]:
        """Detections that mean an event, or cannot rule it out (then with true)."""
        for detection in self._detections.get(event.name, ()):
            if detection.who is not Who.ANYONE and (detection.who is Who.ROOT) != root:
                continue
            if failed(event) and not detection.failed:
                continue
            says = detection.says(event)
            if says is not False:
                yield detection, says is None

    def hits(self, event: Event) -> tuple[Hit, ...]:
        """What detections say of an event of root."""
        return tuple(
            Hit(detection=detection.id, undecided=undecided) for detection, undecided in self.meant(event, root=True)
        )

    def fits(self, event: Event) -> tuple[frozenset[str], frozenset[str]]:
        """Tasks and task policies that hold a change, and those that may; policies by `root-task/` and their name."""
        surely, maybe = set(), set()
        for name, holder in self._holders.get(event.name, ()):
            holds = holder.holds(event)
            if holds is not False:
                maybe.add(name)
            if holds:
                surely.add(name)
        return frozenset(surely), frozenset(maybe)

    def _index(self, holders: dict[str, Task] | dict[str, Allowing]) -> None:
        for name, holder in holders.items():
            for event_name in holder.names:
                self._holders.setdefault(event_name, []).append((name, holder))


STAGES: frozenset[Topic] = frozenset({Topic.BLIND, Topic.WIDEN, Topic.SPEND})
