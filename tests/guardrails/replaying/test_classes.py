"""Calls that are decided once for many are decided as each would be alone."""

from __future__ import annotations

import ipaddress
import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guardrails.replaying.sharing import agree, agree_on, decoder, quiet, role, shared, user
from tests.guardrails.replaying.small import ACCOUNTS, ROOT, parted, replay_of_policy

from rootwarden.audit.guardrail_proof import around_of
from rootwarden.facts.iam_document import Condition
from rootwarden.guardrails.replaying.change import Operation, PolicyKind, Step, changed
from rootwarden.guardrails.replaying.classes import OF_ADDRESSES, Classes
from rootwarden.guardrails.replaying.details import Details, keys_of
from rootwarden.guardrails.replaying.paths import Brief
from rootwarden.guardrails.replaying.ranges import NO_ADDRESS, SPECIAL, Stretches, is_private
from rootwarden.guardrails.standing import Attached
from rootwarden.iam.condition import compiled
from rootwarden.iam.context import Context
from rootwarden.iam.document import read_document
from rootwarden.simulator.trail.organization import MANAGEMENT
from rootwarden.trail.replay import Bench

RANGES = (
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.3",
    "198.51.100.0/24",
    "198.51.100.128/25",
    "203.0.113.7/32",
    "255.255.255.255/32",
    "2001:db8::/32",
    "2001:db8:1::/48",
    "::ffff:10.0.0.0/104",
    "::/0",
    "fe80::/10",
    "10.0.0.0/33",
    "an address",
    "",
)
ODD_ADDRESSES = (
    "",
    "AWS Internal",
    "cloudformation.amazonaws.com",
    "10.1.2",
    "10.1.2.3.4",
    "10.01.2.3",
    "10.1.2.256",
    "10.1.2.3 ",
    " 10.1.2.3",
    "\u06610.1.2.3",
    "10.1.2.3/32",
    "10.1.foo.3",
    "10.1.2.03",
    "198.51.100.0256",
    "198.51..7",
    ".51.100.7",
    "::ffff:10.1.2.3",
    "::ffff:10.1.0.0",
    "::ffff:10.1.2.3",
    "::ffff:a01:203",
    "::",
    "2001:DB8::1",
    "2001:db8:1::1%eth0",
    "fe80::1%1",
    "fd00::1",
)


def ends(network: str) -> list[str]:
    """Addresses at both ends of a range, in it and beside it."""
    one = ipaddress.ip_network(network, strict=False)
    around = (int(end) + step for end in (one.network_address, one.broadcast_address) for step in (-1, 0, 1))
    made = ipaddress.IPv4Address if one.version == 4 else ipaddress.IPv6Address
    return [str(made(number)) for number in around if 0 <= number < 2**one.max_prefixlen]


NETWORKS = tuple(one for one in RANGES[:-3])
ADDRESSES = (
    st.sampled_from([address for network in NETWORKS for address in ends(network)])
    | st.sampled_from(ODD_ADDRESSES)
    | st.ip_addresses().map(str)
)


@given(ranges=st.lists(st.sampled_from(NETWORKS), max_size=6), addresses=st.lists(ADDRESSES, min_size=2, max_size=30))
def test_ranges_do_not_tell_addresses_of_one_stretch_apart(ranges: list[str], addresses: list[str]) -> None:
    networks = [ipaddress.ip_network(one, strict=False) for one in ranges]
    stretches = Stretches(networks)
    found: dict[int, tuple[bool, ...]] = {}
    for text in addresses:
        number = stretches.of(text)
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            assert number == NO_ADDRESS
            continue
        assert number != NO_ADDRESS
        held = tuple(address.version == one.version and address in one for one in networks)
        assert found.setdefault(number, held) == held


@settings(max_examples=200)
@given(
    ranges=st.lists(st.sampled_from(RANGES), max_size=4),
    operator=st.sampled_from(["NotIpAddress", "IpAddress", "StringLike"]),
    key=st.sampled_from(["aws:SourceIp", "aws:VpcSourceIp"]),
    addresses=st.lists(ADDRESSES, min_size=1, max_size=30),
)
def test_an_address_has_the_class_it_has_with_all_that_tells_of_it(
    ranges: list[str], operator: str, key: str, addresses: list[str]
) -> None:
    conditions = (compiled(Condition(operator, key, tuple(ranges)), "2012-10-17"),)
    one, other = (Classes(OF_ADDRESSES, frozenset({key.lower()}), conditions) for _ in range(2))
    found: dict[int, int] = {}
    for address in (*addresses, *addresses):
        # Each numbers its classes as it meets them.
        expected = other.of((address, "", ""))
        assert found.setdefault(one.of_address(address), expected) == expected
        assert one.of_other_address(address) == one.of_address(address) == one.of((address, "", ""))
    assert len(set(found.values())) == len(found)


def test_the_class_of_a_network_is_kept_where_no_range_parts_it() -> None:
    conditions = (compiled(Condition("IpAddress", "aws:SourceIp", ("198.51.100.0/24", "10.0.0.0/8")), "2012-10-17"),)
    classes = Classes(OF_ADDRESSES, frozenset({"aws:sourceip"}), conditions)
    odd = [classes.of_address(one) for one in ("25.1.foo.3", "25.1.2.256", "25.1..4", "25.1.2")]
    assert classes.of_address("25.1.2.3") not in odd
    assert [classes.of_other_address(one) for one in ("25.1.foo.3", "25.1.2.256", "25.1..4", "25.1.2")] == odd
    for number in range(20_000):
        classes.of_address(f"25.{number % 256}.{number // 256}.7")
    assert len(classes._networks) == 256
    assert len(classes.addresses) <= 1024
    assert len({classes.of_address(f"198.51.100.{number}") for number in range(256)}) == 1
    assert classes.of_address("198.51.100.7") != classes.of_address("198.51.101.7") == classes.of_address("25.1.1.1")


def test_addresses_of_one_stretch_are_all_private_or_all_public() -> None:
    draw = random.Random(7)
    stretches = Stretches((), private=True)
    numbers = sorted({int(ipaddress.ip_address(one)) for network in SPECIAL for one in ends(str(network))})
    between = (draw.randint(start, end) for start, end in pairwise(numbers) for _ in range(20))
    found: dict[int, bool] = {}
    for number in (*numbers, *between):
        text = str(ipaddress.IPv4Address(number))
        private = is_private(text)
        assert found.setdefault(stretches.of(text), private) is private, text
    assert len(set(found.values())) == 2


TIMES = (
    "2026-03-02T08:00:11Z",
    "2026-03-02T08:00:10Z",
    "2026-03-02T08:00:12Z",
    "2026-03-01T00:00:00Z",
    "2026-02-28T23:59:59Z",
    "2026-02-30T08:00:00Z",
    "2026-03-02T24:00:00Z",
    "2026-03-02T08:00:11.5Z",
    "2026-03-02T08:00:11+01:00",
    "2026-03-02",
    "2026-03-02T08:00:11",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "\u0662026-03-02T08:00:11Z",
    "yesterday",
    "",
)
LIMITS = (*TIMES, "1772438411", "1772438411.5", "2026", "${aws:username}", "*")
OF_TIMES = {"time": ("aws:CurrentTime", "aws:EpochTime"), "started": ("aws:TokenIssueTime",)}


@settings(max_examples=300)
@given(
    field=st.sampled_from(sorted(OF_TIMES)),
    operators=st.lists(
        st.sampled_from(
            ["DateLessThan", "DateGreaterThanEquals", "DateNotEquals", "ForAllValues:DateEqualsIfExists", "StringLike"]
        ),
        min_size=1,
        max_size=2,
    ),
    wanted=st.lists(st.sampled_from(LIMITS), min_size=1, max_size=3),
    times=st.lists(st.sampled_from(TIMES), min_size=1, max_size=20),
)
def test_times_of_one_class_are_one_to_every_condition(
    field: str, operators: list[str], wanted: list[str], times: list[str]
) -> None:
    every = [compiled(Condition(one, key, tuple(wanted)), "2012-10-17") for one in operators for key in OF_TIMES[field]]
    conditions = tuple(every)
    keys = frozenset(key.lower() for key in OF_TIMES[field])
    fields = (field,) if field == "time" else (field, "temporary")
    classes = Classes(fields, keys, conditions)
    found: dict[int, object] = {}
    for time in (*times, *times):
        for rest in ((),) if field == "time" else ((True,), (False,), (None,)):
            values = (time, *rest)
            context = Context(keys_of(Details(**dict(zip(fields, values, strict=True))), keys), complete=False)
            outcomes = [one.test(context) for one in conditions]
            alike = tuple((one.truth, one.keys) for one in outcomes)
            assert found.setdefault(classes.of(values), alike) == alike


def test_times_between_the_same_instants_are_tested_once(monkeypatch: pytest.MonkeyPatch) -> None:
    condition = compiled(Condition("DateGreaterThan", "aws:CurrentTime", ("2026-03-02T08:00:00Z",)), "2012-10-17")
    classes = Classes(("time",), frozenset({"aws:currenttime"}), (condition,))
    tested: list[tuple[Any, ...]] = []
    real = classes._class

    def counted(_: Classes, values: tuple[Any, ...]) -> int:
        tested.append(values)
        return real(values)

    monkeypatch.setattr(Classes, "_class", counted)
    for second in range(8000):
        classes.of((f"2026-03-02T0{7 + second // 3600}:{second // 60 % 60:02}:{second % 60:02}Z",))
    assert [time for (time,) in tested] == [f"2026-03-02T{time}Z" for time in ("07:00:00", "08:00:00", "08:00:01")]


BY_RANGES = ("IpAddress", "NotIpAddress", "NotIpAddressIfExists", "ForAllValues:IpAddress", "ForAnyValue:NotIpAddress")
BY_TEXT = ("StringEquals", "StringNotEqualsIfExists", "StringLike", "StringNotLike", "ArnLike", "IpAddresses")
# Operators, keys and values that go together; any of them may have a variable for a value.
FITTING: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (BY_RANGES, ("aws:SourceIp", "aws:VpcSourceIp"), RANGES),
    (BY_RANGES, ("aws:SourceIp",), ("10.0.0.0/8", "198.51.100.0/24", "2001:db8::/32")),
    (BY_TEXT, ("aws:SourceIp", "aws:VpcSourceIp"), ("10.1.2.3", "198.51.*", "10.*", "*:*", "${aws:SourceIp}")),
    (BY_TEXT, ("aws:SourceVpce", "aws:SourceVpc"), ("vpce-0fake", "vpc-*", "*")),
    (BY_TEXT, ("aws:UserAgent",), ("aws-cli/*", "10.1.2.3", "${aws:SourceIp}", "*")),
    (BY_TEXT, ("aws:userid",), ("*:me", "AIDA*", "${aws:username}")),
    (BY_TEXT, ("aws:RequestedRegion",), ("eu-*",)),
    (BY_TEXT, ("aws:PrincipalArn",), ("arn:aws:iam::*:role/Builder*", "arn:aws:iam::*:user/${aws:username}", "*")),
    (BY_TEXT, ("aws:PrincipalAccount", "aws:ResourceAccount"), (ACCOUNTS[0], "${aws:PrincipalAccount}")),
    (BY_TEXT, ("aws:username",), ("ana", "${aws:PrincipalTag/name, 'ben'}", "${aws:userid}")),
    (BY_TEXT, ("aws:RequestTag/team", "aws:TagKeys"), ("blue", "team")),
    (BY_TEXT, ("aws:PrincipalOrgPaths",), ("o-fake000000/r-fake/", "*/ou-fake*", "o-fake000000/*")),
    (BY_TEXT, ("aws:PrincipalOrgID", "ec2:InstanceType"), ("o-fake000000", "${aws:SourceIp, 'x'}")),
    (("Bool", "BoolIfExists"), ("aws:ViaAWSService", "aws:MultiFactorAuthPresent"), ("true", "false")),
    (("DateGreaterThan", "DateLessThan"), ("aws:CurrentTime", "aws:TokenIssueTime"), ("2026-03-02T08:00:11Z", "?")),
    (("Null",), ("aws:SourceIp", "aws:SourceVpce", "aws:VpcSourceIp", "aws:username"), ("true", "false")),
)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        operators, keys, values = draw(st.sampled_from(FITTING))
        wanted = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2))
        made.setdefault(draw(st.sampled_from(operators)), {})[draw(st.sampled_from(keys))] = wanted
    return made


ACTIONS = ("*", "*", "*", "ec2:*", "s3:GetObject", "iam:PassRole")
RESOURCES = ("*", "*", "*", "*", "arn:aws:s3:::fake-ledger/*", "arn:aws:s3:::fake-${aws:SourceIp}/*")


@st.composite
def policies(draw: st.DrawFn, *, kind: PolicyKind) -> dict[str, Any]:
    principal = {"Principal": "*"} if kind is PolicyKind.RCP else {}
    statements = [
        {
            "Sid": f"S{number}",
            "Effect": "Deny",
            **principal,
            "Action": draw(st.sampled_from(ACTIONS)),
            "Resource": draw(st.sampled_from(RESOURCES)),
            "Condition": draw(conditions()),
        }
        for number in range(draw(st.integers(1, 2)))
    ]
    return {"Version": "2012-10-17", "Statement": statements}


IDENTITIES = (
    *(role(account, name, "me") for account in (*ACCOUNTS, MANAGEMENT) for name in ("Builder", "Builder2", "Other")),
    role(ACCOUNTS[0], "Builder", "you"),
    *(user(ACCOUNTS[0], name) for name in ("ana", "ben")),
    user("999999999999", "ana") | {"accessKeyId": "AKIAFAKEFAKEFAKEFAKE"},
    {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
    {"type": "WebIdentityUser", "principalId": "somebody"},
    role(ACCOUNTS[0], "Builder", "me") | {"invokedBy": "athena.amazonaws.com"},
)
PARAMETERS = (
    None,
    {"bucketName": "fake-ledger", "key": "2026/march"},
    {"bucketName": "fake-10.1.2.3", "key": "k"},
    {"tags": [{"key": "team", "value": "blue"}]},
    {"iamInstanceProfile": {"name": "p"}},
    {"role": f"arn:aws:iam::{ACCOUNTS[0]}:role/Builder"},
)


EVENTS = (
    ("ec2", "RunInstances"),
    ("s3", "GetObject"),
    ("lambda", "CreateFunction20150331"),
    ("signin", "ConsoleLogin"),
)


def sampled(draw: st.DrawFn, values: tuple[Any, ...], most: int) -> st.SearchStrategy[Any]:
    """A few of some values, to draw from."""
    return st.sampled_from(draw(st.lists(st.sampled_from(values), min_size=1, max_size=most)))


@st.composite
def calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Calls that differ in little, so that many of them share what is decided."""
    events, identities = sampled(draw, EVENTS, 2), sampled(draw, IDENTITIES, 4)
    parameters, agents = (
        sampled(draw, PARAMETERS, 2),
        sampled(draw, ("aws-cli/2.32.4", "[S3Console/0.4]", "10.1.2.3"), 2),
    )
    made = []
    for _ in range(draw(st.integers(5, 15))):
        source, name = draw(events)
        identity = draw(identities)
        made.append(
            {
                "userIdentity": identity,
                "eventTime": draw(
                    st.sampled_from(["2026-03-01T00:00:00Z", "2026-03-02T08:00:11Z", "2026-03-09T23:59:59Z"])
                ),
                "eventSource": f"{source}.amazonaws.com",
                "eventName": name,
                "awsRegion": draw(st.sampled_from(["eu-west-1", "us-east-1"])),
                "sourceIPAddress": draw(ADDRESSES),
                "userAgent": draw(agents),
                "requestParameters": draw(parameters),
                "recipientAccountId": identity.get("accountId", ACCOUNTS[0]),
                **draw(st.sampled_from([{}, {}, {"vpcEndpointId": "vpce-0fake"}])),
            }
        )
    return made


@settings(deadline=None, max_examples=150)
@given(policies(kind=PolicyKind.SCP), calls())
def test_calls_that_share_a_ruling_would_get_it_alone(document: dict[str, Any], drawn: list[dict[str, Any]]) -> None:
    agree(document, PolicyKind.SCP, drawn)


@settings(deadline=None, max_examples=60)
@given(policies(kind=PolicyKind.RCP), calls())
def test_calls_share_rulings_of_resource_control_policies(
    document: dict[str, Any], drawn: list[dict[str, Any]]
) -> None:
    agree(document, PolicyKind.RCP, drawn)


@settings(deadline=None, max_examples=100)
@given(
    document=policies(kind=PolicyKind.SCP),
    drawn=calls(),
    extra=st.none() | policies(kind=PolicyKind.SCP),
    target=st.sampled_from(["r-fake", "r-fake", "ou-fake-one", ACCOUNTS[1]]),
)
def test_accounts_share_what_comes_of_nothing_and_no_more(
    document: dict[str, Any], drawn: list[dict[str, Any]], extra: dict[str, Any] | None, target: str
) -> None:
    agree_on(replay_of_policy(document, target=target, there=parted(extra)), drawn)


@pytest.mark.parametrize(
    ("condition", "shared"),
    [
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/Builder"}}, True),
        ({"StringLike": {"aws:PrincipalAccount": "*"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-fake000000"}}, True),
        ({"StringLike": {"aws:PrincipalOrgPaths": "*/ou-fake-one/"}}, False),
        ({"StringLike": {"aws:userid": "*${aws:PrincipalAccount}"}}, False),
        ({"StringEquals": {"aws:ResourceAccount": "999999999999"}}, False),
        ({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}, False),
    ],
    ids=str,
)
def test_accounts_no_policy_tells_apart_are_quiet_together(condition: dict[str, Any], shared: bool) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}],
    }
    bench = Bench(replay_of_policy(document, there=parted()))
    records = [decoder.decode(msgspec.json.encode(call(role(one, "Builder", "me")))) for one in ACCOUNTS]
    one, other = (bench.seat(each.identity, None, assumed=False).party for each in records if each.identity is not None)
    assert one is not None
    assert other is not None
    assert one is not other
    assert (one.first is other.first) is shared


def test_accounts_whose_policies_are_not_the_same_are_not_quiet_together() -> None:
    """What goes at the root is denied still where the account has it, too."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}
    policy = Attached("p-root", "root", read_document(document))
    before = changed(
        parted(document), [Step(operation=Operation.ATTACH, kind=PolicyKind.SCP, target=ROOT, policy=policy)]
    )
    steps = (Step(operation=Operation.DETACH, kind=PolicyKind.SCP, target=ROOT, policy=policy),)
    brief = Brief(before=before, after=changed(before, steps), steps=steps, around=around_of(before))
    replay = msgspec.structs.replace(replay_of_policy(document), brief=brief)
    drawn = [call(role(one, "Builder", "me")) for one in (*ACCOUNTS, *ACCOUNTS[::-1])]
    agree_on(replay, drawn)
    found = [quiet(Bench(replay), decoder.decode(msgspec.json.encode(each))) for each in drawn[:2]]
    assert found == [False, True]


def call(identity: dict[str, Any] = IDENTITIES[0], address: str = "203.0.113.10", **more: Any) -> dict[str, Any]:
    return {
        "userIdentity": identity,
        "eventTime": "2026-03-02T08:00:11Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": address,
        "recipientAccountId": identity.get("accountId", ACCOUNTS[0]),
        **more,
    }


BUILDER, OTHER = role(ACCOUNTS[0], "Builder", "me"), role(ACCOUNTS[0], "Other", "me")
ANA, BEN = user(ACCOUNTS[0], "ana"), user(ACCOUNTS[0], "ben")
HERE, THERE = "203.0.113.10", "203.0.113.200"
# Conditions of statements, and two calls that look much alike of which they do not say the same.
TOLD_APART: dict[str, tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]] = {
    "a role that one of two statements spares": (
        [
            {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Builder"}},
            {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        ],
        call(BUILDER),
        call(OTHER),
    ),
    "the same role in another account": (
        [{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}],
        call(BUILDER),
        call(role(MANAGEMENT, "Builder", "me")),
    ),
    "an address in a range and one beside it": (
        [{"IpAddress": {"aws:SourceIp": "203.0.113.0/25"}}],
        call(),
        call(address=THERE),
    ),
    "addresses compared as texts": ([{"StringLike": {"aws:SourceIp": "203.0.113.1*"}}], call(), call(address=THERE)),
    "a range and a text": (
        [{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "StringEquals": {"aws:SourceIp": HERE}}],
        call(),
        call(address=THERE),
    ),
    "an address that is a variable": (
        [{"StringLike": {"aws:UserAgent": "${aws:SourceIp}"}}],
        call(userAgent=HERE),
        call(userAgent=HERE, address=THERE),
    ),
    "an agent that is compared with a variable": (
        [{"StringLike": {"aws:UserAgent": "${aws:SourceIp}"}}],
        call(userAgent=HERE),
        call(userAgent=THERE),
    ),
    "a name that is a variable": (
        [{"StringLike": {"aws:userid": "*${aws:username}"}}],
        call(ANA, userAgent="x"),
        call(BEN | {"principalId": ANA["principalId"]}),
    ),
    "a name that is compared with a variable": (
        [{"StringEquals": {"aws:username": "${aws:UserAgent}"}}],
        call(ANA, userAgent="ana"),
        call(BEN, userAgent="ana"),
    ),
    "through an endpoint and not": (
        [{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}],
        call(),
        call(vpcEndpointId="vpce-0fake"),
    ),
    "by a service and not": (
        [{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}],
        call(),
        call(BUILDER | {"invokedBy": "athena.amazonaws.com"}),
    ),
    "a private address and a public one": (
        [{"Null": {"aws:SourceVpce": "true"}}],
        call(address="10.1.2.3"),
        call(),
    ),
    "users and roles": (
        [{"Null": {"aws:username": "true"}}, {"Null": {"aws:SourceIp": "false"}}],
        call(ANA),
        call(OTHER),
    ),
    "before an instant and after": (
        [{"DateLessThan": {"aws:CurrentTime": "2026-03-02"}}],
        call(),
        call(eventTime="2026-03-01T23:59:59Z"),
    ),
}


@pytest.mark.parametrize("name", TOLD_APART)
def test_calls_that_policies_tell_apart_share_nothing(name: str) -> None:
    every, *pair = TOLD_APART[name]
    statements = [
        {"Sid": f"S{number}", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": one}
        for number, one in enumerate(every)
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    bench = Bench(replay_of_policy(document))
    one, other = (shared(bench, decoder.decode(msgspec.json.encode(each))) for each in pair)
    assert one != other
    agree(document, PolicyKind.SCP, pair)
    agree(document, PolicyKind.SCP, pair[::-1])
