"""Write a crowd as an evidence folder, and its truth beside it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.collect import files
from rootwarden.collect.evidence import CallRecord
from rootwarden.collect.folder import COLLECTION_SCHEMA, Collection
from rootwarden.errors import UsageError
from rootwarden.simulator import credential_report
from rootwarden.simulator.authorization_details import AuthorizationDetails, as_object
from rootwarden.simulator.crowd.crowd import Size
from rootwarden.simulator.principal_truth import PrincipalTruth, Standing
from rootwarden.simulator.world import MANAGEMENT_ID, NOW, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.simulator.crowd.crowd import Crowd, Filled
    from rootwarden.simulator.world import Account, Organization, OrganizationalUnit, Policy

TRUTH_SCHEMA = "rootwarden.synthetic-principals/1"


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of everybody, by ARN, and what it was drawn from."""

    schema: str
    size: Size
    principals: dict[str, PrincipalTruth]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the folder: accounts, principals, managed policies, and how many principals of each class."""

    accounts: int
    principals: int
    policies: int
    standings: dict[Standing, int]


def write_crowd(
    crowd: Crowd, folder: Path, aside: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> Written:
    """Write an evidence folder (docs/evidence-folder.md) and the truth.

    Args:
        crowd: What to write.
        folder: A folder that does not exist yet, or is empty.
        aside: Where the truth is put; outside of the folder.
        on_progress: Told after each account how many of how many are written.

    Raises:
        UsageError: When the folder holds something, the truth would be in it, or either cannot be written.
    """
    if aside.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"`{aside}` is inside of `{folder}`", hint="the truth is kept outside of what is looked at")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"`{folder}` is not empty", hint="name a new folder")
        return _write(crowd, folder, aside, on_progress)
    except OSError as error:
        raise UsageError(
            f"`{folder}` cannot be written: {error.strerror}", hint="name a folder you may write, with space left"
        ) from error


def _write(crowd: Crowd, folder: Path, aside: Path, on_progress: Callable[[int, int], None] | None) -> Written:
    truth: dict[str, PrincipalTruth] = {}
    accounts: list[Account] = []
    policies = 0
    for number, filled in enumerate(crowd.accounts(), 1):
        _write_account(filled, folder / "accounts" / filled.account.account_id)
        accounts.append(msgspec.structs.replace(filled.account, users=[], roles=[], groups=[], policies=[]))
        truth |= filled.truth
        policies += len(filled.account.policies)
        if on_progress is not None:
            on_progress(number, crowd.size.accounts)
    calls: tuple[CallRecord, ...] = ()
    if crowd.organization is None:
        call, error = "organizations:DescribeOrganization", "AWSOrganizationsNotInUseException"
        calls = (CallRecord(file=files.ORGANIZATION, call=call, observed_at=NOW, error=error),)
    else:
        _write_organization(crowd.organization, accounts, folder)
    _put(folder / files.COLLECTION, Collection(schema=COLLECTION_SCHEMA, as_of=NOW, calls=calls))
    _put(aside, Truth(schema=TRUTH_SCHEMA, size=crowd.size, principals=truth))
    standings: Counter[Standing] = Counter(each.standing for each in truth.values())
    return Written(accounts=len(accounts), principals=len(truth), policies=policies, standings=dict(standings))


def _write_account(filled: Filled, folder: Path) -> None:
    account = filled.account
    details = AuthorizationDetails(account, "aws", as_object)
    folder.mkdir(parents=True)
    _put(folder / files.AUTHORIZATION_DETAILS, details.told(details.entries()))
    world = World(account_ids=[], build=_nobody, management_id=MANAGEMENT_ID, organization=None)
    (folder / files.CREDENTIAL_REPORT_CSV).write_bytes(credential_report.render(world, account))


def _nobody(account_id: str) -> Account:
    raise KeyError(account_id)


def _write_organization(organization: Organization, accounts: list[Account], folder: Path) -> None:
    _put(folder / files.ORGANIZATION, {"Organization": _described(organization)})
    _put(folder / files.ACCOUNTS, {"Accounts": [_listed(organization, each) for each in accounts]})
    (folder / "policies").mkdir()
    for policy in organization.policies.values():
        _put(folder / "policies" / f"{policy.policy_id}.json", {"Policy": _policy(organization, policy)})
    attachments = {target: ids for target, ids in organization.attachments.items() if ids}
    node = _node(organization.root) | {"policy_types": list(organization.policy_types)}
    _put(folder / files.TARGETS, {"roots": [node], "attachments": attachments})
    features = {"OrganizationId": organization.organization_id, "EnabledFeatures": sorted(organization.features)}
    _put(folder / files.FEATURES, features)


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


def _put(path: Path, content: object) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1))
