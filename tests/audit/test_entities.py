"""What rules see of root is what the schema names, at every level and in both directions.

The account here has everything: a record that is absent, or a list that is empty, would hide what is below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
import pytest

from rootwarden.audit.entities.root_user import root_user
from rootwarden.facts.account import Account, Guardrail, UsageAlarm
from rootwarden.facts.contacts import Contact, Contacts
from rootwarden.facts.fact import Known, Unknown
from rootwarden.facts.organization import Position
from rootwarden.facts.root_user import AccessKey, MfaDevice, MfaKind, Password, RootUser
from rootwarden.packs import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.facts.fact import Fact

ID: Final = "111122223333"
THEN: Final = Known(datetime(2026, 3, 2, 12, tzinfo=UTC))
YES: Final = Known(True)


def person(name: str) -> Known[Contact]:
    return Known(
        Contact(name=name, company="Example", email_address=f"{name}@example.com", phone_number="+49 30 5550111")
    )


ROOT: Final = RootUser(
    arn=f"arn:aws:iam::{ID}:root",
    created=THEN,
    mfa_active=YES,
    mfa_device_count=Known(2),
    virtual_mfa_devices=Known((MfaDevice(serial_number="v", kind=MfaKind.VIRTUAL, enabled_at=THEN),)),
    other_mfa_devices=Known((MfaDevice(serial_number="f", kind=MfaKind.FIDO, enabled_at=THEN),)),
    vaulted_totp=YES,
    password=Password(present=YES, last_used=THEN, last_changed=THEN, rotation_days=Known(90), rotation_due=THEN),
    access_keys_present=YES,
    access_keys=Known(
        (
            AccessKey(
                active=YES,
                last_rotated=THEN,
                last_used=THEN,
                last_used_region=Known("us-east-1"),
                last_used_service=Known("s3"),
            ),
        )
    ),
    signing_certificates_present=YES,
    active_signing_certificates_present=YES,
    last_used=THEN,
    report_generated=THEN,
    used_since_report=YES,
    credentials_present=YES,
)
EVERYTHING: Final = Account(
    id=ID,
    name=Known("payments"),
    email=Known("root@example.com"),
    position=Known(Position.MEMBER),
    root=ROOT,
    contacts=Contacts(primary=person("pat"), billing=person("kim"), operations=person("lee"), security=person("max")),
    usage_alarm=UsageAlarm(works=YES, chain=Known("trail, rule, topic")),
    guardrail=Guardrail(denies_root_actions=YES, denies_root_key_creation=YES),
    sign_in_policy_present=YES,
    fences_root_sign_in=YES,
    declared_email_domains=Known(("example.com",)),
    root_credentials_management=YES,
    root_sessions=YES,
)
SCHEMA: Final = {
    attribute.path for entity in schema().entities if entity.entity == "RootUser" for attribute in entity.attribute
}


def paths(record: Mapping[str, Fact[object]], below: str = "") -> Iterator[str]:
    """Every path of a record, and of those in it; all of it must be known."""
    for name, fact in record.items():
        path = f"{below}{name}"
        assert isinstance(fact, Known), f"{path}: give the account of this test a value"
        yield path
        inside = fact.value if isinstance(fact.value, tuple) else (fact.value,)
        assert inside, f"{path}: an empty list hides what is below it"
        for value in inside:
            if isinstance(value, Mapping):
                yield from paths(value, f"{path}.")


def test_rules_see_exactly_what_the_schema_names() -> None:
    assert set(paths(root_user(EVERYTHING))) == SCHEMA


def test_a_fact_nobody_gave_a_value_is_noticed() -> None:
    record = root_user(msgspec.structs.replace(EVERYTHING, root_sessions=Unknown("not collected")))
    with pytest.raises(AssertionError, match=r"Organization\.RootSessions"):
        list(paths(record))
