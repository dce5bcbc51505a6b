"""Each duty of a lease, judged: met, differs, or unknown, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from rootwarden.breakglass.core.duty import Duty, Finding, Shown
from rootwarden.facts.fact import Absent, Known, Unknown, transform
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.checkin.seen import Device, Look, Trail
    from rootwarden.facts.contacts import Contact
    from rootwarden.facts.fact import Fact

T = TypeVar("T")

# AWS CLI user guide, `aws login`: credentials are refreshed for up to 12 hours.
REFRESHED_FOR: Final = timedelta(hours=12)
# CloudTrail delivers within about 5 minutes on average and promises nothing; what is younger may still come.
LATE: Final = timedelta(minutes=15)
# IAM API reference; whichever kind of device it is, putting one on or taking one off root is one of these, by root.
LONGEST_REASON: Final = 500
DEVICE_CHANGES: Final = frozenset(
    {"EnableMFADevice", "DeactivateMFADevice", "CreateVirtualMFADevice", "DeleteVirtualMFADevice", "ResyncMFADevice"}
)
TOKENS: Final = frozenset({"CreateOAuth2Token", "AuthorizeOAuth2Access", "CreateBearerToken"})


class Visit(Protocol):
    """What is asked of a lease: the one of the replayed state has it, and so has what the API shows of it."""

    @property
    def duties(self) -> tuple[Duty, ...]:
        """What must be shown."""

    @property
    def opened(self) -> datetime:
        """When it was opened."""

    @property
    def until(self) -> datetime:
        """The end of its window."""

    @property
    def ended(self) -> datetime | None:
        """When it ended, if it did."""


def judge(lease: Visit, *, before: Look | None, after: Look, trail: Trail, report: str) -> tuple[Finding, ...]:
    """Judge every duty of a lease, in their order.

    Args:
        lease: The lease, ended.
        before: The account before the visit; without one, what must be as before is unknown.
        after: The account after it.
        trail: The acts of root.
        report: What the visitor says was done.
    """
    return tuple(_JUDGES[duty](_Case(lease, before, after, trail, report), duty) for duty in lease.duties)


class _Case:
    """All there is, for one lease."""

    def __init__(self, lease: Visit, before: Look | None, after: Look, trail: Trail, report: str) -> None:
        self.lease, self.before, self.after, self.trail, self.report = lease, before, after, trail, report


def _same(case: _Case, duty: Duty, what: str, part: Callable[[Look], Fact[T]]) -> Finding:
    """Met when a fact is as it was before."""
    if case.before is None:
        return Finding(duty=duty, shown=Shown.UNKNOWN, why=f"nobody looked at {what} before the visit")
    if case.before.at > case.lease.opened:
        return Finding(duty=duty, shown=Shown.UNKNOWN, why=f"{what} were looked at only after the lease opened")
    was, is_now = part(case.before), part(case.after)
    for when, fact in (("before the visit", was), ("after it", is_now)):
        if isinstance(fact, Unknown):
            return Finding(duty=duty, shown=Shown.UNKNOWN, why=f"{what} {when}: {_reason(fact)}")
    same = _value(was) == _value(is_now)
    why = f"{what}: {'as before' if same else 'changed'}"
    return Finding(duty=duty, shown=Shown.MET if same else Shown.DIFFERS, why=why)


def _none(duty: Duty, what: str, fact: Fact[bool]) -> Finding:
    """Met when there is none."""
    if isinstance(fact, Unknown):
        return Finding(duty=duty, shown=Shown.UNKNOWN, why=f"{what}: {_reason(fact)}")
    there = isinstance(fact, Known) and fact.value
    return Finding(
        duty=duty, shown=Shown.DIFFERS if there else Shown.MET, why=f"{what}: {'there is one' if there else 'none'}"
    )


def _devices(case: _Case, duty: Duty) -> Finding:
    """The same devices; where only root may list them all, the same virtual ones and no act that changes any."""
    listed = _same_devices(case, duty, "MFA devices", _all_devices)
    virtual = _same_devices(case, duty, "virtual MFA devices", lambda look: look.virtual_mfa_devices)
    if listed.shown is not Shown.UNKNOWN or virtual.shown is Shown.UNKNOWN:
        return listed
    ended = case.lease.ended or case.lease.until
    read = case.trail.read_until
    if virtual.shown is Shown.DIFFERS or read is None or read < ended + LATE:
        return virtual if virtual.shown is Shown.DIFFERS else listed
    changes = [act for act in case.trail.acts if act.name in DEVICE_CHANGES and not act.failed]
    if changes:
        why = f"root changed an MFA device at {format_instant(changes[-1].at)} ({changes[-1].name})"
        return Finding(duty=duty, shown=Shown.DIFFERS, why=why)
    why = f"virtual MFA devices: as before; CloudTrail until {format_instant(read)} has no change of any other"
    return Finding(duty=duty, shown=Shown.MET, why=why)


def _same_devices(case: _Case, duty: Duty, what: str, part: Callable[[Look], Fact[tuple[Device, ...]]]) -> Finding:
    """Serial numbers first; a virtual device that was made anew has the same one, and another day it was enabled."""
    serials = _same(case, duty, what, lambda look: transform(part(look), _serials))
    if serials.shown is not Shown.MET:
        return serials
    dates = _same(case, duty, f"when {what} were enabled", lambda look: _dates(part(look)))
    return serials if dates.shown is Shown.MET else dates


def _all_devices(look: Look) -> Fact[tuple[Device, ...]]:
    """Devices of both kinds; unknown while one kind is."""
    found: list[Device] = []
    for fact in (look.virtual_mfa_devices, look.other_mfa_devices):
        if isinstance(fact, Unknown):
            return fact
        found += fact.value if isinstance(fact, Known) else ()
    return Known(tuple(found))


def _serials(devices: tuple[Device, ...]) -> tuple[str, ...]:
    return tuple(sorted(device.serial_number for device in devices))


def _dates(fact: Fact[tuple[Device, ...]]) -> Fact[tuple[tuple[str, datetime], ...]]:
    """Since when each device is there; unknown while one has no date."""
    if not isinstance(fact, Known):
        return fact
    dated = [(device.serial_number, device.enabled_at) for device in fact.value if device.enabled_at is not None]
    if len(dated) < len(fact.value):
        return Unknown("the evidence has no date of one of them")
    return Known(tuple(sorted(dated)))


def _keys(case: _Case, duty: Duty) -> Finding:
    return _none(duty, "root access keys", case.after.access_keys_present)


def _certificates(case: _Case, duty: Duty) -> Finding:
    return _none(duty, "root signing certificates", case.after.signing_certificates_present)


def _mail(case: _Case, duty: Duty) -> Finding:
    return _same(case, duty, "the root e-mail address", lambda look: look.email)


def _phone(case: _Case, duty: Duty) -> Finding:
    return _same(case, duty, "the phone of the primary contact", _primary_phone)


def _primary_phone(look: Look) -> Fact[str]:
    fact = look.contacts.primary
    return Known(fact.value.phone_number, fact.sources) if isinstance(fact, Known) else fact


def _contacts(case: _Case, duty: Duty) -> Finding:
    return _same(case, duty, "the contacts", _all_contacts)


def _all_contacts(look: Look) -> Fact[tuple[Contact | None, ...]]:
    every = look.contacts.all()
    for fact in every:
        if isinstance(fact, Unknown):
            return fact
    return Known(tuple(fact.value if isinstance(fact, Known) else None for fact in every))


def _refresh(case: _Case, duty: Duty) -> Finding:
    """No `aws login` token was given out or refreshed after the end, and none given out before can still be."""
    ended = case.lease.ended or case.lease.until
    read = case.trail.read_until
    if read is None or read < ended + LATE:
        known = "not read" if read is None else f"read until {format_instant(read)} only"
        why = f"CloudTrail was {known}; needed until {format_instant(ended + LATE)}"
        return Finding(duty=duty, shown=Shown.UNKNOWN, why=why)
    issued = [act.at for act in case.trail.acts if act.name in TOKENS and not act.failed]
    late = [at for at in issued if at > ended]
    if late:
        why = f"an `aws login` token was issued or refreshed at {format_instant(max(late))}, after the end"
        return Finding(duty=duty, shown=Shown.DIFFERS, why=why)
    over = max(issued, default=None)
    if over is not None and read < over + REFRESHED_FOR:
        until = format_instant(over + REFRESHED_FOR)
        why = f"an `aws login` token of {format_instant(over)} can be refreshed until {until}"
        return Finding(duty=duty, shown=Shown.UNKNOWN, why=why)
    return Finding(duty=duty, shown=Shown.MET, why="no `aws login` token lives on")


def _rotated(case: _Case, duty: Duty) -> Finding:
    """The password was changed after the visit ended, which the visitor, without a code, could not do."""
    changed = case.after.password_changed
    if isinstance(changed, Unknown):
        return Finding(duty=duty, shown=Shown.UNKNOWN, why=f"the age of the password: {_reason(changed)}")
    if isinstance(changed, Absent):
        return Finding(duty=duty, shown=Shown.MET, why="there is no password any more")
    ended = case.lease.ended or case.lease.until
    if changed.value > ended:
        return Finding(duty=duty, shown=Shown.MET, why=f"changed at {format_instant(changed.value)}, after the visit")
    during = changed.value >= case.lease.opened
    why = "changed during the visit, by who had it" if during else "not changed since before the visit"
    return Finding(duty=duty, shown=Shown.DIFFERS, why=why)


def _removed(case: _Case, duty: Duty) -> Finding:
    return _none(duty, "the root password made for recovery", case.after.password_present)


def _report(case: _Case, duty: Duty) -> Finding:
    there = bool(case.report.strip())
    why = "written" if there else "nobody wrote what was done"
    return Finding(duty=duty, shown=Shown.MET if there else Shown.UNKNOWN, why=why)


def _value(fact: Fact[T]) -> T | None:
    return fact.value if isinstance(fact, Known) else None


def _reason(fact: Unknown) -> str:
    """Why nobody knows; cut, because it may come in a file somebody brings, and stays in the log for ever."""
    return (f"{fact.reason} ({fact.permission})" if fact.permission else fact.reason)[:LONGEST_REASON]


_JUDGES: Final[dict[Duty, Callable[[_Case, Duty], Finding]]] = {
    Duty.MFA_DEVICES: _devices,
    Duty.ACCESS_KEYS: _keys,
    Duty.CERTIFICATES: _certificates,
    Duty.MAIL: _mail,
    Duty.PHONE: _phone,
    Duty.CONTACTS: _contacts,
    Duty.NO_LOGIN_REFRESH: _refresh,
    Duty.PASSWORD_ROTATED: _rotated,
    Duty.PASSWORD_REMOVED: _removed,
    Duty.REPORT: _report,
}


def missing_judges() -> Sequence[Duty]:
    """Duties nobody judges; a test wants none."""
    return [duty for duty in Duty if duty not in _JUDGES]
