"""Worlds in which it matters what is done first, or what is done after a change: written by hand, with their truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.iam.admins.judged import by_arn, judged_dump
from tests.iam.admins.plain_search import PlainSearch
from tests.iam.admins.shapes import allow, arn, dump, group, role, user

from rootwarden.packs import escalation_paths

if TYPE_CHECKING:
    from tests.iam.admins.shapes import Dump

TRUSTED: Final = {"AWS": "arn:aws:iam::111111111111:root"}
GO_BACK: Final = allow("iam:SetDefaultPolicyVersion", on=arn("policy", "work"))
ENTER: Final = allow("iam:CreateLoginProfile", on=arn("user", "ann"))
RAISE: Final = allow("iam:AttachGroupPolicy", on=arn("group", "staff"))
JOIN: Final = allow("iam:AddUserToGroup", on=arn("group", "staff"))


def policy(name: str, *versions: list[dict[str, Any]]) -> dict[str, Any]:
    """A managed policy; the first version is in force."""
    listed = [
        {
            "VersionId": f"v{len(versions) - number}",
            "IsDefaultVersion": number == 0,
            "Document": {"Version": "2012-10-17", "Statement": one},
        }
        for number, one in enumerate(versions)
    ]
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{name}",
        "Arn": arn("policy", name),
        "Path": "/",
        "DefaultVersionId": listed[0]["VersionId"],
        "AttachmentCount": 1,
        "PolicyVersionList": listed,
    }


def desk(*versions: list[dict[str, Any]]) -> Dump:
    """A role with a policy of several versions, and a user in a group."""
    worker = role("worker", TRUSTED) | {
        "AttachedManagedPolicies": [{"PolicyName": "work", "PolicyArn": arn("policy", "work")}]
    }
    staff = group("staff", allow("s3:ListAllMyBuckets"))
    return dump(
        users=[user("ann", groups=("staff",))], roles=[worker], groups=[staff], policies=[policy("work", *versions)]
    )


def newcomer(*own: dict[str, Any], gives: list[dict[str, Any]]) -> Dump:
    """A user who may join a group that gives something, and one who may pass an administrator's role."""
    work = role("work", {"Service": "lambda.amazonaws.com"}, allow("*"))
    passer = user("bob", allow("iam:PassRole", on=arn("role", "work")))
    return dump(users=[user("ann", *own, JOIN), passer], roles=[work], groups=[group("staff", *gives)])


WITH_MFA_EVERYTHING: Final = allow("*") | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
ESCALATIONS: Final = {
    # What the older version no longer allows is done before it is gone back to.
    "used-before-lost": (
        desk([RAISE, GO_BACK], [ENTER]),
        "role/worker",
        ("group-attach-policy", "policy-set-default-version", "user-create-password"),
    ),
    "used-before-gained": (
        desk([ENTER, GO_BACK], [RAISE]),
        "role/worker",
        ("user-create-password", "policy-set-default-version", "group-attach-policy"),
    ),
    # An administrator with MFA gets up without it as well.
    "administrator-with-mfa": (
        newcomer(WITH_MFA_EVERYTHING, gives=[allow("iam:PutUserPolicy", on=arn("user", "ann"))]),
        "user/ann",
        ("group-join", "user-put-own-policy"),
    ),
    # The group allows the new password; in it, the other may run something as the role.
    "another-is-brought-along": (
        newcomer(
            gives=[
                allow("iam:CreateLoginProfile", on=arn("user", "bob")),
                allow("lambda:CreateFunction", "lambda:InvokeFunction"),
            ]
        ),
        "user/ann",
        ("group-join", "user-create-password", "group-join", "lambda-create-and-invoke"),
    ),
}


def judged_path(account: Dump, who: str) -> tuple[str, tuple[str, ...]]:
    found = by_arn(judged_dump(account))[f"arn:aws:iam::111111111111:{who}"]
    return found.kind.value, tuple(step.id for step in found.path)


@pytest.mark.parametrize(("account", "who", "path"), ESCALATIONS.values(), ids=ESCALATIONS)
def test_a_way_in_an_order_that_works(account: Dump, who: str, path: tuple[str, ...]) -> None:
    assert judged_path(account, who) == ("escalation", path)


def test_no_order_works_where_one_version_takes_away_the_other() -> None:
    # A search that forgets what is lost proves it; nobody can go from one older version to the other.
    account = desk([GO_BACK], [ENTER], [RAISE])
    judged = judged_dump(account)
    assert judged.land is not None
    worker = judged.land.by_arn[arn("role", "worker")]
    assert PlainSearch(judged.land, escalation_paths()).gets_up(worker) is True
    assert judged_path(account, "role/worker")[0] == "none"
