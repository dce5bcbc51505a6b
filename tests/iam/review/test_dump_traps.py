"""What account dumps leave out or spell in two ways, each as a small account with what is true of it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.iam.admins.judged import by_arn, classes, judged_dump
from tests.iam.review.dumps import ACCOUNT, ADMINISTRATOR, allow, document, dump, role, trust, user
from tests.iam.review.test_chains import bounded, group

EVE = f"arn:aws:iam::{ACCOUNT}:user/eve"
BOSS = f"arn:aws:iam::{ACCOUNT}:role/boss"
ASSUMES = allow("sts:AssumeRole")


def test_a_boundary_that_is_not_in_the_dump_proves_nothing() -> None:
    made = dump(users=(bounded(user("eve", policies=(ADMINISTRATOR,))),))
    found = by_arn(judged_dump(made))[EVE]
    assert found.kind.value == "conditional"
    assert found.path[0].requires == ("policy `bounds`",)


def test_a_policy_that_is_not_in_the_dump_proves_nothing() -> None:
    made = dump(users=(user("eve", policies=(f"arn:aws:iam::{ACCOUNT}:policy/gone",)),))
    assert classes(judged_dump(made))[EVE] == "conditional"


def test_policies_of_a_group_stand_at_the_group_alone() -> None:
    made = dump(users=(user("eve") | {"GroupList": ["staff"]}, user("dan")))
    staff = group("staff")
    staff["GroupPolicyList"] = [{"PolicyName": "all", "PolicyDocument": document(allow("*"))}]
    made["GroupDetailList"] = [staff]
    found = classes(judged_dump(made))
    assert (found[EVE], found[EVE.replace("eve", "dan")]) == ("direct", "none")


@pytest.mark.parametrize(
    ("named", "own", "expected"),
    [
        (ACCOUNT, True, "escalation"),
        (ACCOUNT, False, "none"),
        (f"arn:aws:iam::{ACCOUNT}:root", True, "escalation"),
        (f"arn:aws:iam::{ACCOUNT}:root", False, "none"),
        (EVE, False, "escalation"),
        ("AIDAEVEXXXXXXXXXXXXXX", False, "escalation"),
        ("AIDAGONEXXXXXXXXXXXXX", True, "none"),
        ("AROAGONEXXXXXXXXXXXXX", True, "none"),
    ],
)
def test_a_trust_policy_names_accounts_people_and_the_deleted(named: str, own: bool, expected: str) -> None:
    eve = user("eve", *((ASSUMES,) if own else ()))
    made = dump(users=(eve,), roles=(role("boss", trust({"AWS": named}), policies=(ADMINISTRATOR,)),))
    assert classes(judged_dump(made))[EVE] == expected


def single(document: dict[str, Any]) -> dict[str, Any]:
    """The same with every list of one made that one."""
    (statement,) = document["Statement"]
    short = {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in statement.items()
    }
    return {"Version": document["Version"], "Statement": short}


def test_lists_of_one_may_be_texts() -> None:
    trusting = document({"Effect": "Allow", "Principal": {"AWS": [EVE]}, "Action": ["sts:AssumeRole"]})
    long = dump(users=(user("eve", ASSUMES),), roles=(role("boss", trusting, policies=(ADMINISTRATOR,)),))
    short = dump(users=(user("eve", ASSUMES),), roles=(role("boss", single(trusting), policies=(ADMINISTRATOR,)),))
    short["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"] = single(document(ASSUMES))
    short["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"]["Principal"] = {"AWS": EVE}
    assert classes(judged_dump(long)) == classes(judged_dump(short)) == {EVE: "escalation", BOSS: "direct"}
