from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.detect.visits.story import ACCOUNT, records

from rootwarden.detect.visits.catalogue import Catalogue
from rootwarden.detect.visits.detector import Detector
from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.incident import ConcernKind, Severity, Shape, Verdict
from rootwarden.detect.visits.settings import Settings
from rootwarden.detect.visits.sighting import read_sightings

if TYPE_CHECKING:
    from rootwarden.detect.visits.findings import Findings
    from rootwarden.detect.visits.sighting import Sighting

NATIVE: dict[str, Any] = {
    "Type": "Policy:IAMUser/RootCredentialUsage",
    "AccountId": ACCOUNT,
    "Id": "finding-1",
    "Severity": 2,
    "Service": {
        "EventFirstSeen": "2026-03-02T08:04:00.000Z",
        "EventLastSeen": "2026-03-02T08:09:00.000Z",
        "Action": {
            "AwsApiCallAction": {"Api": "DeactivateMFADevice", "RemoteIpDetails": {"IpAddressV4": "198.51.100.7"}}
        },
    },
    "Resource": {"AccessKeyDetails": {"AccessKeyId": "ASIAXXXXXXXXXXXXXXX1", "UserType": "Root"}},
}
ASFF: dict[str, Any] = {
    "SchemaVersion": "2018-10-08",
    "Id": "finding-1",
    "AwsAccountId": ACCOUNT,
    "Types": ["TTPs/Policy:IAMUser-RootCredentialUsage"],
    "FirstObservedAt": "2026-03-02T08:04:00Z",
    "LastObservedAt": "2026-03-02T08:09:00Z",
}


def small(value: Any) -> Any:
    """As EventBridge writes it: names begin with a small letter."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: small(each) for name, each in value.items()}
    return value


DOCUMENTS: dict[str, Any] = {
    "a finding": NATIVE,
    "GetFindings": {"Findings": [NATIVE]},
    "EventBridge": {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": small(NATIVE)},
    "Security Hub": ASFF,
    "Security Hub through EventBridge": {
        "detail-type": "Security Hub Findings - Imported",
        "detail": {"findings": [ASFF]},
    },
    "a list": [NATIVE],
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_finding_is_read_in_every_wrapping(name: str) -> None:
    (found,) = read_sightings(DOCUMENTS[name])
    assert (found.account, found.id, found.short_term, found.last - found.first) == (ACCOUNT, "finding-1", False, 300)
    if "Security Hub" not in name:
        assert (found.access_key, found.operation) == ("ASIAXXXXXXXXXXXXXXX1", "DeactivateMFADevice")


def test_findings_about_anything_else_are_passed_over() -> None:
    assert not list(read_sightings({"Findings": [{**NATIVE, "Type": "Recon:EC2/Portscan"}, {}, 7, None]}))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["Findings", "detail", "Type", "Types", "Service", "x"]), inner)
        ),
        max_leaves=20,
    )
)
def test_any_document_is_survived(document: Any) -> None:
    list(read_sightings(document))


def found(sightings: list[Sighting], *events: dict[str, Any]) -> Findings:
    detector = Detector(Catalogue((), (), ()), settings=Settings(), sightings=sightings)
    for record in records(list(events)):
        detector.take(read_event(record))
    return detector.findings()


def test_a_finding_is_further_evidence_of_a_visit() -> None:
    told = found(list(read_sightings(NATIVE)), {"like": "console", "at": "08:04:00"})
    (visit,) = told.incidents
    assert ("guardduty", Severity.RECORD) in [(one.code, one.severity) for one in visit.reasons]
    assert not told.concerns


def test_a_finding_no_event_explains_is_a_visit_and_a_hole() -> None:
    told = found(list(read_sightings(NATIVE)), {"like": "console", "at": "12:04:00", "started": "11:00:00"})
    alone, _ = told.incidents
    assert (alone.events, alone.shape, alone.verdict, alone.severity) == (
        0,
        Shape.SESSION,
        Verdict.UNEXPLAINED,
        Severity.PAGE,
    )
    (hole,) = told.concerns
    assert (hole.kind, hole.account, hole.severity) == (ConcernKind.SILENCE, ACCOUNT, Severity.PAGE)


def test_a_finding_about_root_sessions_belongs_to_assume_root() -> None:
    short = {**NATIVE, "Type": "Policy:IAMUser/ShortTermRootCredentialUsage"}
    assumed = {"record": {"userIdentity": {"sessionContext": {"assumedRoot": "true"}}}}
    told = found(
        list(read_sightings(short)),
        {"like": "console", "at": "08:04:00"},
        {"like": "assumed", "at": "08:30:00", **assumed},
    )
    codes = {visit.shape: [one.code for one in visit.reasons] for visit in told.incidents}
    assert "guardduty" in codes[Shape.ASSUMED]
    assert "guardduty" not in codes[Shape.CONSOLE]
    assert found(list(read_sightings(short))).incidents[0].shape is Shape.ASSUMED


def test_a_finding_that_is_sent_again_counts_once() -> None:
    later = {**NATIVE, "Service": {**NATIVE["Service"], "EventLastSeen": "2026-03-02T14:00:00Z"}}
    told = found([*read_sightings(NATIVE), *read_sightings(later), *read_sightings(NATIVE)])
    (alone,) = told.incidents
    assert str(alone.ended) == "2026-03-02 14:00:00+00:00"


def test_a_finding_without_a_time_is_not_lost() -> None:
    (alone,) = found(list(read_sightings({**NATIVE, "Service": {}}))).incidents
    assert alone.started is None
