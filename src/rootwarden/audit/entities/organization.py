"""`Organization`, `OrganizationalUnit`, `ServiceControlPolicy` and `CentralRootAccess`: the same for every account."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from rootwarden.audit.entities import documents
from rootwarden.audit.entities.record import LazyRecord, Resource
from rootwarden.facts.fact import Absent, Known, Unknown, Why, transform

if TYPE_CHECKING:
    from rootwarden.audit.entities.record import Listing, Record, Table
    from rootwarden.audit.entities.view import View
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.guardrail import ScpDocument
    from rootwarden.facts.organization import OrganizationAccount, OrganizationalUnit

Unit: TypeAlias = "tuple[View, OrganizationalUnit]"
ServiceControl: TypeAlias = "tuple[View, ScpDocument]"
_KINDS = {"r": "ROOT", "o": "ORGANIZATIONAL_UNIT"}


def organizations(view: View) -> Listing:
    """The organization, as the only element; none for a standalone account."""
    return _one(view, "", ORGANIZATION)


def central_root_accesses(view: View) -> Listing:
    """The organization's central management of root users; none for a standalone account."""
    return _one(view, "/central-root-access", CENTRAL_ROOT_ACCESS)


def units(view: View) -> Listing:
    """The root of the organization and every unit."""
    organization = view.organization
    if isinstance(organization.id, Absent):
        return Known((), organization.id.sources)
    found = organization.units
    return transform(
        found,
        lambda known: tuple(
            Resource(_arn(view, f"ou/{each.id}"), (view, each), UNIT, key=each.id, sources=found.sources)
            for each in known
        ),
    )


def policies(view: View) -> Listing:
    """Every service control policy; one that is attached but was not read is an unknown element."""
    organization = view.organization
    if isinstance(organization.id, Absent):
        return Known((), organization.id.sources)
    attachments = organization.attachments
    if not isinstance(attachments, Known):
        return attachments
    known = organization.policies
    attached = dict.fromkeys(one for ids in attachments.value.values() for one in ids)
    missing = [each for each in attached if each not in known]
    listed: list[Resource | Unknown] = [
        Resource(_arn(view, f"policy/{each.id}"), (view, each), POLICY, key=each.id, sources=attachments.sources)
        for each in known.values()
    ]
    listed += [
        Unknown(f"policy `{each}` is attached and was not collected", permission="organizations:DescribePolicy")
        for each in missing
    ]
    return Known(tuple(listed), attachments.sources)


def _one(view: View, below: str, table: Table[View]) -> Listing:
    identity = view.organization.id
    if isinstance(identity, Unknown):
        return identity
    if isinstance(identity, Absent):
        return Known((), identity.sources)
    name = f"{organization_arn(view)}{below}"
    return Known((Resource(name, view, table, sources=identity.sources),), identity.sources)


def organization_arn(view: View) -> str:
    """What stands for the organization in findings: its ARN, else its id."""
    organization = view.organization
    for fact in (organization.arn, organization.id):
        if isinstance(fact, Known):
            return fact.value
    return "organization"


def _arn(view: View, resource: str) -> str:
    """An ARN in the organization, as AWS Organizations forms them."""
    organization = view.organization
    partition = organization_arn(view).split(":")[1] if isinstance(organization.arn, Known) else view.account.partition
    manager = organization.management_account.value if isinstance(organization.management_account, Known) else ""
    kind, _, name = resource.partition("/")
    identity = organization.id.value if isinstance(organization.id, Known) else "organization"
    below = f"policy/{identity}/service_control_policy" if kind == "policy" else f"{kind}/{identity}"
    return f"arn:{partition}:organizations::{manager}:{below}/{name}"


def _policy_types(view: View) -> Fact[object]:
    """The types of the organization root; the ones that are on, since AWS lists no others."""
    found = view.organization.units
    if not isinstance(found, Known):
        return found
    root = next((each for each in found.value if each.id.startswith("r-")), None)
    if root is None:
        return Unknown("the root of the organization is not in the tree", Why.CONFLICTING)
    types = root.policy_types
    return transform(types, lambda all_: tuple({"Type": Known(each), "Status": Known("ENABLED")} for each in all_))


def _accounts(view: View, wanted: tuple[str, ...] | None) -> Fact[object]:
    """Accounts as references; one that is not part of the run has what the list of accounts tells."""
    listed = view.organization.accounts
    if wanted is None and not isinstance(listed, Known):
        return listed
    entries = {each.id: each for each in (listed.value if isinstance(listed, Known) else ())}
    ids = tuple(entries) if wanted is None else wanted
    return Known(tuple(_account(view, each, entries.get(each)) for each in ids), listed.sources)


def _account(view: View, account: str, entry: OrganizationAccount | None) -> object:
    other = view if account == view.account.id else view.run.views.get(account)
    found = other.find("Account", account) if other is not None else None
    if found is not None:
        return found
    if entry is not None:
        return LazyRecord(entry, LISTED_ACCOUNT, view.organization.accounts.sources)
    return Unknown(f"account {account} was not read", Why.NOT_COLLECTED)


def _references(view: View, entity: str) -> Fact[object]:
    listed: Fact[object] = view.listing(entity)
    return listed


def _attached(unit: Unit) -> Fact[object]:
    """Policies attached directly to a unit."""
    view, node = unit
    attachments = view.organization.attachments
    if not isinstance(attachments, Known):
        return attachments
    missing = Unknown("a policy that is attached was not collected", permission="organizations:DescribePolicy")
    ids = attachments.value.get(node.id, ())
    return Known(tuple(view.find("ServiceControlPolicy", each) or missing for each in ids), attachments.sources)


def _parent(unit: Unit) -> Fact[object]:
    view, node = unit
    above = node.targets[-2] if len(node.targets) > 1 else ""
    return view.reference("OrganizationalUnit", above)


def _targets(policy: ServiceControl) -> Fact[object]:
    view, scp = policy
    attachments = view.organization.attachments
    if not isinstance(attachments, Known):
        return attachments
    targets = [target for target, ids in attachments.value.items() if scp.id in ids]
    return Known(tuple(_target(view, each) for each in targets), attachments.sources)


def _target(view: View, target: str) -> Record:
    return {
        "id": Known(target),
        "Name": view.run.once("names of targets", lambda: _names(view)).get(target) or _no_name(target),
        "Type": Known(_KINDS.get(target[:1], "ACCOUNT")),
    }


def _names(view: View) -> dict[str, Fact[object]]:
    organization = view.organization
    units_ = organization.units.value if isinstance(organization.units, Known) else ()
    listed = organization.accounts.value if isinstance(organization.accounts, Known) else ()
    named = {each.id: each.name for each in units_} | {each.id: each.name for each in listed}
    return {identity: Known(name) for identity, name in named.items() if name}


def _no_name(target: str) -> Unknown:
    return Unknown(f"the name of `{target}` is in nothing that was read", Why.NOT_COLLECTED)


def _manager(view: View) -> Fact[object]:
    return view.organization.management_account


def _manager_name(view: View) -> Fact[object]:
    """The management account's name; an organization has none of its own."""
    manager = view.organization.management_account
    return account_name(view, manager.value) if isinstance(manager, Known) else manager


def account_name(view: View, account: str) -> Fact[object]:
    """The name of an account as the organization lists it."""
    if account == view.account.id:
        return view.name()
    return view.run.once("names of targets", lambda: _names(view)).get(account) or _no_name(account)


ORGANIZATION: Table[View] = {
    "id": lambda each: each.organization.id,
    "AccountName": _manager_name,
    "AccountId": _manager,
    "Arn": lambda each: each.organization.arn,
    "FeatureSet": lambda each: each.organization.feature_set,
    "MasterAccountArn": lambda each: each.organization.management_arn,
    "MasterAccountId": _manager,
    "MasterAccountEmail": lambda each: each.organization.management_email,
    "AvailablePolicyTypes": _policy_types,
    "CentralRootAccess": lambda each: transform(each.listing("CentralRootAccess"), lambda all_: all_[0]),
    "Accounts": lambda each: _accounts(each, None),
    "OrganizationalUnits": lambda each: _references(each, "OrganizationalUnit"),
}
CENTRAL_ROOT_ACCESS: Table[View] = {
    "id": lambda each: each.organization.id,
    "AccountId": _manager,
    "TrustedAccess": lambda each: each.organization.trusted_access,
    "RootCredentialsManagement": lambda each: each.organization.root_credentials_management,
    "RootSessions": lambda each: each.organization.root_sessions,
}
UNIT: Table[Unit] = {
    "id": lambda each: Known(each[1].id),
    "Name": lambda each: Known(each[1].name),
    "Path": lambda each: Known(each[1].path),
    "AccountId": lambda each: _manager(each[0]),
    "Parent": _parent,
    "Accounts": lambda each: _accounts(each[0], each[1].accounts),
    "ServiceControlPolicies": _attached,
}
POLICY: Table[ServiceControl] = {
    "id": lambda each: Known(each[1].id),
    "Name": lambda each: Known(each[1].name),
    "Arn": lambda each: each[1].arn,
    "AccountId": lambda each: _manager(each[0]),
    "Description": lambda each: each[1].description,
    "AwsManaged": lambda each: each[1].aws_managed,
    "Version": lambda each: documents.version(each[1].statements),
    "Statements": lambda each: documents.statements(each[1].statements),
    "Targets": _targets,
}
# What the list of accounts alone tells of an account that is not part of the run.
LISTED_ACCOUNT: Table[OrganizationAccount] = {
    "id": lambda each: Known(each.id),
    "Name": lambda each: Known(each.name) if each.name else Absent(),
    "Arn": lambda each: Known(each.arn) if each.arn else Unknown("ListAccounts gave no ARN"),
    "AccountName": lambda each: Known(each.name) if each.name else Absent(),
    "AccountId": lambda each: Known(each.id),
    "Status": lambda each: Known(each.state) if each.state else Unknown("ListAccounts gave no state"),
    "Email": lambda each: Known(each.email.casefold()) if each.email else Unknown("ListAccounts gave no address"),
}
