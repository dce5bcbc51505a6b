"""`Account`, `AccountSummary`, `AlternateContact` and `IAMPasswordPolicy`: one account as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from rootwarden.audit.entities.equivalence import administrator_identity
from rootwarden.audit.entities.record import Resource
from rootwarden.facts.contacts import ContactKind, contact_field
from rootwarden.facts.fact import Absent, Known, Unknown, Why, transform

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.audit.entities.record import Listing, Table
    from rootwarden.audit.entities.view import View
    from rootwarden.facts.contacts import Contact
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import OrganizationAccount, OrganizationalUnit
    from rootwarden.facts.password_policy import PasswordPolicy

KindOfContact: TypeAlias = "tuple[View, ContactKind]"
_FLAGS: Final = (
    "AccountMFAEnabled",
    "AccountPasswordPresent",
    "AccountAccessKeysPresent",
    "AccountSigningCertificatesPresent",
)
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
_COUNTS: Final = (
    "Users",
    "UsersQuota",
    "Groups",
    "GroupsQuota",
    "ServerCertificates",
    "ServerCertificatesQuota",
    "UserPolicySizeQuota",
    "GroupPolicySizeQuota",
    "GroupsPerUserQuota",
    "SigningCertificatesPerUserQuota",
    "AccessKeysPerUserQuota",
    "MFADevices",
    "MFADevicesInUse",
    "AttachedPoliciesPerGroupQuota",
    "AttachedPoliciesPerRoleQuota",
    "AttachedPoliciesPerUserQuota",
    "Policies",
    "PoliciesQuota",
    "PolicySizeQuota",
    "PolicyVersionsInUse",
    "PolicyVersionsInUseQuota",
    "VersionsPerPolicyQuota",
    "Roles",
    "RolesQuota",
    "RolePolicySizeQuota",
    "AssumeRolePolicySizeQuota",
    "InstanceProfiles",
    "InstanceProfilesQuota",
    "Providers",
    "GlobalEndpointTokenVersion",
)


def account_arn(view: View) -> str:
    """What stands for the account as a whole in findings."""
    return f"arn:{view.account.partition}:iam::{view.account.id}:account"


def accounts(view: View) -> Listing:
    """The account, as the only element."""
    return Known((Resource(account_arn(view), view, ACCOUNT, key=view.account.id),))


def summaries(view: View) -> Listing:
    """What IAM counts in the account; one element, or unknown."""
    found = view.account.inventory.summary
    name = f"arn:{view.account.partition}:iam::{view.account.id}:account-summary"
    return transform(found, lambda _: (Resource(name, view, SUMMARY, sources=found.sources),))


def alternate_contacts(view: View) -> Listing:
    """The primary contact and one of each alternate type, set or not."""
    base = f"arn:{view.account.partition}:account::{view.account.id}:contact"
    return Known(tuple(Resource(f"{base}/{kind}", (view, kind), CONTACT) for kind in ContactKind))


def password_policies(view: View) -> Listing:
    """The password policy; where none is set it is there, and not configured."""
    found = view.account.inventory.password_policy
    if isinstance(found, Unknown):
        return found
    name = f"arn:{view.account.partition}:iam::{view.account.id}:password-policy"
    return Known((Resource(name, view, PASSWORD_POLICY, sources=found.sources),), found.sources)


def _listed(view: View) -> OrganizationAccount | None:
    accounts_ = view.organization.accounts
    if not isinstance(accounts_, Known):
        return None
    by_id = view.run.once("accounts by id", lambda: {each.id: each for each in accounts_.value})
    return by_id.get(view.account.id)


def _in_list(view: View, field: str) -> Fact[object]:
    """A field of the account's entry in the organization's list."""
    accounts_ = view.organization.accounts
    entry = _listed(view)
    if entry is not None:
        value: str = getattr(entry, field)
        missing = Unknown(f"ListAccounts gave no {field}", Why.NOT_SUPPORTED, "", accounts_.sources)
        return Known(value, accounts_.sources) if value else missing
    if isinstance(accounts_, Unknown):
        return accounts_
    return Unknown("the account is in no list of accounts", Why.NOT_COLLECTED, "organizations:ListAccounts")


def _unit_path(view: View) -> Fact[object]:
    """The path of units; absent for an account without an organization."""
    position = view.account.position
    if isinstance(position, Known) and position.value == "standalone":
        return Absent(position.sources)
    return view.account.unit_path


def _root_user(view: View) -> Fact[object]:
    if not view.account.has_root_user:
        return Absent()
    listed = view.listing("RootUser")
    return transform(listed, lambda records: records[0])


def _policies(view: View) -> Fact[object]:
    """Service control policies attached to the account or to what it is in."""
    organization = view.organization
    if isinstance(organization.id, Absent):
        return Known((), organization.id.sources, "the account is in no organization")
    attachments, units = organization.attachments, organization.units
    if not isinstance(attachments, Known):
        return attachments
    if not isinstance(units, Known):
        return units
    path = view.run.once("units by account", lambda: _by_account(units.value)).get(view.account.id)
    if path is None:
        return Unknown("the account is in no organizational unit we saw")
    ids = dict.fromkeys(one for target in (*path.targets, view.account.id) for one in attachments.value.get(target, ()))
    missing = Unknown("a policy that is attached was not collected", permission="organizations:DescribePolicy")
    found = (view.find("ServiceControlPolicy", each) or missing for each in ids)
    return Known(tuple(found), attachments.sources)


def _by_account(units: tuple[OrganizationalUnit, ...]) -> dict[str, OrganizationalUnit]:
    return {account: unit for unit in units for account in unit.accounts}


def _flag(name: str) -> Callable[[View], Fact[object]]:
    return lambda view: transform(_count(name)(view), bool)


def _count(name: str) -> Callable[[View], Fact[object]]:
    def read(view: View) -> Fact[object]:
        summary = view.account.inventory.summary
        if not isinstance(summary, Known):
            return summary
        value = summary.value.get(name)
        # What AWS did not say is no zero: that it counts something in no account is written nowhere.
        unsaid = Unknown(f"GetAccountSummary did not answer `{name}`", Why.NOT_SUPPORTED, "", summary.sources)
        return unsaid if value is None else Known(value, summary.sources)

    return read


def _contact(each: KindOfContact) -> Fact[Contact]:
    view, kind = each
    found: Fact[Contact] = getattr(view.account.contacts, kind)
    return found


def _present(each: KindOfContact) -> Fact[object]:
    """Whether it is set; one with nothing but blanks in it is not."""
    found = _contact(each)
    if isinstance(found, Unknown):
        return found
    fields = ("name", "email_address", "phone_number")
    there = isinstance(found, Known) and any(getattr(found.value, field).strip() for field in fields)
    return Known(there, found.sources)


def _contact_field(name: str) -> Callable[[KindOfContact], Fact[object]]:
    return lambda each: contact_field(_contact(each), name)


def _configured(view: View) -> Fact[object]:
    policy = view.account.inventory.password_policy
    return policy if isinstance(policy, Unknown) else Known(isinstance(policy, Known), policy.sources)


def _rule(field: str) -> Callable[[View], Fact[object]]:
    def read(view: View) -> Fact[object]:
        policy: Fact[PasswordPolicy] = view.account.inventory.password_policy
        if not isinstance(policy, Known):
            return policy
        found: Fact[object] = getattr(policy.value, field)
        return found

    return read


ACCOUNT: Table[View] = {
    "id": lambda each: each.id(),
    "Name": lambda each: each.name(),
    "Arn": lambda each: _in_list(each, "arn"),
    "AccountName": lambda each: each.name(),
    "AccountId": lambda each: each.id(),
    "Partition": lambda each: Known(each.account.partition),
    "Status": lambda each: _in_list(each, "state"),
    "Email": lambda each: transform(each.account.email, str.casefold),
    "Position": lambda each: transform(each.account.position, str),
    "OrganizationalUnit": _unit_path,
    "RootUser": _root_user,
    "AlternateContacts": lambda each: each.listing("AlternateContact"),
    "ServiceControlPolicies": _policies,
    "AdministratorIdentity": administrator_identity,
}
SUMMARY: Table[View] = {
    "id": lambda each: each.id(),
    "AccountName": lambda each: each.name(),
    "AccountId": lambda each: each.id(),
    **{name: _flag(name) for name in _FLAGS},
    **{name: _count(name) for name in _COUNTS},
}
CONTACT: Table[KindOfContact] = {
    "id": lambda each: Known(f"{each[0].account.id}/{each[1]}"),
    "AccountName": lambda each: each[0].name(),
    "AccountId": lambda each: each[0].id(),
    "Type": lambda each: Known(str(each[1])),
    "Present": _present,
    "Name": _contact_field("name"),
    "Title": _contact_field("title"),
    "CompanyName": _contact_field("company"),
    "EmailAddress": _contact_field("email_address"),
    "PhoneNumber": _contact_field("phone_number"),
}
PASSWORD_POLICY: Table[View] = {
    "id": lambda each: each.id(),
    "AccountName": lambda each: each.name(),
    "AccountId": lambda each: each.id(),
    "Configured": _configured,
    "MinimumPasswordLength": _rule("minimum_length"),
    "RequireSymbols": _rule("require_symbols"),
    "RequireNumbers": _rule("require_numbers"),
    "RequireUppercaseCharacters": _rule("require_uppercase"),
    "RequireLowercaseCharacters": _rule("require_lowercase"),
    "AllowUsersToChangePassword": _rule("users_may_change"),
    "ExpirePasswords": _rule("expires"),
    "MaxPasswordAge": _rule("maximum_age"),
    "PasswordReusePrevention": _rule("reuse_prevention"),
    "HardExpiry": _rule("hard_expiry"),
}
