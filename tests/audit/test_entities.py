"""What the rule language is told is what its schema says it can ask: no name more, no name less, at any depth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from rootwarden.audit.entities import iam_user_records, root_user_records
from rootwarden.facts.account import Account, Guardrail, UsageAlarm
from rootwarden.facts.contacts import Contact, Contacts
from rootwarden.facts.credential_report import CredentialReportRow
from rootwarden.facts.fact import Absent, Known, Source, Unknown
from rootwarden.facts.organization import Position
from rootwarden.facts.root_user import AccessKey, MfaDevice, MfaKind, Password, RootUser
from rootwarden.packs import schema
from rootwarden.rules.schema import AttributeType

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNT: Final = "111122223333"
ARN: Final = f"arn:aws:iam::{ACCOUNT}:root"
DATE: Final = Known(NOON)
SAID: Final = Known("text")
YES: Final = Known(True)
VIRTUAL: Final = MfaDevice(serial_number=f"arn:aws:iam::{ACCOUNT}:mfa/x", kind=MfaKind.VIRTUAL, enabled_at=DATE)
TOKEN: Final = MfaDevice(serial_number="GAHT12345678", kind=MfaKind.HARDWARE_TOTP, enabled_at=DATE)
KEY: Final = AccessKey(
    key_id="AKIAFAKE", active=YES, last_rotated=DATE, last_used=DATE, last_used_region=SAID, last_used_service=SAID
)
CONTACT: Final = Known(Contact(name="Pat", company="Example", email_address="pat@example.com", phone_number="+1"))
CELLS: Final = {"user": "alice", "arn": f"arn:aws:iam::{ACCOUNT}:user/alice", "access_key_1_active": "true"}
ROWS: Final = (
    CredentialReportRow({"user": "<root_account>", "arn": ARN}, Source(call="iam:GetCredentialReport")),
    CredentialReportRow(CELLS, Source(call="iam:GetCredentialReport")),
)
WHOLE: Final = Account(
    id=ACCOUNT,
    name=SAID,
    email=Known("Pat.Root+Aws@Example.COM"),
    position=Known(Position.MEMBER),
    unit_path=SAID,
    root=RootUser(
        arn=ARN,
        created=DATE,
        mfa_active=YES,
        mfa_device_count=Known(2),
        virtual_mfa_devices=Known((VIRTUAL,)),
        other_mfa_devices=Known((TOKEN,)),
        vaulted_totp=YES,
        password=Password(present=YES, last_used=DATE, last_changed=DATE, rotation_days=Known(90), rotation_due=DATE),
        access_keys_present=YES,
        access_keys=Known((KEY,)),
        signing_certificates_present=YES,
        active_signing_certificates_present=YES,
        last_used=DATE,
        report_generated=DATE,
        used_since_report=YES,
        credentials_present=YES,
    ),
    iam_users=Known(ROWS),
    contacts=Contacts(primary=CONTACT, billing=CONTACT, operations=CONTACT, security=CONTACT),
    usage_alarm=UsageAlarm(works=YES, chain=SAID),
    guardrail=Guardrail(denies_root_actions=YES, denies_root_key_creation=YES),
    sign_in_policy_present=YES,
    fences_root_sign_in=YES,
    declared_email_domains=Known(("example.com",)),
    root_credentials_management=YES,
    root_sessions=YES,
)
TYPES: Final = {
    AttributeType.BOOLEAN: bool,
    AttributeType.STRING: str,
    AttributeType.NUMBER: int,
    AttributeType.DATE: int,
    AttributeType.LIST: tuple,
    AttributeType.RECORD: Mapping,
}


def check(entity: str, record: Mapping[str, Fact[object]], path: str = "") -> None:
    """Names and types of a record and of every record below it."""
    attributes = schema().children(entity, path)
    assert set(record) - {"id"} == set(attributes) - {"id"}, path or entity
    for name, fact in record.items():
        below = f"{path}.{name}" if path else name
        if name == "id" or not isinstance(fact, Known):
            continue
        assert isinstance(fact.value, TYPES[attributes[name].type]), below
        assert attributes[name].type is AttributeType.BOOLEAN or not isinstance(fact.value, bool), below
        if isinstance(fact.value, Mapping):
            check(entity, fact.value, below)
        elif isinstance(fact.value, tuple):
            for each in fact.value:
                assert isinstance(each, Mapping), below
                check(entity, each, below)


def check_users(fact: Fact[object], path: str) -> None:
    """Names of a record of a user, or of the elements of a list."""
    assert isinstance(fact, Known)
    names = {name for name, each in schema().children("IAMUser", path).items() if each.collected}
    for each in fact.value if isinstance(fact.value, tuple) else (fact.value,):
        assert isinstance(each, Mapping)
        assert names <= set(each), path


def test_root_user_is_what_the_schema_says() -> None:
    (record,) = root_user_records(WHOLE)
    check("RootUser", record)
    assert all(isinstance(fact, Known) for fact in record.values())


def test_root_user_when_nothing_is_known() -> None:
    (record,) = root_user_records(Account(id=ACCOUNT, root=RootUser(arn=ARN)))
    check("RootUser", record)
    assert {name for name, fact in record.items() if not isinstance(fact, Unknown)} == {
        "AccountId",
        "Arn",
        "Partition",
        "Exists",
        "MFADevices",
        "Password",
        "Organization",
        "UsageAlarm",
        "Contacts",
        "Guardrail",
    }


def test_iam_users_are_what_the_schema_says() -> None:
    users = iam_user_records(WHOLE)
    assert isinstance(users, Known)
    collected = {name for name, each in schema().children("IAMUser").items() if each.collected}
    for record in users.value:
        assert collected <= set(record) <= set(schema().children("IAMUser"))
    for name in ("Password", "AccessKey", "SigningCertificates"):
        check_users(users.value[1][name], name)
    assert [record["RootUser"] for record in users.value] == [
        Known(value, (Source(call="iam:GetCredentialReport"),)) for value in (True, False)
    ]


def test_a_users_unread_attributes_are_unknown_never_empty() -> None:
    users = iam_user_records(WHOLE)
    assert isinstance(users, Known)
    for name in ("Policies", "Groups", "MFADevices"):
        assert isinstance(users.value[1][name], Unknown)


@pytest.mark.parametrize("fact", [Absent(), Unknown("refused")])
def test_whole_records_that_are_not_known_stay_so(fact: Absent | Unknown) -> None:
    contacts = Contacts(primary=fact, billing=fact, operations=fact, security=fact)
    (record,) = root_user_records(Account(id=ACCOUNT, root=RootUser(arn=ARN), contacts=contacts, email=fact))
    assert record["PrimaryContact"] == record["SecurityContact"] == record["Email"] == fact


def test_a_sign_in_policy_that_is_not_there_is_absent() -> None:
    no = Known(False)
    (record,) = root_user_records(Account(id=ACCOUNT, root=RootUser(arn=ARN), sign_in_policy_present=no))
    assert record["SignInPolicy"] == Absent()


def test_the_address_is_taken_apart_in_lower_case() -> None:
    (record,) = root_user_records(WHOLE)
    email = record["Email"]
    assert isinstance(email, Known)
    assert isinstance(email.value, Mapping)
    said = {name: fact.value for name, fact in email.value.items()}
    assert said == {
        "Address": "pat.root+aws@example.com",
        "LocalPart": "pat.root",
        "Domain": "example.com",
        "OnDeclaredDomain": True,
    }


def test_china_has_no_root_user() -> None:
    (record,) = root_user_records(Account(id=ACCOUNT, partition="aws-cn", root=RootUser(arn=ARN)))
    assert record["Exists"] == Known(False)
