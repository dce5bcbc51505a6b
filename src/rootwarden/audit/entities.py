"""Facts → what the rule language sees: one record an entity, attribute names as in `packs/schema/`.

A test compares the records with the schema, so neither can gain an attribute without the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from rootwarden.facts.contacts import ContactKind, contact_field, count_contacts, one_for_all
from rootwarden.facts.credential_report import ROOT_USER_NAME
from rootwarden.facts.fact import Absent, Known, Unknown, transform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rootwarden.facts.account import Account
    from rootwarden.facts.contacts import Contact
    from rootwarden.facts.credential_report import CredentialReportRow
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.root_user import AccessKey, MfaDevice, RootUser

Record: TypeAlias = "Mapping[str, Fact[object]]"


def root_user_records(account: Account) -> tuple[Record, ...]:
    """The `RootUser` of an account, as the only element."""
    root = account.root
    record: dict[str, Fact[object]] = {
        "AccountId": Known(account.id),
        "AccountName": account.name,
        "Arn": Known(root.arn),
        "Partition": Known(account.partition),
        "Exists": Known(account.has_root_user),
        "Position": transform(account.position, str),
        "CreationDate": _date(root.created),
        "MFAActive": root.mfa_active,
        "MFADevices": Known(_mfa_devices(root)),
        "Password": Known(_password(root)),
        "AccessKeysPresent": root.access_keys_present,
        "AccessKey": transform(root.access_keys, lambda keys: tuple(_access_key(key) for key in keys)),
        "SigningCertificatesPresent": root.signing_certificates_present,
        "ActiveSigningCertificatesPresent": root.active_signing_certificates_present,
        "LastUsedTime": _date(root.last_used),
        "ReportGeneratedTime": _date(root.report_generated),
        "UsedSinceReport": root.used_since_report,
        "CredentialsPresent": root.credentials_present,
        "Organization": _organization(account),
        "UsageAlarm": Known({"Works": account.usage_alarm.works, "Chain": account.usage_alarm.chain}),
        "PrimaryContact": _contact(account, ContactKind.PRIMARY),
        "SecurityContact": _contact(account, ContactKind.SECURITY),
        "Contacts": Known(_contacts(account)),
        "Email": _email(account),
        "Guardrail": Known(
            {
                "DeniesRootActions": account.guardrail.denies_root_actions,
                "DeniesRootKeyCreation": account.guardrail.denies_root_key_creation,
            }
        ),
        "SignInPolicy": _sign_in_policy(account),
    }
    return (record,)


def iam_user_records(account: Account) -> Fact[tuple[Record, ...]]:
    """Every `IAMUser` of the credential report, root among them; unknown when the report could not be read."""
    return transform(account.iam_users, lambda rows: tuple(_iam_user(row, account) for row in rows))


def _date(fact: Fact[datetime]) -> Fact[object]:
    return transform(fact, lambda instant: int(instant.timestamp()))


def _mfa_devices(root: RootUser) -> Record:
    return {
        "Count": root.mfa_device_count,
        "Virtual": transform(root.virtual_mfa_devices, lambda all_: tuple(_virtual(each) for each in all_)),
        "Physical": transform(root.other_mfa_devices, lambda all_: tuple(_physical(each) for each in all_)),
        "VaultedTotp": root.vaulted_totp if not isinstance(root.vaulted_totp, Unknown) else Absent(),
    }


def _virtual(device: MfaDevice) -> Record:
    return {"SerialNumber": Known(device.serial_number), "EnabledTime": _date(device.enabled_at)}


def _physical(device: MfaDevice) -> Record:
    return {**_virtual(device), "Kind": Known(str(device.kind))}


def _password(root: RootUser) -> Record:
    return {
        "Enabled": root.password.present,
        "LastUsedTime": _date(root.password.last_used),
        "LastChangedTime": _date(root.password.last_changed),
        "RotationDays": root.password.rotation_days,
        "RotationDue": _date(root.password.rotation_due),
    }


def _access_key(key: AccessKey) -> Record:
    return {
        "Active": key.active,
        "LastRotatedTime": _date(key.last_rotated),
        "LastUsedTime": _date(key.last_used),
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


def _iam_user(row: CredentialReportRow, account: Account) -> Record:
    is_root = row.is_root
    uncollected = Unknown("known to the language, not collected here")
    keys = tuple(_reported_key(row, number) for number in (1, 2))
    certificates = tuple(_reported_certificate(row, number) for number in (1, 2))
    return {
        "id": Known(row.arn, (row.source,)),
        "Name": Known(row.user, (row.source,)),
        "Arn": Known(row.arn, (row.source,)),
        "AccountName": account.name,
        "AccountId": Known(account.id),
        "RootUser": Known(is_root or row.user == ROOT_USER_NAME, (row.source,)),
        "CreationDate": _date(row.instant("user_creation_time")),
        "MFAActive": account.root.mfa_active if is_root else row.boolean("mfa_active"),
        "Password": Known(_password(account.root) if is_root else _reported_password(row), (row.source,)),
        "AccessKey": (
            transform(account.root.access_keys, lambda all_: tuple(_access_key(key) for key in all_))
            if is_root
            else Known(tuple(key for key in keys if not _none(key)), (row.source,))
        ),
        "MFADevices": Known(_mfa_devices(account.root), (row.source,)) if is_root else uncollected,
        "SigningCertificates": Known(tuple(each for each in certificates if not _none(each)), (row.source,)),
        "Policies": uncollected,
        "Groups": uncollected,
    }


def _reported_password(row: CredentialReportRow) -> Record:
    return {
        "Enabled": row.boolean("password_enabled"),
        "LastUsedTime": _date(row.instant("password_last_used")),
        "LastChangedTime": _date(row.instant("password_last_changed")),
        "NextRotationTime": _date(row.instant("password_next_rotation")),
    }


def _reported_key(row: CredentialReportRow, number: int) -> Record:
    column = f"access_key_{number}"
    return {
        "Active": row.boolean(f"{column}_active"),
        "LastRotatedTime": _date(row.instant(f"{column}_last_rotated")),
        "LastUsedTime": _date(row.instant(f"{column}_last_used_date")),
        "LastUsedRegion": row.text(f"{column}_last_used_region"),
        "LastUsedService": row.text(f"{column}_last_used_service"),
    }


def _reported_certificate(row: CredentialReportRow, number: int) -> Record:
    return {
        "Active": row.boolean(f"cert_{number}_active"),
        "LastRotatedTime": _date(row.instant(f"cert_{number}_last_rotated")),
    }


def _none(place: Record) -> bool:
    """Whether a place for a key or certificate is empty: not active, and no date left in it."""
    active = place["Active"]
    dates = (fact for name, fact in place.items() if name.endswith("Time"))
    return isinstance(active, Known) and not active.value and all(isinstance(each, Absent) for each in dates)
