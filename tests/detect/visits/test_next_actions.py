"""A woken person is told what to do first, whatever was found; and nothing where there is nothing to do."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from rootwarden import packs
from rootwarden.detect.visits.detection import Accounts
from rootwarden.detect.visits.incident import (
    Concern,
    ConcernKind,
    Incident,
    Reason,
    Severity,
    Shape,
    Verdict,
)
from rootwarden.detect.visits.next_actions import MOST, Playbooks

PLAYBOOKS = Playbooks(packs.playbooks(), packs.detections())
VISIT = Incident(
    id="visit-1",
    account="000011112222",
    shape=Shape.CONSOLE,
    started=None,
    ended=None,
    events=1,
    writes=0,
    verdict=Verdict.UNEXPLAINED,
    severity=Severity.PAGE,
    reasons=(Reason(code="no-check-out", words="no check-out covers it", severity=Severity.PAGE),),
)
CONCERN = Concern(
    id="concern-1",
    kind=ConcernKind.TOWARD_ROOT,
    account="",
    actor="",
    severity=Severity.PAGE,
    reasons=(Reason(code="unheard-of", words="", severity=Severity.PAGE),),
)


@pytest.mark.parametrize("account", Accounts)
@pytest.mark.parametrize("shape", Shape)
def test_every_shape_of_visit_has_a_first_step(shape: Shape, account: Accounts) -> None:
    actions = PLAYBOOKS.actions(replace(VISIT, shape=shape), account)
    assert 2 <= len(actions) <= MOST + 1
    assert len(set(actions)) == len(actions)


@pytest.mark.parametrize("kind", ConcernKind)
def test_every_kind_of_concern_has_a_first_step(kind: ConcernKind) -> None:
    assert PLAYBOOKS.actions(replace(CONCERN, kind=kind))


@pytest.mark.parametrize("detection", packs.detections(), ids=lambda each: each.id)
def test_the_most_severe_reason_decides(detection: object) -> None:
    from rootwarden.detect.visits.detection import Detection

    assert isinstance(detection, Detection)
    reasons = (Reason(code=detection.id, words="", severity=Severity.PAGE), *VISIT.reasons)
    playbook = PLAYBOOKS.of(replace(VISIT, reasons=reasons))
    assert playbook is not None
    assert playbook.id == detection.playbook


def test_what_is_expected_or_only_recorded_asks_for_nothing() -> None:
    assert PLAYBOOKS.actions(replace(VISIT, verdict=Verdict.EXPECTED, severity=Severity.NOTIFY)) == ()
    assert PLAYBOOKS.actions(replace(VISIT, severity=Severity.RECORD)) == ()


def test_evidence_is_kept_before_the_door_is_shut_and_both_are_named() -> None:
    playbook = PLAYBOOKS.of(VISIT)
    assert playbook is not None
    phases = {f"{step.what} ({step.who})": step.phase.value for step in playbook.steps}
    named = [phases[action] for action in PLAYBOOKS.actions(VISIT, Accounts.MEMBER)[:-1]]
    assert named[0] == "keep"
    assert "contain" in named
