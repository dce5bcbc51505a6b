"""Chains that a search of one principal at a time does not see, each as an account, with what is true of it."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.iam.admins.judged import by_arn, classes, judged_dump
from tests.iam.review.dumps import ACCOUNT, ADMINISTRATOR, allow, document, dump, policy, role, trust, user

from rootwarden.audit.root_equivalents import of_details
from rootwarden.collect.principals import details_in

EVE = f"arn:aws:iam::{ACCOUNT}:user/eve"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
OTHER = "222222222222"
LAMBDA = {"Service": "lambda.amazonaws.com"}
RUNS = ("lambda:CreateFunction", "lambda:InvokeFunction")
BOUNDS = f"arn:aws:iam::{ACCOUNT}:policy/bounds"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/own"


def arn(resource: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:{resource}"


def group(name: str, *, policies: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": f"AGPA{name.upper():X<17}",
        "Arn": arn(f"group/{name}"),
        "CreateDate": "2024-01-01T00:00:00+00:00",
        "GroupPolicyList": [],
        "AttachedManagedPolicies": [{"PolicyName": one.rpartition("/")[2], "PolicyArn": one} for one in policies],
    }


def bounded(made: dict[str, Any], boundary: str = BOUNDS) -> dict[str, Any]:
    return made | {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}}


def way(made: dict[str, Any], who: str = EVE) -> tuple[str, list[str]]:
    """The class of somebody, and the ids of the steps."""
    found = by_arn(judged_dump(made))[who]
    return found.kind.value, [step.id for step in found.path]


def elsewhere(made: dict[str, Any]) -> dict[str, Any]:
    """The same account with another number."""
    changed: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made).replace(ACCOUNT.encode(), OTHER.encode()))
    return changed


def classes_of_two(here: dict[str, Any], there: dict[str, Any]) -> dict[str, str]:
    found = [details_in(msgspec.json.encode(one), "dump.json") for one in (here, there)]
    return classes(of_details({one.account: one.details for one in found}, None, None))


def test_a_key_of_another_user_a_role_and_a_group() -> None:
    made = dump(
        users=(user("eve", allow("iam:CreateAccessKey", resource=BOB)), user("bob")),
        roles=(role("hands", trust({"AWS": BOB}), allow("iam:AddUserToGroup")),),
    ) | {"GroupDetailList": [group("admins", policies=(ADMINISTRATOR,))]}
    assert way(made) == ("escalation", ["user-create-access-key", "role-assume", "group-join"])


def test_a_boundary_goes_in_the_middle_of_a_chain() -> None:
    top = role("top", trust({"AWS": arn("role/middle")}), policies=(ADMINISTRATOR,))
    middle = bounded(role("middle", trust({"AWS": EVE}), allow("sts:AssumeRole")))
    hands = role("hands", trust({"AWS": EVE}), allow("iam:DeleteRolePermissionsBoundary", resource=arn("role/middle")))
    bounds = policy(BOUNDS, document(allow("s3:*")))
    made = dump(users=(user("eve"),), roles=(top, middle, hands), policies=(bounds,))
    assert way(made) == ("escalation", ["role-assume", "role-assume", "role-delete-own-boundary", "role-assume"])
    assert classes(judged_dump(made))[arn("role/hands")] == "none"


def test_a_role_that_is_passed_loses_its_boundary() -> None:
    does = allow("iam:PassRole", "iam:DeleteRolePermissionsBoundary", *RUNS)
    work = bounded(role("work", trust(LAMBDA), policies=(ADMINISTRATOR,)))
    made = dump(users=(user("eve", does),), roles=(work,), policies=(policy(BOUNDS, document(allow("s3:*"))),))
    assert way(made) == ("escalation", ["lambda-create-and-invoke", "role-delete-own-boundary"])


def test_a_change_comes_back_from_another_account() -> None:
    there = elsewhere(dump(roles=(role("bridge", trust({"AWS": "BRIDGED"}), allow("sts:AssumeRole")),)))
    there["RoleDetailList"][0]["AssumeRolePolicyDocument"] = trust({"AWS": EVE})
    back = role("back", trust({"AWS": arn("role/bridge", OTHER)}), allow("iam:PutUserPolicy", resource=EVE))
    here = dump(users=(user("eve", allow("sts:AssumeRole")),), roles=(back,))
    assert classes_of_two(here, there)[EVE] == "escalation"


def test_nobody_is_changed_from_another_account() -> None:
    there = elsewhere(dump(roles=(role("hands", trust({"AWS": "X"}), allow("iam:PutUserPolicy")),)))
    there["RoleDetailList"][0]["AssumeRolePolicyDocument"] = trust({"AWS": EVE})
    assert classes_of_two(dump(users=(user("eve", allow("sts:AssumeRole")),)), there)[EVE] == "lateral"


def test_a_trust_policy_in_another_account_is_rewritten_by_who_comes_there() -> None:
    hands = role("hands", trust({"AWS": "X"}), allow("iam:UpdateAssumeRolePolicy"))
    there = elsewhere(dump(roles=(hands, role("top", trust({"Service": "ec2.amazonaws.com"}), allow("*")))))
    there["RoleDetailList"][0]["AssumeRolePolicyDocument"] = trust({"AWS": EVE})
    assert classes_of_two(dump(users=(user("eve", allow("sts:AssumeRole")),)), there)[EVE] == "escalation"


def test_a_role_that_is_linked_to_a_service_is_not_changed() -> None:
    linked = role("AWSServiceRoleForLambda", trust(LAMBDA)) | {"Path": "/aws-service-role/lambda.amazonaws.com/"}
    linked["Arn"] = arn("role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda")
    made = dump(users=(user("eve", allow("iam:PassRole", "iam:PutRolePolicy", *RUNS)),), roles=(linked,))
    assert way(made)[0] == "none"


def test_a_change_that_takes_away_what_the_rest_needs_is_none() -> None:
    # Version 1 allows everything on S3 and no more; what lets eve become anybody is in version 2.
    own = policy(OWN, document(allow("s3:*")), document(allow("sts:AssumeRole")))
    hands = role("hands", trust({"AWS": arn("root")}), allow("iam:SetDefaultPolicyVersion", resource=OWN))
    assert way(dump(users=(user("eve", policies=(OWN,)),), roles=(hands,), policies=(own,)))[0] == "lateral"


def test_a_group_is_joined_and_then_written_into() -> None:
    made = dump(users=(user("eve", allow("iam:AddUserToGroup", "iam:PutGroupPolicy", resource=arn("group/team"))),))
    assert way(made | {"GroupDetailList": [group("team")]})[0] == "escalation"


def test_a_group_is_made_joined_and_written_into() -> None:
    made = dump(users=(user("eve", allow("iam:CreateGroup", "iam:AddUserToGroup", "iam:PutGroupPolicy")),))
    assert way(made)[0] == "escalation"


def test_a_policy_of_the_account_is_attached() -> None:
    only = allow("iam:AttachUserPolicy") | {"Condition": {"ArnLike": {"iam:PolicyARN": arn("policy/*")}}}
    made = dump(users=(user("eve", only),), policies=(policy(OWN, document(allow("*"))),))
    assert way(made)[0] == "escalation"
