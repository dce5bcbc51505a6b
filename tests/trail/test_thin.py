"""Records that are looked at thinly first give what they give when each is read in full."""

from __future__ import annotations

import gzip
import io
import json
from functools import cache
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guardrails.replaying.small import ACCOUNTS, replay_of_policy
from tests.guardrails.replaying.strange import THERE, role, strange_records
from tests.trail.records import log
from tests.trail.spellings import spelled

from rootwarden.detect.visits.interest import Interest
from rootwarden.facts.instant import parse_instant
from rootwarden.simulator.trail.organization import MANAGEMENT
from rootwarden.trail.batch import Orders, read_stream
from rootwarden.trail.limits import Limits
from rootwarden.trail.place_names import Restriction
from rootwarden.trail.replay import bench_of
from rootwarden.trail.replayed import REPLAYED
from rootwarden.trail.replayer import Replayer
from rootwarden.trail.usage import CallScan

if TYPE_CHECKING:
    from rootwarden.trail.batch import Result
    from rootwarden.trail.replay import Replay

NEVER = -(10**9)
ROOT_ARN = {"aws:PrincipalArn": "arn:*:iam::*:root"}
# What is denied to whom: nothing to anybody, root's calls, and calls of everybody by address, session or parameters.
DENIED: dict[str, dict[str, Any]] = {
    "nobody": {"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}},
    "root": {"ArnLike": ROOT_ARN},
    "root but assumed": {"ArnLike": ROOT_ARN, "Null": {"aws:AssumedRoot": "true"}},
    "outside of the office": {"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
    "without a second factor": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    "with a tag": {"StringEquals": {"aws:RequestTag/team": "blue"}},
    "in the clear": {"Null": {"aws:SecureTransport": "true"}},
    "where a role is handed over": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Deploy"}},
    "on others' resources": {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
}


@cache
def replay(name: str) -> Replay:
    action = "iam:PassRole" if name == "where a role is handed over" else "*"
    statement = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": DENIED[name]}
    return replay_of_policy({"Version": "2012-10-17", "Statement": [statement]})


def read(data: bytes, replay: Replay, limits: Limits, restriction: Restriction) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        orders = Orders(
            interest=Interest(calls=frozenset()), folder=folder, replay=replay, limits=limits, restriction=restriction
        )
        return told(read_stream(io.BytesIO(data), orders, replay))


def told(result: Result) -> dict[str, Any]:
    made: dict[str, Any] = {
        "rows": list(result.every_row()),
        "sums": result.sums,
        "counts": result.counts,
        "problems": result.problems,
    }
    return made


def in_full(data: bytes, given: Replay, limits: Limits, restriction: Restriction) -> dict[str, Any]:
    bench_of(given).worth = NEVER
    return read(data, given, limits, restriction)


def thinly(data: bytes, given: Replay, limits: Limits, restriction: Restriction) -> dict[str, Any]:
    bench_of(given).worth = 0
    return read(data, given, limits, restriction)


TIMES = [
    "2026-03-02T08:00:11Z",
    "2026-03-05T05:05:05Z",
    "2026-03-02T08:00:11.5Z",
    "2026-03-02",
    "2999-01-01T00:00:00Z",
    7,
]
ODD: list[dict[str, Any]] = [
    {},
    {},
    {},
    {"userAgent": 5},
    {"userAgent": "an \U0001f40d"},
    {"sourceIPAddress": None},
    {"sourceIPAddress": "10.0.0.5", "vpcEndpointId": "vpce-0fake"},
    {"vpcEndpointId": "vpce-0fake"},
    {"vpcEndpointId": {}},
    {"awsRegion": ["eu-west-1"]},
    {"eventName": ""},
    {"eventName": 7},
    {"eventName": None},
    {"eventName": None, "detail": {"eventName": "Hidden", "userIdentity": {"type": "Root"}}},
    {"eventName": "AssumeRoot", "responseElements": {"credentials": {"accessKeyId": "ASIAFAKEFAKEFAKE0001"}}},
    {"eventName": "AssumeRoot", "errorCode": "AccessDenied"},
    {"userIdentity": role("Builder", invokedBy="athena.amazonaws.com")},
    {"userIdentity": role("Builder", THERE, invokedBy="athena.amazonaws.com"), "vpcEndpointId": "vpce-0fake"},
    {"userIdentity": None},
    {"userIdentity": "who"},
    {"userIdentity": {"type": "ROOT", "accountId": ACCOUNTS[0], "arn": f"arn:aws:iam::{ACCOUNTS[0]}:root"}},
    {"userIdentity": {"accountId": "999999999999", "invokedBy": "ec2.amazonaws.com"}},
    {"userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": "odd"}}},
    {"userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"type": "Role"}}}},
    {"userIdentity": {"type": "WebIdentityUser", "principalId": "someone", "sessionContext": {"attributes": 7}}},
    {"sharedEventID": "00000000-0000-4000-9000-000000000007"},
    {"sharedEventID": "00000000-0000-4000-9000-000000000007", "addendum": {"originalEventID": "x"}},
    {"sharedEventID": 7},
    {"addendum": "odd"},
    {"resources": "odd"},
    {"resources": [{"accountId": "222222222222"}]},
    {"eventType": "AwsServiceEvent"},
    {"eventType": 7},
    {"requestParameters": {"iamInstanceProfile": {"name": "fake"}}},
    {"requestParameters": {"instanceType": "t3.micro"}},
    {"requestParameters": {"tags": [{"key": "team", "value": "blue"}]}},
    {"tlsDetails": {"tlsVersion": "TLSv1.3"}},
    {"recipientAccountId": 111111111111},
    {"detail": {"eventName": "Hidden", "userIdentity": {"type": "Root"}}},
    {"detail": {"eventName": "Hidden", "userIdentity": {"type": "Root"}}, "awsRegion": 7},
    {"readOnly": "no", "managementEvent": "yes"},
]


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    record = dict(draw(st.sampled_from(strange_records())))
    record["recipientAccountId"] = draw(st.sampled_from([*ACCOUNTS, MANAGEMENT]))
    if draw(st.booleans()):
        record["eventTime"] = draw(st.sampled_from(TIMES))
    odd: dict[str, Any] = draw(st.sampled_from(ODD))
    return record | odd


LAYOUTS = ('{"Records":[%s]}', "[%s]", '{"Records":[%s],"Records":[]}', "lines", '{"Events":[%s]}')


@st.composite
def files(draw: st.DrawFn) -> bytes:
    drawn = draw(st.lists(records(), max_size=6))
    written = [
        draw(spelled(one)) if draw(st.integers(0, 3)) == 0 else json.dumps(one, separators=(",", ":")) for one in drawn
    ]
    layout = draw(st.sampled_from(LAYOUTS))
    text = "\n".join(written) if layout == "lines" else layout % ",".join(written)
    data = text.encode()
    if data and draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + draw(st.sampled_from([b"\xff", b"\\q", b"\\ud800", b"\x01", b"", b'"'])) + data[at + 1 :]
    return gzip.compress(data, mtime=0) if draw(st.booleans()) else data


RESTRICTIONS = (
    Restriction(),
    Restriction(),
    Restriction(start=parse_instant("2026-03-03T00:00:00Z")),
    Restriction(end=parse_instant("2026-03-03T00:00:00Z")),
    Restriction(regions=frozenset({"eu-west-1"})),
)


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(sorted(DENIED)),
    parts=st.lists(files(), min_size=1, max_size=3),
    limits=st.sampled_from([Limits(), Limits(), Limits(window=1500)]),
    restriction=st.sampled_from(RESTRICTIONS),
)
def test_what_is_looked_at_thinly_is_told_as_what_is_read_in_full(
    name: str, parts: list[bytes], limits: Limits, restriction: Restriction
) -> None:
    agree(name, parts, limits, restriction)


def agree(name: str, parts: list[bytes], limits: Limits, restriction: Restriction) -> None:
    one, other = (msgspec.structs.replace(replay(name)) for _ in range(2))
    expected = [in_full(data, one, limits, restriction) for data in parts]
    # Looking at them again finds more of them decided.
    for _ in range(3):
        found = [thinly(data, other, limits, restriction) for data in parts]
        assert [each["rows"] for each in found] == [each["rows"] for each in expected]
        assert [each["counts"] for each in found] == [each["counts"] for each in expected]
        assert [each["problems"] for each in found] == [each["problems"] for each in expected]
        assert found[-1]["sums"] == expected[-1]["sums"]


QUIET = [one for one in strange_records() if one["eventID"][-2:] in {"41", "43", "54", "73"}]
ROOTS = [one for one in strange_records() if one["userIdentity"]["type"] == "Root"]


@pytest.mark.parametrize(
    "name", ["nobody", "root", "outside of the office", "with a tag", "where a role is handed over"]
)
@pytest.mark.parametrize("odd", ODD[3:], ids=json.dumps)
def test_an_odd_record_among_others_is_told_as_it_is_in_full(name: str, odd: dict[str, Any]) -> None:
    records = [*QUIET[:2], QUIET[2] | odd, *QUIET[3:]]
    agree(name, [log(*QUIET), log(*records), json.dumps(records).encode()], Limits(), Restriction())


def test_what_was_told_before_a_file_had_to_be_read_in_full_is_told_once() -> None:
    shared = QUIET[0] | {"sharedEventID": "00000000-0000-4000-9000-000000000007"}
    agree("root", [log(*QUIET), log(shared), log(shared, *ROOTS)], Limits(), Restriction())


@pytest.mark.parametrize("time", TIMES, ids=str)
@pytest.mark.parametrize("restriction", RESTRICTIONS[1:], ids=str)
def test_an_odd_time_among_others_is_told_as_it_is_in_full(restriction: Restriction, time: str) -> None:
    agree("nobody", [log(*QUIET[:2], QUIET[2] | {"eventTime": time}, *QUIET[3:])], Limits(), restriction)


def test_files_of_which_nothing_is_told_are_not_read_in_full() -> None:
    given = msgspec.structs.replace(replay("nobody"))
    for _ in range(3):
        thinly(log(*QUIET), given, Limits(), Restriction())
    replayer = Replayer(given, Restriction())
    data = json.dumps({"Records": QUIET}).encode()
    assert replayer.passes(data, listed=False) == len(QUIET)
    assert replayer.passes(json.dumps(QUIET).encode(), listed=True) == len(QUIET)
    assert replayer.taken() == []
    assert replayer.sums.first < replayer.sums.last


def test_whether_a_role_is_handed_over_is_looked_for_where_that_decides() -> None:
    given = msgspec.structs.replace(replay("where a role is handed over"))
    bench, replayer = bench_of(given), Replayer(given, Restriction())
    asked = {"eventSource": "codepipeline.amazonaws.com", "eventName": "UpdatePipeline"}
    plain = [one | asked | {"requestParameters": {"version": 7}} for one in QUIET]
    data = json.dumps({"Records": plain}).encode()
    fields, found = [], []
    for _ in range(4):
        bench.worth = 0
        found.append(replayer.passes(data, listed=False))
        fields.append("parameters" in bench.thin)
    assert (found, fields) == ([None, None, len(plain), len(plain)], [False, True, True, True])
    passing = plain[0] | {"requestParameters": {"pipeline": {"roleArn": "arn:aws:iam::111100000001:role/Pipe"}}}
    agree("where a role is handed over", [log(*plain), log(*plain, passing), log(*plain)], Limits(), Restriction())


def test_where_looking_is_in_vain_files_are_read_in_full_at_once() -> None:
    given = msgspec.structs.replace(replay("outside of the office"))
    replayer = Replayer(given, Restriction())
    denied = json.dumps([one | {"sourceIPAddress": "203.0.113.9"} for one in QUIET]).encode()
    assert [replayer.passes(denied, listed=True) for _ in range(3)] == [None] * 3
    assert bench_of(given).worth < 0
    quiet = [call for part in CallScan(log(*QUIET), REPLAYED).calls() for call in part]
    for _ in range(20):
        replayer.take(quiet)
    assert bench_of(given).worth > 0
