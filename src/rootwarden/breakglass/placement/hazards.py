"""What ends on a day that is known, told 60, 30, 7 and 1 days before, and when it has ended (RP-6).

Only certificates are read from files; the rest is pure.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography import x509

from rootwarden.errors import InputError
from rootwarden.rules.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rootwarden.breakglass.placement.declared import Declarations

DAYS: Final = (60, 30, 7, 1)
_LARGEST: Final = 1024 * 1024
_SEVERITIES: Final = {
    60: Severity.LOW,
    30: Severity.MEDIUM,
    7: Severity.HIGH,
    1: Severity.CRITICAL,
    0: Severity.CRITICAL,
}


class HazardKind(StrEnum):
    """What ends."""

    CERTIFICATE = "certificate"
    DOMAIN = "domain"
    CUSTODIAN = "custodian"
    BATTERY = "battery of token"
    PASSWORD = "password of account"  # noqa: S105 - what ends, not what it is


class Hazard(msgspec.Struct, frozen=True, kw_only=True):
    """Something that ends.

    Attributes:
        kind: What it is.
        name: What people call it.
        on: The last day it is there.
    """

    kind: HazardKind
    name: str
    on: dt.date


class HazardAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is to be told.

    Attributes:
        key: Names this alert; told once.
        hazard: What ends.
        days_left: How many days it is still there; below zero it has ended.
        severity: How bad that is by now.
        words: For people.
    """

    key: str
    hazard: Hazard
    days_left: int
    severity: Severity
    words: str


def alerts_due(hazards: Iterable[Hazard], *, today: dt.date, told: Collection[str] = ()) -> tuple[HazardAlert, ...]:
    """What is to be told today: of each hazard at most one alert, that of the closest limit it has passed.

    Args:
        hazards: What ends.
        today: The day.
        told: Keys of alerts that somebody has taken.

    Returns:
        The soonest first.
    """
    due = (_alert(each, today) for each in hazards)
    fresh = {each.key: each for each in due if each is not None and each.key not in told}
    return tuple(sorted(fresh.values(), key=lambda each: (each.days_left, each.key)))


def hazards_of(declared: Declarations) -> tuple[Hazard, ...]:
    """What ends among what is declared, certificates read from their files.

    Raises:
        InputError: A certificate cannot be read: when it ends is then not known, and that is not fine.
    """
    return (
        *(
            Hazard(kind=HazardKind.DOMAIN, name=each.name, on=each.expires)
            for each in declared.domain
            if each.expires is not None
        ),
        *(Hazard(kind=HazardKind.CUSTODIAN, name=each.person, on=each.on) for each in declared.leaving),
        *(certificate_hazard(each.name, Path(each.path)) for each in declared.certificate),
    )


def certificate_hazard(name: str, path: Path) -> Hazard:
    """When the first certificate of a chain ends.

    Raises:
        InputError: The file cannot be read, or holds none.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(_LARGEST)
        chain = x509.load_pem_x509_certificates(content)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InputError(f"certificate `{name}` cannot be read from `{path}`: {why}", hint="is it there?") from error
    except ValueError as error:
        raise InputError(f"`{path}` holds no certificate in PEM", hint="give the chain, not the key") from error
    return Hazard(kind=HazardKind.CERTIFICATE, name=name, on=min(each.not_valid_after_utc for each in chain).date())


def _alert(hazard: Hazard, today: dt.date) -> HazardAlert | None:
    left = (hazard.on - today).days
    limit = 0 if left < 0 else min((days for days in DAYS if left <= days), default=None)
    if limit is None:
        return None
    return HazardAlert(
        key=f"{hazard.kind}:{hazard.name}:{hazard.on.isoformat()}:{limit}",
        hazard=hazard,
        days_left=left,
        severity=_SEVERITIES[limit],
        words=_words(hazard, left),
    )


def _words(hazard: Hazard, left: int) -> str:
    what = f"{hazard.kind} `{hazard.name}`"
    verb, past = _VERBS.get(hazard.kind, ("expires", "expired"))
    if left < 0:
        return f"{what} {past} on {hazard.on}"
    when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
    return f"{what} {verb} {when}, on {hazard.on}"


_VERBS: Final = {
    HazardKind.CUSTODIAN: ("leaves", "left"),
    HazardKind.BATTERY: ("is to be replaced", "was to be replaced"),
    HazardKind.PASSWORD: ("is to be rotated", "was to be rotated"),
}
