"""From where a verdict names a statement back to what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from rootwarden.audit.granting_statements import written
from rootwarden.audit.root_equivalents import of_details
from rootwarden.collect.principals import details_in
from rootwarden.iam.admins.verdict import Blocking, StatementPlace

if TYPE_CHECKING:
    from rootwarden.iam.admins.landscape import Landscape

ACCOUNT = "000011112222"
ALL = "arn:aws:iam::000011112222:"


def says(*actions: str) -> dict[str, Any]:
    statements = [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]
    return {"Version": "2012-10-17", "Statement": statements}


def inline(*policies: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"PolicyName": name, "PolicyDocument": document} for name, document in policies]


def dump() -> dict[str, Any]:
    user = {
        "Path": "/",
        "UserName": "dana",
        "UserId": "AIDAFAKE0000000000000",
        "Arn": f"{ALL}user/dana",
        "CreateDate": "2026-01-01T00:00:00Z",
        "UserPolicyList": inline(("own", says("s3:Get*", "s3:Put*"))),
        "GroupList": ["team"],
        "AttachedManagedPolicies": [{"PolicyName": "rights", "PolicyArn": f"{ALL}policy/rights"}],
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": f"{ALL}policy/narrow"},
        "Tags": [],
    }
    groups = [
        {
            "Path": "/",
            "GroupName": name,
            "GroupId": f"AGPAFAKE000000000{number:04}",
            "Arn": f"{ALL}group/{name}",
            "CreateDate": "2026-01-01T00:00:00Z",
            "GroupPolicyList": inline(("own", says("ec2:Run*")), (f"of-{name}", says("sqs:*"))),
            "AttachedManagedPolicies": [],
        }
        for number, name in enumerate(("team", "others"))
    ]
    role = {
        "Path": "/",
        "RoleName": "reader",
        "RoleId": "AROAFAKE0000000000000",
        "Arn": f"{ALL}role/reader",
        "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"{ALL}root"}}],
        },
        "InstanceProfileList": [],
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
        "Tags": [],
    }
    return {
        "UserDetailList": [user],
        "GroupDetailList": groups,
        "RoleDetailList": [role],
        "Policies": [policy("rights", 1, "iam:Get*", "iam:*"), policy("narrow", 2, "s3:*")],
    }


def policy(name: str, number: int, *versions: str) -> dict[str, Any]:
    return {
        "PolicyName": name,
        "PolicyId": f"ANPAFAKE000000000{number:04}",
        "Arn": f"{ALL}policy/{name}",
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 1,
        "CreateDate": "2026-01-01T00:00:00Z",
        "UpdateDate": "2026-01-01T00:00:00Z",
        "PolicyVersionList": [
            {
                "Document": says(action),
                "VersionId": f"v{each}",
                "IsDefaultVersion": each == 1,
                "CreateDate": "2026-01-01T00:00:00Z",
            }
            for each, action in enumerate(versions, 1)
        ],
    }


@pytest.fixture(scope="module")
def land() -> Landscape:
    details = details_in(msgspec.json.encode(dump()), "dump.json")
    found = of_details({details.account: details.details}, None, None).land
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("place", "actions"),
    [
        (StatementPlace("rights", 0), ["iam:Get*"]),
        (StatementPlace("of-team", 0), ["sqs:*"]),
        (StatementPlace("of-others", 0), ["sqs:*"]),  # of a group that a step joins
        (StatementPlace("rights (v2)", 0), ["iam:*"]),  # of a version that a step goes back to
        (StatementPlace("own", 0), ["s3:Get*", "ec2:Run*"]),  # the user's and the group's: nothing tells which
        (StatementPlace("own", 1), ["s3:Put*"]),
        (StatementPlace("own", 2), []),
        (StatementPlace("a policy that allows everything", 0), []),
        (Blocking("boundary", "narrow", 0), ["s3:*"]),
        (Blocking("boundary", "narrow", -1), []),
        (Blocking("scp", "FullAWSAccess", 0), []),
    ],
)
def test_a_statement_is_found_by_its_name(
    land: Landscape, place: StatementPlace | Blocking, actions: list[str]
) -> None:
    found = written(land, place, f"{ALL}user/dana")
    assert [one.actions for one in found] == [(action,) for action in actions]


def test_a_trust_policy_is_the_targets(land: Landscape) -> None:
    place = StatementPlace("trust policy of reader", 0, "trust")
    (statement,) = written(land, place, f"{ALL}user/dana", f"{ALL}role/reader")
    assert statement.principals is not None
    assert written(land, place, f"{ALL}user/dana", f"{ALL}role/gone") == ()
    assert written(land, place, f"{ALL}user/dana", f"{ALL}user/dana") == ()
