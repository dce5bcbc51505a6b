"""What a record tells of a request: known, not there, or not known, and never the third taken for the second."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.guardrails.replaying.asker import asker_of
from rootwarden.guardrails.replaying.details import Details, fields_of, keys_of, via_of
from rootwarden.guardrails.replaying.owners import SOMEBODY, owners_of
from rootwarden.guardrails.replaying.resources import Named, resources_of
from rootwarden.guardrails.replaying.tags import request_tags
from rootwarden.iam.context import MISSING, NOT_KNOWN, Values, held
from rootwarden.iam.usage.caller import Identity
from rootwarden.packs.actions import action_catalogue

if TYPE_CHECKING:
    from rootwarden.iam.context import Held

PUBLIC = Details(address="198.51.100.7", region="eu-west-1", time="2026-03-02T08:00:11Z", agent="aws-cli/2.32.4")
BY_SERVICE = Details(
    address="cloudformation.amazonaws.com", via="cloudformation.amazonaws.com", agent="cloudformation.amazonaws.com"
)
ENDPOINT = Details(address="10.0.0.5", endpoint="vpce-0fake")
TASK = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
SESSION = Details(temporary=True, mfa="false", started="2026-03-02T08:00:00Z")
KEY = Details(temporary=False)


def parameters(value: Any) -> Details:
    return Details(parameters=json.dumps(value).encode())


@pytest.mark.parametrize(
    ("details", "key", "expected"),
    [
        (PUBLIC, "aws:sourceip", held("198.51.100.7")),
        (PUBLIC, "aws:sourcevpce", MISSING),
        (PUBLIC, "aws:sourcevpc", MISSING),
        (PUBLIC, "aws:vpcsourceip", MISSING),
        (PUBLIC, "aws:useragent", held("aws-cli/2.32.4")),
        (PUBLIC, "aws:requestedregion", held("eu-west-1")),
        (PUBLIC, "aws:currenttime", held("2026-03-02T08:00:11Z")),
        (PUBLIC, "aws:epochtime", held("1772438411")),
        (PUBLIC, "aws:viaawsservice", held("false")),
        (PUBLIC, "aws:calledvia", MISSING),
        (PUBLIC, "aws:securetransport", NOT_KNOWN),
        (Details(encrypted=True), "aws:securetransport", held("true")),
        (BY_SERVICE, "aws:sourceip", NOT_KNOWN),
        (BY_SERVICE, "aws:sourcevpce", NOT_KNOWN),
        (BY_SERVICE, "aws:useragent", NOT_KNOWN),
        (BY_SERVICE, "aws:viaawsservice", NOT_KNOWN),
        (BY_SERVICE, "aws:calledvialast", NOT_KNOWN),
        (ENDPOINT, "aws:sourceip", MISSING),
        (ENDPOINT, "aws:sourcevpce", held("vpce-0fake")),
        (ENDPOINT, "aws:sourcevpc", NOT_KNOWN),
        (Details(address="10.0.0.5"), "aws:sourcevpce", NOT_KNOWN),
        (Details(address="AWS Internal"), "aws:sourceip", NOT_KNOWN),
        (Details(address="10.0.0.5"), "aws:sourceip", NOT_KNOWN),
        (Details(address="100.64.0.5"), "aws:sourcevpc", NOT_KNOWN),
        (Details(time="yesterday"), "aws:currenttime", NOT_KNOWN),
        (Details(agent="[S3Console/0.4]"), "aws:useragent", NOT_KNOWN),
        (SESSION, "aws:multifactorauthpresent", held("false")),
        (SESSION, "aws:multifactorauthage", MISSING),
        (SESSION, "aws:tokenissuetime", held("2026-03-02T08:00:00Z")),
        (SESSION, "aws:sourceidentity", MISSING),
        (KEY, "aws:multifactorauthpresent", MISSING),
        (KEY, "aws:tokenissuetime", MISSING),
        (Details(), "aws:multifactorauthpresent", NOT_KNOWN),
        (Details(), "aws:tokenissuetime", NOT_KNOWN),
        (Details(), "aws:sourceidentity", NOT_KNOWN),
        (parameters({"taskPolicyArn": {"arn": TASK}}), "sts:taskpolicyarn", held(TASK)),
        (parameters({"taskPolicyArn": "odd"}), "sts:taskpolicyarn", NOT_KNOWN),
        (parameters({"tags": [{"key": "team", "value": "blue"}]}), "aws:requesttag/team", held("blue")),
        (parameters({"tags": [{"key": "team", "value": "blue"}]}), "aws:requesttag/other", MISSING),
        (parameters({"tags": [{"key": "team", "value": "blue"}]}), "aws:tagkeys", Values(("team",), listed=True)),
        (parameters({"name": "x"}), "aws:requesttag/team", MISSING),
        (parameters(None), "aws:requesttag/team", NOT_KNOWN),
    ],
)  # fmt: skip
def test_a_key_is_as_the_record_tells(details: Details, key: str, expected: Held) -> None:
    assert keys_of(details, [key])[key] == expected


def test_a_key_nobody_can_make_of_a_record_is_left_to_be_not_known() -> None:
    assert keys_of(PUBLIC, ["ec2:instancetype", "aws:principaltag/team"]) == {}
    assert fields_of(["ec2:instancetype"]) == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"tags": {"team": "blue"}}, {"team": "blue"}),
        ({"Tags": [{"Key": "team", "Value": "blue"}]}, {"team": "blue"}),
        ({"tags": [{"tagKey": "team", "tagValue": "blue"}]}, {"team": "blue"}),
        (
            {"tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "b"}]}]}},
            {"a": "b"},
        ),
        ({"tagSet": {"items": [{"key": "a", "value": "b"}]}}, {"a": "b"}),
        ({"description": "the stage is set"}, {}),
        ({"x-amz-tagging": "team=blue"}, None),
        ({"launch": {"tagsOfInstances": []}}, None),
        ({"tags": "team"}, None),
        ({"tags": [{"key": 1}]}, None),
    ],
)
def test_tags_are_read_or_not_known(value: dict[str, Any], expected: dict[str, str] | None) -> None:
    assert request_tags(json.dumps(value).encode()) == expected


NAMES = st.sampled_from(["tags", "key", "value", "Tags", "items", "tagSpecificationSet", "x"])
PARAMETERS = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(PARAMETERS)
def test_nothing_in_parameters_makes_reading_fail(value: Any) -> None:
    details = parameters(value)
    request_tags(details.parameters)
    for action in map(action_catalogue().action, ("s3:GetObject", "sts:AssumeRoot", "iam:DeleteRole")):
        assert action is not None
        Named(details.parameters, details.resources).told(action)
    keys_of(details, ["sts:taskpolicyarn", "aws:tagkeys"])


@pytest.mark.parametrize(
    ("action", "arns", "parameters", "expected"),
    [
        ("s3:GetObject", [], {"bucketName": "b", "key": "k/1"}, ("arn:aws:s3:::b/k/1",)),
        ("s3:GetObject", [], {"bucketName": "b"}, ("",)),
        ("s3:GetBucketPolicy", [], {"bucketName": "b"}, ("arn:aws:s3:::b",)),
        ("s3:GetBucketPolicy", [], {"bucketName": "arn:aws:s3:eu-west-1:1:accesspoint/a"}, ("",)),
        ("s3:GetObject", [], {"bucketName": "a-7fake-s3alias", "key": "k"}, ("",)),
        ("s3:GetObject", [], {"bucketName": "b--euw1-az1--x-s3", "key": "k"}, ("",)),
        ("s3:ListAllMyBuckets", [], {}, ("*",)),
        ("sts:AssumeRoot", [], {"targetPrincipal": "111111111111"}, ("arn:aws:iam::111111111111:root",)),
        ("iam:DeleteRole", [], {"roleName": "a"}, ("",)),
        ("iam:DeleteRole", ["arn:aws:iam::111111111111:role/x/a"], {}, ("arn:aws:iam::111111111111:role/x/a",)),
        ("ec2:FrobnicateInstances", [], {}, ("",)),
    ],
)
def test_a_resource_is_told_or_may_be_any(
    action: str, arns: list[str], parameters: dict[str, str], expected: tuple[str, ...]
) -> None:
    catalogue = action_catalogue()
    named = Named(json.dumps(parameters).encode(), json.dumps([{"ARN": one} for one in arns]).encode())
    assert resources_of(catalogue.action(action), named, catalogue, "aws") == expected


OWN, OTHER, THIRD = "111111111111", "222222222222", "333333333333"


@pytest.mark.parametrize(
    ("source", "resources", "given", "account", "expected"),
    [
        ("s3", [{"ARN": "arn:aws:s3:::b/k"}, {"ARN": "arn:aws:s3:::b", "accountId": OTHER}], None, OWN, (OTHER,)),
        ("s3", [{"ARN": "arn:aws:s3:::c/k"}, {"ARN": "arn:aws:s3:::b", "accountId": OTHER}], None, OWN, ("", OTHER)),
        ("s3", None, {"bucketName": "b", "key": "k"}, OWN, ("", OWN)),
        ("s3", None, {"bucketName": f"arn:aws:s3:eu-west-1:{OTHER}:accesspoint/a"}, OWN, ("", OWN, OTHER)),
        ("s3", [{"accountId": OWN, "ARN": "arn:aws:s3:::b"}], {"x-amz-copy-source": "c/k"}, OWN, ("", OWN)),
        ("s3", "nonsense", {"bucketName": "b"}, OWN, ("", OWN)),
        ("s3", None, {"bucketName": "b"}, OTHER, (OTHER,)),
        ("kms", [{"ARN": f"arn:aws:kms:eu-west-1:{OTHER}:key/1"}], None, OWN, (OTHER,)),
        ("kms", None, {"keyId": f"arn:aws:kms:eu-west-1:{OTHER}:key/1"}, OWN, (OTHER,)),
        ("kms", None, {"keyId": "alias/own"}, OWN, (OWN,)),
        ("kms", None, {"encryptionAlgorithm": "SYMMETRIC_DEFAULT"}, OWN, ("", OWN)),
        ("kms", [{"accountId": OTHER, "ARN": "a"}, {"accountId": THIRD, "ARN": "b"}], None, OWN, (OTHER, THIRD)),
        ("sqs", None, {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{OTHER}/jobs"}, OWN, (OTHER,)),
        ("secretsmanager", None, {"secretId": "own"}, OWN, (OWN,)),
        ("secretsmanager", None, None, OWN, ("", OWN)),
        ("sts", None, {"roleArn": f"arn:aws:iam::{OTHER}:role/a"}, OWN, (OTHER,)),
        ("sts", None, {"targetPrincipal": OTHER}, OWN, (OTHER,)),
        ("sts", None, {"targetPrincipal": f"arn:aws:iam::{OTHER}:root"}, OWN, (OTHER,)),
        ("ecr", None, {"registryId": OTHER, "repositoryName": "a"}, OWN, (OTHER,)),
        ("ec2", None, {"imageId": "ami-0fake"}, OWN, ("", OWN)),
        ("lambda", None, {"functionName": f"{OTHER}:function:a"}, OWN, ("", OWN, OTHER)),
        ("sns", None, "cut off", OWN, ("", OWN)),
        ("sns", None, {"name": "a"}, OWN, (OWN,)),
        ("s3", None, None, "", ("",)),
    ],
)  # fmt: skip
def test_an_owner_is_told_or_may_be_somebody(
    source: str, resources: Any, given: Any, account: str, expected: tuple[str, ...]
) -> None:
    found = owners_of(
        b"" if resources is None else json.dumps(resources).encode(),
        b"" if given is None else json.dumps(given).encode(),
        source=source,
        account=account,
        caller=OWN,
    )
    assert found == tuple(sorted(expected))
    assert (SOMEBODY in found) is ("" in expected)


@pytest.mark.parametrize(
    ("invoked_by", "address", "expected"),
    [
        ("", "198.51.100.7", ""),
        ("signin.amazonaws.com", "198.51.100.7", ""),
        ("athena.amazonaws.com", "athena.amazonaws.com", "athena.amazonaws.com"),
        ("", "athena.amazonaws.com", "athena.amazonaws.com"),
        ("AWS Internal", "198.51.100.7", "AWS Internal"),
        ("", "AWS Internal", "AWS Internal"),
        ("", "", "AWS Internal"),
    ],
)
def test_a_service_that_calls_is_seen_by_what_the_record_has(invoked_by: str, address: str, expected: str) -> None:
    assert via_of(invoked_by, address) == expected


def test_a_role_known_by_its_session_only_has_no_arn_for_policies() -> None:
    session = "arn:aws:sts::111111111111:assumed-role/Builder/me"
    asker = asker_of(Identity(kind="AssumedRole", arn=session, account="111111111111"))
    assert asker.keys["aws:principalarn"] == NOT_KNOWN


@pytest.mark.parametrize(("assumed", "expected"), [(True, held("true")), (False, MISSING), (None, NOT_KNOWN)])
def test_root_and_assumed_root_are_told_apart_by_one_key(assumed: bool | None, expected: Held) -> None:
    root = Identity(kind="Root", arn="arn:aws:iam::111111111111:root", account="111111111111")
    asker = asker_of(root, assumed=assumed)
    assert asker.keys["aws:assumedroot"] == expected
    assert asker.keys["aws:principalarn"] == held("arn:aws:iam::111111111111:root")
