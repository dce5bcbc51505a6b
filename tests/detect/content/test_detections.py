"""Every shipped detection: what it says of its own cases, and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rootwarden.detect.visits.event import read_event
from rootwarden.packs.content import detections_with_examples

if TYPE_CHECKING:
    from rootwarden.detect.visits.detection import Case, Detection

DETECTIONS = detections_with_examples()


@pytest.mark.parametrize(
    ("detection", "case"),
    [(one, case) for one in DETECTIONS for case in one.cases],
    ids=lambda one: getattr(one, "id", None) or one.name,
)
def test_a_case_is_answered_as_it_says(detection: Detection, case: Case) -> None:
    assert detection.means(read_event(case.record)) is case.fits


@pytest.mark.parametrize("detection", DETECTIONS, ids=lambda one: one.id)
def test_two_cases_fit_and_two_do_not(detection: Detection) -> None:
    fitting = sum(case.fits is True for case in detection.cases)
    assert fitting >= 2
    assert sum(case.fits is False for case in detection.cases) >= 2


def test_ids_are_files() -> None:
    assert len({one.id for one in DETECTIONS}) == len(DETECTIONS)
