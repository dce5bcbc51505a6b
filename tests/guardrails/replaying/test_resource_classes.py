"""Calls of one class are on what no statement tells apart; each is decided as it would be alone."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guardrails.replaying.sharing import agree, decoder, role, user
from tests.guardrails.replaying.small import ACCOUNTS, replay_of_policy
from tests.guardrails.replaying.strange import bucket_of, call

from rootwarden.guardrails.replaying.change import PolicyKind
from rootwarden.guardrails.replaying.resource_classes import ResourceClasses
from rootwarden.guardrails.replaying.resources import RESOURCE_FIELDS, Named, partition_in
from rootwarden.packs.actions import action_catalogue
from rootwarden.simulator.trail.organization import MANAGEMENT
from rootwarden.trail.replay import Bench

HERE, THERE = ACCOUNTS
KEY = f"arn:aws:kms:eu-west-1:{HERE}:key/00000000-0000-4000-8000-00000000fake"
TABLE = f"arn:aws:dynamodb:eu-west-1:{HERE}:table/fake"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{HERE}:secret:fake-1a2b3c"
RESOURCES = (
    "*",
    "**",
    "arn:aws:s3:::fake-ledger",
    "arn:aws:s3:::fake-ledger/*",
    "arn:aws:s3:::fake-*",
    "arn:*:s3:::*/march",
    "arn:aws:s3:::*",
    "arn:aws-cn:s3:::fake-ledger",
    "*ledger*",
    "arn:aws:s3:::fake-${*}",
    "arn:aws:s3:::fake-${aws:username}",
    "arn:aws:s3:::fake-${aws:PrincipalTag/team, 'ledger'}/*",
    KEY,
    "arn:aws:kms:*:*:key/*",
    "arn:aws:kms:*:*:alias/*",
    TABLE,
    f"{TABLE}/index/*",
    SECRET,
    "arn:aws:secretsmanager:*:*:secret:fake-??????",
    f"arn:aws:iam::{HERE}:role/Builder",
    "arn:aws:iam::*:role/team/*",
    f"arn:aws:iam::{THERE}:root",
    "arn:*:ec2:*:*:instance/*",
    "nothing:that:is:an:arn",
    "",
)
ACTIONS = (
    "*",
    "s3:*",
    "s3:GetObject",
    "s3:*Bucket*",
    "kms:*",
    "sts:*",
    "iam:PassRole",
    "iam:*",
    "dynamodb:*",
    "secretsmanager:GetSecretValue",
    "ec2:*",
    "unheard:*",
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"StringNotEquals": {"aws:RequestTag/team": "blue"}},
    {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    {"StringEquals": {"aws:ResourceAccount": HERE}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Builder"}},
    {"StringLike": {"aws:userid": "*:me"}},
    {"Null": {"ec2:InstanceType": "true"}},
)
IDENTITIES = (
    role(HERE, "Builder", "me"),
    role(HERE, "Other", "you"),
    role(THERE, "Builder", "me"),
    role(MANAGEMENT, "Builder", "me"),
    user(HERE, "ledger"),
    {"type": "AWSAccount", "principalId": "AROAFAKEFAKE:me", "accountId": HERE},
    {"type": "Unknown", "principalId": "x", "accountId": HERE},
)
CALLS: tuple[tuple[str, str, tuple[dict[str, Any], ...]], ...] = (
    (
        "s3",
        "GetObject",
        (
            {"requestParameters": {"bucketName": "fake-ledger", "key": "2026/march"}},
            {"requestParameters": {"bucketName": "fake-ledger", "key": "other"}, "resources": bucket_of(HERE)},
            {"requestParameters": {"bucketName": "else", "key": "march"}},
            {"requestParameters": {"bucketName": "fake-ledger"}},
            {"requestParameters": {"bucketName": ["fake-ledger"], "key": 7}},
            {"requestParameters": {"bucketName": "fake-ledger-7-s3alias", "key": "march"}},
        ),
    ),
    (
        "s3",
        "PutBucketPolicy",
        (
            {"requestParameters": {"bucketName": "fake-ledger", "policy": ""}},
            {"requestParameters": {"bucketName": "else"}},
            {"requestParameters": None},
            {"requestParameters": "fake-ledger"},
        ),
    ),
    (
        "kms",
        "Decrypt",
        (
            {"resources": [{"ARN": KEY, "accountId": HERE}]},
            {"resources": [{"ARN": KEY.replace("fake", "0000")}, {"ARN": 7}]},
            {"requestParameters": {"keyId": KEY}},
            {"requestParameters": {"keyId": "alias/fake"}},
            {"requestParameters": {"keyId": KEY.replace(":key/", ":alias/")}},
            {"resources": [{"ARN": KEY.replace("fake", f"{number:04}")} for number in range(9)]},
        ),
    ),
    (
        "sts",
        "AssumeRole",
        (
            {"requestParameters": {"roleArn": f"arn:aws:iam::{HERE}:role/Builder"}},
            {"requestParameters": {"roleArn": f"arn:aws:iam::{HERE}:role/team/x", "tags": [{"key": "team"}]}},
            {"requestParameters": {}},
        ),
    ),
    ("sts", "AssumeRoot", tuple({"requestParameters": {"targetPrincipal": one}} for one in (HERE, THERE, "", "a:b"))),
    (
        "lambda",
        "CreateFunction20150331",
        (
            {"requestParameters": {"role": f"arn:aws:iam::{HERE}:role/Builder", "functionName": "f"}},
            {"requestParameters": {"role": f"arn:aws:iam::{HERE}:role/team/x", "tags": {"team": "blue"}}},
        ),
    ),
    ("iam", "DeleteRole", ({"requestParameters": {"roleName": "Builder"}}, {"requestParameters": None})),
    ("iam", "ListRoles", ({"requestParameters": None},)),
    ("dynamodb", "Query", ({"resources": [{"ARN": TABLE}]}, {"requestParameters": {"tableName": "fake"}})),
    (
        "secretsmanager",
        "GetSecretValue",
        ({"requestParameters": {"secretId": SECRET}}, {"requestParameters": {"secretId": f"{SECRET}x"}}),
    ),
    ("ec2", "RunInstances", ({"requestParameters": {"instancesSet": {}, "iamInstanceProfile": {"name": "p"}}},)),
    ("unheard", "OfThis", ({"requestParameters": {"arn": KEY}},)),
    ("signin", "ConsoleLogin", ({"requestParameters": None},)),
)


@st.composite
def policies(draw: st.DrawFn, *, kind: PolicyKind) -> dict[str, Any]:
    principal = {"Principal": "*"} if kind is PolicyKind.RCP else {}
    statements = [
        {
            "Sid": f"S{number}",
            "Effect": "Deny",
            **principal,
            "Action": draw(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=2)),
            draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(
                st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=3)
            ),
            "Condition": draw(st.sampled_from(CONDITIONS)),
        }
        for number in range(draw(st.integers(1, 3)))
    ]
    return {"Version": draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])), "Statement": statements}


@st.composite
def calls(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Calls of few kinds, so that many of them share what is decided."""
    kinds = draw(st.lists(st.sampled_from(CALLS), min_size=1, max_size=2))
    made = []
    for number in range(draw(st.integers(4, 14))):
        service, name, ways = draw(st.sampled_from(kinds))
        more = draw(st.sampled_from(ways))
        region = draw(st.sampled_from(["eu-west-1", "cn-north-1", "us-iso-east-1"]))
        made.append(call(number, service, name, draw(st.sampled_from(IDENTITIES)), awsRegion=region, **more))
    return made


@settings(deadline=None, max_examples=100)
@given(policies(kind=PolicyKind.SCP), calls())
def test_calls_on_what_nobody_tells_apart_are_decided_as_each_alone(
    document: dict[str, Any], drawn: list[dict[str, Any]]
) -> None:
    agree(document, PolicyKind.SCP, drawn)


@settings(deadline=None, max_examples=40)
@given(policies(kind=PolicyKind.RCP), calls())
def test_the_same_of_resource_control_policies(document: dict[str, Any], drawn: list[dict[str, Any]]) -> None:
    agree(document, PolicyKind.RCP, drawn)


def denying(*resources: str, action: str = "s3:*", negated: bool = False) -> dict[str, Any]:
    key = "NotResource" if negated else "Resource"
    statement = {"Effect": "Deny", "Action": action, key: list(resources)}
    return {"Version": "2012-10-17", "Statement": [statement]}


def rulings(bench: Bench, service: str, name: str, ways: list[dict[str, Any]]) -> int:
    """How many rulings are made for calls by one role."""
    found: set[int] = set()
    for number, more in enumerate(ways):
        record = decoder.decode(msgspec.json.encode(call(number, service, name, role(HERE, "Builder", "me"), **more)))
        assert record.identity is not None
        party = bench.seat(record.identity, record.source, assumed=False).party
        assert party is not None
        course = bench.course(party, record.source, name, record.kind)
        assert course is not None
        found.add(id(bench.ruling(party, course, record, record.identity, record.time or "")))
    return len(found)


def objects(bucket: str) -> list[dict[str, Any]]:
    return [{"requestParameters": {"bucketName": bucket, "key": f"k/{number}"}} for number in range(2000)]


@pytest.mark.parametrize(
    ("resources", "buckets", "expected"),
    [
        (("arn:aws:s3:::fake-ledger/*",), ("fake-ledger", "else", "other"), 2),
        (("arn:aws:s3:::fake-ledger/*", "arn:aws:s3:::fake-ledger"), ("fake-ledger", "else"), 2),
        (("arn:aws:s3:::fake-*/*",), ("fake-ledger", "fake-other"), 1),
        (("arn:aws:s3:::fake-${aws:SourceIp}/*",), ("fake-ledger",), 2000),
    ],
    ids=str,
)
def test_objects_share_rulings_unless_their_names_matter(
    resources: tuple[str, ...], buckets: tuple[str, ...], expected: int
) -> None:
    for negated in (False, True):
        bench = Bench(replay_of_policy(denying(*resources, negated=negated)))
        ways = [one for bucket in buckets for one in objects(bucket)]
        assert rulings(bench, "s3", "GetObject", ways) == expected


def keys(numbers: range, more: str = "") -> list[dict[str, Any]]:
    start = KEY.rpartition("-")[0]
    return [{"requestParameters": {"keyId": f"{start}-{number:012}{more}"}} for number in numbers]


def test_what_is_remembered_of_resources_does_not_grow_with_the_log() -> None:
    bench = Bench(replay_of_policy(denying(KEY, action="kms:*")))
    assert rulings(bench, "kms", "Decrypt", keys(range(3000))) == 1
    groups = bench._judge._groups._made.values()
    assert all(0 < len(group._found) <= 1024 for group in groups)
    kept = [dict(group._found) for group in groups]
    assert rulings(bench, "kms", "Decrypt", keys(range(500), "x" * 600)) == 1
    assert [group._found for group in groups] == kept


def test_names_of_objects_are_not_remembered() -> None:
    bench = Bench(replay_of_policy(denying("arn:aws:s3:::fake-ledger/*")))
    assert rulings(bench, "s3", "GetObject", objects("else")) == 1
    assert not any(group._found for group in bench._judge._groups._made.values())


def test_an_event_that_may_need_anything_has_its_calls_told_apart_by_all_they_name() -> None:
    bench = Bench(replay_of_policy(denying(KEY, action="*")))
    ways = [{"requestParameters": {"arn": KEY, "number": number}} for number in range(3)]
    assert rulings(bench, "unheard", "OfThis", ways) == 3


def test_the_region_is_asked_for_where_nobody_knows_the_partition_of_who_calls() -> None:
    assert ResourceClasses((), "aws").fields == RESOURCE_FIELDS
    assert ResourceClasses((), "").fields == (*RESOURCE_FIELDS, "region")
    regions = {"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-isob-east-1": "aws-iso-b"}
    assert {one: partition_in(one) for one in (*regions, "us-iso-east-1", "")} == {
        **regions,
        "us-iso-east-1": "aws-iso",
        "": "aws",
    }


TEXTS = st.sampled_from(["arn:aws:s3:::b", "b", "arn:", "Arn:aws:iam::1:role/x", "\u00e4rn:", "x" * 2049, "", 'a"arn:'])
NAMES = st.sampled_from(["bucketName", "key", "targetPrincipal", "roleArn", "keyId", "Key"])
VALUES = st.recursive(
    TEXTS | st.none() | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


def escaped(raw: bytes) -> bytes:
    """The same JSON, with each `a` of a text spelled by its number."""
    return raw.replace(b"a", b"\\u0061") if b"true" not in raw and b"false" not in raw and b"null" not in raw else raw


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(NAMES, VALUES, max_size=4) | VALUES, st.booleans())
def test_what_is_decoded_in_part_is_what_is_there(parameters: object, spelled: bool) -> None:
    raw = json.dumps(parameters, ensure_ascii=False).encode()
    raw = escaped(raw) if spelled else raw
    given = json.loads(raw)
    texts = {name: one for name, one in given.items() if isinstance(one, str)} if isinstance(given, dict) else {}
    texts = {name: one for name, one in texts.items() if len(one) <= 2048}
    catalogue = action_catalogue()
    told = {
        full: Named(raw, b"").told(action)
        for full in ("s3:GetObject", "sts:AssumeRoot", "kms:Decrypt")
        if (action := catalogue.action(full)) is not None
    }
    assert dict(told["s3:GetObject"]).get("bucket", "") == texts.get("bucketName", "")
    assert dict(told["s3:GetObject"]).get("key", "") == texts.get("key", "")
    assert told["sts:AssumeRoot"] == (("", texts.get("targetPrincipal", "")),)
    assert told["kms:Decrypt"] == tuple((name, one) for name, one in texts.items() if one.startswith("arn:"))
