"""Who has to give a new principal a boundary, and may choose which."""

from __future__ import annotations

from typing import Any, Final

import pytest
from tests.iam.admins.drawn_account import ACCOUNT, arn
from tests.iam.admins.judged import by_arn, judged_dump
from tests.iam.admins.test_stopping import DEV, FULL, document, dump_of

KEY: Final = "iam:PermissionsBoundary"
NEW: Final = f"arn:aws:iam::{ACCOUNT}:role/*"
WIDE: Final = arn("policy", "wide")
NARROW: Final = arn("policy", "narrow")
MAKING: Final = arn("policy", "making")
DELEGATING: Final = arn("policy", "delegating")
OF_AWS: Final = "arn:aws:iam::aws:policy/"
ALLOW_S3: Final[dict[str, Any]] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
ALLOW_MAKING: Final[dict[str, Any]] = {
    "Effect": "Allow",
    "Action": ["iam:CreateRole", "iam:PutRolePolicy"],
    "Resource": "*",
}
DEMANDING: Final[dict[str, Any]] = ALLOW_MAKING | {"Condition": {"ArnEquals": {KEY: DELEGATING}}}
BOUNDARIES: Final[dict[str, dict[str, Any]]] = {
    WIDE: FULL,
    NARROW: ALLOW_S3,
    MAKING: ALLOW_MAKING,
    DELEGATING: DEMANDING,
}


def making(condition: dict[str, Any]) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Resource": NEW}
    dump = dump_of([allow | {"Condition": condition}])
    dump["Policies"] = [
        {
            "PolicyName": one.rpartition("/")[2],
            "PolicyId": f"ANPAFAKE{number}",
            "Arn": one,
            "Path": "/",
            "DefaultVersionId": "v1",
            "AttachmentCount": 0,
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": document([statement])}],
        }
        for number, (one, statement) in enumerate(BOUNDARIES.items())
    ]
    return dump


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param({"ArnEquals": {KEY: WIDE}}, "escalation", id="one that allows everything"),
        pytest.param({"ArnEquals": {KEY: NARROW}}, "none", id="one that bars"),
        pytest.param({"ArnLike": {KEY: f"arn:aws:iam::{ACCOUNT}:policy/*"}}, "escalation", id="any of the account"),
        pytest.param({"Null": {KEY: "false"}}, "escalation", id="any at all"),
        pytest.param({"Null": {KEY: "true"}}, "escalation", id="none"),
        pytest.param({"ArnEquals": {KEY: arn("policy", "gone")}}, "none", id="one that is not there"),
        pytest.param({"ArnEquals": {KEY: f"{OF_AWS}AdministratorAccess"}}, "escalation", id="the one of AWS"),
        pytest.param({"ArnEquals": {KEY: f"{OF_AWS}PowerUserAccess"}}, "conditional", id="one of AWS nobody told"),
        pytest.param({"ArnEquals": {KEY: DELEGATING}}, "none", id="one that demands itself of all that are made"),
    ],
)
def test_a_new_role_with_a_boundary(condition: dict[str, Any], expected: str) -> None:
    assert by_arn(judged_dump(making(condition)))[DEV].kind.value == expected


def test_a_boundary_that_lets_its_holder_make_a_role_without_one_is_two_steps() -> None:
    found = by_arn(judged_dump(making({"ArnEquals": {KEY: MAKING}})))[DEV]
    assert found.kind.value == "escalation"
    assert [step.id for step in found.path] == ["role-create-and-put-policy", "role-create-and-put-policy"]
