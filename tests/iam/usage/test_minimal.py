from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.iam.usage.story import HOME, NOON, VISIBILITY, allow, call, compare, dump, of, session, user

from rootwarden.errors import InternalError
from rootwarden.iam.document import read_document
from rootwarden.iam.layer import Policy
from rootwarden.iam.usage import minimal as module
from rootwarden.iam.usage.minimal import LARGEST, PolicyText, minimal
from rootwarden.iam.usage.result import PrincipalUsage, Use, UsedAction
from rootwarden.report.usage import policy

if TYPE_CHECKING:
    from rootwarden.iam.usage.minimal import Minimal

ACTIONS = tuple(action.full for action in VISIBILITY.actions)
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/11111111-2222-3333-4444-555555555555"


def used(*actions: str, use: Use = Use.DONE, resources: tuple[str, ...] | None = None) -> PrincipalUsage:
    made = tuple(UsedAction(action=one, use=use, first=NOON, last=NOON, days=1, resources=resources) for one in actions)
    return PrincipalUsage(arn=f"arn:aws:iam::{HOME}:role/ci", kind="role", account=HOME, used=made)


def statements(found: Minimal) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(one.actions, one.resources) for document in found.documents for one in document.statements]


def test_all_of_what_was_used_and_nothing_else() -> None:
    records = [
        call("ec2:DescribeInstances", user("ana")),
        call("ec2:RunInstances", user("ana"), requestParameters={"tagSpecificationSet": {"items": [1]}}),
        call("kms:Decrypt", user("ana"), resources=[{"ARN": KEY, "type": "AWS::KMS::Key"}]),
        call("s3:GetBucketPolicy", user("ana"), requestParameters={"bucketName": "made-up"}),
        call(
            "s3:GetObject",
            user("ana"),
            requestParameters={"bucketName": "made-up", "key": "a/b"},
            managementEvent=False,
        ),
        call("sts:AssumeRole", user("ana"), requestParameters={"roleArn": f"arn:aws:iam::{HOME}:role/x/y"}),
        call("iam:CreateUser", user("ana"), errorCode="AccessDenied"),
    ]
    found = minimal(of(compare(records), "ana"), ACTIONS)
    assert statements(found) == [
        (("ec2:CreateTags", "ec2:DescribeInstances", "ec2:RunInstances"), ("*",)),
        (("kms:Decrypt",), (KEY,)),
        (("s3:GetBucketPolicy",), ("arn:aws:s3:::made-up",)),
        (("s3:GetObject",), ("arn:aws:s3:::made-up/*",)),
        (("sts:AssumeRole",), (f"arn:aws:iam::{HOME}:role/x/y",)),
    ]
    assert found.allows == 7
    assert found.refuses == len(ACTIONS) - 7 - 1  # `sts:GetCallerIdentity` cannot be refused
    assert found.failed == ("iam:CreateUser",)
    anywhere = minimal(of(compare(records), "ana"), ACTIONS, seen_resources=False)
    assert [where for _, where in statements(anywhere)] == [("*",)]


def test_the_engine_agrees_on_every_action_of_the_catalogue() -> None:
    """Asked one by one, beside what the policy was checked with."""
    from rootwarden.iam.context import Context
    from rootwarden.iam.decision import Question, decide
    from rootwarden.iam.principal import Kind, Principal
    from rootwarden.iam.statement import Request

    principal = used("ec2:DescribeInstances", "s3:ListAllMyBuckets", "iam:ListUsers")
    (document,) = minimal(principal, ACTIONS).documents
    raw = json.loads(policy.render([minimal(principal, ACTIONS)]))["principals"][0]["policies"][0]
    assert raw["Statement"][0]["Effect"] == "Allow"
    held = (Policy("m", read_document(raw)),)
    who = Principal(kind=Kind.ROLE, arn=principal.arn, account=HOME)
    allowed = {
        action
        for action in ACTIONS
        if decide(Question(who=who, request=Request(action.lower(), "*", Context(who.keys())), identity=held)).response
        == "Allowed"
    }
    assert allowed == {"ec2:DescribeInstances", "s3:ListAllMyBuckets", "iam:ListUsers", "sts:GetCallerIdentity"}
    assert len(document.statements) == 1


def test_a_policy_that_does_not_hold_is_never_given(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = module._document
    monkeypatch.setattr(module, "_document", lambda held: PolicyText(whole(held).version, whole(held).statements[1:]))
    with pytest.raises(InternalError, match="was used, and the minimal policy does not allow it"):
        minimal(used("ec2:DescribeInstances"), ACTIONS)
    wide = (module.AllowStatement("Allow", ("ec2:DescribeInstances", "ec2:*"), ("*",)),)
    monkeypatch.setattr(module, "_document", lambda held: PolicyText(whole(held).version, wide))
    with pytest.raises(InternalError, match="was not used, and the minimal policy allows it"):
        minimal(used("ec2:DescribeInstances"), ACTIONS)


@pytest.mark.parametrize("count", [1, 150, 1000, len(ACTIONS)])
def test_policies_are_cut_to_size_and_lose_nothing(count: int) -> None:
    found = minimal(used(*ACTIONS[:count]), ACTIONS)
    assert all(len(module._json(document)) <= LARGEST for document in found.documents)
    assert sorted(action for actions, _ in statements(found) for action in actions) == sorted(ACTIONS[:count])


def test_many_resources_are_cut_to_size_too() -> None:
    arns = tuple(f"arn:aws:s3:::{'b' * 60}-{number:04}/*" for number in range(300))
    found = minimal(used("s3:GetObject", resources=arns), ACTIONS)
    assert all(len(module._json(document)) <= LARGEST for document in found.documents)
    assert sorted(arn for _, resources in statements(found) for arn in resources) == sorted(arns)


def test_nothing_used_is_no_policy() -> None:
    found = minimal(used("ec2:DescribeInstances", use=Use.DENIED), ACTIONS)
    assert (found.documents, found.allows, found.failed) == ((), 0, ("ec2:DescribeInstances",))
    assert "there is no policy to write" in policy.terraform([found])


def test_failed_calls_are_added_when_asked_for() -> None:
    principal = used("ec2:DescribeInstances", use=Use.FAILED)
    assert minimal(principal, ACTIONS).documents == ()
    assert statements(minimal(principal, ACTIONS, with_failed=True)) == [(("ec2:DescribeInstances",), ("*",))]


def test_terraform_says_what_it_left_out_and_escapes_templates() -> None:
    records = [call("ec2:CreateVpc", session("ci", "ASIA1")), call("ec2:DescribeVpcs", session("ci", "ASIA1"))]
    found = minimal(of(compare(records, dump(roles={"ci": [allow("iam:PassRole", "ec2:*")]})), "ci"), ACTIONS)
    text = policy.terraform([found, found])
    assert "# left out, CloudTrail does not record it: 1 granted action" in text
    assert re.findall(r'resource "aws_iam_policy" "(\w+)"', text) == ["ci_used", "ci_used_x"]
    assert '"Action": [\n' in text
    assert policy._hcl('"${aws:username} %{if}"') == '"$${aws:username} %%{if}"'


ODD = [
    "arn:aws:iam::000000000000:role/a*",
    "arn:aws:iam::000000000000:role/${aws:username}",
    "*",
    "arn:aws:iam::000000000000:user/x",
    "role",
]


@pytest.mark.parametrize("arn", ODD)
def test_what_is_no_plain_role_is_never_named(arn: str) -> None:
    records = [call("sts:AssumeRole", user("ana"), requestParameters={"roleArn": arn})]
    assert of(compare(records), "ana").used[0].resources is None


UNSURE: dict[str, list[dict[str, Any]]] = {
    "one of two records names none": [{"topicArn": "arn:aws:sns:eu-west-1:000000000000:t"}, {}],
    "of another type": [{"topicArn": "arn:aws:sqs:eu-west-1:000000000000:q"}],
    "somewhere deeper": [{"filter": {"topicArn": "arn:aws:sns:eu-west-1:000000000000:t"}}],
    "inside a text": [{"policy": '{"Resource": "arn:aws:sns:eu-west-1:000000000000:t"}'}],
    "named as something else": [{"deadLetterHolder": "arn:aws:sns:eu-west-1:000000000000:t"}],
}


@pytest.mark.parametrize("name", UNSURE)
def test_a_resource_that_is_not_sure_is_not_named(name: str) -> None:
    records = [call("sns:SetTopicAttributes", user("ana"), requestParameters=one) for one in UNSURE[name]]
    assert of(compare(records), "ana").used[0].resources is None


def test_a_resource_that_is_sure_is() -> None:
    topics = [f"arn:aws:sns:eu-west-1:{HOME}:{name}" for name in ("one", "two")]
    records = [call("sns:SetTopicAttributes", user("ana"), requestParameters={"topicArn": one}) for one in topics]
    assert of(compare(records), "ana").used[0].resources == tuple(topics)


def test_too_many_resources_are_all_of_them() -> None:
    records = [
        call(
            "sns:SetTopicAttributes",
            user("ana"),
            requestParameters={"topicArn": f"arn:aws:sns:eu-west-1:{HOME}:t{number}"},
        )
        for number in range(150)
    ]
    assert of(compare(records), "ana").used[0].resources is None


def test_a_type_the_action_always_has_and_nobody_named() -> None:
    """An action of two types of resources, of which the record names one."""
    parameters = {"replicationInstanceArn": f"arn:aws:dms:eu-west-1:{HOME}:rep:ABC"}
    records = [call("dms:CreateReplicationTask", user("ana"), requestParameters=parameters)]
    assert of(compare(records), "ana").used[0].resources is None
