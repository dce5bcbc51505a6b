"""Whether an account can be administered without its root user: known yes, known no, not known."""

from __future__ import annotations

from typing import Any, Final

import pytest
from tests.iam.admins.drawn_account import ACCOUNT, OTHER, arn
from tests.iam.admins.judged import by_arn, judged_dump
from tests.iam.admins.test_stopping import DEV, FULL, LAMBDA, READ, dump_of

ROOT: Final = f"arn:aws:iam::{ACCOUNT}:root"
PROVIDER: Final = f"arn:aws:iam::{ACCOUNT}:saml-provider/corporate"
SAML: Final = {"Federated": PROVIDER}
MFA: Final = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
FRESH_MFA: Final = MFA | {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
ASSUME: Final = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]


def standing(
    principal: object,
    *,
    condition: dict[str, Any] | None = None,
    action: str = "sts:AssumeRole",
    statements: list[dict[str, Any]] | None = None,
    own: list[dict[str, Any]] | None = None,
    name: str = "admin",
) -> tuple[bool | None, list[tuple[str, str]], str]:
    dump = dump_of(own or READ, (name, principal, statements or [FULL]), ("people", SAML, own or READ))
    for one in dump["RoleDetailList"]:
        federated = one["RoleName"] == "people"
        one["AssumeRolePolicyDocument"]["Statement"][0]["Action"] = "sts:AssumeRoleWithSAML" if federated else action
    if condition is not None:
        dump["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = condition
    (found,) = judged_dump(dump).administrators
    assert found.account == ACCOUNT
    return found.has_administrator, [(one.through.value, one.who) for one in found.by], found.reason


def test_a_role_of_identity_center() -> None:
    known, doors, _ = standing(SAML, name="AWSReservedSSO_Admin_fake", action="sts:AssumeRoleWithSAML")
    assert (known, doors) == (True, [("identity-center", "Identity Center")])


def test_a_role_of_a_saml_provider() -> None:
    assert standing(SAML, action="sts:AssumeRoleWithSAML")[:2] == (True, [("saml-provider", PROVIDER)])


def test_a_provider_that_may_not_assume_is_no_door() -> None:
    assert standing(SAML, action="sts:TagSession")[0] is False


@pytest.mark.parametrize("condition", [MFA, FRESH_MFA])
def test_a_role_that_asks_for_a_second_factor(condition: dict[str, Any]) -> None:
    assert standing({"AWS": DEV}, condition=condition)[:2] == (True, [("mfa", DEV)])


def test_a_role_that_does_not_ask_for_one_is_no_proper_identity() -> None:
    known, doors, reason = standing({"AWS": DEV})
    assert (known, doors) == (False, [])
    assert "second factor" in reason


def test_a_condition_that_lets_in_keys_without_a_second_factor_does_not_ask() -> None:
    assert standing({"AWS": DEV}, condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})[0] is False


def test_the_whole_account_counts_for_those_whose_policies_allow_it() -> None:
    assert standing({"AWS": ROOT}, condition=MFA)[0] is False
    assert standing({"AWS": ROOT}, condition=MFA, own=ASSUME)[:2] == (True, [("mfa", DEV)])


def test_a_role_that_people_get_into_may_take_another() -> None:
    people = arn("role", "people")
    assert standing({"AWS": people}, own=ASSUME)[:2] == (True, [("federated-role", people)])


@pytest.mark.parametrize(
    ("principal", "condition", "said"),
    [
        ({"AWS": f"arn:aws:iam::{OTHER}:root"}, None, OTHER),
        ({"AWS": f"arn:aws:iam::{OTHER}:role/people"}, MFA, OTHER),
        ({"AWS": DEV}, MFA | {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "depends"),
    ],
)
def test_what_nobody_looked_at_leaves_it_unknown(principal: object, condition: dict[str, Any], said: str) -> None:
    known, doors, reason = standing(principal, condition=condition)
    assert (known, doors) == (None, [])
    assert said in reason


def test_an_administrator_under_a_condition_leaves_it_unknown() -> None:
    conditional = [FULL | {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-00000000"}}}]
    assert standing(SAML, action="sts:AssumeRoleWithSAML", statements=conditional)[0] is None


@pytest.mark.parametrize("principal", [LAMBDA, {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example"}])
def test_a_role_for_a_service_or_a_pipeline_does_not_count(principal: object) -> None:
    assert standing(principal)[0] is False


def test_no_administrator_at_all() -> None:
    assert standing(SAML, action="sts:AssumeRoleWithSAML", statements=READ) == (
        False,
        [],
        "no role is an administrator",
    )


def test_what_a_role_could_become_does_not_make_it_an_administrator() -> None:
    directory = [{"Effect": "Allow", "Action": "sso:*", "Resource": "*"}]
    dump = dump_of(READ, ("admin", SAML, directory))
    dump["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"][0]["Action"] = "sts:AssumeRoleWithSAML"
    found = judged_dump(dump)
    assert by_arn(found)[arn("role", "admin")].kind.value == "conditional"
    (one,) = found.administrators
    assert (one.has_administrator, one.reason) == (False, "no role is an administrator")
