"""Policies and calls a replay may get wrong, each with what has to be said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.guardrails.replaying.made_up import ROOT, SAND, WORK, write_evidence
from tests.guardrails.replaying.replaying import Changed, Jury
from tests.guardrails.replaying.strange import HERE, MANAGEMENT, OUTSIDE, THERE, call, role, root, session
from tests.guardrails.replaying.test_replay import ACCOUNTS, DENY_ROOT, OURS, RCP, deny, fence, policy_of

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.guardrails.replaying.tally import Judged

DENIED: Final = ("denied", True)
DEPENDS: Final = ("depends", False)
NOTHING: Final = None
BUILDER: Final = role("Builder")
LEDGER: Final = {"bucketName": "fake-ledger", "key": "2026/march"}
# A role known by its session only: whether its path is that of roles that belong to services, is not told.
PATHLESS: Final = {
    name: {
        "type": "AssumedRole",
        "principalId": "AROAFAKE:somebody",
        "arn": f"arn:aws:sts::{HERE}:assumed-role/{name}/somebody",
        "accountId": HERE,
        "accessKeyId": "ASIAFAKEFAKEFAKEROLE",
    }
    for name in ("AWSServiceRoleForAutoScaling", "Builder")
}
USER: Final = {
    "type": "IAMUser",
    "principalId": "AIDAFAKEUSER",
    "arn": f"arn:aws:iam::{HERE}:user/somebody",
    "accountId": HERE,
    "accessKeyId": "AKIAFAKEFAKEFAKEUSER",
}


def attached(policy: dict[str, Any], at: str = ROOT, **more: Any) -> Changed:
    return Changed(attach={at: {"new": policy}}, **more)


def of(service: str, name: str, identity: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return call(900, service, name, BUILDER if identity is None else identity, **more)


def but(identity: dict[str, Any], *names: str) -> dict[str, Any]:
    """An identity without some fields."""
    return {name: value for name, value in identity.items() if name not in names}


SERVICES: Final = deny("*", Bool={"aws:ViaAWSService": "true"})
NO_GUEST: Final = deny("*", StringNotEquals={"aws:PrincipalTag/team": "core"})
TAGGED_ONLY: Final = deny("ec2:RunInstances", Null={"aws:RequestTag/owner": "true"})
COPY: Final = {**LEDGER, "x-amz-copy-source": "fake-sources/1"}
# Name: the change, the record, what is said.
CASES: Final[dict[str, tuple[Changed, dict[str, Any], tuple[str, bool] | None]]] = {
    # Which actions a call needs.
    "what was copied is another object than what was made": (
        attached(deny("s3:GetObject", "arn:aws:s3:::fake-sources/*")),
        of("s3", "CopyObject", requestParameters=COPY),
        DEPENDS,
    ),
    "what was made is told": (
        attached(deny("s3:PutObject", "arn:aws:s3:::fake-ledger/*")),
        of("s3", "CopyObject", requestParameters=COPY),
        DENIED,
    ),
    "a method of HTTP, of one interface": (
        attached(deny("apigateway:DELETE", "arn:aws:apigateway:*::/restapis/fake")),
        of("apigateway", "DeleteRestApi", requestParameters={"restApiId": "fake"}),
        DEPENDS,
    ),
    "a method of HTTP": (attached(deny("apigateway:*")), of("apigateway", "DeleteRestApi"), DENIED),
    "one of two actions, both denied": (attached(deny("s3:*")), of("s3", "PutPublicAccessBlock"), DENIED),
    "one of two actions, one denied": (
        attached(deny("s3:PutAccountPublicAccessBlock")),
        of("s3", "PutPublicAccessBlock"),
        DEPENDS,
    ),
    "an event of a service nobody knows, by another name": (
        attached(deny("otherwise:*")),
        of("newlymade", "StartThing"),
        DEPENDS,
    ),
    "an event of a service nobody knows": (attached(deny("*")), of("newlymade", "StartThing"), DENIED),
    "an event of a service nobody knows, left out or not": (
        attached(policy_of({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"})),
        of("newlymade", "StartThing"),
        DEPENDS,
    ),
    "a new event of a service that is known": (attached(deny("ec2:*")), of("ec2", "FrobnicateInstances"), DENIED),
    "another service than the event is of": (attached(deny("iam:*")), of("ec2", "FrobnicateInstances"), NOTHING),
    "a service under a former name": (attached(deny("cloudwatch:*")), of("monitoring", "PutMetricAlarm"), DENIED),
    "a dated name": (attached(deny("lambda:ListFunctions")), of("lambda", "ListFunctions20150331"), DENIED),
    "a role that is handed over": (
        attached(deny("iam:PassRole")),
        of("lambda", "CreateFunction20150331", requestParameters={"role": f"arn:aws:iam::{HERE}:role/a"}),
        DEPENDS,
    ),
    "a role that is handed over, deep inside": (
        attached(deny("iam:*")),
        of("ec2", "RunInstances", requestParameters={"launch": {"iamInstanceProfile": {"name": "a"}}}),
        DEPENDS,
    ),
    "no role is handed over": (
        attached(deny("iam:PassRole")),
        of("ec2", "RunInstances", requestParameters={"imageId": "ami-0fake"}),
        NOTHING,
    ),
    "who reads hands no role over": (
        attached(deny("iam:PassRole")),
        of("lambda", "GetFunction20150331v2", requestParameters={"functionName": "role"}),
        NOTHING,
    ),
    "a role handed over that a list does not allow": (
        Changed(
            attach={WORK: {"new": policy_of({"Effect": "Allow", "Action": ["ec2:*", "sts:*"], "Resource": "*"})}},
            detach={WORK: ["p-FullAWSAccess"]},
        ),
        of("ec2", "RunInstances", requestParameters={"iamInstanceProfile": {"name": "a"}}),
        DEPENDS,
    ),
    "tags on what is made": (
        attached(deny("ec2:CreateTags")),
        of(
            "ec2",
            "RunInstances",
            requestParameters={
                "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "b"}]}]}
            },
        ),
        DENIED,
    ),
    "tags on what is made, in another spelling": (
        attached(deny("lambda:TagResource")),
        of("lambda", "CreateFunction20150331", requestParameters={"tags": {"a": "b"}}),
        DEPENDS,
    ),
    "nobody can be denied this": (attached(deny("*")), of("sts", "GetCallerIdentity"), NOTHING),
    "an action by its shape": (attached(deny("EC2:run?nstances")), of("ec2", "RunInstances"), DENIED),
    # On what.
    "a role by name, whose path nobody tells": (
        attached(deny("iam:*", "arn:aws:iam::*:role/guarded/*")),
        of("iam", "DeleteRole", requestParameters={"roleName": "a"}),
        DEPENDS,
    ),
    "all but some resources": (
        attached(policy_of({"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::fake-other/*"})),
        of("s3", "GetObject", requestParameters=LEDGER),
        DENIED,
    ),
    "all but the resource": (
        attached(policy_of({"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::fake-ledger/*"})),
        of("s3", "GetObject", requestParameters=LEDGER),
        NOTHING,
    ),
    "a bucket behind the alias of an access point": (
        attached(deny("s3:*", "arn:aws:s3:::fake-ledger/*")),
        of("s3", "GetObject", requestParameters={"bucketName": "point-fake-s3alias", "key": "k"}),
        DEPENDS,
    ),
    "one of several things a call is on": (
        attached(deny("events:*", "arn:aws:kms:*:*:key/guarded")),
        of("events", "UpdateArchive", requestParameters={"archiveName": f"arn:aws:events:eu-west-1:{HERE}:archive/a"}),
        DEPENDS,
    ),
    "the object's ARN in another partition": (
        attached(deny("s3:*", "arn:aws-us-gov:s3:::fake-ledger/*")),
        of(
            "s3",
            "GetObject",
            {"type": "AWSAccount", "principalId": "AROAFAKE:me", "accountId": HERE},
            requestParameters=LEDGER,
            awsRegion="us-gov-west-1",
        ),
        DEPENDS,
    ),
    # Who.
    "a session of Identity Center": (
        attached(deny("ec2:*")),
        of("ec2", "RunInstances", role("AWSReservedSSO_Admin_fake", path="aws-reserved/sso.amazonaws.com/")),
        DENIED,
    ),
    "a role that belongs to a service, known by its session": (
        attached(deny("ec2:*")),
        of("ec2", "RunInstances", PATHLESS["AWSServiceRoleForAutoScaling"]),
        DEPENDS,
    ),
    "a role known by its session": (
        attached(deny("ec2:*")),
        of("ec2", "RunInstances", PATHLESS["Builder"]),
        DENIED,
    ),
    "a role known by its session, by its ARN": (
        attached(deny("ec2:*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/team/Builder"})),
        of("ec2", "RunInstances", PATHLESS["Builder"]),
        DEPENDS,
    ),
    "a role of which another account knows an id": (
        attached(deny("sts:*")),
        of("sts", "AssumeRole", {"type": "AWSAccount", "principalId": "AROAFAKE:me", "accountId": HERE}),
        DEPENDS,
    ),
    "a role of which another account knows an id, denied before and once more": (
        Changed(present={WORK: {"old": deny("sts:*")}}, attach={ROOT: {"new": deny("sts:*")}}),
        of("sts", "AssumeRole", {"type": "AWSAccount", "principalId": "AROAFAKE:me", "accountId": HERE}),
        NOTHING,
    ),
    "root without its account": (attached(DENY_ROOT), of("iam", "CreateUser", but(root(), "accountId")), DENIED),
    "root without its account, in a unit": (
        attached(DENY_ROOT, SAND),
        of("iam", "CreateUser", but(root(), "accountId", "arn")),
        DEPENDS,
    ),
    "root of the management account": (attached(DENY_ROOT), of("iam", "CreateUser", root(MANAGEMENT)), NOTHING),
    "an identity of a kind nobody knows": (
        attached(deny("ec2:*")),
        of("ec2", "RunInstances", {"type": "Newcomer", "accountId": HERE}),
        DEPENDS,
    ),
    "an identity that may be a session of root": (
        attached(deny("*", Null={"aws:AssumedRoot": "false"})),
        of("sqs", "PurgeQueue", {"type": "AWSAccount", "principalId": THERE, "accountId": THERE}),
        DEPENDS,
    ),
    "a federated user that root made is not root": (
        attached(DENY_ROOT),
        of("iam", "CreateUser", {"type": "FederatedUser", "accountId": HERE, "principalId": f"{HERE}:door"}),
        DEPENDS,
    ),
    "a user of a directory": (
        attached(deny("*")),
        of("identitystore", "ListUsers", {"type": "IdentityCenterUser", "accountId": HERE}),
        NOTHING,
    ),
    "a role of no account of the organization": (
        attached(deny("*")),
        of("ec2", "RunInstances", role("Builder", OUTSIDE), recipientAccountId=OUTSIDE),
        NOTHING,
    ),
    # Conditions.
    "a tag of a principal, missing of root": (attached(NO_GUEST), of("iam", "CreateUser", root()), DENIED),
    "a tag of a principal, of a role": (attached(NO_GUEST), of("iam", "CreateUser"), DEPENDS),
    "a tag that has to be there": (
        attached(TAGGED_ONLY),
        of("ec2", "RunInstances", requestParameters={"instanceType": "m7g.large"}),
        DENIED,
    ),
    "a tag that has to be there, of an event without parameters": (
        attached(TAGGED_ONLY),
        of("ec2", "RunInstances"),
        DEPENDS,
    ),
    "any of the tags": (
        attached(deny("ec2:*", "*", **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["cost", "owner"]}})),
        of(
            "ec2",
            "CreateTags",
            requestParameters={"tagSet": {"items": [{"key": "owner", "value": "x"}, {"key": "other", "value": "y"}]}},
        ),
        DENIED,
    ),
    "all of the tags, where there is none": (
        attached(deny("ec2:*", "*", **{"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}})),
        of("ec2", "RunInstances", requestParameters={"instanceType": "m7g.large"}),
        DENIED,
    ),
    "a long-term key": (
        attached(deny("*", Null={"aws:TokenIssueTime": "true"})),
        of("ec2", "RunInstances", USER),
        DENIED,
    ),
    "a session is no long-term key": (
        attached(deny("*", Null={"aws:TokenIssueTime": "true"})),
        of("ec2", "RunInstances"),
        NOTHING,
    ),
    "without a second factor, by a long-term key": (
        attached(deny("*", Bool={"aws:MultiFactorAuthPresent": "false"})),
        of("ec2", "RunInstances", USER),
        NOTHING,
    ),
    "without a second factor, if there is such a key": (
        attached(deny("*", BoolIfExists={"aws:MultiFactorAuthPresent": "false"})),
        of("ec2", "RunInstances", USER),
        DENIED,
    ),
    "a key no record has": (
        attached(deny("ec2:*", StringEquals={"ec2:InstanceType": "m7g.large"})),
        of("ec2", "RunInstances"),
        DEPENDS,
    ),
    "a key there is not": (
        attached(deny("*", Bool={"aws:PrincipalIsRoot": "true"})),
        of("iam", "CreateUser", root()),
        NOTHING,
    ),
    "a service that the address alone tells": (
        attached(SERVICES),
        of("ec2", "RunInstances", sourceIPAddress="cloudformation.amazonaws.com"),
        DEPENDS,
    ),
    "AWS itself": (attached(SERVICES), of("ec2", "RunInstances", {**BUILDER, "invokedBy": "AWS Internal"}), DEPENDS),
    "somebody by themselves": (attached(SERVICES), of("ec2", "RunInstances"), NOTHING),
    "a private address, through an endpoint or not": (
        attached(deny("*", IpAddress={"aws:SourceIp": "10.0.0.0/8"})),
        of("ec2", "RunInstances", sourceIPAddress="10.1.2.3"),
        DEPENDS,
    ),
    "an address carriers share": (
        attached(deny("*", Null={"aws:SourceVpce": "true"})),
        of("ec2", "RunInstances", sourceIPAddress="100.64.1.2"),
        DEPENDS,
    ),
    "an operator nobody knows": (
        attached(deny("*", StringResembles={"aws:PrincipalArn": "*"})),
        of("ec2", "RunInstances"),
        DEPENDS,
    ),
    "a time that is none": (
        attached(deny("*", DateGreaterThan={"aws:CurrentTime": "2026-01-01T00:00:00Z"})),
        of("ec2", "RunInstances", eventTime="yesterday"),
        DEPENDS,
    ),
    "whose the resource is, of an image by its id": (
        attached(deny("ec2:*", StringNotEquals={"aws:ResourceOrgID": OURS})),
        of("ec2", "RunInstances", requestParameters={"imageId": "ami-0fake"}),
        DEPENDS,
    ),
    "whose the resource is, of a call on none": (
        attached(deny("ec2:*", StringNotEquals={"aws:ResourceOrgID": OURS})),
        of("ec2", "DescribeInstances"),
        NOTHING,
    ),
    # Root, and sessions of AssumeRoot.
    "a session of root of which the record has no key": (
        attached(deny("*", Null={"aws:AssumedRoot": "false"})),
        of("iam", "DeleteLoginProfile", but(root(**session(mfaAuthenticated="false")), "accessKeyId")),
        DEPENDS,
    ),
    # How policies change.
    "a deny that moves up to where it was not": (
        Changed(
            present={WORK: {"old": deny("ec2:*")}}, detach={WORK: ["p-old"]}, attach={ROOT: {"new": deny("ec2:*")}}
        ),
        of("ec2", "RunInstances", role("Builder", THERE)),
        DENIED,
    ),
    "a deny that moves up from where it was": (
        Changed(
            present={WORK: {"old": deny("ec2:*")}}, detach={WORK: ["p-old"]}, attach={ROOT: {"new": deny("ec2:*")}}
        ),
        of("ec2", "RunInstances"),
        ("denied_anyway", True),
    ),
    "a deny that moves down from what it leaves": (
        Changed(
            present={ROOT: {"old": deny("ec2:*")}}, detach={ROOT: ["p-old"]}, attach={WORK: {"new": deny("ec2:*")}}
        ),
        of("ec2", "RunInstances", role("Builder", THERE)),
        ("let_through", True),
    ),
    "an edit that leaves a statement as it was": (
        Changed(
            present={ROOT: {"old": NO_GUEST}},
            detach={ROOT: ["p-old"]},
            attach={ROOT: {"new": policy_of(*NO_GUEST["Statement"], *deny("s3:*")["Statement"])}},
        ),
        of("ec2", "RunInstances"),
        NOTHING,
    ),
    "a level at which nothing is allowed any more": (
        Changed(attach={SAND: {"new": deny("s3:*")}}, detach={SAND: ["p-FullAWSAccess"]}),
        of("ec2", "RunInstances", role("Builder", THERE)),
        DENIED,
    ),
    "the first policy of a kind at an account": (attached(deny("ec2:*"), HERE), of("ec2", "RunInstances"), DENIED),
    # Resource control policies.
    "assuming root of a member": (
        attached(fence("sts:AssumeRoot"), kind=RCP),
        of("sts", "AssumeRoot", role("Audit", MANAGEMENT), requestParameters={"targetPrincipal": THERE}),
        DENIED,
    ),
    "a service the policies do not reach": (
        attached(fence("ec2:*"), kind=RCP),
        of("ec2", "RunInstances"),
        NOTHING,
    ),
    "a service that has no organization": (
        attached(fence("s3:*", StringNotEqualsIfExists={"aws:PrincipalOrgID": OURS}), kind=RCP),
        of(
            "s3",
            "PutObject",
            {"type": "AWSService", "invokedBy": "delivery.logs.amazonaws.com"},
            requestParameters=LEDGER,
            recipientAccountId=HERE,
        ),
        DENIED,
    ),
    "a secret of another account by its ARN": (
        attached(fence("secretsmanager:*"), at=SAND, kind=RCP),
        of(
            "secretsmanager",
            "GetSecretValue",
            requestParameters={"secretId": f"arn:aws:secretsmanager:eu-west-1:{THERE}:secret:a"},
        ),
        DENIED,
    ),
}


def said(judged: Judged | None) -> tuple[str, bool] | None:
    return None if judged is None else (judged.verdict.value, judged.ruling.surely)


@pytest.mark.parametrize("name", CASES)
def test_a_call_is_said_to_be_what_it_is(name: str, tmp_path: Path) -> None:
    changed, record, expected = CASES[name]
    evidence = write_evidence(tmp_path / "evidence", ACCOUNTS, {changed.kind.value: changed.present})
    judged = Jury(changed, evidence).judged(record)
    assert said(judged) == expected
    if judged is not None and expected == DEPENDS:
        assert judged.ruling.depends_on
