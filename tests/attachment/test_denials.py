"""Denied calls found in a trail, and held against what was foretold."""

from __future__ import annotations

from typing import Any

import pytest
from tests.attachment.changing import AT, CANARY

from rootwarden.attachment.denials import Denial, denials_in, judge
from rootwarden.attachment.foretold import group_name
from rootwarden.attachment.plan import Foretold
from rootwarden.detect.visits.event import read_event
from rootwarden.iam.usage.refusals import refusals_of
from rootwarden.packs.event_names import event_names

ROLE = f"arn:aws:iam::{CANARY}:role/Leaver"
SCP = "with an explicit deny in a service control policy"
REFUSALS = refusals_of(event_names())
GROUP = group_name(CANARY, ROLE, "organizations.amazonaws.com", "LeaveOrganization")


def event(**changed: Any) -> Any:
    session = f"arn:aws:sts::{CANARY}:assumed-role/Leaver/jo"
    record = {
        "eventVersion": "1.11",
        "eventTime": "2026-03-02T13:00:00Z",
        "eventSource": "organizations.amazonaws.com",
        "eventName": "LeaveOrganization",
        "recipientAccountId": CANARY,
        "userIdentity": {
            "type": "AssumedRole",
            "arn": session,
            "accountId": CANARY,
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE, "accountId": CANARY}},
        },
        "errorCode": "AccessDenied",
        "errorMessage": f"User: {session} is not authorized to perform: organizations:LeaveOrganization {SCP}",
    }
    return read_event(record | changed)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, [(GROUP, True)]),
        ({"errorMessage": "because no service control policy allows the s3:GetObject action"}, [(GROUP, True)]),
        ({"errorMessage": "with an explicit deny in an identity-based policy"}, []),
        ({"errorMessage": "with an explicit deny in a resource control policy"}, []),
        ({"errorMessage": "You are not authorized to perform this operation."}, [(GROUP, False)]),
        ({"errorMessage": None}, [(GROUP, False)]),
        ({"errorCode": "NoSuchEntity", "errorMessage": "there is no such role"}, []),
        ({"errorCode": None, "errorMessage": None}, []),
        ({"errorCode": "Client.UnauthorizedOperation"}, [(GROUP, True)]),
        ({"errorCode": "AccessDeniedByMetaException", "errorMessage": "no"}, []),
        ({"errorCode": "TheNewAccessDeniedThing", "errorMessage": "no"}, [(GROUP, False)]),
        ({"errorCode": "Novel"}, [(GROUP, True)]),
        ({"errorCode": None}, [(GROUP, True)]),
        ({"errorCode": "Novel", "errorMessage": "jo is not authorized to perform x"}, [(GROUP, False)]),
        ({"eventTime": "2026-03-02T11:59:59Z"}, []),
        ({"eventTime": "never"}, [(GROUP, True)]),
    ],
)
def test_what_is_a_denial_of_ours(changed: dict[str, Any], found: list[tuple[str, bool]]) -> None:
    denials = denials_in([event(**changed)], since=AT, accounts={CANARY}, kinds={"scp"}, refusals=REFUSALS)
    assert [(one.group, one.clear) for one in denials] == found


def test_other_accounts_are_not_looked_at() -> None:
    assert denials_in([event()], since=AT, accounts={"000011110009"}, kinds={"scp"}, refusals=REFUSALS) == ()


def foretold(**calls: int) -> Foretold:
    return Foretold(record="", present="", first="", last="", at_least=0, at_most=9, calls=calls)


@pytest.mark.parametrize(
    ("denials", "told", "expected"),
    [
        ([("a", 3, True)], {"a": 3}, (3, {}, {})),
        ([("a", 5, True)], {"a": 3}, (3, {"a": 2}, {})),
        ([("a", 2, False)], {"a": 3}, (2, {}, {})),
        ([("a", 5, False)], {"a": 3}, (0, {}, {"a": 5})),
        ([("b", 1, True)], {"a": 3}, (0, {"b": 1}, {})),
        ([], {"a": 3}, (0, {}, {})),
    ],
)
def test_held_against_the_replay(
    denials: list[tuple[str, int, bool]], told: dict[str, int], expected: tuple[int, dict[str, int], dict[str, int]]
) -> None:
    found = judge((Denial(group=group, calls=calls, clear=clear) for group, calls, clear in denials), foretold(**told))
    assert (found.foretold, found.unexpected, found.unclear) == expected


def test_without_a_replay_nothing_was_foretold() -> None:
    assert judge([Denial(group="a", calls=2, clear=True)], None).exceeding == 2
