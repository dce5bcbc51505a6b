"""A role whose trust policy asks for something the caller writes into `AssumeRole` itself."""

from __future__ import annotations

from typing import Any, Final

import pytest
from tests.iam.admins.drawn_account import ACCOUNT, arn
from tests.iam.admins.judged import by_arn, judged_dump
from tests.iam.admins.test_stopping import DEV, FULL, dump_of

DEPLOY: Final = arn("role", "deploy")
ASSUME: Final = "sts:AssumeRole"
TAG: Final = "sts:TagSession"
IDENTITY: Final = "sts:SetSourceIdentity"
ROOT: Final = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def allow(*actions: str, **condition: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return made | ({"Condition": condition} if condition else {})


@pytest.mark.parametrize(
    ("condition", "actions", "expected"),
    [
        ({"StringEquals": {"sts:RoleSessionName": "deploy"}}, [ASSUME], "escalation"),
        ({"StringLike": {"sts:RoleSessionName": "${aws:username}"}}, [ASSUME], "escalation"),
        ({"StringNotEquals": {"sts:RoleSessionName": "dev"}}, [ASSUME], "escalation"),
        ({"Null": {"sts:SourceIdentity": "true"}}, [ASSUME, IDENTITY], "escalation"),
        ({"StringEquals": {"sts:ExternalId": "a-1"}}, [ASSUME], "escalation"),
        ({"StringEquals": {"sts:SourceIdentity": "dev"}}, [ASSUME], "none"),
        ({"StringEquals": {"sts:SourceIdentity": "dev"}}, [ASSUME, IDENTITY], "escalation"),
        ({"StringEquals": {"aws:RequestTag/team": "ops"}}, [ASSUME], "none"),
        ({"StringEquals": {"aws:RequestTag/team": "ops"}}, [ASSUME, TAG], "escalation"),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, [ASSUME], "escalation"),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, [ASSUME], "conditional"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, [ASSUME], "conditional"),
    ],
)
def test_the_trust_policy_asks(condition: dict[str, Any], actions: list[str], expected: str) -> None:
    dump = dump_of([], ("deploy", {"AWS": DEV}, [FULL]))
    (statement,) = dump["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"]
    statement |= {"Action": actions, "Condition": condition}
    assert by_arn(judged_dump(dump))[DEV].kind.value == expected


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([allow(ASSUME, StringLike={"sts:RoleSessionName": "${aws:username}"})], "escalation"),
        ([allow(ASSUME, StringEquals={"sts:SourceIdentity": "dev"})], "none"),
        ([allow(ASSUME, IDENTITY, StringEquals={"sts:SourceIdentity": "dev"})], "escalation"),
        ([allow(ASSUME, Bool={"aws:MultiFactorAuthPresent": "true"})], "conditional"),
    ],
)
def test_the_own_policy_asks(own: list[dict[str, Any]], expected: str) -> None:
    dump = dump_of(own, ("deploy", ROOT, [FULL]))
    dump["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"][0]["Action"] = [ASSUME, IDENTITY]
    assert by_arn(judged_dump(dump))[DEV].kind.value == expected


@pytest.mark.parametrize(
    ("own", "trust", "expected"),
    [
        ({"StringEquals": {"sts:RoleSessionName": "one"}}, {"StringEquals": {"sts:RoleSessionName": "two"}}, "none"),
        ({"StringEquals": {"sts:RoleSessionName": "one"}}, {"StringLike": {"sts:RoleSessionName": "two-*"}}, "none"),
        ({"StringLike": {"sts:RoleSessionName": "a-*"}}, {"StringLike": {"sts:RoleSessionName": "b-*"}}, "none"),
        ({"StringLike": {"sts:RoleSessionName": "a*"}}, {"StringLike": {"sts:RoleSessionName": "ab*"}}, "escalation"),
        ({"StringLike": {"sts:RoleSessionName": "a*"}}, {"StringLike": {"sts:RoleSessionName": "*b"}}, "conditional"),
        ({"StringEquals": {"sts:ExternalId": "one"}}, {"StringEquals": {"sts:ExternalId": "two"}}, "none"),
        ({"Null": {"sts:ExternalId": "true"}}, {"StringEquals": {"sts:ExternalId": "two"}}, "none"),
        ({"StringNotEquals": {"sts:ExternalId": "two"}}, {"StringEquals": {"sts:ExternalId": "two"}}, "none"),
        (
            {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
            {"StringEquals": {"sts:ExternalId": "two"}},
            "escalation",
        ),
        (
            {"StringLike": {"aws:RequestedRegion": "eu-*"}},
            {"StringEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}},
            "none",
        ),
        (
            {"StringEquals": {"sts:RoleSessionName": "one"}},
            {"StringEqualsIgnoreCase": {"sts:RoleSessionName": "two"}},
            "conditional",
        ),
    ],
)
def test_one_value_has_to_satisfy_both_sides(own: dict[str, Any], trust: dict[str, Any], expected: str) -> None:
    dump = dump_of([allow(ASSUME, **own)], ("deploy", ROOT, [FULL]))
    (statement,) = dump["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"]
    statement["Condition"] = trust
    assert by_arn(judged_dump(dump))[DEV].kind.value == expected


def test_an_external_id_is_taken_to_be_known_and_that_is_said() -> None:
    dump = dump_of([], ("deploy", {"AWS": DEV}, [FULL]))
    (statement,) = dump["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"]
    assert [one.assumes for one in by_arn(judged_dump(dump))[DEV].path] == [()]
    statement["Condition"] = {"StringEquals": {"sts:ExternalId": "a-1"}}
    (step,) = by_arn(judged_dump(dump))[DEV].path
    assert (step.leads_to, step.assumes, step.requires) == (DEPLOY, ("sts:ExternalId",), ())
