"""BG-9: a lease closes on evidence; what nobody could look at stays open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from rootwarden.breakglass.checkin.judge import judge, missing_judges
from rootwarden.breakglass.checkin.seen import RootAct, Trail, look_of
from rootwarden.breakglass.core.duty import Duty, Shown
from rootwarden.breakglass.core.leasing import duties_of
from rootwarden.breakglass.core.state import Lease, Phase
from rootwarden.breakglass.rehearsal.play import ACCOUNT, BEGAN, Play
from rootwarden.facts.account import Account
from rootwarden.facts.contacts import Contact, Contacts
from rootwarden.facts.fact import Absent, Known, Source, Unknown
from rootwarden.facts.root_user import MfaDevice, MfaKind, Password, RootUser

if TYPE_CHECKING:
    from rootwarden.breakglass.checkin.seen import Look

DENIED_DATE = Unknown("the answer has no EnableDate")
LONG_AGO = Known(BEGAN - timedelta(days=90))
DEVICE = MfaDevice(serial_number="arn:aws:iam::000011112222:mfa/root", kind=MfaKind.VIRTUAL, enabled_at=LONG_AGO)
OTHER = MfaDevice(serial_number="arn:aws:iam::000011112222:u2f/root/x", kind=MfaKind.FIDO, enabled_at=LONG_AGO)
# The usual name of root's virtual device is always the same: whoever makes it anew has another seed under it.
MADE_ANEW = msgspec.structs.replace(DEVICE, enabled_at=Known(BEGAN + timedelta(minutes=3)))
UNDATED = msgspec.structs.replace(DEVICE, enabled_at=DENIED_DATE)
ENDED = BEGAN + timedelta(minutes=20)
LATER = ENDED + timedelta(hours=1)
DENIED = Unknown("iam:ListMFADevices was refused (AccessDenied)", permission="iam:ListMFADevices")
ROOT = RootUser(
    arn="arn:aws:iam::000011112222:root",
    virtual_mfa_devices=Known((DEVICE,)),
    other_mfa_devices=Known(()),
    access_keys_present=Known(value=False),
    signing_certificates_present=Absent(),
    password=Password(present=Known(value=False), last_changed=Known(LATER)),
)
PERSON = Contact(name="Cloud team", email_address="cloud@example.com", phone_number="+1 555 0100")
ACCOUNT_BEFORE = Account(
    id=ACCOUNT,
    email=Known("root@example.com"),
    root=ROOT,
    contacts=Contacts(primary=Known(PERSON), billing=Absent(), operations=Absent(), security=Known(PERSON)),
)
SEEN_BEFORE = look_of(ACCOUNT_BEFORE, BEGAN - timedelta(hours=1))
READ = Trail(read_until=ENDED + timedelta(hours=1))


def lease(**fields: Any) -> Lease:
    request = Play().request(password_to="rita")
    duties = (*duties_of(request), Duty.PASSWORD_REMOVED)
    usual: dict[str, Any] = {"id": "lease", "request": request, "index": 1, "opened": BEGAN, "until": request.until}
    return Lease(**{**usual, "duties": duties, "phase": Phase.DUTIES, "ended": ENDED, **fields})


def shown(
    *,
    before: Look | None = SEEN_BEFORE,
    after: Account = ACCOUNT_BEFORE,
    trail: Trail = READ,
    report: str = "turned MFA delete off",
) -> dict[Duty, Shown]:
    findings = judge(lease(), before=before, after=look_of(after, LATER), trail=trail, report=report)
    return {finding.duty: finding.shown for finding in findings}


def changed_root(**fields: Any) -> Account:
    return msgspec.structs.replace(ACCOUNT_BEFORE, root=msgspec.structs.replace(ROOT, **fields))


def with_password(**fields: Any) -> Account:
    return changed_root(password=msgspec.structs.replace(ROOT.password, **fields))


def contacts(**fields: Any) -> Account:
    return msgspec.structs.replace(ACCOUNT_BEFORE, contacts=msgspec.structs.replace(ACCOUNT_BEFORE.contacts, **fields))


def test_every_duty_is_met_when_everything_is_as_it_was() -> None:
    assert set(shown().values()) == {Shown.MET}
    seen_again = msgspec.structs.replace(
        ROOT, virtual_mfa_devices=Known((DEVICE,), (Source(call="x", observed_at=LATER),))
    )
    assert set(shown(after=msgspec.structs.replace(ACCOUNT_BEFORE, root=seen_again)).values()) == {Shown.MET}
    assert set(shown()) == set(Duty)
    assert missing_judges() == []


@pytest.mark.parametrize(
    ("after", "duty", "expected"),
    [
        (changed_root(virtual_mfa_devices=Known(())), Duty.MFA_DEVICES, Shown.DIFFERS),
        (changed_root(other_mfa_devices=Known((OTHER,))), Duty.MFA_DEVICES, Shown.DIFFERS),
        (changed_root(virtual_mfa_devices=Known((MADE_ANEW,))), Duty.MFA_DEVICES, Shown.DIFFERS),
        (changed_root(virtual_mfa_devices=Known((UNDATED,))), Duty.MFA_DEVICES, Shown.UNKNOWN),
        (changed_root(virtual_mfa_devices=DENIED), Duty.MFA_DEVICES, Shown.UNKNOWN),
        (changed_root(access_keys_present=Known(value=True)), Duty.ACCESS_KEYS, Shown.DIFFERS),
        (changed_root(access_keys_present=DENIED), Duty.ACCESS_KEYS, Shown.UNKNOWN),
        (changed_root(signing_certificates_present=Known(value=True)), Duty.CERTIFICATES, Shown.DIFFERS),
        (changed_root(signing_certificates_present=DENIED), Duty.CERTIFICATES, Shown.UNKNOWN),
        (msgspec.structs.replace(ACCOUNT_BEFORE, email=Known("x@example.com")), Duty.MAIL, Shown.DIFFERS),
        (msgspec.structs.replace(ACCOUNT_BEFORE, email=DENIED), Duty.MAIL, Shown.UNKNOWN),
        (contacts(primary=Known(Contact(phone_number="+1 555 0199"))), Duty.PHONE, Shown.DIFFERS),
        (contacts(primary=DENIED), Duty.PHONE, Shown.UNKNOWN),
        (contacts(billing=Known(PERSON)), Duty.CONTACTS, Shown.DIFFERS),
        (contacts(security=DENIED), Duty.CONTACTS, Shown.UNKNOWN),
        (with_password(last_changed=Known(BEGAN - timedelta(days=9))), Duty.PASSWORD_ROTATED, Shown.DIFFERS),
        (with_password(last_changed=Known(BEGAN + timedelta(minutes=1))), Duty.PASSWORD_ROTATED, Shown.DIFFERS),
        (with_password(last_changed=DENIED), Duty.PASSWORD_ROTATED, Shown.UNKNOWN),
        (with_password(last_changed=Absent()), Duty.PASSWORD_ROTATED, Shown.MET),
        (with_password(present=Known(value=True)), Duty.PASSWORD_REMOVED, Shown.DIFFERS),
        (with_password(present=DENIED), Duty.PASSWORD_REMOVED, Shown.UNKNOWN),
    ],
)
def test_what_changed_differs_and_what_was_refused_is_unknown(after: Account, duty: Duty, expected: Shown) -> None:
    found = shown(after=after)
    assert found.pop(duty) is expected
    assert set(found.values()) <= {Shown.MET} or duty is Duty.PHONE


@pytest.mark.parametrize("before", [None, look_of(ACCOUNT_BEFORE, BEGAN + timedelta(minutes=1))])
def test_without_a_look_before_the_visit_nothing_is_as_before(before: Look | None) -> None:
    found = shown(before=before)
    for duty in (Duty.MFA_DEVICES, Duty.MAIL, Duty.PHONE, Duty.CONTACTS):
        assert found[duty] is Shown.UNKNOWN


DEVICE_ADDED = RootAct(at=BEGAN + timedelta(minutes=5), name="EnableMFADevice")
NOT_LISTED = changed_root(other_mfa_devices=DENIED)


@pytest.mark.parametrize(
    ("after", "trail", "expected"),
    [
        (NOT_LISTED, READ, Shown.MET),
        (NOT_LISTED, Trail(), Shown.UNKNOWN),
        (NOT_LISTED, Trail(read_until=ENDED + timedelta(minutes=14)), Shown.UNKNOWN),
        (NOT_LISTED, msgspec.structs.replace(READ, acts=(DEVICE_ADDED,)), Shown.DIFFERS),
        (
            NOT_LISTED,
            msgspec.structs.replace(READ, acts=(msgspec.structs.replace(DEVICE_ADDED, failed=True),)),
            Shown.MET,
        ),
        (changed_root(other_mfa_devices=DENIED, virtual_mfa_devices=Known(())), READ, Shown.DIFFERS),
        (changed_root(other_mfa_devices=DENIED, virtual_mfa_devices=Known((MADE_ANEW,))), READ, Shown.DIFFERS),
        (changed_root(other_mfa_devices=DENIED, virtual_mfa_devices=Known((UNDATED,))), READ, Shown.UNKNOWN),
        (changed_root(other_mfa_devices=DENIED, virtual_mfa_devices=DENIED), READ, Shown.UNKNOWN),
    ],
)
def test_devices_only_root_may_list_are_judged_by_what_root_did(after: Account, trail: Trail, expected: Shown) -> None:
    """In a management account nobody else can list them; every change of one is an act of root in CloudTrail."""
    assert shown(after=after, trail=trail)[Duty.MFA_DEVICES] is expected


def token(after_the_end: timedelta, *, failed: bool = False) -> RootAct:
    return RootAct(at=ENDED + after_the_end, name="CreateOAuth2Token", failed=failed)


@pytest.mark.parametrize(
    ("trail", "expected"),
    [
        (Trail(), Shown.UNKNOWN),
        (Trail(read_until=ENDED + timedelta(minutes=14)), Shown.UNKNOWN),
        (Trail(read_until=ENDED + timedelta(minutes=15)), Shown.MET),
        (Trail(read_until=LATER, acts=(token(timedelta(minutes=1)),)), Shown.DIFFERS),
        (Trail(read_until=LATER, acts=(token(timedelta(minutes=1), failed=True),)), Shown.MET),
        (Trail(read_until=LATER, acts=(token(timedelta(minutes=-1)),)), Shown.UNKNOWN),
        (Trail(read_until=ENDED + timedelta(hours=12), acts=(token(timedelta(minutes=-1)),)), Shown.MET),
        (Trail(read_until=LATER, acts=(RootAct(at=ENDED, name="ConsoleLogin"),)), Shown.MET),
    ],
)
def test_a_login_that_can_be_refreshed_keeps_the_duty_open(trail: Trail, expected: Shown) -> None:
    assert shown(trail=trail)[Duty.NO_LOGIN_REFRESH] is expected


def test_a_report_nobody_wrote_is_open() -> None:
    assert shown(report=" ")[Duty.REPORT] is Shown.UNKNOWN
