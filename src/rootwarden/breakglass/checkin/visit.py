"""A lease as the API shows it, for the judge of a check-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.breakglass.core.duty import Duty, Shown
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.breakglass.broker.views import LeaseView
    from rootwarden.breakglass.core.duty import Finding


class VisitOf:
    """What the judge asks of a lease.

    Args:
        view: The lease.

    Raises:
        InputError: It has a duty this version does not know.
    """

    def __init__(self, view: LeaseView) -> None:
        try:
            self.duties = tuple(Duty(one.duty) for one in view.duties)
        except ValueError as error:
            raise InputError(
                "the lease has a duty this version does not know", hint="use the service's version"
            ) from error
        self.opened: datetime = view.opened
        self.until: datetime = view.until
        self.ended: datetime | None = view.ended


def all_met(findings: Iterable[Finding]) -> bool:
    """Whether every duty is met."""
    return all(one.shown is Shown.MET for one in findings)
