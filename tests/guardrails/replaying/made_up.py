"""An evidence folder for the organization of a simulated trail, with policies at chosen targets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rootwarden.simulator.trail.organization import MANAGEMENT, make_organization

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROOT: Final = "r-fake"
WORK: Final = "ou-fake-work"
SAND: Final = "ou-fake-sand"
FULL: Final = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
FULL_RCP: Final = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
}
_TYPES: Final = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
_FULL: Final = {"scp": "p-FullAWSAccess", "rcp": "p-RCPFullAWSAccess"}


def write_evidence(
    folder: Path, accounts: int, attached: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None
) -> Path:
    """Write an evidence folder.

    Args:
        folder: A folder that does not exist yet.
        accounts: How many accounts, as of the simulated trail.
        attached: Documents by name, by target, by kind of policy (`scp`, `rcp`); full access is at every target.
    """
    organization = make_organization(accounts)
    half = len(organization.members) // 2
    work, sand = organization.members[:half], organization.members[half:]
    units = [
        {"id": WORK, "name": "Work", "children": [], "accounts": list(work)},
        {"id": SAND, "name": "Sand", "children": [], "accounts": list(sand)},
    ]
    types = list(_TYPES.values())
    root = {"id": ROOT, "name": "Root", "policy_types": types, "children": units, "accounts": [MANAGEMENT]}
    policies = {_FULL["scp"]: ("scp", FULL), _FULL["rcp"]: ("rcp", FULL_RCP)}
    attachments = {target: list(_FULL.values()) for target in (ROOT, WORK, SAND, *organization.accounts)}
    for kind, targets in (attached or {}).items():
        for target, documents in targets.items():
            for name, document in documents.items():
                policies[f"p-{name}"] = (kind, document)
                attachments[target].append(f"p-{name}")
    _put(folder / "organization.json", {"Organization": _described(organization.id)})
    listed = [
        {"Id": one, "Name": one, "State": "ACTIVE", "Arn": _arn(organization.id, f"account/{organization.id}/{one}")}
        for one in organization.accounts
    ]
    _put(folder / "accounts.json", {"Accounts": listed})
    _put(folder / "targets.json", {"roots": [root], "attachments": attachments})
    for identity, (kind, document) in policies.items():
        summary = {"Id": identity, "Name": identity.removeprefix("p-"), "Type": _TYPES[kind], "AwsManaged": False}
        policy = {"PolicySummary": summary, "Content": json.dumps(document)}
        _put(folder / "policies" / f"{identity}.json", {"Policy": policy})
    return folder


def _described(organization: str) -> dict[str, Any]:
    return {
        "Id": organization,
        "Arn": _arn(organization, f"organization/{organization}"),
        "MasterAccountId": MANAGEMENT,
        "FeatureSet": "ALL",
    }


def _arn(_: str, rest: str) -> str:
    return f"arn:aws:organizations::{MANAGEMENT}:{rest}"


def _put(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1))
