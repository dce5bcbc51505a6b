"""IAM policies of simulated accounts as JSON text: statements, documents, trust policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

VERSION: Final = "2012-10-17"
Condition = Mapping[str, Mapping[str, str | list[str]]]
# Outside of the accounts of a world: what people and build servers sign in with.
SAML_PROVIDER: Final = "saml-provider/workforce"


class Statement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="pascal"):
    """A statement as it is written; elements that are empty are left out."""

    effect: Literal["Allow", "Deny"]
    principal: str | dict[str, list[str]] = ""
    action: list[str] = []
    not_action: list[str] = []
    resource: list[str] = []
    condition: Condition = {}


def allow(*actions: str, on: str | tuple[str, ...] = "*", when: Condition | None = None) -> Statement:
    """Allow actions on one resource or several, under a condition if one is given."""
    return Statement(effect="Allow", action=list(actions), resource=_listed(on), condition=when or {})


def allow_all_but(*actions: str) -> Statement:
    """Allow every action but these, on everything."""
    return Statement(effect="Allow", not_action=list(actions), resource=["*"])


def deny(*actions: str, on: str | tuple[str, ...] = "*") -> Statement:
    """Deny actions on one resource or several."""
    return Statement(effect="Deny", action=list(actions), resource=_listed(on))


def deny_all_but(*actions: str) -> Statement:
    """Deny every action but these, on everything."""
    return Statement(effect="Deny", not_action=list(actions), resource=["*"])


def document(*statements: Statement) -> str:
    """A policy document."""
    return msgspec.json.encode({"Version": VERSION, "Statement": statements}).decode()


def trust(*principals: str, action: str = "sts:AssumeRole", when: Condition | None = None) -> str:
    """A trust policy for these principals: ARNs of an account, user or role, names of services, `*`."""
    services = [each for each in principals if each.endswith((".amazonaws.com", ".amazonaws.com.cn"))]
    providers = [each for each in principals if ":saml-provider/" in each or ":oidc-provider/" in each]
    others = [each for each in principals if each not in {*services, *providers}]
    kinds = {"AWS": others, "Service": services, "Federated": providers}
    named = {kind: members for kind, members in kinds.items() if members}
    return document(Statement(effect="Allow", principal=named, action=[action], condition=when or {}))


def workforce_trust(account_id: str, partition: str = "aws") -> str:
    """The trust of a role that people of the workforce directory sign in to."""
    provider = f"arn:{partition}:iam::{account_id}:{SAML_PROVIDER}"
    audience: Condition = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    return trust(provider, action="sts:AssumeRoleWithSAML", when=audience)


def condition(operator: str, values: Mapping[str, str | list[str]]) -> Condition:
    """One operator with its keys."""
    return {operator: dict(values)}


def _listed(resources: str | tuple[str, ...]) -> list[str]:
    return [resources] if isinstance(resources, str) else list(resources)
