"""Runs cases: what a detection, task or task policy says of them, beside what it should say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.detect.visits.detection import Detection
from rootwarden.detect.visits.event import read_event

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.truth import Truth
    from rootwarden.detect.visits.detection import Task, TaskPolicy


class CaseRun(msgspec.Struct, frozen=True, kw_only=True):
    """One case that was run.

    Attributes:
        of: Id of the detection, task or task policy.
        name: The case's.
        expected: What should be said: meant, not meant, or undecided (`None`).
        said: What was said.
    """

    of: str
    name: str
    expected: bool | None
    said: bool | None

    @property
    def right(self) -> bool:
        """Whether the two agree."""
        return self.said is self.expected


def run_cases(content: Detection | Task | TaskPolicy) -> tuple[CaseRun, ...]:
    """Run every case of a file, in its order."""
    return tuple(
        CaseRun(of=content.id, name=case.name, expected=case.fits, said=_said(content, case.record))
        for case in content.cases
    )


def _said(content: Detection | Task | TaskPolicy, record: Document) -> Truth:
    event = read_event(record)
    return content.means(event) if isinstance(content, Detection) else content.holds(event)
