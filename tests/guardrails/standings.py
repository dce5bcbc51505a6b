"""Small organizations to prove guardrails on: a root, two units, accounts, and policies at chosen targets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.guardrail import ResourceControls, ScpDocument
from rootwarden.facts.organization import Organization, OrganizationAccount, OrganizationalUnit
from rootwarden.guardrails.standing import landscape
from rootwarden.iam.document import DocumentError, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.facts.fact import Fact
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.guardrails.standing import Landscape, SignInPolicy

MANAGEMENT: Final = "000000000000"
MEMBER: Final = "111111111111"  # in the unit `ou-work`
SANDBOX: Final = "222222222222"  # in the unit `ou-sand`
GONE: Final = "333333333333"  # suspended, in the unit `ou-gone`
ROOT: Final = "r-0000"
FULL: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_TARGETS: Final = (ROOT, "ou-work", "ou-sand", "ou-gone", MANAGEMENT, MEMBER, SANDBOX, GONE)


def document(statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def organization(
    attached: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    partition: str = "aws",
    kind: str = "scp",
    full: bool = True,
    sign_in: Mapping[str, Fact[SignInPolicy]] | None = None,
    tree: bool = True,
) -> Landscape:
    """An organization.

    Args:
        attached: Statements by policy name by target; a text is a document nobody can read.
        partition: Of every ARN.
        kind: Of the policies: `scp` or `rcp`.
        full: Whether FullAWSAccess is attached everywhere.
        sign_in: Sign-In policies by account.
        tree: Whether anybody gave the tree.
    """
    policies = {"p-full": _policy("p-full", "FullAWSAccess", FULL)}
    own: dict[str, tuple[str, ...]] = {}
    for target, named in (attached or {}).items():
        for name, statements in named.items():
            policies[f"p-{name}"] = _policy(f"p-{name}", name, statements)
        own[target] = tuple(f"p-{name}" for name in named)
    usual: tuple[str, ...] = ("p-full",) if full else ()
    everywhere: dict[str, tuple[str, ...]] = {target: (*usual, *own.get(target, ())) for target in _TARGETS}
    plain: dict[str, tuple[str, ...]] = dict.fromkeys(_TARGETS, ("p-full",))
    return landscape(
        _described(policies, everywhere if kind == "scp" else plain, partition, tree=tree),
        ResourceControls(
            enabled=Known(True), attachments=Known(everywhere if kind == "rcp" else plain), policies=policies
        ),
        sign_in or {},
    )


def _described(
    policies: dict[str, ScpDocument], attachments: dict[str, tuple[str, ...]], partition: str, *, tree: bool
) -> Organization:
    start = f"arn:{partition}:organizations::{MANAGEMENT}"
    states = {MANAGEMENT: "ACTIVE", MEMBER: "ACTIVE", SANDBOX: "ACTIVE", GONE: "SUSPENDED"}
    units = (
        OrganizationalUnit(id=ROOT, path="/Root", targets=(ROOT,), accounts=(MANAGEMENT,)),
        OrganizationalUnit(id="ou-work", path="/Root/Work", targets=(ROOT, "ou-work"), accounts=(MEMBER,)),
        OrganizationalUnit(id="ou-sand", path="/Root/Sand", targets=(ROOT, "ou-sand"), accounts=(SANDBOX,)),
        OrganizationalUnit(id="ou-gone", path="/Root/Gone", targets=(ROOT, "ou-gone"), accounts=(GONE,)),
    )
    return Organization(
        id=Known("o-exampleorgid"),
        arn=Known(f"{start}:organization/o-exampleorgid"),
        management_account=Known(MANAGEMENT),
        accounts=Known(
            tuple(OrganizationAccount(id=one, state=state, partition=partition) for one, state in states.items())
        ),
        units=Known(units) if tree else Unknown("nobody asked for the tree"),
        attachments=Known(attachments),
        policies=policies,
        service_control_policies_enabled=Known(True),
    )


def _policy(identity: str, name: str, statements: Any) -> ScpDocument:
    return ScpDocument(id=identity, name=name, document=Unknown("not looked at"), statements=_read(statements))


def _read(statements: Any) -> Fact[IamDocument]:
    try:
        return Known(read_document(statements if isinstance(statements, str) else json.dumps(document(statements))))
    except DocumentError as error:
        return Unknown(error.message)
