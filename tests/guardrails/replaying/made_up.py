"""An evidence folder for the organization of a simulated trail, with policies at chosen targets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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


class Unit(NamedTuple):
    """A unit with the accounts right in it."""

    id: str
    accounts: tuple[str, ...] = ()
    children: tuple[Unit, ...] = ()

    def above(self, *targets: str) -> dict[str, tuple[str, ...]]:
        """For each account in it or below the targets from the top down, the account the last of them."""
        path = (*targets, self.id)
        found = {account: (*path, account) for account in self.accounts}
        for child in self.children:
            found |= child.above(*path)
        return found

    def told(self) -> dict[str, Any]:
        """As the evidence has it."""
        children = [child.told() for child in self.children]
        return {"id": self.id, "name": self.id, "children": children, "accounts": list(self.accounts)}


def two_units(accounts: int) -> Unit:
    """The root with the management account, and half of the members in each of two units."""
    members = make_organization(accounts).members
    half = len(members) // 2
    return Unit(ROOT, (MANAGEMENT,), (Unit(WORK, members[:half]), Unit(SAND, members[half:])))


def write_evidence(
    folder: Path,
    accounts: int,
    attached: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    tree: Unit | None = None,
) -> Path:
    """Write an evidence folder.

    Args:
        folder: A folder that does not exist yet.
        accounts: How many accounts, as of the simulated trail.
        attached: Documents by name, by target, by kind of policy (`scp`, `rcp`); full access is at every target.
        tree: The root and what is below; two units where none is given.
    """
    organization = make_organization(accounts)
    tree = tree or two_units(accounts)
    root = {**tree.told(), "policy_types": list(_TYPES.values())}
    policies = {_FULL["scp"]: ("scp", FULL), _FULL["rcp"]: ("rcp", FULL_RCP)}
    attachments = {target: list(_FULL.values()) for path in tree.above().values() for target in path}
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
