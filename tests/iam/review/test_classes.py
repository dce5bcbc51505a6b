"""Classes that small dumps must have: what AWS would refuse is no escalation, what it would let through is one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.iam.admins.judged import by_arn, classes, judged_dump
from tests.iam.review.dumps import ACCOUNT, ADMINISTRATOR, allow, document, dump, policy, role, trust, user

from rootwarden.cli.iam_reading import details_in_files
from rootwarden.collect.principals import details_in
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

OWN = f"arn:aws:iam::{ACCOUNT}:policy/own"
EVE = f"arn:aws:iam::{ACCOUNT}:user/eve"
READING = document(allow("s3:GetObject"))
OF_ACCOUNT = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})


@pytest.mark.parametrize(
    ("versions", "actions", "expected"),
    [
        (4, ("iam:CreatePolicyVersion",), "escalation"),
        (5, ("iam:CreatePolicyVersion",), "none"),
        (5, ("iam:CreatePolicyVersion", "iam:DeletePolicyVersion"), "escalation"),
    ],
)
def test_a_sixth_version_needs_one_deleted(versions: int, actions: tuple[str, ...], expected: str) -> None:
    made = dump(users=(user("eve", allow(*actions), policies=(OWN,)),), policies=(policy(OWN, *[READING] * versions),))
    assert classes(judged_dump(made))[EVE] == expected


def test_power_over_identity_center_is_conditional_where_nobody_knows_whence_it_is_run() -> None:
    power = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}
    found = by_arn(judged_dump(dump(users=(user("eve", power),))))[EVE]
    assert found.kind.value == "conditional"


def test_a_sure_way_is_told_before_one_over_identity_center() -> None:
    made = dump(users=(user("eve", allow("sso:*", "iam:AttachUserPolicy")),))
    found = by_arn(judged_dump(made))[EVE]
    assert [step.id for step in found.path] == ["user-attach-own-policy"]


@pytest.mark.parametrize("mark", [{"NextToken": "more"}, {"Marker": "more"}, {"IsTruncated": True}])
def test_a_dump_that_goes_on_elsewhere_is_refused(mark: dict[str, object]) -> None:
    made = dump(users=(user("eve", policies=(ADMINISTRATOR,)),)) | mark
    with pytest.raises(InputError, match="first page"):
        details_in(msgspec.json.encode(made), "dump.json")


def test_a_role_may_raise_the_user_who_assumed_it() -> None:
    made = dump(
        users=(user("eve", allow("sts:AssumeRole")),), roles=(role("hands", OF_ACCOUNT, allow("iam:PutUserPolicy")),)
    )
    assert classes(judged_dump(made))[EVE] == "escalation"


def test_a_role_that_is_rewritten_may_be_passed_to_a_service() -> None:
    acts = allow("iam:PutRolePolicy", "iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction")
    made = dump(users=(user("eve", acts),), roles=(role("work", trust({"Service": "lambda.amazonaws.com"})),))
    assert classes(judged_dump(made))[EVE] == "escalation"


def test_a_role_trusts_step_functions_of_a_region() -> None:
    acts = allow("iam:PassRole", "states:CreateStateMachine", "states:StartExecution")
    lent = role("work", trust({"Service": "states.us-east-1.amazonaws.com"}), policies=(ADMINISTRATOR,))
    assert classes(judged_dump(dump(users=(user("eve", acts),), roles=(lent,))))[EVE] in {"escalation", "conditional"}


def test_a_list_that_is_not_in_a_dump_is_unread(tmp_path: Path) -> None:
    made = dump(users=(user("eve"),))
    del made["RoleDetailList"]
    file = tmp_path / "dump.json"
    file.write_bytes(msgspec.json.encode(made))
    unread: list[tuple[str, str]] = []
    details_in_files([file], unread)
    assert [(account, "RoleDetailList" in reason) for account, reason in unread] == [(ACCOUNT, True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_dump_in_the_encodings_of_shells(encoding: str) -> None:
    made = dump(users=(user("eve", allow("*")),))
    found = details_in(json.dumps(made).encode(encoding), "dump.json")
    assert (found.account, len(found.details.users)) == (ACCOUNT, 1)
