from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.trail.records import ACCOUNT, log, ordinary, root
from tests.trail.test_scan import DAMAGE, LAYOUTS

from rootwarden.trail.limits import Limits
from rootwarden.trail.usage import UsageScan, Used, UsedIdentity, UsedIssuer, UsedSession

if TYPE_CHECKING:
    from rootwarden.trail.counts import Counts


def used(data: bytes, limits: Limits = Limits()) -> tuple[list[Used], Counts, list[str]]:  # noqa: B008 - frozen
    scan = UsageScan(data, limits=limits)
    calls = [call for part in scan.calls() for call in part]
    return calls, scan.counts(), [each.reason for each in scan.problems]


def test_the_fields_of_a_call() -> None:
    record = root(
        1,
        errorCode="AccessDenied",
        sourceIPAddress="198.51.100.7",
        userAgent="an agent",
        userIdentity={"type": "Root", "arn": "arn:x", "accountId": ACCOUNT, "accessKeyId": "AKIAFAKEFAKEFAKEFAKE"},
    )
    (call,), counts, problems = used(log(record))
    told = {name: getattr(call, name) for name in Used.__struct_fields__}
    assert json.loads(bytes(told.pop("parameters")))["path"] == "/dev/root"
    assert (bytes(told.pop("response")), bytes(told.pop("resources"))) == (b"", b"")
    assert told == {
        "source": "signin.amazonaws.com",
        "name": "ConsoleLogin",
        "identity": UsedIdentity("Root", "arn:x", ACCOUNT, "AKIAFAKEFAKEFAKEFAKE"),
        "account": ACCOUNT,
        "region": "eu-west-1",
        "error": "AccessDenied",
        "time": "2026-03-02T08:00:11Z",
        "address": "198.51.100.7",
        "agent": "an agent",
        "read_only": True,
        "management": None,
    }
    assert (counts.records, problems) == (1, [])


SESSION: dict[str, Any] = {
    "type": "AssumedRole",
    "principalId": "AROAFAKE:somebody",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/somebody",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAFAKE",
    "userName": "x",
    "invokedBy": "cloudformation.amazonaws.com",
    "sessionContext": {
        "sessionIssuer": {"type": "Role", "principalId": "AROAFAKE", "arn": "arn:role", "accountId": ACCOUNT},
        "sourceIdentity": "ana",
    },
}


@pytest.mark.parametrize("odd", [{}, {"awsRegion": 7}], ids=["as documented", "with a field of another kind"])
def test_the_session_behind_a_call_and_what_it_was_about(odd: dict[str, Any]) -> None:
    more = {"responseElements": {"a": [1]}, "resources": [{"ARN": "arn:x"}], "managementEvent": False}
    (call,), _, problems = used(log(ordinary(1, userIdentity=SESSION, **more, **odd)))
    assert call.identity == UsedIdentity(
        kind="AssumedRole",
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/somebody",
        account=ACCOUNT,
        access_key="ASIAFAKE",
        principal="AROAFAKE:somebody",
        invoked_by="cloudformation.amazonaws.com",
        session=UsedSession(UsedIssuer("Role", "AROAFAKE", "arn:role"), "ana"),
    )
    assert (call.read_only, call.management, problems) == (True, False, [])
    assert json.loads(bytes(call.response)) == {"a": [1]}
    assert json.loads(bytes(call.resources)) == [{"ARN": "arn:x"}]
    assert json.loads(bytes(call.parameters))["path"] == "/dev/root"


@pytest.mark.parametrize("limits", [Limits(), Limits(window=4096)], ids=["whole", "in windows"])
@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "answer of LookupEvents"])
def test_every_layout_gives_every_call(name: str, limits: Limits) -> None:
    if name in {"other keys beside the records", "CloudWatch Logs batch"}:
        limits = Limits()
    calls, counts, problems = used(LAYOUTS[name], limits)
    assert len(calls) == 62
    assert sum(call.name == "ConsoleLogin" for call in calls) == 2
    assert (counts.records, problems) == (62, [])


def test_one_odd_record_costs_no_other() -> None:
    odd = [ordinary(1, eventName=["x"]), ordinary(2, userIdentity="who"), ordinary(3, awsRegion=7), ordinary(4)]
    calls, _, problems = used(log(*odd))
    assert [call.name for call in calls] == [None, *["DescribeInstances"] * 3]
    assert calls[2].region is None
    assert problems == []


def test_a_record_that_is_no_json_is_counted() -> None:
    data = log(*map(ordinary, range(3)), packed=False).replace(b'"readOnly":true', b'"readOnly":tru', 1)
    calls, counts, problems = used(data)
    assert len(calls) == 2
    assert (counts.unreadable, problems) == (1, ["1 of its records cannot be read"])


@pytest.mark.parametrize("name", ["cut JSON", "wrong checksum", "bytes behind the last member"])
def test_damage_is_named_and_what_came_before_is_used(name: str) -> None:
    data, _, reason = DAMAGE[name]
    calls, _, problems = used(data)
    assert len(calls) in {61, 62}
    assert reason in problems[0]


@pytest.mark.parametrize("odd", [{}, {"awsRegion": 7}], ids=["as documented", "with a field of another kind"])
def test_a_second_list_hides_no_call(odd: dict[str, Any]) -> None:
    first, second = (json.dumps([ordinary(number, **odd)]) for number in range(2))
    calls, counts, problems = used(f'{{"Records":{first}, "Records":{second}}}'.encode())
    assert len(calls) == 2
    assert (counts.records, problems) == (2, [])


@pytest.mark.parametrize("odd", [{}, {"awsRegion": 7}], ids=["as documented", "with a field of another kind"])
def test_what_has_a_name_is_no_envelope(odd: dict[str, Any]) -> None:
    calls, _, _ = used(log(ordinary(1, detail=root(2), **odd)))
    assert [call.name for call in calls] == ["DescribeInstances"]


def test_an_answer_of_lookup_events() -> None:
    answer = {"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(ordinary(1))}]}
    calls, _, _ = used(json.dumps(answer).encode())
    assert [call.name for call in calls] == ["DescribeInstances"]
