"""Answers about root's MFA devices → facts.

Anybody in the account can list virtual devices with their owners; the whole list only root itself or an AssumeRoot
session can read. Where the two, or a flag and a list, disagree, the fresher wins and the facts say so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from rootwarden.collect import files, read
from rootwarden.facts import derive
from rootwarden.facts.fact import Fact, Known, Unknown, Why, transform
from rootwarden.facts.root_user import MfaDevice, MfaKind, mfa_kind

if TYPE_CHECKING:
    from rootwarden.collect.answers import Answers
    from rootwarden.facts.fact import Absent

_WHAT = "MFA of root"
_ROOT = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:root")


class Devices(msgspec.Struct, frozen=True, kw_only=True):
    """Root's MFA devices, as far as they can be seen.

    Attributes:
        active: At least one is registered.
        listed: The whole list.
        virtual: The virtual ones.
        other: FIDO and hardware TOTP devices.
        present: Whether there is any, for which a virtual device is proof enough.
    """

    active: Fact[bool]
    listed: Fact[tuple[MfaDevice, ...]]
    virtual: Fact[tuple[MfaDevice, ...]]
    other: Fact[tuple[MfaDevice, ...]]
    present: Fact[bool]


def read_devices(answers: Answers, root_arn: str, flagged: Fact[bool]) -> Devices:
    """Join the lists with the flag.

    Args:
        answers: What was answered about the account.
        root_arn: Exact ARN of its root user.
        flagged: Whether summary and report say that MFA is on.
    """
    virtual = _virtual_devices(answers, root_arn)
    listed = _listed_devices(answers)
    active = derive.exact_or(derive.not_empty(listed), flagged, what=_WHAT)
    if isinstance(virtual, Known) and virtual.value and isinstance(active, Known) and not active.value:
        active = derive.fresher(active, Known(True, virtual.sources), what=_WHAT)
    present = derive.explained(active, virtual)
    if isinstance(active, Unknown) and isinstance(virtual, Known) and virtual.value:
        present = Known(True, virtual.sources)
    return Devices(
        active=active,
        listed=listed,
        virtual=_joined(_virtual_of(listed), virtual),
        other=transform(listed, lambda all_: tuple(each for each in all_ if each.kind is not MfaKind.VIRTUAL)),
        present=present,
    )


def device_count(devices: Devices, number: Fact[int]) -> Fact[int]:
    """How many devices root has.

    Args:
        devices: What was seen of them.
        number: The declared number.
    """
    if isinstance(devices.listed, Known):
        return Known(len(devices.listed.value), devices.listed.sources)
    if not isinstance(devices.active, Known):
        # MFA may be off, and then the number is 0 whatever somebody declared.
        return devices.active if isinstance(devices.active, Unknown) else Unknown("whether MFA is on is not known")
    if not devices.active.value:
        return Known(0, devices.active.sources, devices.active.note)
    if isinstance(number, Known) or (isinstance(number, Unknown) and number.why is Why.MALFORMED):
        return number
    reason = "AWS tells how many MFA devices root has only to root and to AssumeRoot audits of members: declare it"
    if isinstance(devices.listed, Unknown) and devices.listed.why is not Why.NOT_COLLECTED:
        return derive.nobody_told(devices.listed, Unknown(reason, Why.NOT_SUPPORTED))
    return Unknown(reason, Why.NOT_SUPPORTED, "", devices.listed.sources)


def _joined(exact: Fact[tuple[MfaDevice, ...]], virtual: Fact[tuple[MfaDevice, ...]]) -> Fact[tuple[MfaDevice, ...]]:
    """The virtual devices of both lists; where they name others, the fresher list with a note."""
    if not (isinstance(exact, Known) and isinstance(virtual, Known)):
        return derive.exact_or(exact, virtual, what="virtual MFA devices of root")
    serials = [
        transform(each, lambda all_: ", ".join(sorted(one.serial_number for one in all_)) or "none")
        for each in (exact, virtual)
    ]
    said = derive.fresher(serials[0], serials[1], what="virtual MFA devices of root")
    fresher = virtual if said.sources[:1] == virtual.sources[:1] else exact
    return Known(fresher.value, said.sources, said.note)


def _virtual_of(listed: Fact[tuple[MfaDevice, ...]]) -> Fact[tuple[MfaDevice, ...]]:
    """The virtual devices of the whole list; a device of a kind we cannot tell may be one."""
    if not isinstance(listed, Known):
        return listed
    strange = [each.serial_number for each in listed.value if each.kind is MfaKind.UNKNOWN]
    if strange:
        reason = f"the serial number `{strange[0][:60]}` tells no kind of MFA device"
        return Unknown(reason, Why.NOT_SUPPORTED, "", listed.sources)
    return transform(listed, lambda all_: tuple(each for each in all_ if each.kind is MfaKind.VIRTUAL))


def _virtual_devices(answers: Answers, root_arn: str) -> Fact[tuple[MfaDevice, ...]]:
    """Virtual devices whose owner is exactly this root user: a user's device named like root's is not root's."""
    listed = read.records(answers.answer(files.VIRTUAL_MFA_DEVICES), "VirtualMFADevices")
    if not isinstance(listed, Known):
        return _listing_unknown(listed, "iam:ListVirtualMFADevices")
    devices = []
    for each in listed.value:
        serial, user = each.get("SerialNumber"), each.get("User")
        owner = user.get("Arn") if isinstance(user, dict) else None
        if not isinstance(serial, str) or (user is not None and not isinstance(owner, str)):
            return read.malformed("`SerialNumber` or `User`", listed.sources)
        if owner == root_arn:
            enabled = read.instant(each.get("EnableDate"), listed.sources, "EnableDate")
            devices.append(MfaDevice(serial_number=serial, kind=MfaKind.VIRTUAL, enabled_at=enabled))
        elif isinstance(owner, str) and _ROOT.fullmatch(owner):
            reason = f"the list of virtual MFA devices is of another account: `{owner[:80]}` owns one"
            return Unknown(reason, Why.CONFLICTING, "iam:ListVirtualMFADevices", listed.sources)
    return Known(tuple(devices), listed.sources)


def _listed_devices(answers: Answers) -> Fact[tuple[MfaDevice, ...]]:
    listed = read.records(answers.answer(files.ROOT_MFA_DEVICES), "MFADevices")
    if not isinstance(listed, Known):
        return _listing_unknown(listed, "iam:ListMFADevices")
    devices = []
    for each in listed.value:
        serial = each.get("SerialNumber")
        if not isinstance(serial, str):
            return read.malformed("`SerialNumber`", listed.sources)
        enabled = read.instant(each.get("EnableDate"), listed.sources, "EnableDate")
        devices.append(MfaDevice(serial_number=serial, kind=mfa_kind(serial), enabled_at=enabled))
    return Known(tuple(devices), listed.sources)


def _listing_unknown(fact: Absent | Unknown, action: str) -> Unknown:
    return fact if isinstance(fact, Unknown) else Unknown(f"{action} gave no list", Why.FAILED, action, fact.sources)
