"""What ends on a day that is known, from declarations and from the log, noticed once for each limit it passes (P2)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from rootwarden.breakglass.core.duty import Duty, Shown
from rootwarden.breakglass.core.entry import SYSTEM, HazardNoticed, from_bytes
from rootwarden.breakglass.placement.hazards import Hazard, HazardKind, alerts_due, certificate_hazard, hazards_of
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from rootwarden.breakglass.broker.broker import Broker
    from rootwarden.breakglass.core.duty import Finding
    from rootwarden.breakglass.core.state import Guarded, State
    from rootwarden.breakglass.placement.declared import Declarations


class CertificateFile(NamedTuple):
    """A certificate, by the name people call it."""

    name: str
    path: Path


class Hazards:
    """Notices hazards; `broker.notices` tells administrators of each.

    Args:
        broker: Writes the log.
        declared: Domains and leaving custodians.
        certificates: Files of certificates that must not expire.
        trouble: Hears of a certificate that cannot be read.
    """

    def __init__(
        self,
        broker: Broker,
        declared: Declarations,
        certificates: Iterable[CertificateFile],
        *,
        trouble: Callable[[RootwardenError], None],
    ) -> None:
        self._broker, self._trouble = broker, trouble
        # Read one by one, so that one that cannot be read hides none of the others.
        self._declared, self._certificates = msgspec.structs.replace(declared, certificate=()), tuple(certificates)

    def notice(self) -> None:
        """Write what is due into the log.

        Raises:
            Refused: Another instance was quicker, or the clock is not trusted.
            StoreError: The database cannot.
        """
        broker = self._broker
        state, now = broker.state(), broker.now()
        if not state.size:
            return
        hazards = [*hazards_of(self._declared), *self._of_certificates(), *_batteries(state), *self._passwords(state)]
        for alert in alerts_due(hazards, today=now.date(), told=state.hazards):
            broker.say(
                HazardNoticed(
                    at=broker.now(),
                    actor=SYSTEM,
                    hazard=alert.key,
                    severity=str(alert.severity),
                    words=alert.words,
                )
            )

    def _of_certificates(self) -> Iterator[Hazard]:
        for each in self._certificates:
            try:
                yield certificate_hazard(each.name, each.path)
            except RootwardenError as error:
                self._trouble(error)

    def _passwords(self, state: State) -> Iterator[Hazard]:
        for name, guarded in state.accounts.items():
            if guarded.account.password_days:
                due = self._rotated(state, name, guarded) + timedelta(days=guarded.account.password_days)
                yield Hazard(kind=HazardKind.PASSWORD, name=name, on=due.date())

    def _rotated(self, state: State, name: str, guarded: Guarded) -> datetime:
        """When the password was rotated last, as evidence shows; else when the account was last written about."""
        shown = [
            lease.observed
            for lease in state.leases.values()
            if lease.request.account == name and lease.observed is not None and _is_rotated(lease.findings)
        ]
        if shown:
            return max(shown)
        return from_bytes(next(iter(self._broker.keeper.read(guarded.index)))).at


def _batteries(state: State) -> Iterator[Hazard]:
    for name, guarded in state.accounts.items():
        for device in guarded.account.devices:
            if device.battery_until is not None:
                yield Hazard(kind=HazardKind.BATTERY, name=f"{name}/{device.id}", on=device.battery_until.date())


def _is_rotated(findings: Mapping[Duty, Finding]) -> bool:
    found = findings.get(Duty.PASSWORD_ROTATED)
    return found is not None and found.shown is Shown.MET
