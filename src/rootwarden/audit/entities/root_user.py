"""`RootUser`: the root user of one account, with the facts around it that decide how safe it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.audit.entities.record import Resource, date
from rootwarden.facts.contacts import ContactKind, contact_field, count_contacts, one_for_all
from rootwarden.facts.fact import Absent, Known, Unknown, transform, unlisted

if TYPE_CHECKING:
    from rootwarden.audit.entities.record import Listing, Record, Table
    from rootwarden.audit.entities.view import View
    from rootwarden.facts.account import Account
    from rootwarden.facts.contacts import Contact
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.root_user import AccessKey, MfaDevice, RootUser


def root_users(view: View) -> Listing:
    """The `RootUser` of an account, as the only element."""
    return Known((root_user(view.account),))


def root_user(account: Account) -> Resource:
    """The root user of an account."""
    return Resource(account.root.arn, account, ROOT_USER)


def _usage_alarm(account: Account) -> Fact[object]:
    return Known({"Works": account.usage_alarm.works, "Chain": account.usage_alarm.chain})


def _guardrail(account: Account) -> Fact[object]:
    denied = account.guardrail
    return Known(
        {
            "DeniesRootActions": denied.denies_root_actions,
            "DeniesRootKeyCreation": denied.denies_root_key_creation,
        }
    )


def access_keys(account: Account) -> Fact[object]:
    """Root's access keys."""

    def listed(keys: tuple[AccessKey, ...]) -> tuple[object, ...]:
        # A key that was listed by its id is there, whatever else of it could be read.
        return tuple(_access_key(key) if key.key_id else may_be_there(_access_key(key)) for key in keys)

    return transform(account.root.access_keys, listed)


def may_be_there(place: Record) -> Record | Unknown:
    """A place of the credential report for a key or certificate.

    Where neither its state nor a date could be read it may as well be empty, and stands for one or none.
    """
    active = place["Active"]
    dated = any(isinstance(fact, Known) for name, fact in place.items() if name.endswith("Time"))
    return unlisted(active) if isinstance(active, Unknown) and not dated else place


def mfa_devices(root: RootUser) -> Record:
    """Root's MFA devices."""
    return {
        "Count": root.mfa_device_count,
        "Virtual": transform(root.virtual_mfa_devices, lambda all_: tuple(virtual_device(each) for each in all_)),
        "Physical": transform(root.other_mfa_devices, lambda all_: tuple(_physical(each) for each in all_)),
        "VaultedTotp": root.vaulted_totp if not isinstance(root.vaulted_totp, Unknown) else Absent(),
    }


def virtual_device(device: MfaDevice) -> Record:
    """A virtual MFA device."""
    return {"SerialNumber": Known(device.serial_number), "EnabledTime": date(device.enabled_at)}


def _physical(device: MfaDevice) -> Record:
    return {**virtual_device(device), "Kind": Known(str(device.kind))}


def _password(root: RootUser) -> Record:
    return {
        "Enabled": root.password.present,
        "LastUsedTime": date(root.password.last_used),
        "LastChangedTime": date(root.password.last_changed),
        "RotationDays": root.password.rotation_days,
        "RotationDue": date(root.password.rotation_due),
    }


def _access_key(key: AccessKey) -> Record:
    return {
        "Active": key.active,
        "LastRotatedTime": date(key.last_rotated),
        "LastUsedTime": date(key.last_used),
        "LastUsedRegion": key.last_used_region,
        "LastUsedService": key.last_used_service,
    }


def _organization(account: Account) -> Fact[object]:
    if isinstance(account.position, Known) and account.position.value == "standalone":
        return Absent(account.position.sources)
    return Known(
        {
            "RootCredentialsManagement": account.root_credentials_management,
            "RootSessions": account.root_sessions,
        }
    )


def _contact(account: Account, kind: ContactKind) -> Fact[object]:
    contact: Fact[Contact] = getattr(account.contacts, kind)
    if not isinstance(contact, Known):
        return contact
    record: Record = {
        "PhoneNumber": contact_field(contact, "phone_number"),
        **(
            {"FullName": contact_field(contact, "name"), "CompanyName": contact_field(contact, "company")}
            if kind is ContactKind.PRIMARY
            else {"Name": contact_field(contact, "name"), "EmailAddress": contact_field(contact, "email_address")}
        ),
    }
    return Known(record, contact.sources)


def _contacts(account: Account) -> Record:
    contacts = account.contacts

    def same(field: str, first: Fact[str]) -> Fact[bool]:
        alternates = (contacts.billing, contacts.operations, contacts.security)
        return one_for_all(first, tuple(contact_field(each, field) for each in alternates))

    return {
        "Count": count_contacts(contacts),
        "SamePerson": same("name", contact_field(contacts.primary, "name")),
        "SameEmailAddress": same("email_address", account.email),
        "SamePhoneNumber": same("phone_number", contact_field(contacts.primary, "phone_number")),
    }


def _email(account: Account) -> Fact[object]:
    if not isinstance(account.email, Known):
        return account.email
    address = account.email.value.casefold()
    local, _, domain = address.rpartition("@")
    sources = account.email.sources
    return Known(
        {
            "Address": Known(address, sources),
            "LocalPart": Known(local.partition("+")[0], sources),
            "Domain": Known(domain, sources),
            "OnDeclaredDomain": transform(account.declared_email_domains, lambda names: domain in names),
        },
        sources,
    )


def _sign_in_policy(account: Account) -> Fact[object]:
    present = account.sign_in_policy_present
    if isinstance(present, Unknown):
        return present
    if isinstance(present, Absent) or not present.value:
        return Absent(present.sources)
    return Known({"FencesRoot": account.fences_root_sign_in}, present.sources)


ROOT_USER: Table[Account] = {
    "AccountId": lambda each: Known(each.id),
    "AccountName": lambda each: each.name,
    "Arn": lambda each: Known(each.root.arn),
    "Partition": lambda each: Known(each.partition),
    "Exists": lambda each: Known(each.has_root_user),
    "Position": lambda each: transform(each.position, str),
    "CreationDate": lambda each: date(each.root.created),
    "MFAActive": lambda each: each.root.mfa_active,
    "MFADevices": lambda each: Known(mfa_devices(each.root)),
    "Password": lambda each: Known(_password(each.root)),
    "AccessKeysPresent": lambda each: each.root.access_keys_present,
    "AccessKey": access_keys,
    "SigningCertificatesPresent": lambda each: each.root.signing_certificates_present,
    "ActiveSigningCertificatesPresent": lambda each: each.root.active_signing_certificates_present,
    "LastUsedTime": lambda each: date(each.root.last_used),
    "ReportGeneratedTime": lambda each: date(each.root.report_generated),
    "UsedSinceReport": lambda each: each.root.used_since_report,
    "CredentialsPresent": lambda each: each.root.credentials_present,
    "Organization": _organization,
    "UsageAlarm": _usage_alarm,
    "PrimaryContact": lambda each: _contact(each, ContactKind.PRIMARY),
    "SecurityContact": lambda each: _contact(each, ContactKind.SECURITY),
    "Contacts": lambda each: Known(_contacts(each)),
    "Email": _email,
    "Guardrail": _guardrail,
    "SignInPolicy": _sign_in_policy,
}
