"""Write simulated accounts as an evidence folder with what the IAM commands read (docs/evidence-folder.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.collect import files
from rootwarden.collect.evidence import CallRecord
from rootwarden.collect.folder import COLLECTION_SCHEMA, Collection
from rootwarden.simulator import credential_report
from rootwarden.simulator.authorization_details import AuthorizationDetails, as_object
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.world import MANAGEMENT_ID, World

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.world import Organization, OrganizationalUnit, Policy


def write_evidence(folder: Path, accounts: Iterable[Account], organization: Organization | None) -> None:
    """Write authorization details and credential report of every account, and the organization with its policies.

    Args:
        folder: A folder that does not exist yet, or is empty.
        accounts: Taken one after the other, so that not all of them need be there at once.
        organization: `None` for accounts that say they are in none.

    Raises:
        OSError: The folder cannot be written.
    """
    listed: list[Account] = []
    for account in accounts:
        _write_account(account, folder / "accounts" / account.account_id)
        listed.append(msgspec.structs.replace(account, users=[], roles=[], groups=[], policies=[]))
    calls: tuple[CallRecord, ...] = ()
    if organization is None:
        call, error = "organizations:DescribeOrganization", "AWSOrganizationsNotInUseException"
        calls = (CallRecord(file=files.ORGANIZATION, call=call, observed_at=NOW, error=error),)
    else:
        _write_organization(organization, listed, folder)
    put(folder / files.COLLECTION, Collection(schema=COLLECTION_SCHEMA, as_of=NOW, calls=calls))


def put(path: Path, content: object) -> None:
    """Write JSON as people read it."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1))


def _write_account(account: Account, folder: Path) -> None:
    details = AuthorizationDetails(account, "aws", as_object)
    folder.mkdir(parents=True)
    put(folder / files.AUTHORIZATION_DETAILS, details.told(details.entries()))
    world = World(account_ids=[], build=_nobody, management_id=MANAGEMENT_ID, organization=None)
    (folder / files.CREDENTIAL_REPORT_CSV).write_bytes(credential_report.render(world, account))


def _nobody(account_id: str) -> Account:
    raise KeyError(account_id)


def _write_organization(organization: Organization, accounts: list[Account], folder: Path) -> None:
    put(folder / files.ORGANIZATION, {"Organization": _described(organization)})
    put(folder / files.ACCOUNTS, {"Accounts": [_listed(organization, each) for each in accounts]})
    (folder / "policies").mkdir()
    for policy in organization.policies.values():
        put(folder / "policies" / f"{policy.policy_id}.json", {"Policy": _policy(organization, policy)})
    attachments = {target: ids for target, ids in organization.attachments.items() if ids}
    node = _node(organization.root) | {"policy_types": list(organization.policy_types)}
    put(folder / files.TARGETS, {"roots": [node], "attachments": attachments})
    features = {"OrganizationId": organization.organization_id, "EnabledFeatures": sorted(organization.features)}
    put(folder / files.FEATURES, features)


def _described(organization: Organization) -> dict[str, Any]:
    identity = organization.organization_id
    return {
        "Id": identity,
        "Arn": f"arn:aws:organizations::{MANAGEMENT_ID}:organization/{identity}",
        "FeatureSet": organization.feature_set,
        "MasterAccountArn": f"arn:aws:organizations::{MANAGEMENT_ID}:account/{identity}/{MANAGEMENT_ID}",
        "MasterAccountId": MANAGEMENT_ID,
        "MasterAccountEmail": "aws+management@example.com",
    }


def _listed(organization: Organization, account: Account) -> dict[str, Any]:
    identity = f"{organization.organization_id}/{account.account_id}"
    return {
        "Id": account.account_id,
        "Arn": f"arn:aws:organizations::{MANAGEMENT_ID}:account/{identity}",
        "Email": account.email,
        "Name": account.name,
        "State": account.state,
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.joined,
    }


def _policy(organization: Organization, policy: Policy) -> dict[str, Any]:
    owner = "aws" if policy.aws_managed else f"{MANAGEMENT_ID}:policy/{organization.organization_id}"
    kind = policy.kind.lower()
    arn = f"arn:aws:organizations::{owner}{':policy' if policy.aws_managed else ''}/{kind}/{policy.policy_id}"
    summary = {
        "Id": policy.policy_id,
        "Arn": arn,
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.kind,
        "AwsManaged": policy.aws_managed,
    }
    return {"PolicySummary": summary, "Content": policy.document}


def _node(unit: OrganizationalUnit) -> dict[str, Any]:
    return {
        "id": unit.unit_id,
        "name": unit.name,
        "children": [_node(each) for each in unit.units],
        "accounts": unit.account_ids,
    }
