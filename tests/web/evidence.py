"""What was seen of an account, in the form a check-in takes; its values are canaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.checkin.seen import Device, Look
from rootwarden.breakglass.rehearsal.play import ACCOUNT
from rootwarden.facts.contacts import Contact, Contacts
from rootwarden.facts.fact import Absent, Known

if TYPE_CHECKING:
    from datetime import datetime

PHONE = "+1 555 0123"


def look(at: datetime) -> Look:
    person = Known(Contact(name="Canary team", phone_number=PHONE))
    device = Device(serial_number=f"arn:aws:iam::{ACCOUNT}:mfa/its-canary", enabled_at=at.replace(year=2020))
    return Look(
        at=at,
        virtual_mfa_devices=Known((device,)),
        other_mfa_devices=Known(()),
        access_keys_present=Known(value=False),
        signing_certificates_present=Absent(),
        password_present=Known(value=True),
        password_changed=Known(at.replace(year=2021)),
        email=Known("canary@example.com"),
        contacts=Contacts(primary=person, billing=Absent(), operations=Absent(), security=person),
    )
